"""How much progress did pupils make, and how does it compare with pupils nationally?"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from afa_eval.data.tables import as_tables
from afa_eval.designs.base import Data
from afa_eval.designs.clustered import about_precision, between_schools
from afa_eval.designs.progress_answers import Group, above_line, figures, group_of, headline, mean
from afa_eval.designs.progress_balance import arms_table, balance_table, first_scores_apart
from afa_eval.designs.progress_contrasts import contrasts, gap, lords_paradox, pairs
from afa_eval.designs.progress_flow import flow_table, leaver_tables
from afa_eval.designs.progress_frame import Cohort, cohort, coverage_table
from afa_eval.designs.progress_lines import Line, National, differing_lines, finding
from afa_eval.designs.progress_quarters import quarters_table
from afa_eval.designs.progress_question import Norm, ProgressQuestion
from afa_eval.designs.progress_rest import share_without_cohort, without_cohort
from afa_eval.designs.progress_routes import national, share_lines
from afa_eval.designs.progress_shares import expected, expected_findings, reached_share, standard, worst_rank_table
from afa_eval.designs.progress_sizes import months, size_findings, spread, standardised, standardised_within
from afa_eval.designs.progress_waves import growth_per_wave
from afa_eval.estimate import Estimate, Estimates, Finding, Severity, Table

__all__ = ["Norm", "PrePostProgress"]


@dataclass(frozen=True, kw_only=True)
class PrePostProgress(ProgressQuestion):
    """How much progress did pupils make, and how does it compare with pupils nationally?

    The fields are those of ``ProgressQuestion`` and ``Design``: two score columns, what scale they
    are on, who assessed, and which national line the progress is set against (a test's norm, a
    published series, the KS2-to-GCSE transition tables, or a table of the user's own). Without a
    line every figure is a description.

    Examples
    --------
    >>> import pandas as pd
    >>> pupils = pd.DataFrame({"urn": ["1", "1", "2", "2"], "autumn": [90.0, 100, 95, 105], "summer": [94.0, 102, 97, 109]})
    >>> design = PrePostProgress(id="reading", baseline="autumn", outcome="summer")
    >>> design.estimate(pupils)["mean_gain"].value
    3.0
    """

    def estimate(self, data: Data) -> Estimates:
        """How much progress did pupils make?

        Parameters
        ----------
        data : Tables, mapping of frames, pandas.DataFrame or path
            Pupils and attainment, or one table with both.

        Returns
        -------
        Estimates
            For all pupils and each group: means, gain, distance from the national line, shares,
            coverage; contrasts with the rest; the gap; sizes and months; tables and findings.

        Raises
        ------
        ColumnNotFound
            Where a needed column is missing.
        EstimationError
            Where no pupil has the scores needed, or they do not vary.
        """
        tables = as_tables(data)
        people = cohort(self, tables)
        lines = without_cohort(self, people, national(self, people))
        found = pairs(self, people)
        size = spread(self, people, lines)
        points = [*self._groups(people, lines), *gap(self, people), *contrasts(self, people, found)]
        alike = first_scores_apart(self, found)
        sizes = standardised(self, points, size)
        named, share_findings = share_lines(self, people)
        rests = [share_without_cohort(self, people, line) for line in named]
        shares = self._shares(people, tuple(line for line, _ in rests if line is not None))
        growth, growth_findings, grown = growth_per_wave(self, people)
        items = [*points, *alike, *sizes, *months(self, sizes, size), *shares, *growth]
        findings = (
            *standardised_within(self, people, lines),
            *lines.findings,
            *share_findings,
            *dict.fromkeys(item for _, findings in rests for item in findings),
            *lords_paradox(self, people, lines, found),
            *size_findings(self, lines, size),
            *expected_findings(self, people),
            *growth_findings,
            *self._notices(people, lines),
        )
        return Estimates(tuple(items), findings, (*self._tables(people, lines), *grown))

    def _groups(self, people: Cohort, lines: National) -> list[Estimate]:
        groups = [group_of(self, people, label) for label in people.labels]
        return [
            item
            for group in groups
            for item in (*figures(self, people, lines, group), *self._reach(people, lines, group))
        ]

    def _reach(self, people: Cohort, lines: National, group: Group) -> list[Estimate]:
        """How alike pupils of a school are in the figure that counts, and how small a change could have been shown."""
        shared = reached_share(self, people) if self.asks_for_share else None
        if shared is not None:
            (values, counted), unit, of = shared, "proportion difference", "share"
            rows = counted & group.members
            what = mean(people, values, rows)
        else:
            values, rows = above_line(people, lines, group.scored)
            what, unit, of = headline(self, people, lines, group.scored), self.unit, "mean progress"
        if not rows.any():
            return []
        school = pd.Series(people.school, index=values.index)
        alike = between_schools(self, group.label, values[rows], school[rows], unit=of, base="pupils")
        small = about_precision(self, group.label, what, unit=unit, base="pupils", of=of)
        return [*([] if alike is None else [alike]), *small]

    def _shares(self, people: Cohort, lines: tuple[Line, ...]) -> list[Estimate]:
        groups = [group_of(self, people, label) for label in people.labels]
        of_standard, of_expected = ((), lines) if self.share_is_expected else (lines, ())
        return [
            item
            for group in groups
            for item in (
                *standard(self, people, group, of_standard),
                *expected(self, people, group, of_expected),
            )
        ]

    def _tables(self, people: Cohort, lines: National) -> tuple[Table, ...]:
        some = (
            arms_table(self, people),
            worst_rank_table(self, people),
            quarters_table(self, people, lines),
            balance_table(self, people),
        )
        made = [one for one in some if one is not None]
        return (coverage_table(self, people), *made, flow_table(self, people), *leaver_tables(self, people))

    def _notices(self, people: Cohort, lines: National) -> tuple[Finding, ...]:
        """What a reader must know of who is counted and of what cannot be asked."""
        found = []
        if people.untested:
            message = f"Nobody in year group {', '.join(people.untested)} has '{self.outcome}': they are not counted as eligible."
            found.append(
                finding(
                    self,
                    "year-groups-not-tested",
                    Severity.NOTE,
                    message,
                    "Check that the test was not meant for them.",
                )
            )
        if self.baseline and not self.has_gain:
            message = f"'{self.baseline}' and '{self.outcome}' are on different scales, so no gain and no change of the gap is given."
            fix = "Use scores on one scale, or both in national standard deviations."
            found.append(finding(self, "two-scales", Severity.NOTE, message, fix))
        if lines.lines and lines.average is None:
            message = "The share reaching the national average progress is not given: the line named does not say what pupils with the same start gain."
            fix = "Name the norm's mean and correlation, or give the table's rows start_low and start_high."
            found.append(finding(self, "start-not-in-line", Severity.NOTE, message, fix))
        return (*found, *differing_lines(self, people, lines))

"""How well do parents and schools say they work together, before and after?"""

from __future__ import annotations

from dataclasses import dataclass

from afa_eval.data.tables import as_tables
from afa_eval.designs.base import Data
from afa_eval.designs.engagement_figures import Figures
from afa_eval.designs.engagement_findings import findings
from afa_eval.designs.engagement_question import EngagementQuestion
from afa_eval.designs.engagement_rows import answers
from afa_eval.designs.engagement_tables import tables
from afa_eval.estimate import Estimates


@dataclass(frozen=True, kw_only=True)
class ParentEngagement(EngagementQuestion):
    """How well do parents and schools say they work together, before and after?

    Notes
    -----
    Parameters are those of ``EngagementQuestion`` and ``Design``. Where respondents are known, the
    main figures are of those who answered in both waves, and the change among all who answered
    stands beside. Means and shares of both waves stand in one linear model with schools as
    clusters (a school that rates itself is its own cluster). The interval of a share is symmetric
    on the logit scale. The odds ratio compares the odds of the two waves, not of single
    respondents.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = pd.DataFrame({"urn": list("abcdef") * 2, "wave": ["before"] * 6 + ["after"] * 6,
    ...     "rating": ["good"] * 6 + ["excellent"] * 3 + ["good"] * 3})
    >>> question = ParentEngagement(id="views", respondent="school", rating="rating", levels=("good", "excellent"))
    >>> question.estimate(rows)["top_box_change"].value
    0.5
    """

    def estimate(self, data: Data) -> Estimates:
        """What is the answer?

        Parameters
        ----------
        data : Tables, mapping of frames, pandas.DataFrame or path
            The responses, and the pupils where groups are theirs.

        Returns
        -------
        Estimates
            Shares and means, their changes and what belongs to them, for all and each group.

        Raises
        ------
        ColumnNotFound
            Where a needed column is missing.
        DataError
            Where an answer is not one of the levels, or leaves its range.
        EstimationError
            Where nobody of this kind answered.
        """
        given = answers(self, as_tables(data))
        figures = Figures.of(self, given)
        items = figures.estimates()
        return Estimates(items, findings(self, given, figures, items), tables(self, given, figures.labels))

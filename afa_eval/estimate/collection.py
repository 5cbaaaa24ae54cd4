"""An ordered, frozen collection of estimates with the findings and tables that came with them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar, overload

from afa_eval.estimate.estimands import Estimand
from afa_eval.estimate.records import Claim, Comparator, Estimate, Finding, Severity, Table

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SCHEMA = "afa_eval.estimates/1"
TIDY_COLUMNS = (
    "outcome",
    "group",
    "estimand",
    "estimate",
    "std_error",
    "df",
    "statistic",
    "p_value",
    "conf_low",
    "conf_high",
    "conf_level",
    "unit",
    "base",
    "n_pupils",
    "n_schools",
    "comparator",
    "claim",
    "method",
)
PRINTED = (
    "outcome",
    "group",
    "estimand",
    "estimate",
    "conf_low",
    "conf_high",
    "unit",
    "n_pupils",
    "n_schools",
    "claim",
)


@dataclass(frozen=True, slots=True)
class Estimates:
    """What are all the answers of a design or an evaluation?

    Parameters
    ----------
    items : tuple of Estimate
        In the order a reader should meet them.
    findings : tuple of Finding
        What else could explain them.
    tables : tuple of Table
        Counts and series that belong to them.

    Examples
    --------
    >>> Estimates().tidy().shape
    (0, 18)
    """

    items: tuple[Estimate, ...] = ()
    findings: tuple[Finding, ...] = ()
    tables: tuple[Table, ...] = ()

    def __iter__(self) -> Iterator[Estimate]:
        """Each estimate, in order."""
        return iter(self.items)

    def __len__(self) -> int:
        """How many estimates there are."""
        return len(self.items)

    @overload
    def __getitem__(self, key: int) -> Estimate: ...
    @overload
    def __getitem__(self, key: str) -> Estimate: ...
    def __getitem__(self, key: int | str) -> Estimate:
        """The estimate at a position, or the estimand's value for all pupils.

        Raises
        ------
        KeyError
            Where no such estimand was estimated for group ``all``.
        """
        if isinstance(key, int):
            return self.items[key]
        for item in self.items:
            if item.estimand == key and item.group == "all":
                return item
        raise KeyError(key)

    def __add__(self, other: Estimates) -> Estimates:
        """Both collections, one after the other; findings and tables said twice are kept once."""
        findings = tuple(dict.fromkeys(self.findings + other.findings))
        tables = tuple(dict.fromkeys(self.tables + other.tables))
        return Estimates(self.items + other.items, findings, tables)

    def filter(
        self,
        *,
        outcome: str | None = None,
        group: str | None = None,
        estimand: str | None = None,
        claim: str | None = None,
    ) -> Estimates:
        """Which estimates are about this outcome, group, estimand or claim?

        Parameters
        ----------
        outcome, group, estimand, claim : str, optional
            Each keeps only the estimates with exactly that value.

        Returns
        -------
        Estimates
            Those estimates; findings and tables follow the outcome.
        """
        wanted = {"outcome": outcome, "group": group, "estimand": estimand, "claim": claim}
        asked = {key: value for key, value in wanted.items() if value is not None}
        items = tuple(item for item in self.items if all(getattr(item, key) == value for key, value in asked.items()))
        findings = tuple(f for f in self.findings if outcome is None or not f.outcomes or outcome in f.outcomes)
        tables = tuple(t for t in self.tables if outcome is None or t.outcome == outcome)
        return Estimates(items, findings, tables)

    def tidy(self) -> pd.DataFrame:
        """What are the numbers as one table, a row an estimate?

        Returns
        -------
        pandas.DataFrame
            Columns ``outcome`` to ``method`` as the contract names them, full precision.
            ``statistic`` and ``p_value`` are those of ``Estimate.test``: blank for levels, and the
            p-value corrected where several contrasts were tested together.
        """
        import pandas as pd

        return pd.DataFrame([_row(item) for item in self.items], columns=list(TIDY_COLUMNS))

    @property
    def text(self) -> str:
        """What do the estimates say in plain English, a sentence a line?"""
        from afa_eval.estimate import words

        return "\n".join(words.sentence(item) for item in self.items)

    def plot(self) -> Figure:
        """How do the estimates look beside each other?

        Returns
        -------
        matplotlib.figure.Figure
            A forest plot: value, interval and comparator of each estimate.
        """
        from afa_eval.estimate import charts

        return charts.forest(self.items)

    def to_json(self) -> str:
        """How is the collection stored, at full precision?

        Returns
        -------
        str
            One JSON document; ``from_json`` gives the same collection back.
        """
        return json.dumps(self.document(), ensure_ascii=False, indent=1, allow_nan=False)

    def document(self) -> dict[str, Any]:
        """What does JSON carry of the collection?

        Returns
        -------
        dict
            Lists, texts and numbers alone; ``from_document`` gives the same collection back.
        """
        return {
            "schema": SCHEMA,
            "estimates": [_plain(item) for item in self.items],
            "findings": [_plain(item) for item in self.findings],
            "tables": [_plain(item) for item in self.tables],
        }

    @classmethod
    def from_json(cls, text: str) -> Estimates:
        """Which collection was stored here?

        Parameters
        ----------
        text : str
            What ``to_json`` returned.

        Returns
        -------
        Estimates
            The same collection.

        Raises
        ------
        ValueError
            Where the text is of another schema.
        """
        return cls.from_document(json.loads(text))

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> Estimates:
        """Which collection did JSON carry?

        Parameters
        ----------
        document : dict
            What ``document`` returned.

        Returns
        -------
        Estimates
            The same collection.

        Raises
        ------
        ValueError
            Where it is of another schema.
        """
        if document.get("schema") != SCHEMA:
            raise ValueError(f"expected {SCHEMA}, found {document.get('schema')!r}")
        return cls(
            tuple(_estimate(item) for item in document["estimates"]),
            tuple(_finding(item) for item in document["findings"]),
            tuple(_frozen(Table, item) for item in document["tables"]),
        )

    def with_outcome(self, outcome: str) -> Estimates:
        """How does the collection read under another outcome id?

        Parameters
        ----------
        outcome : str
            The new id.

        Returns
        -------
        Estimates
            A copy.
        """
        return Estimates(
            tuple(replace(item, outcome=outcome) for item in self.items),
            tuple(replace(item, outcomes=(outcome,)) if item.outcomes else item for item in self.findings),
            tuple(replace(item, outcome=outcome) for item in self.tables),
        )

    def __repr__(self) -> str:
        """The numbers, as a table."""
        return self.tidy().to_string(columns=list(PRINTED), index=False) if self.items else "Estimates()"

    def _repr_html_(self) -> str:
        """The numbers, as an HTML table for notebooks."""
        return str(self.tidy().to_html(index=False))


def _row(item: Estimate) -> tuple[object, ...]:
    low, high = item.ci or (None, None)
    numbers = (item.value, item.se, item.df, *item.test, low, high)
    plain = tuple(float("nan") if number is None else float(number) for number in numbers)
    comparator = "" if item.comparator is None else str(item.comparator)
    return (
        item.outcome,
        item.group,
        str(item.estimand),
        *plain,
        item.level,
        item.unit,
        item.base,
        item.n_pupils,
        item.n_schools,
        comparator,
        str(item.claim),
        item.method,
    )


def _plain(value: Any) -> Any:
    """Records as dicts, enums as their text and tuples as lists, so that JSON can carry them."""
    if value is None or type(value) in {str, float, int, bool}:
        return value
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    return value.item() if hasattr(value, "item") else value


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


Record = TypeVar("Record", Estimate, Comparator, Finding, Table)


def _frozen(cls: type[Record], item: dict[str, Any]) -> Record:
    known = {field.name for field in fields(cls)}
    return cls(**{key: _tuples(value) for key, value in item.items() if key in known})


def _estimate(item: dict[str, Any]) -> Estimate:
    comparator = item["comparator"]
    ready = {
        **item,
        "estimand": Estimand[item["estimand"].upper()],
        "claim": Claim(item["claim"]),
        "comparator": None if comparator is None else _frozen(Comparator, comparator),
    }
    return _frozen(Estimate, ready)


def _finding(item: dict[str, Any]) -> Finding:
    return _frozen(Finding, {**item, "severity": Severity(item["severity"])})

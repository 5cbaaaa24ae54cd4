"""Terms of a model become named expressions: numbers, indicators of categories, interactions."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from afa_eval.errors import DataError
from afa_eval.frames.source import collect

if TYPE_CHECKING:
    import narwhals as nw

INTERCEPT = "Intercept"
MOST_LEVELS = 200


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """Which category has each row of a table held in memory?

    Attributes
    ----------
    codes : ndarray of int
        Position among ``levels``; -1 where missing.
    levels : list
        The categories, in no order.
    """

    codes: NDArray[np.int64]
    levels: list[Any]

    def __getitem__(self, rows: NDArray[np.bool_] | slice) -> Coded:
        """The same of some rows."""
        return Coded(self.codes[rows], self.levels)

    def is_level(self, level: object) -> NDArray[np.bool_]:
        """Which rows are of this category?

        Parameters
        ----------
        level : object
            One of ``levels``, or none.

        Returns
        -------
        ndarray of bool
            All false where no row is.
        """
        return np.equal(self.codes, self.levels.index(level) if level in self.levels else -2)


Arrays = Mapping[str, NDArray[Any] | Coded]


@dataclass(frozen=True, slots=True)
class Factor:
    """Which single column, or which level of it, is a part of a term?

    Attributes
    ----------
    column : str
        Name in the table.
    level : object
        The category whose indicator it is; None for a number.
    shown : str
        How it is named: ``pre`` or ``sen[K]``.
    indicator : bool
        Whether it is 0 or 1.
    """

    column: str
    level: Any
    shown: str
    indicator: bool

    def expression(self) -> nw.Expr:
        """How is it computed?

        Returns
        -------
        narwhals.Expr
            A float.
        """
        import narwhals as nw

        if self.level is None:
            return nw.col(self.column).cast(nw.Float64)
        return (nw.col(self.column) == nw.lit(self.level)).cast(nw.Float64)

    def values(self, arrays: Arrays) -> NDArray[Any]:
        """What is it in a table held in memory?

        Parameters
        ----------
        arrays : mapping of str to ndarray or Coded
            Complete rows, by column.

        Returns
        -------
        ndarray
            A number per row as it is stored, or whether it is the level.
        """
        values = arrays[self.column]
        if isinstance(values, Coded):
            return values.is_level(self.level)
        return values if self.level is None else np.equal(values, self.level)


@dataclass(frozen=True, slots=True)
class Column:
    """Which column of the model is it: the product of which factors?

    Attributes
    ----------
    name : str
        For example ``treated:sen[K]``.
    factors : tuple of Factor
        Multiplied with each other; none for the intercept.
    """

    name: str
    factors: tuple[Factor, ...]

    @property
    def indicator(self) -> bool:
        """Is it 0 or 1?"""
        return all(factor.indicator for factor in self.factors)

    def expression(self) -> nw.Expr:
        """How is it computed?

        Returns
        -------
        narwhals.Expr
            A float.
        """
        import narwhals as nw

        out = nw.lit(1.0)
        for i, factor in enumerate(self.factors):
            out = factor.expression() if not i else out * factor.expression()
        return out

    def values(self, arrays: Arrays, n_rows: int) -> NDArray[Any]:
        """What is it in a table held in memory?

        Parameters
        ----------
        arrays : mapping of str to ndarray or Coded
            Complete rows, by column.
        n_rows : int
            How many rows.

        Returns
        -------
        ndarray, shape (n_rows,)
            The product of its factors; of one factor as it is stored.
        """
        if not self.factors:
            return np.ones(n_rows)
        out = self.factors[0].values(arrays)
        if len(self.factors) > 1:
            out = out.astype(np.float64)  # products of narrow integers would run over
        for factor in self.factors[1:]:
            out = out * factor.values(arrays)
        return out


@dataclass(frozen=True, slots=True)
class Known:
    """What must be known of a table before its terms can be named?

    Attributes
    ----------
    schema : mapping
        Type of each column.
    distinct : callable
        Gives a column's distinct values.
    """

    schema: Mapping[str, nw.dtypes.DType]
    distinct: Callable[[str], Iterable[Any]]


def known(frame: nw.LazyFrame[Any]) -> Known:
    """What is known of a lazy table?

    Parameters
    ----------
    frame : narwhals.LazyFrame
        The table.

    Returns
    -------
    Known
        Distinct values are asked of its engine where needed.
    """
    return Known(frame.collect_schema(), lambda column: collect(frame.select(column).unique())[column])


def expand(table: Known, fixed: Sequence[str], reference: Mapping[str, object] | None = None) -> tuple[Column, ...]:
    """Which columns do these terms come to?

    Parameters
    ----------
    table : Known
        Types and categories of the table.
    fixed : sequence of str
        Column names; ``a:b`` is an interaction. Text columns, and those named in ``reference``, are categories.
    reference : mapping, optional
        The level that others are compared with, by column; else the first in order.

    Returns
    -------
    tuple of Column
        The intercept first.

    Raises
    ------
    DataError
        Where a category has one level only, too many, or not the reference that was named.
    """
    factors = _factors(table, _parts(fixed), dict(reference or {}))
    columns = [Column(INTERCEPT, ())]
    for term in fixed:
        for chosen in product(*(factors[part] for part in term.split(":"))):
            columns.append(Column(":".join(factor.shown for factor in chosen), tuple(chosen)))
    return tuple(columns)


def _parts(fixed: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(part for term in fixed for part in term.split(":")))


def _factors(table: Known, parts: Sequence[str], reference: dict[str, object]) -> dict[str, tuple[Factor, ...]]:
    import narwhals as nw

    unknown = sorted(set(reference) - set(parts))
    if unknown:
        raise DataError(f"reference names '{unknown[0]}', which is not among the terms.")
    found: dict[str, tuple[Factor, ...]] = {}
    for part in parts:
        kind = table.schema[part]
        if part in reference or not (kind.is_numeric() or kind == nw.Boolean):
            found[part] = _levels(table, part, reference.get(part))
        else:
            found[part] = (Factor(part, None, part, kind == nw.Boolean),)
    return found


def _levels(table: Known, column: str, reference: object) -> tuple[Factor, ...]:
    """Indicators of all levels but the reference."""
    import narwhals as nw

    kind = table.schema[column]
    text = {nw.String, nw.Categorical, nw.Object}
    if not (kind.is_numeric() or kind == nw.Boolean or kind in text or kind == nw.Enum):
        raise DataError(f"Column '{column}' is {kind}: a term must be a number or a category.")
    present = {_plain(value) for value in table.distinct(column) if not _is_missing(value)}
    levels = sorted(present, key=lambda v: (str(type(v)), v))
    if len(levels) > MOST_LEVELS:
        raise DataError(f"Column '{column}' has {len(levels)} categories. Is it a number stored as text, or a name?")
    by_label = {label(level): level for level in levels}
    base = label(reference) if reference is not None else next(iter(by_label), "")
    if base not in by_label:
        raise DataError(f"Column '{column}' has no category {reference!r}. It has: {', '.join(by_label) or 'none'}.")
    if len(by_label) < 2:
        raise DataError(f"Column '{column}' has one category only ({base}), so it can explain nothing.")
    return tuple(Factor(column, v, f"{column}[{text_}]", True) for text_, v in by_label.items() if text_ != base)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _is_missing(value: object) -> bool:
    return value is None or value != value


def label(level: object) -> str:
    """How is a category named in a term?

    Parameters
    ----------
    level : object
        Text, number or truth value.

    Returns
    -------
    str
        Whole numbers without a decimal point.

    Examples
    --------
    >>> label(5.0), label("K")
    ('5', 'K')
    """
    if isinstance(level, float) and level.is_integer():
        return str(int(level))
    return str(level)

"""Tables of counts, protected with proof: what may be printed, and what an intruder could make of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from afa_eval.disclosure import layout, policies, reach
from afa_eval.disclosure.layout import Layout, Number, Place
from afa_eval.disclosure.policies import Policy
from afa_eval.disclosure.programme import Programme
from afa_eval.disclosure.sums import Counts, told
from afa_eval.disclosure.system import Builder, Floats, Mask, System
from afa_eval.errors import DisclosureError

if TYPE_CHECKING:
    import pandas as pd

HIDDEN = "c"
ONLY = "table"  # what a table is called that comes alone
COLUMNS = ["table", "row", "column", "lower", "upper", "width", "safe"]


@dataclass(frozen=True, slots=True, eq=False)
class ProtectedTable:
    """What may be printed of a table, or of tables that hang together?

    Attributes
    ----------
    cells : DataFrame or dict of str to DataFrame
        In the shape that came in: whole numbers, or ``c`` (confidential), ``z`` (not applicable),
        ``x`` (unavailable), ``low``.
    status : DataFrame or dict of str to DataFrame
        The symbol alone, empty where the number is shown.
    policy : Policy
        The rules it was made under.
    relations : tuple of Relation
        Which groups are the same people in two tables, or among those of the other.
    rests : frozenset
        Totals that hold more people than their parts do together.
    """

    cells: Any
    status: Any
    policy: Policy
    relations: tuple[layout.Relation, ...] = ()
    rests: frozenset[Any] = frozenset()

    @property
    def hidden(self) -> int:
        """How many cells are hidden?"""
        frames = _as_mapping(self.status).values()
        return sum(int((frame == HIDDEN).to_numpy().sum()) for frame in frames)


def protect(
    table: Any, policy: str | Path | Policy = "publish", *, nests: Iterable[tuple[str, str]] | None = None
) -> ProtectedTable:
    """Which cells of a table of counts may be printed?

    Cells that are too few are hidden, and as few others as can be found, so that no hidden cell can
    be worked out from totals or from the other tables, or be placed in an interval narrower than
    the policy's threshold. Totals are never made again without the hidden people.

    Parameters
    ----------
    table : DataFrame, Series or mapping of str to DataFrame
        Counts of people. Margins are labelled ``Total``; a cell without a number is a structural
        nought (``z``), and ``x`` stands for what nobody counted. Rows and columns may have several
        levels. In several tables, dimensions are the same where they have the same name or, without
        names, the same labels.
    policy : str, Path or Policy
        ``publish``, ``trust``, ``opensafely``, a TOML file of one's own, or a policy.
    nests : iterable of (str, str), optional
        Which table's people are among those of which other: wider, narrower. None takes for nested
        what the numbers allow to be, so that few cannot be told by subtracting one from the other.

    Returns
    -------
    ProtectedTable
        Cells and their status in the same shape.

    Raises
    ------
    DisclosureError
        Where a cell is no count, a total is smaller than its parts, there is no such policy, or a cell
        would follow from what is printed whatever else is hidden.

    Examples
    --------
    >>> import pandas as pd
    >>> few = pd.DataFrame({"yes": [3, 30, 33], "no": [40, 50, 90], "Total": [43, 80, 123]}, index=["K", "E", "Total"])
    >>> protect(few).cells.loc["K"].tolist(), protect(few).cells.loc["Total"].tolist()
    (['c', 'c', 43], [33, 90, 123])
    """
    rules = policies.find(policy)
    frames = _as_mapping(table)
    cells = layout.read(frames)
    if any(value == HIDDEN or value == "low" for _, value in cells.values()):
        raise DisclosureError("A table that is protected already cannot be protected again: give the counts.")
    laid = layout.lay_out(cells, nests=nests)
    sizes = _sizes(laid, cells)
    rests = _rests(laid, sizes)
    primary = frozenset(number for number, size in sizes.items() if _secret(size, rules))
    closing = Counts(sizes, primary).close(laid.sums, rules)
    if closing.open:
        raise DisclosureError(_told_anyway(frames, laid, closing.open))
    hidden = closing.hidden
    printed = {place: _printed(cells[place][1], laid.places.get(place), hidden, rules) for place in cells}
    status = {place: value if isinstance(value, str) else "" for place, value in printed.items()}
    return ProtectedTable(
        cells=_shaped(table, frames, printed),
        status=_shaped(table, frames, status),
        policy=rules,
        relations=laid.relations,
        rests=rests,
    )


def _told_anyway(frames: Mapping[str, pd.DataFrame], laid: Layout, told: Collection[Any]) -> str:
    """Which cells follow from structural noughts and shown noughts, and what can be done about it?"""
    named = [_named(frames, place) for place, number in laid.places.items() if number in told]
    cells = "; ".join(f"table '{table}', row '{row}', column '{column}'" for table, row, column in named[:3])
    more = f" and {len(named) - 3} more" if len(named) > 3 else ""
    return (
        f"What stands in {cells or 'one table and not in the other'}{more} could be worked out even if all else were "
        "hidden, from cells without a number or noughts that are shown. Put rows or columns together, or leave one out."
    )


def _secret(size: float, rules: Policy) -> bool:
    return rules.too_few(size) or (round(size) == 0 and rules.hide_zeros)


def _sizes(laid: Layout, cells: Mapping[Place, tuple[Any, Any]]) -> dict[Number, float]:
    return {number: float(cells[place][1]) for place, number in laid.places.items()}


def _rests(laid: Layout, sizes: Mapping[Number, float]) -> frozenset[Any]:
    found = set()
    for line in laid.sums:
        gap = sizes[line.whole] - sum(sizes[part] for part in line.parts)
        if gap < -0.5:
            table, who = line.whole
            group = " & ".join(sorted(f"{key}={label}" for key, label in who)) or "everyone"
            raise DisclosureError(
                f"Table '{table}': the total of {group} is {sizes[line.whole]:.0f}, but its parts add up to "
                f"{sizes[line.whole] - gap:.0f}. Totals must count everyone in their cells, once."
            )
        if gap > 0.5:
            found.add(line)
    return frozenset(found)


def _least(rules: Policy) -> float:
    """Where noughts are always printed, a hidden cell is known to be one or more."""
    return 0.0 if rules.hide_zeros else 1.0


def _printed(value: Any, number: Number | None, hidden: Collection[Number], rules: Policy) -> int | str:
    if number is None:
        return str(value)
    if number in hidden:
        return HIDDEN
    return int(policies.to_nearest(value, rules.round_to) if rules.round_to else round(value))


def _as_mapping(table: Any) -> dict[str, pd.DataFrame]:
    import pandas as pd

    if isinstance(table, Mapping):
        return {str(name): _as_mapping(frame)[ONLY] for name, frame in table.items()}
    if isinstance(table, pd.Series):
        return {ONLY: table.to_frame("count" if table.name is None else table.name)}
    if isinstance(table, pd.DataFrame):
        return {ONLY: table}
    raise DisclosureError(f"A table of counts is a pandas DataFrame, not {type(table).__name__}.")


def _shaped(table: Any, frames: Mapping[str, pd.DataFrame], values: Mapping[Place, Any]) -> Any:
    import pandas as pd

    made: dict[str, pd.DataFrame] = {}
    for name, frame in frames.items():
        rows = [[values[name, i, j] for j in range(frame.shape[1])] for i in range(frame.shape[0])]
        made[name] = pd.DataFrame(rows, index=frame.index, columns=frame.columns, dtype=object)
    return made if isinstance(table, Mapping) else made[ONLY]


def audit(tables: Any, policy: str | Path | Policy = "publish") -> pd.DataFrame:
    """What can an intruder work out from printed tables, cell by cell?

    Only what is printed is used: two linear programmes for each hidden cell say how small and how
    large it can be. So the answer is a proof, not the word of the programme that hid the cells.

    Parameters
    ----------
    tables : ProtectedTable, DataFrame, or mapping of str to either
        As printed: numbers and symbols.
    policy : str, Path or Policy
        Its threshold says what is safe; a ``ProtectedTable`` brings its own.

    Returns
    -------
    DataFrame
        A row for each hidden cell: ``table, row, column, lower, upper, width`` and whether it is
        ``safe``, that is, at least as wide as the threshold. Groups that stand in no table but are
        known to be few, such as those in one table and not in another, are rows too.

    Raises
    ------
    DisclosureError
        Where the printed numbers cannot all be true.

    Examples
    --------
    >>> import pandas as pd
    >>> careless = pd.DataFrame({"yes": ["c"], "no": [40], "Total": [43]}, index=["K"])
    >>> audit(careless)[["row", "column", "lower", "upper", "safe"]].values.tolist()
    [['K', 'yes', 3.0, 3.0, False]]
    """
    import pandas as pd

    given = tables if isinstance(tables, ProtectedTable) else None
    rules = given.policy if given else policies.find(policy)
    frames = _as_mapping(_plain(tables))
    cells = layout.read(frames)
    laid = layout.lay_out(cells, relations=given.relations if given else None)
    seen = _seen(laid, cells)
    system, hidden = _printed_system(laid, seen, rules, given.rests if given else None)
    lower, upper = reach.intervals(system, hidden)
    at = {number: position for position, number in enumerate(seen)}
    rows = [
        (*_named(frames, place), lower[at[laid.places[place]]], upper[at[laid.places[place]]])
        for place in cells
        if place in laid.places and np.isnan(seen[laid.places[place]])
    ]
    rows += _few_between(laid, system, lower, upper, rules.threshold, len(seen))
    found = pd.DataFrame(rows, columns=COLUMNS[:5])
    found["width"] = found["upper"] - found["lower"]
    found["safe"] = found["width"] >= rules.threshold
    return found


def _plain(tables: Any) -> Any:
    if isinstance(tables, ProtectedTable):
        return tables.cells
    if isinstance(tables, Mapping):
        return {name: _plain(table) for name, table in tables.items()}
    return tables


def _seen(laid: Layout, cells: Mapping[Place, tuple[Any, Any]]) -> dict[Number, float]:
    """Each number as it is printed anywhere, NaN where it is printed nowhere."""
    seen: dict[Number, float] = {}
    for place, number in laid.places.items():
        value = cells[place][1]
        if number not in seen or np.isnan(seen[number]):
            seen[number] = np.nan if isinstance(value, str) else float(value)
    return seen


def _printed_system(
    laid: Layout, seen: Mapping[Number, float], rules: Policy, rests: frozenset[Any] | None
) -> tuple[System, Mask]:
    """All that is printed, around one way in which it can be true."""
    floor = _least(rules)
    bounds = {number: (floor, np.inf) if np.isnan(value) else told(value, rules) for number, value in seen.items()}
    lines = list(laid.sums)
    loose = [line in rests if rests is not None else _has_rest(line, bounds) for line in lines]
    builder = Builder(dict.fromkeys(seen, 0.0), rules.threshold)
    for line, has_rest in zip(lines, loose, strict=True):
        builder.add(line, loose=has_rest)
    matrix = builder.matrix()
    low = np.array([*(least for least, _ in bounds.values()), *(0.0 for _ in builder.rests)])
    high = np.array([*(most for _, most in bounds.values()), *(np.inf for _ in builder.rests)])
    values = Programme(matrix).solve(np.zeros(low.size), low, high)
    if values is None:
        raise DisclosureError("The printed numbers cannot all be true: a total does not fit its cells.")
    hidden = np.array([*map(np.isnan, seen.values()), *(False for _ in builder.rests)], dtype=bool)
    unseen = np.arange(low.size) >= len(seen)
    none = np.zeros(low.size, dtype=bool)
    system = System(
        values=values, matrix=matrix, floor=low, ceiling=high, told_low=low, told_high=high,
        unseen=unseen, fixed=none, needs=hidden, costs=np.ones(low.size),
    )  # fmt: skip
    return system, hidden


def _has_rest(line: Any, bounds: Mapping[Number, tuple[float, float]]) -> bool:
    """Whether parts that are all printed are too few for their total; else they are taken to be all of it."""
    parts = [bounds[part] for part in line.parts]
    return bool(bounds[line.whole][0] > sum(most for _, most in parts)) or len(line.parts) == 1


def _named(frames: Mapping[str, pd.DataFrame], place: Place) -> tuple[str, Any, Any]:
    table, row, column = place
    return table, frames[table].index[row], frames[table].columns[column]


def _few_between(
    laid: Layout, system: System, lower: Floats, upper: Floats, threshold: int, cells: int
) -> list[tuple[Any, ...]]:
    """Rests that are known to be a few people: in a total but in none of its parts, or in one table only."""
    found = []
    for row, line in enumerate(laid.sums):
        span = slice(system.matrix.indptr[row], system.matrix.indptr[row + 1])
        for at in system.matrix.indices[span]:
            if at >= cells and 0 < upper[at] < threshold and lower[at] > 0:
                who = " & ".join(sorted(label for _, label in line.whole[1])) or layout.TOTAL
                found.append((line.whole[0], who, f"not in {line.parts[0][0]}", lower[at], upper[at]))
    return found

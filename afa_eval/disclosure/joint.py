"""Everything that is printed, as one system: which more must be hidden so that nobody can work out a few people?

The numbers are all cells of tables, and the numbers of people behind all figures, hidden ones too. What adds up
within a table, between tables, between figures, and between both, is closed by the linear programmes that protect
any table. So two figures of one group whose people differ by a few are seen, and so is a rest that stands nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from afa_eval.disclosure import between, linked
from afa_eval.disclosure.between import Known, Links
from afa_eval.disclosure.cells import Grids
from afa_eval.disclosure.linked import Hiding, key_of
from afa_eval.disclosure.numbers import CONTRAST, OTHERS, PEOPLE, Number, Numbers
from afa_eval.disclosure.primary import count_reason, figures
from afa_eval.disclosure.sums import Closing, Counts, Sum


def close(hiding: Hiding, grids: Grids, known: Known | None = None) -> None:
    """Hide more figures and cells until no number that is too small can be worked out.

    Parameters
    ----------
    hiding : Hiding
        The figures; changed in place.
    grids : Grids
        The tables; changed in place.
    known : Known, optional
        Cells that an earlier release told, or would come too near to.
    """
    numbers, known = Numbers.of(hiding.items), known or Known()
    links = between.links(grids.people, numbers, dict.fromkeys(item.group for item in hiding.items))
    secret = _secret(numbers, hiding)
    closing = _counts(numbers, links, hiding, grids, known, secret).close(
        [*grids.lines(), *numbers.sums, *links.sums, *known.sums], hiding.policy
    )
    _hide_figures(closing, numbers, hiding, secret)
    small = grids.hidden()
    for name in sorted({cell[0] for cell in closing.open if cell in small}):
        grids.hide_table(name)
    for table in grids.people:
        for row in range(len(table.rows)):
            for column in range(len(table.columns)):
                if (table.name, row, column) in closing.hidden:
                    grids.hide((table.name, row, column))
    linked.follow(hiding)


def _counts(numbers: Numbers, links: Links, hiding: Hiding, grids: Grids, known: Known, secret: set[Number]) -> Counts:
    """All numbers, and which of them are hidden so far."""
    policy = hiding.policy
    cells = {
        (table.name, row, column): float(value or 0)
        for table in grids.people
        for row, values in enumerate(table.cells)
        for column, value in enumerate(values)
    }
    kept = figures().kept_reasons
    few_unseen = {key for key, size in links.unseen.items() if policy.too_few(size)}
    return Counts(
        sizes={**cells, **numbers.sizes, **links.unseen, **known.numbers},
        hidden=grids.hidden() | known.hidden | _hidden(numbers, hiding) | links.unseen.keys(),
        public=known.public | known.numbers.keys(),
        wanted=frozenset(cell for cell in cells if grids.tables[cell[0]].columns[cell[2]] in kept),
        harmless=(numbers.sizes.keys() - secret) | (links.unseen.keys() - few_unseen),
        together=tuple(map(tuple, numbers.pairs)),
        weights={number: float(len(by)) for number, by in numbers.printed_by.items()},
        vague=frozenset(one for one in numbers.sizes if one[1] == OTHERS) if policy.round_to else frozenset(),
    )


def _hidden(numbers: Numbers, hiding: Hiding) -> set[Number]:
    """Numbers that no shown figure prints."""
    return {number for number, by in numbers.printed_by.items() if all(key_of(item) in hiding.hidden for item in by)}


def _secret(numbers: Numbers, hiding: Hiding) -> set[Number]:
    """Hidden numbers that are too few themselves; others are hidden for their sake, or with their figure."""
    return {number for number in _hidden(numbers, hiding) if _is_secret(number, numbers, hiding)}


def _is_secret(number: Number, numbers: Numbers, hiding: Hiding) -> bool:
    by = [item for item in numbers.printed_by[number] if CONTRAST not in item.group]
    if any(key_of(item) in hiding.beside for item in by):
        return True
    if number[1] == PEOPLE:
        return any(hiding.alone_reason(item) for item in by)
    policy, size = hiding.policy, numbers.sizes[number]
    none = policy.hide_zeros and size < 1 and number[2] not in figures().harmless_extremes
    return (policy.too_few(size) or none) and any(count_reason(item, policy) for item in by)


def _hide_figures(closing: Closing, numbers: Numbers, hiding: Hiding, secret: set[Number]) -> None:
    known = _hidden(numbers, hiding)
    for number in sorted((one for one in closing.hidden if one in numbers.sizes and one not in known), key=str):
        reason = f"with it shown, {_said(number, numbers, secret)} could be worked out by subtraction"
        for item in numbers.printed_by[number]:
            hiding.hide(key_of(item), reason, whole_group=number[1] == PEOPLE)


def _said(number: Number, numbers: Numbers, secret: Iterable[Number]) -> str:
    """The groups that subtraction would tell, as far as they stand in one sum with this number."""
    small: set[Any] = set(secret)
    beside = {one for line in numbers.sums if number in _all_of(line) for one in _all_of(line)}
    names = sorted({numbers.printed_by[one][0].group for one in beside & small})
    return ", ".join(names[:3]) or "a few who stand behind no other figure"


def _all_of(line: Sum) -> tuple[Any, ...]:
    return (line.whole, *line.parts)

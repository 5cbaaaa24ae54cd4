"""Which header means which column? By the plan, by name, by alias; never by a guess between two."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from afa_eval.data.names import plain, stripped
from afa_eval.data.raw import RawTable
from afa_eval.data.records import TABLE_NAMES

UPN = re.compile(r"[A-HJ-NP-RT-Z]\d{11}[0-9A-HJ-NP-RT-Z]")
YEAR_GROUP = re.compile(r"(?:y|yr|year)?\s*(?:r|n[12]?|reception|nursery|1[0-4]|0?\d)(?:\.0)?", re.IGNORECASE)
IDENTIFIERS = ("pupil_id", "urn", "la")
PROVISIONS = frozenset("NKEAPS")
ANY_SEN = frozenset({"none", "any", "yes", "no", "y", "n", "1", "0", "true", "false"})
CONTESTED_SAMPLE = 2_000
OWN_NAME, AS_NAMED, ALIAS = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Heading:
    """Which columns were recognised in a file?

    Attributes
    ----------
    columns : dict of str to int
        Canonical, plan's or the user's own name, to the position in the raw table.
    ambiguous : tuple of (str, tuple of str)
        A name, and the headers that could all mean it.
    unmapped : tuple of (str, str)
        A name, and the header that the plan gives it but the file lacks.
    left_out : tuple of str
        Headers dropped at the door: names, dates of birth, identifiers not needed.
    register : bool
        Marks of the register that could not be counted: totals are not missed.
    """

    columns: dict[str, int]
    ambiguous: tuple[tuple[str, tuple[str, ...]], ...] = ()
    unmapped: tuple[tuple[str, str], ...] = ()
    left_out: tuple[str, ...] = ()
    register: bool = False


@cache
def aliases(table: str) -> Mapping[str, Mapping[str, int]]:
    """Which headers mean which canonical column of a table?

    Parameters
    ----------
    table : str
        One of ``TABLE_NAMES``.

    Returns
    -------
    mapping of str to mapping of str to int
        Canonical column, to the compared form of each alias and its rank.
    """
    told = _told()
    wanted = {**told["everywhere"], **told[table]}
    if table == "attainment":  # a school's export of scores often carries the pupils' status too
        wanted = {**told["pupils"], **wanted}
    return {
        name: {plain(word): rank for rank, words in enumerate(lists) for word in words}
        for name, lists in wanted.items()
    }


@cache
def left_out() -> frozenset[str]:
    """Which headers are dropped at the door, in their compared form?

    Returns
    -------
    frozenset of str
        Names, dates of birth, addresses and identifiers that nothing needs.
    """
    return frozenset(plain(word) for word in _told()["left_out"]["names"])


@cache
def identifies(header: str) -> bool:
    """Does a column hold identifiers of pupils, schools or authorities, whatever it is used for?

    Parameters
    ----------
    header : str
        The user's own.

    Returns
    -------
    bool
        Such as of ``LAESTAB`` beside ``URN``: no number, though it has nothing but digits.

    Examples
    --------
    >>> identifies("KS4_LAESTAB"), identifies("Reading")
    (True, False)
    """
    named = aliases("pupils")
    return any(plain(header) in named[name] or stripped(header) in named[name] for name in IDENTIFIERS)


def known_header(table: str | None, named: Iterable[str] = ()) -> Callable[[str], bool]:
    """Is this text a header that the reader knows?

    Parameters
    ----------
    table : str, optional
        One of ``TABLE_NAMES``; any of them where None.
    named : iterable of str
        Further headers: the plan's own.

    Returns
    -------
    callable
        From a cell's text to True or False.
    """
    tables = TABLE_NAMES if table is None else (table,)
    words = {plain(name) for name in named} | set(left_out())
    for each in tables:
        words |= {word for name, group in aliases(each).items() for word in (plain(name), *group)}

    def known(text: str) -> bool:
        return bool(text.strip()) and (plain(text) in words or stripped(text) in words)

    return known


def resolve(raw: RawTable, table: str, *, told: Mapping[str, str] | None = None, wanted: Iterable[str] = ()) -> Heading:
    """Which header of a file means which column?

    Parameters
    ----------
    raw : RawTable
        What was handed in.
    table : str
        One of ``TABLE_NAMES``.
    told : mapping of str to str, optional
        ``[columns.<table>]`` of the plan: canonical or own name to header; it overrules all else.
    wanted : iterable of str
        Names that the plan uses.

    Returns
    -------
    Heading
        What was recognised, and what was not.
    """
    columns, unmapped = _as_told(raw.headers, told or {})
    taken = set(columns.values())
    free = [i for i in range(len(raw.headers)) if i not in taken and raw.headers[i]]
    claims = _claims(raw, table, free, [name for name in wanted if name not in columns])
    ambiguous = []
    for name, ranked in claims.items():
        if name in columns or not ranked:
            continue
        best = min(rank for rank, _ in ranked)
        winners = [i for rank, i in ranked if rank == best and i not in columns.values()]
        headers = tuple(dict.fromkeys(raw.headers[i] for i in winners))
        if len(headers) > 1:
            ambiguous.append((name, headers))
        elif winners:
            columns[name] = winners[0]
    return _with_the_rest(raw, columns, ambiguous, unmapped)


@cache
def _told() -> dict[str, Any]:
    return tomllib.loads(files("afa_eval.data").joinpath("aliases.toml").read_text("utf-8"))


def _as_told(headers: Sequence[str], told: Mapping[str, str]) -> tuple[dict[str, int], list[tuple[str, str]]]:
    columns: dict[str, int] = {}
    unmapped = []
    for name, header in told.items():
        exact = [i for i, each in enumerate(headers) if each == header.strip()]
        near = exact or [i for i, each in enumerate(headers) if plain(each) == plain(header)]
        if near:
            columns[name] = near[0]
        else:
            unmapped.append((name, header))
    return columns, unmapped


def _claims(raw: RawTable, table: str, free: Sequence[int], wanted: Sequence[str]) -> dict[str, list[tuple[int, int]]]:
    """For each name, which headers could mean it, and how good is the claim (lower is better)?"""
    words = aliases(table)
    claims: dict[str, list[tuple[int, int]]] = {name: [] for name in (*wanted, *words)}
    known = [(name, plain(name), stripped(name), words.get(name, {})) for name in claims]
    for i in free:
        header = raw.headers[i]
        contested = _contested(raw, i, table)
        if contested:
            claims.setdefault(contested, []).append((AS_NAMED, i))
            continue
        compared, without = plain(header), stripped(header)
        for name, as_plain, as_stripped, ranks in known:
            if header == name:
                claims[name].append((OWN_NAME, i))
            elif compared == as_plain:
                claims[name].append((AS_NAMED, i))
            elif compared in ranks:
                claims[name].append((ALIAS + 2 * ranks[compared], i))
            elif without in ranks or without in {as_plain, as_stripped}:
                claims[name].append((ALIAS + 1 + 2 * ranks.get(without, 0), i))
    return claims


def _contested(raw: RawTable, position: int, table: str) -> str:
    """Two headers mean one thing in one system and another in the next: their cells decide."""
    header, without = plain(raw.headers[position]), stripped(raw.headers[position])
    if not {header, without} & {"year", "sen", "yr", "sentype"} or table in {"attendance", "responses"}:
        return ""
    cells = set(map(str.strip, raw.columns[position].cells(CONTESTED_SAMPLE))) - {""}
    if without == "sentype":  # a type of need, or the type of provision
        return "sen_provision" if cells and cells <= PROVISIONS else ""
    if header == "sen":
        folded = {cell.casefold() for cell in cells}
        return "sen" if folded <= ANY_SEN and folded != {"n"} else "sen_provision"
    groups = cells and all(YEAR_GROUP.fullmatch(cell) for cell in cells)
    return "year_group" if groups and table == "pupils" else "year"


def _with_the_rest(
    raw: RawTable,
    columns: dict[str, int],
    ambiguous: list[tuple[str, tuple[str, ...]]],
    unmapped: list[tuple[str, str]],
) -> Heading:
    """Other columns keep their own header; names and identifiers that nothing needs are dropped."""
    doubtful = {header for _, headers in ambiguous for header in headers}
    taken = set(columns.values())
    dropped = []
    for i, header in enumerate(raw.headers):
        if not header or i in taken or header in doubtful:
            continue
        if plain(header) in left_out() or stripped(header) in left_out() or _holds_upns(raw, i):
            dropped.append(header)
        elif header not in columns:
            columns[header] = i
    in_order = dict(sorted(columns.items(), key=lambda pair: pair[1]))
    return Heading(in_order, tuple(ambiguous), tuple(unmapped), tuple(dropped))


def _holds_upns(raw: RawTable, position: int) -> bool:
    cells = list(filter(None, map(str.strip, raw.columns[position].cells(200))))
    return bool(cells) and sum(bool(UPN.fullmatch(cell)) for cell in cells) * 2 > len(cells)

"""From text cells to canonical values: one small function a kind, run on the distinct texts only."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files

from afa_eval.codes import ethnicity as ethnicities
from afa_eval.codes import languages, levels, needs, no_score, sen, year_groups, years
from afa_eval.data.names import plain
from afa_eval.errors import DataError

WHOLE_WITH_POINT = re.compile(r"-?\d+\.0+")
QUOTED = re.compile(r'="(.*)"')  # how a CSV is written so that a spreadsheet keeps leading zeros
SCIENTIFIC = re.compile(r"-?\d(?:\.\d+)?[eE]\+?\d+")
EXPONENT = re.compile(r"\d[eE]")
MARKED = b" \t\r\v\f\x1c\x1d\x1e\x1f#=."  # blanks, and what spreadsheets write
AS_THEY_STAND = frozenset({"id", "school", "word"})
FORMULA_ERRORS = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#NO VALUE"}
)
LAST_YEAR_GROUP = 14
NPD_MAJOR = frozenset({"1non", "2sns", "3ss", "4uncl"})  # with or without a statement: groups of any year
NURSERY = {"n1": -2, "n2": -1, "n": -1, "nursery": -1, "e1": -2, "e2": -1}


@dataclass(frozen=True, slots=True)
class Cell:
    """What does a text mean?

    Attributes
    ----------
    value : str, int, float or None
        Canonical value; None where blank or where it cannot be understood.
    fault : str
        Empty, or ``unknown`` (code, number), ``year`` (in which the code was not used), ``digits``
        (lost by a spreadsheet), ``formula`` (an error value).
    repaired : bool
        A spreadsheet's damage that was undone.
    reason : str, optional
        Why there is no score.
    """

    value: str | int | float | None = None
    fault: str = ""
    repaired: bool = False
    reason: str | None = None


BLANK = Cell()
UNKNOWN = Cell(fault="unknown")


def identifier(text: str) -> Cell:
    """Which pupil or school is it?

    Parameters
    ----------
    text : str
        Without surrounding blanks, not empty.

    Returns
    -------
    Cell
        Text as it stands; ``123456.0`` is repaired, ``="0123"`` taken out of its quotes, ``1.2E+12`` has lost digits.
    """
    if quoted := QUOTED.fullmatch(text):
        return Cell(quoted[1].strip() or None)
    if SCIENTIFIC.fullmatch(text):
        return Cell(fault="digits")
    if WHOLE_WITH_POINT.fullmatch(text):
        return Cell(text.partition(".")[0], repaired=True)
    return Cell(text)


def word(text: str) -> Cell:
    """Which category is it?

    Parameters
    ----------
    text : str
        Without surrounding blanks, not empty.

    Returns
    -------
    Cell
        The text itself.
    """
    return Cell(text)


def provision(text: str, year: str = "") -> Cell:
    """Which SEN provision is it?

    Parameters
    ----------
    text : str
        A census code or its name.
    year : str
        Academic year of the row, empty where unknown.

    Returns
    -------
    Cell
        N, K, E, or A, P, S of their own time.
    """
    code = _words("sen_provision").get(plain(text))
    if code is None:
        return UNKNOWN
    if not code or plain(text) in NPD_MAJOR:
        return Cell(code or None)
    try:
        sen.provision(code, year or None)
    except DataError:
        return Cell(fault="year")
    return Cell(code)


def need(text: str, year: str = "") -> Cell:
    """Which type of need is it?

    Parameters
    ----------
    text : str
        A code or its name.
    year : str
        Academic year of the row, empty where unknown.

    Returns
    -------
    Cell
        The code.
    """
    code = needs.find(text)
    if code is None:
        return UNKNOWN
    return Cell(code) if not year or code in needs.codes(year) else Cell(fault="year")


def academic_year(text: str) -> Cell:
    """Which academic year is it?

    Parameters
    ----------
    text : str
        In any of its spellings.

    Returns
    -------
    Cell
        Six digits.
    """
    try:
        return Cell(years.parse(text))
    except DataError:
        return UNKNOWN


def year_group(text: str) -> Cell:
    """Which year group is it?

    Parameters
    ----------
    text : str
        ``7``, ``Year 7``, ``R``, ``N2``.

    Returns
    -------
    Cell
        A whole number, reception 0, nursery -1 and -2.
    """
    try:
        return Cell(year_groups.parse(text))
    except DataError:
        return UNKNOWN


def ethnicity(text: str) -> Cell:
    """Which ethnicity is it?

    Parameters
    ----------
    text : str
        A main or extended census code, or a main category's name.

    Returns
    -------
    Cell
        The main code, such as ``WBRI``.
    """
    code = ethnicities.find(text)
    return UNKNOWN if code is None else Cell(code)


def eal(text: str) -> Cell:
    """Is English an additional language?

    Parameters
    ----------
    text : str
        Yes or no, or the census code or group of the first language.

    Returns
    -------
    Cell
        ``yes`` or ``no``; blank where the language is not known.
    """
    said = listed("eal")(text)
    if said != UNKNOWN:
        return said
    try:
        return Cell(languages.eal(text) or None)
    except DataError:
        return UNKNOWN


def level(text: str) -> Cell:
    """How many points is a national curriculum level, or why is there none?

    Parameters
    ----------
    text : str
        ``2b``, ``W`` or a code such as ``A``.

    Returns
    -------
    Cell
        Points, or a reason.
    """
    try:
        return Cell(levels.points(text))
    except DataError:
        reason = no_score.reason(text)
        return Cell(reason=reason) if reason else UNKNOWN


def sessions(text: str) -> Cell:
    """How many sessions is it?

    Parameters
    ----------
    text : str
        A whole number.

    Returns
    -------
    Cell
        A whole number, negative ones too: a later check reports those.
    """
    whole = text.partition(".")[0] if WHOLE_WITH_POINT.fullmatch(text) else text
    return Cell(int(whole)) if re.fullmatch(r"-?[0-9]{1,9}", whole) else UNKNOWN


def score(text: str) -> Cell:
    """Which score is it, or why is there none?

    Parameters
    ----------
    text : str
        A number or a code such as B or absent.

    Returns
    -------
    Cell
        A finite number, or a reason.
    """
    number = as_number(text)
    if number is not None:
        return Cell(number)
    reason = no_score.reason(text)
    return Cell(reason=reason) if reason else UNKNOWN


def wave(text: str) -> Cell:
    """Which wave is it?

    Parameters
    ----------
    text : str
        before, after, or a number.

    Returns
    -------
    Cell
        ``before``, ``after``, or the number as text.
    """
    known = _words("wave").get(plain(text))
    number = re.fullmatch(r"(?:wave|time|t|w)?([0-9]{1,3})", plain(text.removesuffix(".0")))
    if known is None and number:
        known = str(int(number[1]))
    return Cell(known) if known else UNKNOWN


def term(text: str) -> Cell:
    """Which term is it?

    Parameters
    ----------
    text : str
        Autumn, spring, summer, or any other name of a part of the year.

    Returns
    -------
    Cell
        ``autumn``, ``spring``, ``summer``, or the text in lower case.
    """
    return Cell(_words("term").get(plain(text), plain(text) or text))


def as_number(text: str) -> float | None:
    """Which finite number is it?

    Parameters
    ----------
    text : str
        Digits with an optional sign, decimal point and exponent.

    Returns
    -------
    float or None
        None where it is no number; ``inf``, ``nan`` and ``1_000`` are none.

    Examples
    --------
    >>> as_number(" 12.5"), as_number("12,5"), as_number("nan")
    (12.5, None, None)
    """
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) and "_" not in text else None


def listed(kind: str) -> Callable[[str], Cell]:
    """How is a word of a list understood?

    Parameters
    ----------
    kind : str
        Name of a word list such as ``fsm``.

    Returns
    -------
    callable
        From text to Cell.
    """
    meanings = _words(kind)

    def read(text: str) -> Cell:
        found = meanings.get(plain(text.removesuffix(".0")))
        return UNKNOWN if found is None else Cell(found or None)

    return read


@dataclass(frozen=True, slots=True)
class Meanings:
    """What do the distinct texts of a column mean?

    Attributes
    ----------
    values : list
        Canonical value of each text, None where there is none.
    special : dict of int to Cell
        Place of each text that is faulted, was repaired or is a reason; all others are plain.
    own : bool
        Whether each text, none of them blank, is known to be its own value.
    """

    values: list[str | int | float | None]
    special: dict[int, Cell]
    own: bool = False


def understand(texts: Sequence[str], kind: str, year: str = "", joint: str | None = None) -> Meanings:
    """What do these texts mean?

    Parameters
    ----------
    texts : sequence of str
        Distinct cells.
    kind : str
        A key of ``KINDS`` or ``DATED``, or the name of a word list.
    year : str
        Academic year they belong to, empty where unknown.
    joint : str, optional
        The texts, a line each, where that is known already.

    Returns
    -------
    Meanings
        Blank cells have no value and no fault.
    """
    take_as_is = kind in AS_THEY_STAND
    if take_as_is and _are_own("\n".join(texts) if joint is None else joint, len(texts)):
        return Meanings(list(texts), {}, own=True)
    values: list[str | int | float | None] = [text.strip() or None for text in texts]
    special: dict[int, Cell] = {}
    read = partial(DATED[kind], year=year) if kind in DATED else KINDS.get(kind) or listed(kind)
    for i, bare in _to_read(values, take_as_is):
        cell = Cell(fault="formula") if bare[0] == "#" and bare.upper() in FORMULA_ERRORS else read(bare)
        values[i] = cell.value
        if cell.fault or cell.repaired or cell.reason:
            special[i] = cell
    return Meanings(values, special)


def _to_read(values: Sequence[str | int | float | None], take_as_is: bool) -> list[tuple[int, str]]:
    """Texts that must be understood: of identifiers and names only what a spreadsheet may have been at."""
    if not take_as_is:
        return [(i, text) for i, text in enumerate(values) if isinstance(text, str)]
    marked = [
        (i, text)
        for i, text in enumerate(values)
        if isinstance(text, str) and (text[0] in "#=" or "." in text or "e" in text or "E" in text)
    ]
    return [(i, text) for i, text in marked if text[0] in "#=" or text[-1].isdigit()]


def _are_own(joint: str, n: int) -> bool:
    """Whether no text is blank, begins or ends with a blank, or shows what a spreadsheet may have been at.

    One look at all of them together: one each at a hundred thousand identifiers takes a while.
    """
    if joint.count("\n") != n - 1 or not joint.isascii() or "\n\n" in f"\n{joint}\n":
        return False
    plain_size = len(joint.encode("ascii").translate(None, MARKED))
    return plain_size == len(joint) and not (("e" in joint or "E" in joint) and EXPONENT.search(joint))


DATED: Mapping[str, Callable[..., Cell]] = {"sen_provision": provision, "need": need}
KINDS: Mapping[str, Callable[[str], Cell]] = {
    "id": identifier,
    "school": identifier,
    "word": word,
    "year": academic_year,
    "year_group": year_group,
    "ethnicity": ethnicity,
    "eal": eal,
    "level": level,
    "sessions": sessions,
    "score": score,
    "wave": wave,
    "term": term,
}


@cache
def _words(name: str) -> Mapping[str, str]:
    """Compared form of each word to its meaning."""
    return {plain(each): meaning for meaning, group in _lists()[name].items() for each in group}


@cache
def _lists() -> Mapping[str, Mapping[str, Sequence[str]]]:
    return tomllib.loads(files("afa_eval.data").joinpath("words.toml").read_text("utf-8"))

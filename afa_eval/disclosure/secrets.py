"""What a trust handed in that no page may say: identifiers, names, dates of birth, whole rows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from unicodedata import is_normalized, normalize

from afa_eval.data.headers import left_out, resolve
from afa_eval.data.names import plain
from afa_eval.data.opening import read_raw, source
from afa_eval.data.pseudonyms import PERSONS
from afa_eval.data.raw import RawTable
from afa_eval.data.readers import guess_table

WORD = re.compile("[^\\W\\d_]+(?:['\u2019\u2018\u02bc\u2010\u2011-][^\\W\\d_]+)*")
TOKEN = re.compile(r"\w(?:[\w./-]*\w)?")  # a decimal number is one: its digits are no identifier
# A day begins with a digit before which there is none; said in this order, it is looked for four times as fast.
DAY = re.compile(
    r"\d(?<!\d\d)(?:\d(?:\d\d-\d\d-\d\d|[/.-]\d{1,2}[/.-]\d\d(?:\d\d)?|\d{6}| [A-Z][a-z]{2,8} \d{4})"
    r"|[/.-]\d{1,2}[/.-]\d\d(?:\d\d)?| [A-Z][a-z]{2,8} \d{4})(?!\d)"
)
BORN = frozenset({"dob", "dateofbirth", "birthdate"})
DATE_FORMS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y%m%d", "%d %B %Y", "%d %b %Y", "%d/%m/%y")
MARKS = str.maketrans("\u2019\u2018\u02bc\u2010\u2011", "'''--")  # typography changes a typed mark into another
TIME_AFTER = re.compile(r"[ T]\d\d?:\d\d.*$")
SHORTEST_NAME, SHORTEST_ID, FEWEST_CELLS = 4, 6, 4
LONG_TOKEN = re.compile(rf"\w[\w./-]{{{SHORTEST_ID - 2},}}\w")  # of TOKEN's, those that could be an identifier
TAIL = re.compile(r"\d[\w./-]*")
SURNAMES = frozenset({"surname", "legalsurname", "preferredsurname", "lastname", "familyname"})
Pair = tuple[str, str]
OWN_TEXT = frozenset({".py", ".toml", ".md", ".csv", ".json", ".html", ".css"})


@dataclass(slots=True)
class Secrets:
    """Which words, numbers and rows of the inputs may stand nowhere?

    Attributes
    ----------
    identifiers, names, dates : dict of str to str
        What may not be said, and where it stands: file and column.
    children : dict of (str, str) to str
        First name and surname of one child, in either order, and their file: also the trust's own words may not say
        both one after the other.
    rows : dict of str to str
        Rows as a CSV holds them, and their file.
    hashes : dict of str to str
        SHA-256 of the files handed in.
    """

    identifiers: dict[str, str] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    dates: dict[str, str] = field(default_factory=dict)
    children: dict[Pair, str] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)

    def add(self, raw: RawTable, table: str, told: Mapping[str, str] | None = None) -> None:
        """Take in a file.

        Parameters
        ----------
        raw : RawTable
            As it was read.
        table : str
            Which canonical table it is.
        told : mapping of str to str, optional
            The plan's columns.
        """
        heading = resolve(raw, table, told=told or {})
        persons = {heading.columns[name] for name in PERSONS if name in heading.columns}
        for position, header in enumerate(raw.headers):
            compared, where = plain(header), f"{Path(raw.file).name}, column '{header}'"
            cells = set(map(str.strip, raw.columns[position].texts)) - {""}
            if position in persons or compared in {"upn", "formerupn"}:
                self.identifiers |= dict.fromkeys(filter(_telling, cells), where)
            elif compared in BORN:
                self.dates |= dict.fromkeys((form for cell in cells for form in _forms(cell)), where)
            elif "name" in compared and compared in left_out():
                self.names |= dict.fromkeys((word for cell in cells for word in _words(cell)), where)
        if persons:
            self.children |= dict.fromkeys(_children(raw), Path(raw.file).name)
        self.rows |= dict.fromkeys(_rows(raw), Path(raw.file).name)
        self.hashes[raw.sha256] = Path(raw.file).name

    def without(self, said: Iterable[str]) -> Secrets:
        """Which of them does a text not say that is no secret?

        Parameters
        ----------
        said : iterable of str
            What is published anyway: the plan's own words.

        Returns
        -------
        Secrets
            Without names that are words of the package or of these texts, and dates that stand there. A teacher may
            share a pupil's surname, and a term begin on a birthday; a first name and a surname of one child stay.
        """
        if not self.names and not self.dates and not self.children:
            return self
        ordinary, days = _package_words()
        texts = list(said)
        words = ordinary | {word.casefold() for text in texts for word in words_of(text)}
        days = days | {day for text in texts for day in DAY.findall(text)}
        return Secrets(
            identifiers=self.identifiers,
            names={name: where for name, where in self.names.items() if name.casefold() not in words},
            dates={day: where for day, where in self.dates.items() if day not in days},
            children={pair: file for pair, file in self.children.items() if not ordinary.issuperset(_small(pair))},
            rows=self.rows,
            hashes=self.hashes,
        )


def of_inputs(
    named: Mapping[str, Sequence[str]], folder: Path, columns: Mapping[str, Mapping[str, str]] | None = None
) -> Secrets:
    """What did a trust hand in that no page may say?

    Parameters
    ----------
    named : mapping of str to sequence of str
        Each table's files, as a plan names them.
    folder : Path
        The plan's folder.
    columns : mapping, optional
        The plan's columns by table.

    Returns
    -------
    Secrets
        Files that cannot be read are left out: nothing of them can have reached a page.
    """
    found = Secrets()
    for table, paths in named.items():
        for path in paths:
            raw = read_raw(source(path, folder))
            if raw.readable and raw.headers:
                found.add(raw, table or guess_table(raw), (columns or {}).get(table))
    return found


def tail(identifier: str) -> str:
    """How does an identifier end, from its first digit on? Few words have a digit, so that is looked for first.

    Parameters
    ----------
    identifier : str
        Any.

    Returns
    -------
    str
        Empty where it has no digit.

    Examples
    --------
    >>> tail("A1203"), tail("name")
    ('1203', '')
    """
    found = TAIL.search(identifier)
    return found[0] if found else ""


def _telling(cell: str) -> bool:
    """Whether an identifier is long enough to be known when seen: ``7`` or a school's number is not."""
    if len(cell) < SHORTEST_ID:
        return False
    digits, letters = sum(map(str.isdigit, cell)), sum(map(str.isalpha, cell))
    return (digits > 0 and letters > 0) or digits > SHORTEST_ID + 1


def words_of(text: str) -> set[str]:
    """Which words stand in a text, one way of writing for each?

    Parameters
    ----------
    text : str
        Any, however its accents and apostrophes are encoded.

    Returns
    -------
    set of str
        Accents as one letter, apostrophes and hyphens as they are typed.

    Examples
    --------
    >>> words_of("Miss O\u2019Hara") == words_of("Miss O'Hara")
    True
    """
    whole = text if is_normalized("NFC", text) else normalize("NFC", text)
    return {word if word.isascii() else word.translate(MARKS) for word in set(WORD.findall(whole))}


def pairs_of(text: str) -> set[Pair]:
    """Which two words stand beside each other in a text?

    Parameters
    ----------
    text : str
        Without marks of a page.

    Returns
    -------
    set of (str, str)
        Signs between them do not count, so that a surname may stand first.

    Examples
    --------
    >>> sorted(pairs_of("Smith, Ann: well done"))
    [('Ann', 'well'), ('Smith', 'Ann'), ('well', 'done')]
    """
    return set(pairwise(_ordered(text)))


def _ordered(text: str) -> list[str]:
    return [word.translate(MARKS) for word in WORD.findall(normalize("NFC", text))]


def _small(pair: Pair) -> set[str]:
    return set(map(str.casefold, pair))


def _children(raw: RawTable) -> Iterator[Pair]:
    """First name and surname of every child, from two columns or from one that holds both."""
    headers = [plain(header) for header in raw.headers]
    named = [at for at, header in enumerate(headers) if "name" in header and header in left_out()]
    after = [at for at in named if headers[at] in SURNAMES]
    first = [at for at in named if "fore" in headers[at] or "first" in headers[at]]
    cells = {at: raw.columns[at].cells() for at in named}
    for one in first:
        for other in after:
            for given, family in set(zip(cells[one], cells[other], strict=True)):
                yield from _called(_ordered(given), _ordered(family))
    for at in set(named) - {*first, *after}:
        for words in map(_ordered, raw.columns[at].texts):
            yield from _called(words[:1], words[1:])


def _called(given: list[str], family: list[str]) -> Iterator[Pair]:
    """In both orders, as it stands and as a page would write what a register has in capitals."""
    if not given or not family:
        return
    for one, other in ((given[0], family[0]), (given[-1], family[0]), (given[0], family[-1]), (family[-1], given[0])):
        if len(one) > 1 and len(other) > 1:
            yield one, other
            yield one.title(), other.title()


def _words(cell: str) -> Iterator[str]:
    return (word for word in words_of(cell) if len(word) >= SHORTEST_NAME)


def _forms(cell: str) -> Iterator[str]:
    """A date in every way in which a page could write it."""
    text = TIME_AFTER.sub("", cell)
    for form in DATE_FORMS:
        try:
            day = datetime.strptime(text, form).date()
        except ValueError:
            continue
        yield from {text, *(day.strftime(one) for one in DATE_FORMS), _spoken(day), f"{day.day}/{day.month}/{day.year}"}
        return
    if len(text) >= SHORTEST_ID:
        yield text


def _spoken(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _rows(raw: RawTable) -> Iterator[str]:
    """Each row as a CSV would hold it; rows with little in them are no secret."""
    for cells in zip(*(column.cells() for column in raw.columns), strict=True):
        told = list(map(str.strip, cells))
        if sum(map(bool, told)) >= FEWEST_CELLS:
            yield ",".join(told)


@cache
def _package_words() -> tuple[frozenset[str], frozenset[str]]:
    """All words, in small letters, and all days that pages may have from the package itself."""
    home = Path(str(files("afa_eval")))
    folders = [home, *(folder for folder in (home.parent / "templates",) if folder.is_dir())]
    words: set[str] = set()
    days: set[str] = set()
    for file in sorted(file for folder in folders for file in folder.rglob("*") if file.suffix in OWN_TEXT):
        text = file.read_text(encoding="utf-8", errors="ignore")
        words.update(map(str.casefold, words_of(text)))
        days.update(DAY.findall(text))
        days.update(form for day in DAY.findall(text) for form in _forms(day))
    return frozenset(words), frozenset(days)

"""Files that are sound but for a few parts: a workbook mutated inside its XML, a register by row, column and cell.

Run: python -m benchmarks.shaped SECONDS [xlsx|marks] [FIRST SEED]
Each file comes from its own seed; what a reader does with it must be a table or a plain refusal, in bounded time. A
seed that shows otherwise is printed and ends the run. ``fuzz.py`` takes the same mutations further with atheris.
"""

from __future__ import annotations

import contextlib
import io
import random
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

Rows = list[list[str]]
SLOW = 5.0  # seconds of processor time that no small file may take
NAMES = ("A1", "B2", "ZZZ9999999", "A0", "1", "", "XFD1048576", "a1", "A1:B2", "B2:A1", "$A$1")
VALUES = ("0", "-1", "1", "99999999999999999999", "1e308", "NaN", "inf", "", " ", "true", "=1+1", "#REF!", "\u202e", "0.0",
          "45292", "2958466", "-400000", "TRUE", "_x0041_", "s", "b", "e", "d", "n", "str", "inlineStr")  # fmt: skip
WORDS = ("", " ", "-", "/", "\\", "L", "I", "O", "X", "#", "Z", "C2", "J1", "I02", "??", "=1+1", "@SUM(A1)", "NA", "None",
         "04/09/2023", "2023-09-04", "31/02/2024", "9/4/23", "45173", "2023", "01/01/0001", "99/99/9999", "AM", "PM", "am1",
         "1", "2", "H801200001001", "100001", "100001.0", "1e5", "\ufeff", "\x00", "a" * 300, '"', "\u00e9", "'", ",;\t",
         "MONDAY", "202324", "2023/24", "\u0661")  # fmt: skip
HEADERS = ("UPN", "URN", "Date", "Session", "Mark", "Marks", "Week beginning", "Student ID", "Session Name", "Code", "Year",
           "Monday AM", "Mon PM", "Tue", "attendance_code_id", "", "date", "DATE ", "LAESTAB", "Name", "AM", "PM")  # fmt: skip


def workbook(chance: random.Random) -> bytes:
    """A workbook of which a place or a few inside its parts are changed.

    Parameters
    ----------
    chance : random.Random
        Where chance comes from.

    Returns
    -------
    bytes
        An archive that opens; what is in it may be broken.
    """
    with zipfile.ZipFile(io.BytesIO(_sound_workbook())) as sound:
        parts = {item.filename: sound.read(item) for item in sound.infolist()}
    for _ in range(chance.choice([1, 1, 1, 2, 4])):
        name = chance.choice(sorted(parts))
        how = chance.random()
        if how < 0.05:
            del parts[name]
        elif how < 0.1:
            parts[chance.choice([name + "2", name.upper(), "xl/" + name, "../" + name])] = parts[name]
        else:
            parts[name] = _element_changed(parts[name], chance) if how < 0.85 else _bytes_changed(parts[name], chance)
        if not parts:
            break
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, content)
    return kept.getvalue()


def _sound_workbook() -> bytes:
    """Two sheets with text, numbers, a date, a formula, merged cells and a hidden column."""
    import datetime

    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Pupils"
    sheet.append(["UPN", "URN", "NCyearActual", "SENprovision", "reading_autumn", "EntryDate"])
    for number in range(6):
        upn, day = f"H8012000{number:05d}", datetime.date(2022, 9, 1 + number)
        sheet.append([upn, 100001, 1 + number, "NKE"[number % 3], 95.5 + number, day])
    sheet.column_dimensions["C"].hidden = True
    other = book.create_sheet("Notes")
    other.append(["Exported", True, None, "caf\u00e9"])
    other.append(["=AVERAGE(Pupils!E2:E7)", datetime.datetime(2023, 7, 21, 15, 30)])
    other.merge_cells("A4:B4")
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def _element_changed(content: bytes, chance: random.Random) -> bytes:
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError:
        return _bytes_changed(content, chance)
    every = list(root.iter())
    chosen, other = chance.choice(every), chance.choice(every)
    chance.choice((_moved, _moved, _attribute_changed, _attribute_changed, _said_otherwise))(
        root, chosen, other, chance
    )
    encoding = chance.choice(["utf-8", "utf-8", "utf-16", "latin-1"])
    return ElementTree.tostring(root, encoding=encoding, xml_declaration=True)


def _moved(root: Element, chosen: Element, other: Element, chance: random.Random) -> None:
    """Taken out, written several times, or put inside another."""
    parent = next((each for each in root.iter() if chosen in list(each)), None)
    how = chance.randrange(3)
    if how == 2 and other not in set(chosen.iter()):
        other.append(chosen)
    elif parent is not None and how == 0:
        parent.remove(chosen)
    elif parent is not None and how == 1:
        parent.extend([chosen] * chance.choice([1, 2, 300]))


def _attribute_changed(_root: Element, chosen: Element, _other: Element, chance: random.Random) -> None:
    name = chance.choice([*sorted(chosen.attrib), "t", "r", "s", "ref", "count", "state"])
    if name in chosen.attrib and chance.random() < 0.3:
        del chosen.attrib[name]
    else:
        chosen.set(name, chance.choice(NAMES + VALUES))


def _said_otherwise(_root: Element, chosen: Element, other: Element, chance: random.Random) -> None:
    if chance.random() < 0.7:
        chosen.text = chance.choice(VALUES)
    else:
        chosen.tag = other.tag


def _bytes_changed(content: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(content) + 1)
    end = min(len(content), start + chance.choice([0, 1, 5, 50]))
    put = bytes(chance.randrange(256) for _ in range(chance.choice([0, 1, 3])))
    return content[:start] + put + content[end:]


def register(chance: random.Random) -> bytes:
    """A register of marks of which some rows, columns or cells are changed.

    Parameters
    ----------
    chance : random.Random
        Where chance comes from.

    Returns
    -------
    bytes
        Text in one of the usual encodings, or nearly.
    """
    rows = chance.choice([_long_register, _weekly_register])()
    for _ in range(chance.choice([1, 1, 2, 3, 5])):
        chance.choice(CHANGES)(rows, chance)
    delimiter = chance.choice([",", ",", ",", ";", "\t", "|"])
    quote = chance.random() < 0.3
    lines = [delimiter.join(f'"{cell}"' if quote else cell for cell in row) for row in rows]
    end = chance.choice(["\n", "\r\n", "\r", "\n\r", "\n\n"])
    text = end.join(lines) + chance.choice([end, "", end * 3])
    made = text.encode(chance.choice(["utf-8", "utf-8-sig", "utf-16", "cp1252", "utf-16-le"]), "replace")
    return made if chance.random() < 0.9 else _bytes_changed(made, chance)


def _long_register() -> Rows:
    days = [f"{day:02d}/09/2023" for day in range(4, 9)]
    body = [
        [f"H8012000{pupil:05d}", "100001", day, session, mark]
        for pupil in range(3)
        for day in days
        for session, mark in (("AM", "/"), ("PM", "\\I"[pupil % 2]))
    ]
    return [["UPN", "URN", "Date", "Session", "Mark"], *body]


def _weekly_register() -> Rows:
    body = [
        [f"P{pupil}", "100001", week, "/\\/\\I/OO##"] for pupil in range(4) for week in ("04/09/2023", "11/09/2023")
    ]
    return [["UPN", "URN", "Week beginning", "Marks"], *body]


def _row_dropped(rows: Rows, chance: random.Random) -> None:
    if rows:
        rows.remove(chance.choice(rows))


def _row_repeated(rows: Rows, chance: random.Random) -> None:
    rows.insert(chance.randrange(len(rows) + 1), [*chance.choice(rows or [[]])])


def _rows_shuffled(rows: Rows, chance: random.Random) -> None:
    chance.shuffle(rows)


def _line_before(rows: Rows, chance: random.Random) -> None:
    rows.insert(0, [chance.choice(WORDS) for _ in range(chance.randrange(3))])


def _column_dropped(rows: Rows, chance: random.Random) -> None:
    at = chance.randrange(5)
    for row in rows:
        row[at : at + 1] = []


def _column_repeated(rows: Rows, chance: random.Random) -> None:
    at = chance.randrange(5)
    for row in rows:
        row.insert(at, row[-1] if row else "")


def _column_filled(rows: Rows, chance: random.Random) -> None:
    at, word = chance.randrange(5), chance.choice(WORDS)
    for row in rows[1:]:
        row[at : at + 1] = [word]


def _header_changed(rows: Rows, chance: random.Random) -> None:
    if rows and rows[0]:
        rows[0][chance.randrange(len(rows[0]))] = chance.choice(HEADERS)


def _cell_changed(rows: Rows, chance: random.Random) -> None:
    row = chance.choice(rows or [[]])
    if row:
        at = chance.randrange(len(row))
        row[at] = chance.choice(["", row[at]]) + chance.choice(WORDS)


CHANGES = (_row_dropped, _row_repeated, _rows_shuffled, _line_before, _column_dropped, _column_repeated, _column_filled,
           _header_changed, _cell_changed, _cell_changed)  # fmt: skip
KINDS: dict[str, tuple[str, Callable[[random.Random], bytes]]] = {
    "xlsx": ("xlsx", workbook),
    "marks": ("csv", register),
}


def read_all(path: Path, kind: str) -> None:
    """Read a file as each table; a register is counted too.

    Parameters
    ----------
    path : Path
        The file.
    kind : str
        One of ``KINDS``.

    Raises
    ------
    Exception
        Whatever is no plain refusal.
    """
    import afa_eval as ae
    from afa_eval.data.readers import read
    from afa_eval.errors import DataError

    tables = ("attendance", None) if kind == "marks" else ("pupils", "attainment", None)
    printed = io.StringIO()  # a reader prints nothing: what a command prints may be one JSON document
    with contextlib.redirect_stdout(printed):
        for table in tables:
            with contextlib.suppress(DataError):
                read(path, table=table)
        if kind == "marks":
            with contextlib.suppress(DataError):
                ae.attendance(path)
    assert not printed.getvalue()


def main() -> int:
    """Make and read files for some seconds; the first seed that fails ends it."""
    seconds, kinds = float(sys.argv[1]), [sys.argv[2]] if len(sys.argv) > 2 else list(KINDS)
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 0
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        end, first = time.monotonic() + seconds, seed
        while time.monotonic() < end:
            for kind in kinds:
                suffix, make = KINDS[kind]
                path = Path(folder) / f"file.{suffix}"
                path.write_bytes(make(random.Random(f"{kind}{seed}")))
                begun = time.process_time()
                try:
                    read_all(path, kind)
                    assert time.process_time() - begun < SLOW, "slow"
                except Exception:
                    traceback.print_exc()
                    print(f"{kind}, seed {seed}")
                    return 1
            seed += 1
    print(f"{', '.join(kinds)}: {seed - first} files each, a table or a plain refusal every time")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Pupils by a name that tells nothing: keyed BLAKE2b of the UPN, the key outside the folder.

Without a key a hash of UPNs is no protection: a school has 1,000 serial numbers a year, so a
trust's whole range is tried in seconds.
"""

from __future__ import annotations

import csv
import hashlib
import os
import secrets
import stat
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from afa_eval.codes import upn
from afa_eval.data.raw import RawTable
from afa_eval.data.records import TABLE_NAMES
from afa_eval.errors import DataError, PlanError

if TYPE_CHECKING:
    import pandas as pd

    from afa_eval.data.tables import Tables

KEY_BYTES = 32
PSEUDONYM_BYTES = 10
MODE = 0o600
RISKY = ("=", "+", "-", "@", "\t", "\r")
WRITTEN = frozenset({".csv", ".txt"})
PERSONS = ("pupil_id", "former_upn", "respondent_id")


def make_key(path: str | Path, folder: str | Path | None = None) -> Path:
    """Where is the new key?

    Parameters
    ----------
    path : str or Path
        A new file, outside the evaluation's folder and outside any repository.
    folder : str or Path, optional
        The evaluation's folder.

    Returns
    -------
    Path
        Readable by its owner only.

    Raises
    ------
    PlanError
        Where it exists already, or lies where it could be published.
    """
    home = Path(path).expanduser().absolute()
    _refuse_place(home, folder)
    home.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(home, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
    except FileExistsError as error:
        raise PlanError(
            f"'{home.name}' is there already: a new key would make other pseudonyms. Give a new name."
        ) from error
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
    return home


def read_key(path: str | Path, folder: str | Path | None = None) -> bytes:
    """Which key lies in a file?

    Parameters
    ----------
    path : str or Path
        As ``make_key`` wrote it.
    folder : str or Path, optional
        The evaluation's folder.

    Returns
    -------
    bytes
        Of 32 bytes or more.

    Raises
    ------
    PlanError
        Where it is missing, short, readable by others, in the folder or in a repository.
    """
    home = Path(path).expanduser().absolute()
    if not home.is_file():
        raise PlanError(f"There is no key '{path}'. Make one with: afa-eval key FILE")
    _refuse_place(home, folder)
    if os.name == "posix" and stat.S_IMODE(home.stat().st_mode) & 0o077:
        raise PlanError(f"The key '{home.name}' can be read by others. Run: chmod 600 {home.name}")
    try:
        key = bytes.fromhex(home.read_text("ascii").strip())
    except (UnicodeDecodeError, ValueError) as error:
        raise PlanError(f"'{home.name}' is no key of afa-eval: it must hold {KEY_BYTES * 2} digits 0-9a-f.") from error
    if len(key) < KEY_BYTES:
        raise PlanError(
            f"The key '{home.name}' is short: {len(key)} bytes, and {KEY_BYTES} are needed. Make a new one."
        )
    return key


def pseudonym(identifier: str, key: bytes) -> str:
    """By which name does an identifier leave?

    Parameters
    ----------
    identifier : str
        A UPN or any other; blanks and capitals make no difference.
    key : bytes
        As ``read_key`` gives it.

    Returns
    -------
    str
        Twenty digits 0-9a-f: the same for the same pupil and key.

    Examples
    --------
    >>> pseudonym("H801200001001", bytes(32)) == pseudonym(" h801200001001", bytes(32))
    True
    """
    if len(key) < KEY_BYTES:
        raise PlanError(f"The key is short: {len(key)} bytes, and {KEY_BYTES} are needed.")
    text = upn.normal(identifier).encode()
    return hashlib.blake2b(text, key=key[:64], digest_size=PSEUDONYM_BYTES, person=b"afa_eval pupil").hexdigest()


def hidden(tables: Tables, key: bytes) -> Tables:
    """Which tables are these once no identifier of a person stands in them?

    Parameters
    ----------
    tables : Tables
        Canonical.
    key : bytes
        As ``read_key`` gives it.

    Returns
    -------
    Tables
        The same pupil and respondent has the same name in each.
    """

    def renamed(frame: pd.DataFrame) -> pd.DataFrame:
        persons = {name: frame[name] for name in PERSONS if name in frame.columns}
        return frame.assign(
            **{
                name: column.map({text: pseudonym(text, key) for text in column.dropna().unique()}).astype("str")
                for name, column in persons.items()
            }
        )

    changed: dict[str, Any] = {
        name: renamed(frame) for name in (*TABLE_NAMES, "census") if (frame := getattr(tables, name)) is not None
    }
    return replace(tables, **changed)


def write_pseudonymised(raw: RawTable, table: str, key: bytes, path: Path) -> Path:
    """Where is the file without names, dates of birth and UPNs?

    Parameters
    ----------
    raw : RawTable
        Readable.
    table : str
        One of ``TABLE_NAMES``.
    key : bytes
        As ``read_key`` gives it.
    path : Path
        A new CSV file.

    Returns
    -------
    Path
        Under the user's own headers; a cell that a spreadsheet could take for a formula is written
        as text.

    Raises
    ------
    DataError
        Where no column holds the pupil, or a cell besides still holds a UPN.
    PlanError
        Where the file is there already, or is to be no CSV file.
    """
    from afa_eval.data.headers import UPN, resolve

    if path.suffix.lower() not in WRITTEN:
        raise PlanError(f"'{path.name}' would be a CSV file, whatever its name says. Give it the ending .csv.")

    heading = resolve(raw, table)
    persons = {heading.columns[name] for name in PERSONS if name in heading.columns}
    if not persons:
        raise DataError(f"{raw.file}: no column holds the pupil. It has: {', '.join(raw.headers)}.")
    kept = sorted(heading.columns.values())
    columns = []
    for position in kept:
        cells = raw.columns[position].cells()
        columns.append(_named(cells, key) if position in persons else cells)
        if position not in persons and any(UPN.search(cell) for cell in cells):
            raise DataError(f"{raw.file}: column '{raw.headers[position]}' holds UPNs too. Take them out first.")
    if path.exists():
        raise PlanError(f"'{path.name}' is there already: nothing is written over.")
    with path.open("x", encoding="utf-8", newline="") as file:
        lines = csv.writer(file)
        lines.writerow([safe(raw.headers[position]) for position in kept])
        lines.writerows([safe(cell) for cell in row] for row in zip(*columns, strict=True))
    return path


def safe(cell: str) -> str:
    """How is a cell written so that no spreadsheet takes it for a formula?

    Parameters
    ----------
    cell : str
        Any text.

    Returns
    -------
    str
        With an apostrophe before ``=``, ``@``, ``+``, ``-``; numbers as they are.

    Examples
    --------
    >>> safe("=1+1"), safe("-4"), safe("@x")
    ("'=1+1", '-4', "'@x")
    """
    from afa_eval.data.cells import as_number

    risky = cell.startswith(RISKY) and len(cell) > 1 and as_number(cell) is None
    return f"'{cell}" if risky else cell


def _named(cells: Iterable[str], key: bytes) -> list[str]:
    listed = list(cells)
    names = {cell: pseudonym(cell, key) if cell.strip() else "" for cell in set(listed)}
    return [names[cell] for cell in listed]


def _refuse_place(home: Path, folder: str | Path | None) -> None:
    real = home.resolve()
    inside = folder is not None and real.is_relative_to(Path(folder).resolve())
    if inside or any((each / "plan.toml").is_file() for each in real.parents[:2]):  # the folder of a plan, or its data
        raise PlanError("The key must not lie in the evaluation's folder: what is handed on would carry it along.")
    repository = next((each for each in real.parents if (each / ".git").exists()), None)
    if repository is not None:
        raise PlanError(
            f"The key must not lie in a repository ('{repository.name}'): committed once it is known for good. "
            "Keep it elsewhere, and make a new one if it was committed."
        )

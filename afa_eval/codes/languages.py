"""First language by its census code, and whether it makes English an additional language."""

from __future__ import annotations

from functools import cache

from afa_eval.codes._files import rows
from afa_eval.errors import DataError

UNKNOWN = ""
LETTERS = 3  # a fourth names a variety: BNGS is a form of BNG


def eal(code: object) -> str:
    """Is English an additional language to a pupil of this first language?

    Parameters
    ----------
    code : object
        A census code of three or four letters; case and blanks are free.

    Returns
    -------
    str
        ``yes``, ``no``, or empty where the language is refused, not obtained or pending.

    Raises
    ------
    DataError
        Where there is no such code: an unknown code is refused, never taken for a foreign language.

    Examples
    --------
    >>> eal("ENB"), eal("URD"), eal("pnja"), eal("REF")
    ('no', 'yes', 'yes', '')
    """
    wanted = str(code).strip().upper()
    found = _codes().get(wanted)
    if found is None and len(wanted) == LETTERS + 1 and wanted.isascii() and wanted.isalpha():
        stem = _codes().get(wanted[:LETTERS])
        found = stem if stem == "yes" else None
    if found is None:
        raise DataError(f"'{code}' is no language code. Write ENG, OTH or another code of the school census.")
    return found


@cache
def _codes() -> dict[str, str]:
    return {row["code"]: row["eal"] for row in rows("languages")}

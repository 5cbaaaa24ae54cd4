"""How answers to a survey are written, and what stands where there is none."""

from __future__ import annotations

NO_ANSWER = frozenset(
    {"", "don't know", "dont know", "don't know / not applicable", "not applicable", "n/a", "no answer"}
)


def plain_answer(answer: object) -> str:
    """How is an answer compared, however it was typed or a spreadsheet changed it?

    Parameters
    ----------
    answer : object
        An answer or a level.

    Returns
    -------
    str
        Small letters, single spaces, straight apostrophes, no decimal point of a whole number.

    Examples
    --------
    >>> plain_answer("  Very  Good "), plain_answer("4.0")
    ('very good', '4')
    """
    text = " ".join(str(answer).replace("\u2019", "'").split()).casefold()
    return text[:-2] if text.endswith(".0") and text[:-2].isdigit() else text

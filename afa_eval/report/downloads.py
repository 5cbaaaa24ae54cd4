"""Which files stand beside the pages, for those who go on with the figures?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from afa_eval.disclosure.records import Release
from afa_eval.report.context import Book
from afa_eval.report.ees import write_ees
from afa_eval.report.headlines import NAME, headlines_json
from afa_eval.report.numbers import FILES
from afa_eval.report.spreadsheet import write_xlsx


def with_downloads(book: Book, release: Release, folder: Path) -> Book:
    """What does the book offer to take away?

    Parameters
    ----------
    book : Book
        As assembled; its CSV files are written.
    release : Release
        What may leave.
    folder : Path
        The pages' folder; the files go to ``files`` in it.

    Returns
    -------
    Book
        Which names every file with its words.
    """
    files = folder / FILES
    files.mkdir(parents=True, exist_ok=True)
    made = [
        ("All released figures (CSV)", files / "estimates.csv"),
        ("All tables (Excel)", write_xlsx(book, files / "tables.xlsx")),
    ]
    service = write_ees(release, book, files)
    if service is not None:
        made += [("The figures as Explore Education Statistics takes them (CSV)", service[0])]
        made += [("and what its columns mean (CSV)", service[1])]
    told = files / NAME
    told.write_text(headlines_json(release, book), encoding="utf-8")
    made += [("The headline figures (JSON)", told)]
    made += [("What they were made from: the manifest (JSON)", files / "manifest.json")]
    return replace(book, downloads=tuple((words, path.relative_to(folder).as_posix()) for words, path in made))

"""A book on paper: Chromium prints the one-page build, tagged, with an outline."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from afa_eval.errors import ReportError
from afa_eval.report.single import single_page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--no-pdf-header-footer", "--generate-pdf-document-outline", "--export-tagged-pdf",
)  # fmt: skip
SECONDS = 180


def browser() -> str | None:
    """Which browser that can print is installed?

    Returns
    -------
    str or None
        Its path; None where there is none.
    """
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def write_pdf(html: Path, pages: Sequence[str], target: Path) -> Path:
    """Where is the book as a PDF?

    Parameters
    ----------
    html : Path
        The folder of the built book.
    pages : sequence of str
        Its pages in reading order.
    target : Path
        The file to write.

    Returns
    -------
    Path
        ``target``: A4, British English, tagged, outlined.

    Raises
    ------
    ReportError
        Where no browser is installed, or it could not print.
    """
    program = browser()
    if program is None:
        raise ReportError(
            "A PDF needs Chromium or Chrome, and neither is installed. The book itself is complete without it: "
            "open it in a browser and print it, or install Chromium and run the command again."
        )
    page = html / "all-on-one-page.html"
    page.write_text(single_page(html, pages), encoding="utf-8")
    try:
        with tempfile.TemporaryDirectory(prefix="afa-print-") as profile:
            made = Path(profile) / "book.pdf"
            _print(program, page, made, Path(profile))
            shutil.copyfile(made, target)
    finally:
        page.unlink()
    return target


def _print(program: str, page: Path, made: Path, profile: Path) -> None:
    command = [program, *FLAGS, f"--user-data-dir={profile}", f"--print-to-pdf={made}", page.resolve().as_uri()]
    try:
        subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise ReportError(f"Chromium did not finish printing within {SECONDS} seconds. Try again.") from None
    if not made.is_file() or not made.stat().st_size:
        raise ReportError("Chromium could not print the book. Run 'afa-eval doctor' and try again.")

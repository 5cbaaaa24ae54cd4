"""Templates to pages: Jinja2 over MyST, where an unknown name stops and any text is escaped."""

from __future__ import annotations

import json
import re
import tomllib
import traceback
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from afa_eval.errors import ReportError
from afa_eval.report.context import Book, Grid, Myst

OUTCOME = "outcome"
MENDING = "afa_eval.report.sphinx_mend"
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#$|~^@])")
_LINE_START = re.compile(r"^(\s*)([-+=:]|\d+[.)])(?=\s|[-=:]|$)", re.MULTILINE)


def templates_folder() -> Path:
    """Where are the templates that ship?

    Returns
    -------
    Path
        In an installed wheel inside the package, in a checkout beside it.

    Raises
    ------
    ReportError
        Where they are in neither place.
    """
    package = Path(str(files("afa_eval")))
    for folder in (package / "_templates", package.parent / "templates"):
        if (folder / "book.toml").is_file():
            return folder
    raise ReportError("The book's templates are not installed. Install afa-eval again.")


def escaped(value: object) -> str:
    r"""How is text printed so that MyST shows it as it stands?

    Parameters
    ----------
    value : object
        Text from the plan, the data or the code; ``Myst`` passes unchanged.

    Returns
    -------
    str
        With every character that means something to MyST escaped.

    Examples
    --------
    >>> escaped("5 < 6 & a_b [c]"), escaped(Myst("*a*"))
    ('5 \\< 6 & a\\_b \\[c\\]', '*a*')
    """
    if isinstance(value, Myst):
        return str(value)
    text = _SPECIAL.sub(r"\\\1", str(value))
    return _LINE_START.sub(lambda found: f"{found[1]}{found[2][:-1]}\\{found[2][-1]}", text)


def oneline(value: object) -> str:
    """How is text printed where only one line may stand?

    Parameters
    ----------
    value : object
        Any text.

    Returns
    -------
    str
        Without line breaks.
    """
    return " ".join(str(value).split())


def list_table(grid: Grid, css: str = "afa-rows afa-figures") -> Myst:
    """How is a table written in MyST?

    Parameters
    ----------
    grid : Grid
        Header and rows.
    css : str
        Its class.

    Returns
    -------
    Myst
        A ``list-table`` whose first row is the header.
    """
    parts = [f"```{{list-table}} {escaped(oneline(grid.title))}", ":header-rows: 1", f":class: {css}", ""]
    for row in (grid.header, *grid.rows):
        parts += [f"{'* -' if at == 0 else '  -'} {_paragraphs(cell)}".rstrip() for at, cell in enumerate(row)]
    return Myst("\n".join([*parts, "```"]))


def _paragraphs(cell: str) -> str:
    """A cell's lines as paragraphs under its bullet."""
    return "\n\n    ".join(escaped(oneline(text)) for text in cell.split("\n"))


def literal(value: object, language: str = "text") -> Myst:
    """How is text shown word for word?

    Parameters
    ----------
    value : object
        For example the plan.
    language : str
        For its colours.

    Returns
    -------
    Myst
        In a fence longer than any in the text.
    """
    text = str(value).rstrip()
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return Myst(f"{fence}{language}\n{text}\n{fence}")


def environment(own: Path | None = None) -> jinja2.Environment:
    """Which templates may be used, and what may they do?

    Parameters
    ----------
    own : Path, optional
        A folder of one's own; the shipped ones stand behind it.

    Returns
    -------
    jinja2.Environment
        Unknown names are errors, text is escaped unless it is MyST.
    """
    folders = [path for path in (own, templates_folder()) if path is not None]
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # the pages are MyST, not HTML: ``finalize`` escapes for MyST
    )
    made.filters.update(table=list_table, literal=literal, oneline=oneline, lower_first=lower_first)
    made.filters["myst"] = Myst
    return made


def lower_first(text: str) -> str:
    """How does text read in the middle of a sentence?

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    str
        Its first letter small, unless it begins an abbreviation.
    """
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _finalize(value: Any) -> Any:
    return value if isinstance(value, jinja2.Undefined) else escaped(value)


def write_pages(book: Book, folder: Path, own: Path | None = None) -> None:
    """Write every page, the table of contents and the configuration.

    Parameters
    ----------
    book : Book
        What the templates see.
    folder : Path
        Where the pages go.
    own : Path, optional
        One's own templates.

    Raises
    ------
    ReportError
        Where a template names what is not there, with its line.
    """
    made = environment(own)
    contents = tomllib.loads(_source(made, "book.toml"))
    for page in (contents["root"], *(page for part in contents["part"] for page in part["pages"])):
        if page == OUTCOME:
            for outcome in book.outcomes:
                (folder / f"{outcome.page}.md").write_text(_render(made, page, book=book, outcome=outcome), "utf-8")
        else:
            (folder / f"{page}.md").write_text(_render(made, page, book=book), "utf-8")
    (folder / "_toc.yml").write_text(json.dumps(toc(contents, book), indent=1), "utf-8")
    (folder / "_config.yml").write_text(json.dumps(configuration(book), indent=1), "utf-8")


def _source(made: jinja2.Environment, name: str) -> str:
    assert made.loader is not None
    return made.loader.get_source(made, name)[0]


def _render(made: jinja2.Environment, page: str, **context: Any) -> str:
    name = f"{page}.md"
    try:
        return made.get_template(name).render(**context)
    except jinja2.TemplateNotFound as error:
        raise ReportError(f"There is no template '{error.name}'.") from None
    except jinja2.TemplateSyntaxError as error:
        raise ReportError(f"template {error.name or name}, line {error.lineno}: {error.message}") from None
    except (jinja2.TemplateError, AttributeError, TypeError, KeyError, ValueError) as error:
        where = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.endswith(".md")]
        place = f"template {Path(where[-1].filename).name}, line {where[-1].lineno}" if where else f"template {name}"
        raise ReportError(f"{place}: {error}") from None


def toc(contents: dict[str, Any], book: Book) -> dict[str, Any]:
    """In which order do the pages stand?

    Parameters
    ----------
    contents : dict
        As the templates' ``book.toml`` has it.
    book : Book
        For its outcomes.

    Returns
    -------
    dict
        As Jupyter Book reads it (JSON is YAML).
    """
    pages = {OUTCOME: [outcome.page for outcome in book.outcomes]}
    parts = [
        {
            "caption": part["caption"],
            "chapters": [{"file": file} for page in part["pages"] for file in pages.get(page, [page])],
        }
        for part in contents["part"]
    ]
    return {"format": "jb-book", "root": contents["root"], "parts": parts}


def configuration(book: Book) -> dict[str, Any]:
    """How is the book built?

    Parameters
    ----------
    book : Book
        For its title and author.

    Returns
    -------
    dict
        As Jupyter Book reads it (JSON is YAML).
    """
    return {
        "title": book.title,
        "author": book.organisation or "The evaluation's authors",
        "copyright": "",
        "only_build_toc_files": True,
        "execute": {"execute_notebooks": "off"},
        "launch_buttons": {},
        "latex": {"use_jupyterbook_latex": False},  # it would number every table across the pages
        "parse": {"myst_enable_extensions": ["colon_fence"]},
        "html": {
            "use_issues_button": False,
            "use_repository_button": False,
            "use_edit_page_button": False,
            "use_multitoc_numbering": False,
            "extra_footer": "",
        },
        "sphinx": {"extra_extensions": [MENDING], "config": sphinx_options(book.title)},
    }


def sphinx_options(title: str) -> dict[str, Any]:
    """Which of Sphinx's options do all books of this project share?

    Parameters
    ----------
    title : str
        The book's.

    Returns
    -------
    dict
        Option to value.
    """
    return {
        "language": "en_GB",
        "html_title": title,
        "html_copy_source": False,
        "html_show_sourcelink": False,
        "html_show_copyright": False,
        "html_use_index": False,
        "html_last_updated_fmt": None,
        "numfig": False,
        "html_context": {"default_mode": "light"},
        "html_theme_options": {
            "use_download_button": False,
            "use_fullscreen_button": False,
            "show_toc_level": 2,
            "show_navbar_depth": 1,
            "navigation_with_keys": False,
            "pygments_light_style": "a11y-high-contrast-light",
        },
    }

"""Templates to pages: Jinja2 over MyST, where an unknown name stops and any text is escaped."""

from __future__ import annotations

import json
import re
import tomllib
import traceback
from collections.abc import Collection
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2

from afa_eval.errors import ReportError
from afa_eval.report.compiled import Compiled
from afa_eval.report.context import Book
from afa_eval.report.pieces import Grid, Myst
from afa_eval.report.sphinx_build import configuration

OUTCOME = "outcome"
DEFAULT = "evaluation"
PARTS = "parts"  # what the templates that ship have in common
CONTENTS = "book.toml"
COMPILED = Compiled()
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#$|~^@])")
_LINE_START = re.compile(r"^(\s*)([-+=:]|\d+[.)])(?=\s|[-=:]|$)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Template:
    """Which templates is a book made from?

    Attributes
    ----------
    name : str
        One that ships: what it is called, or what an own one stands on.
    own : Path or None
        A folder of one's own; what it lacks is taken from those that ship.
    """

    name: str = DEFAULT
    own: Path | None = None

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where is a page looked for, first to last?"""
        shipped = templates_folder()
        return (*((self.own,) if self.own is not None else ()), shipped / self.name, shipped / PARTS)


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
        if (folder / DEFAULT / CONTENTS).is_file():
            return folder
    raise ReportError("The book's templates are not installed. Install afa-eval again.")


def shipped() -> tuple[str, ...]:
    """Which templates ship?

    Returns
    -------
    tuple of str
        Names, the default first.
    """
    found = sorted(path.parent.name for path in templates_folder().glob(f"*/{CONTENTS}"))
    return tuple(sorted(found, key=lambda name: name != DEFAULT))


def template(asked: str | Path = DEFAULT, beside: Path | None = None) -> Template:
    """Which template is meant?

    Parameters
    ----------
    asked : str or Path
        The name of one that ships, or a folder of one's own. A folder's ``book.toml`` may say on
        which shipped one it stands: ``base = "trust"``.
    beside : Path, optional
        The folder that a folder's path is relative to.

    Returns
    -------
    Template
        What pages are made from.

    Raises
    ------
    ReportError
        Where it is neither, with the names that there are.
    """
    if str(asked) in shipped():
        return Template(str(asked))
    own = (beside or Path()) / asked
    if not own.is_dir():
        names = ", ".join(shipped())
        raise ReportError(f"There is no template '{asked}'. There are: {names}, or name a folder of your own.")
    base = _toml(own / CONTENTS).get("base", DEFAULT) if (own / CONTENTS).is_file() else DEFAULT
    if base not in shipped():
        raise ReportError(f"{CONTENTS} of '{own.name}': base = '{base}' is none of {', '.join(shipped())}.")
    return Template(str(base), own)


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ReportError(f"{path.parent.name}/{path.name}: {error}") from None


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


def environment(used: Template | None = None) -> jinja2.Environment:
    """Which templates may be used, and what may they do?

    Parameters
    ----------
    used : Template, optional
        Which ones; the default's where none is given.

    Returns
    -------
    jinja2.Environment
        Unknown names are errors, text is escaped unless it is MyST.
    """
    folders = (used or Template()).folders
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # the pages are MyST, not HTML: ``finalize`` escapes for MyST
        bytecode_cache=COMPILED,
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


def write_pages(book: Book, folder: Path, used: Template | None = None) -> tuple[str, ...]:
    """Write every page, the table of contents and the configuration.

    Parameters
    ----------
    book : Book
        What the templates see.
    folder : Path
        Where the pages go.
    used : Template, optional
        Which templates; the default's where none is given.

    Returns
    -------
    tuple of str
        Names of the pages that were written, in reading order.

    Raises
    ------
    ReportError
        Where a template names what is not there, with its line.
    """
    made = environment(used)
    contents = _contents(used or Template())
    for page in (contents["root"], *(page for part in contents["part"] for page in part["pages"])):
        if page == OUTCOME:
            for outcome in book.outcomes:
                (folder / f"{outcome.page}.md").write_text(render(made, page, book=book, outcome=outcome), "utf-8")
        elif text := render(made, page, book=book).strip():
            (folder / f"{page}.md").write_text(f"{text}\n", "utf-8")
    written = {path.stem for path in folder.glob("*.md")}
    order = toc(contents, book, written)
    settings = configuration(book.title, book.organisation or "The evaluation's authors")
    (folder / "_toc.yml").write_text(json.dumps(order, indent=1), "utf-8")
    (folder / "_config.yml").write_text(json.dumps(settings, indent=1), "utf-8")
    return (order["root"], *(chapter["file"] for part in order["parts"] for chapter in part["chapters"]))


def _contents(used: Template) -> dict[str, Any]:
    """The book.toml that says which pages there are: the first that names any."""
    found = (folder / CONTENTS for folder in used.folders if (folder / CONTENTS).is_file())
    contents = next((one for path in found if "part" in (one := _toml(path))), None)
    if contents is None or not contents.get("root"):
        raise ReportError(f"{CONTENTS} must name a root page and at least one [[part]] with pages.")
    return contents


def render(made: jinja2.Environment, page: str, **context: Any) -> str:
    """How does a page read?

    Parameters
    ----------
    made : jinja2.Environment
        Its templates.
    page : str
        Its name, without ending.
    **context : object
        What it may name.

    Returns
    -------
    str
        MyST.

    Raises
    ------
    ReportError
        Where it names what is not there, with its line.
    """
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


def toc(contents: dict[str, Any], book: Book, written: Collection[str]) -> dict[str, Any]:
    """In which order do the pages stand?

    Parameters
    ----------
    contents : dict
        As the templates' ``book.toml`` has it.
    book : Book
        For its outcomes.
    written : collection of str
        Pages that there are: one that came out empty is left out.

    Returns
    -------
    dict
        As Jupyter Book reads it (JSON is YAML).
    """
    parts = []
    for part in contents["part"]:
        pages = [name for page in part["pages"] for name in _names(page, book) if name in written]
        if pages:
            parts.append({"caption": part["caption"], "chapters": [{"file": name} for name in pages]})
    return {"format": "jb-book", "root": contents["root"], "parts": parts}


def _names(page: str, book: Book) -> list[str]:
    return [outcome.page for outcome in book.outcomes] if page == OUTCOME else [page]

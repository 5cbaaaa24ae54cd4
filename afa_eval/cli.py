"""afa-eval: from a trust's files to a published book, in the terminal."""

from __future__ import annotations

import gc
import json
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from afa_eval.errors import AfaEvalError, DataError

if TYPE_CHECKING:
    from afa_eval.report.apart import Beside

app = typer.Typer(
    name="afa-eval",
    help="Evaluate school programmes for children with SEND, and publish the answer as a book.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
comparators_app = typer.Typer(help="National figures to set an evaluation against.", no_args_is_help=True)
app.add_typer(comparators_app, name="comparators")

MUCH = 1_000_000  # bytes of data
STOPPED = 130  # what shells say of a programme that the keyboard stopped
PlanPath = Annotated[Path, typer.Argument(metavar="PLAN", help="The plan file, or the folder that holds plan.toml.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Print nothing but the last line.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def main() -> None:
    """What does the user want done? Mistakes are told in a sentence, never with a traceback."""
    try:
        code = app(standalone_mode=False) or 0
        if code == STOPPED:
            typer.echo("afa-eval: stopped.", err=True)
        sys.exit(code)
    except AfaEvalError as error:
        _complain(error)
        sys.exit(error.exit_code)
    except typer.Exit as stop:
        sys.exit(stop.exit_code)
    except typer.Abort:
        sys.exit(2)
    except Exception as error:
        if hasattr(error, "format_message") and hasattr(error, "exit_code"):  # click's own usage errors
            typer.echo(f"afa-eval: {error.format_message()}", err=True)
            sys.exit(2)
        raise
    finally:
        gc.freeze()  # nothing is looked through once more before this process ends: it takes half a second after a book


@app.command(short_help="Start: a plan, empty tables, and what to export from where.")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    quiet: Quiet = False,
) -> None:
    """Write a plan, empty tables with their headers, and a page on what to export from where."""
    from afa_eval.data.scaffold import write_scaffold

    plan = write_scaffold(folder)
    if not quiet:
        typer.echo("what-to-export.md says which of your systems exports what into data/.")
        typer.echo(f"Then mend plan.toml and run: afa-eval check {folder}")
    _made(plan)


@app.command(short_help="Make the key by which UPNs become pseudonyms.")
def key(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file, outside every folder you hand on.")],
) -> None:
    """Make the key by which UPNs become pseudonyms; keep it, and keep it to yourself."""
    from afa_eval.data.pseudonyms import make_key

    _made(make_key(file))


@app.command(short_help="Write a file again without names, births and UPNs.")
def pseudonymise(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file with UPNs, names or dates of birth.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new CSV file without them.")],
    by: Annotated[Path, typer.Option("--key", metavar="KEY", help="What afa-eval key made.")],
) -> None:
    """Write a file again without names and dates of birth, and with pseudonyms for UPNs."""
    from afa_eval.data.pseudonyms import read_key, write_pseudonymised
    from afa_eval.data.readers import as_text

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", UserWarning)
        raw, table = as_text(file)
    for each in told:
        typer.echo(str(each.message), err=True)
    _made(write_pseudonymised(raw, table, read_key(by, out.absolute().parent), out))


@app.command(short_help="Write the demo trust, evaluate it and build its book.")
def demo(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    schools: Annotated[int, typer.Option(min=4, max=400, help="How many schools the demo trust has.")] = 20,
    seed: Annotated[int, typer.Option(help="The same seed gives the same trust.")] = 20260901,
    book: Annotated[bool, typer.Option(help="Check, evaluate and build the book too.")] = True,
    quiet: Quiet = False,
) -> None:
    """Write the demo trust, check it, evaluate it against England and build its book."""
    with _beside(wanted=book) as beside, _working(quiet) as tell:
        from afa_eval import demo as demo_trust

        tell("Simulating the demo trust")
        plan = demo_trust.write(folder, schools=schools, seed=seed)
        page = _book(plan, tell, beside) if book else plan
    _made(page)


@app.command(short_help="List all that is wrong with the data, and how to mend it.")
def check(plan: PlanPath, quiet: Quiet = False, as_json: Json = False) -> None:
    """List everything that is wrong with the data, once, and how to mend it."""
    from afa_eval import evaluation, workspace
    from afa_eval.data import output
    from afa_eval.plan import load_plan

    with _working(quiet or as_json) as tell:
        asked = load_plan(plan)
        tell("Reading and checking the data")
        faults = evaluation.check(asked)
    made = workspace.write_checks(faults, asked.folder / workspace.BUILD)
    if as_json:
        _print_json(output.as_rows(faults))
    else:
        if not quiet:
            _show(output.fault_tables(faults))
        _made(made)
    workspace.policy_of(asked)  # a slip in the rules for publishing is told here too
    if any(fault.severity == "error" for fault in faults):
        raise typer.Exit(1)


@app.command(short_help="Estimate every outcome and write the figures.")
def run(plan: PlanPath, quiet: Quiet = False, as_json: Json = False) -> None:
    """Estimate every outcome; write estimates.csv (released) and evaluation.json (internal)."""
    with _beside(wanted=_much(plan), builds=False) as beside, _working(quiet or as_json) as tell:
        from afa_eval.workspace import run_plan

        done = run_plan(plan, tell, None if beside is None else beside.writes)
    if as_json:
        _print_json(done.as_dict())
    else:
        if not quiet:
            for line in (*done.headlines, *done.beside_earlier, done.stale_book):
                typer.echo(line) if line else None
        _made(done.estimates_csv)
    _without_figures(done.without_figures, as_json)


@app.command(short_help="Build the Jupyter Book, evaluating first where needed.")
def book(
    plan: PlanPath,
    template: Annotated[
        str, typer.Option(help="evaluation, trust, afa, or a folder of your own; the plan's where not given.")
    ] = "",
    pdf: Annotated[bool, typer.Option("--pdf", help="Print the book to build/book.pdf too (needs Chromium).")] = False,
    word: Annotated[bool, typer.Option("--word", help="Write its summary to build/summary.docx too.")] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Build the Jupyter Book; evaluates first if an input or the plan changed."""
    with _beside() as beside, _working(quiet or as_json) as tell:
        from afa_eval import workspace

        page = workspace.book_plan(plan, tell, template=_template(template), pdf=pdf, word=word, beside=beside)
    missing = workspace.without_figures(plan)
    asked = (("pdf", "book.pdf", pdf), ("word", "summary.docx", word))
    others = {kind: page.parents[2] / name for kind, name, wanted in asked if wanted}
    if as_json:
        named = {kind: str(path) for kind, path in {"index": page, **others}.items()}
        _print_json({**named, "without_figures": list(missing)})
    else:
        for path in (*others.values(), page):
            _made(path)
    _without_figures(missing, as_json)


@app.command()
def publish(
    site: Annotated[Path, typer.Argument(metavar="SITE", help="A new folder, or a site published before.")],
    plans: Annotated[list[Path], typer.Argument(metavar="PLAN...", help="Plan files, or folders with a plan.toml.")],
    title: Annotated[str, typer.Option(help="What the site is called.")] = "",
    prune: Annotated[bool, typer.Option("--prune", help="Take away books of plans that are not named.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Build every book again.")] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Build one site of many evaluations: an index, and a book for each plan that changed."""
    from afa_eval.report import apart

    there = (site / "index.html").is_file() and not everything  # then most books are likely to be up to date
    one = there or len(plans) == 1
    if not one:
        apart.begin(len(plans))  # before anything heavy is imported here
    with _beside(wanted=one) as beside, _working(quiet or as_json) as tell:
        from afa_eval import publishing

        done = publishing.publish(site, plans, tell, title=title, prune=prune, everything=everything, beside=beside)
    if as_json:
        told = {name: list(getattr(done, name)) for name in ("built", "kept", "removed")}
        _print_json({"index": str(done.index), **told})
        return
    if not quiet:
        typer.echo(
            f"{len(done.built)} {'book' if len(done.built) == 1 else 'books'} built, {len(done.kept)} were up to date, {len(done.removed)} removed."
        )
    _made(done.index)


def _book(plan: Path, tell: Callable[[str], None], beside: Beside | None) -> Path:
    from afa_eval.workspace import book_plan

    return book_plan(plan, tell, beside=beside)


def _template(asked: str) -> str | Path:
    """A folder named in the terminal is relative to where the user stands, one named in a plan to the plan."""
    from afa_eval.report import pages

    return asked if not asked or asked in pages.shipped() else Path(asked).absolute()


@app.command(short_help="List what was ever released from a plan.")
def ledger(
    plan: PlanPath,
    forget: Annotated[int | None, typer.Option(metavar="NUMBER", help="A release nobody outside has seen.")] = None,
    as_json: Json = False,
) -> None:
    """List what was released from a plan; new releases are checked against it, so that none tells a difference."""
    from afa_eval import workspace

    if forget is not None:
        workspace.forget(plan, forget)
    rows = workspace.releases(plan)
    if as_json:
        _print_json(rows)
    elif rows:
        _table("Released so far", _columns(rows, "number", "made", "profile", "figures", "tables"))
    else:
        typer.echo("Nothing has been released from this plan.")


@comparators_app.command("list")
def list_comparators(as_json: Json = False) -> None:
    """Which national measures are bundled, for which years and groups?"""
    from afa_eval import comparators

    rows = comparators.overview()
    if as_json:
        _print_json(rows)
        return
    _table("National measures", _columns(rows, "slug", "unit", "sen_groups", "years"))


@comparators_app.command("show", short_help="One measure: its figures and their source.")
def show_comparator(
    slug: Annotated[str, typer.Argument(metavar="MEASURE", help="A measure, for example persistent-absence.")],
    year: Annotated[str | None, typer.Option(help="Academic year, for example 202223.")] = None,
    sen: Annotated[str | None, typer.Option(help="all, none, any, support or ehcp.")] = None,
    need: Annotated[str | None, typer.Option(help="A primary need, for example ASD.")] = None,
    phase: Annotated[str, typer.Option(help="all, primary, secondary, special or mainstream.")] = "all",
    area: Annotated[str, typer.Option(help="England, a region, an authority, or 'neighbours of' one.")] = "England",
    as_json: Json = False,
) -> None:
    """What are the figures of one national measure, and where do they come from?"""
    from afa_eval import comparators

    rows = comparators.figures(slug, year=year, sen=sen, need=need, phase=phase, area=area)
    if as_json:
        _print_json(rows)
        return
    for row in rows:
        row["group"] = _narrow(str(row["group"]).removesuffix(f", {area}"), 10)
        row["figure"] = f"{row['figure']} *" if row["default"] else row["figure"]
        row |= {name: _narrow(str(row[name]), 15) for name in ("definition", "key")}
        row["n"] = None if row["n"] is None else f"{row['n']:,}"
    _table(f"{slug}, {area}", _columns(rows, "year", "group", "figure", "n", "definition", "key"))
    typer.echo("* the figure that an evaluation takes where two sources hold the same.")
    typer.echo(comparators.describe(slug))


@comparators_app.command("fetch", short_help="Fetch the newest figures, and show what changed.")
def fetch_comparator(
    slug: Annotated[str, typer.Argument(metavar="MEASURE", help="A measure, for example persistent-absence.")],
    offline: Annotated[bool, typer.Option(help="Ask nobody: take what was kept last time.")] = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Fetch a measure's newest figures from the statistics service, and show what changed."""
    from dataclasses import asdict

    from afa_eval.comparators.service import Service, fetch

    with _working(quiet or as_json) as tell, Service(offline=offline, refresh=not offline) as service:
        tell(f"Asking the statistics service for {slug}")
        found = fetch(slug, service)
    if as_json:
        _print_json({**asdict(found), "path": str(found.path)})
        return
    if not quiet:
        _table(f"{slug}: what changed", _changed(found.changes))
        typer.echo(
            f"{found.figures} figures and {found.hidden} symbols from {found.source}, {found.release}; "
            f"{len(found.changes)} changes, {found.skipped} rows about other groups left out."
        )
    _made(found.path)


def _changed(changes: Sequence[Any]) -> list[dict[str, Any]]:
    """England first; --json has them all."""
    most = 60
    ordered = sorted(changes, key=lambda item: (not item.group.endswith("England"), item.year, item.group))
    rows = [
        {
            "year": item.year,
            "group": item.group,
            "definition": item.definition,
            "change": item.kind,
            "before": None if item.before is None else f"{item.before:.4g}",
            "now": None if item.after is None else f"{item.after:.4g}",
        }
        for item in ordered[:most]
    ]
    left = len(ordered) - most
    return rows + ([dict.fromkeys(rows[0], "...") | {"group": f"{left} more (--json lists them)"}] if left > 0 else [])


@app.command(short_help="Is everything installed that is needed?")
def doctor(as_json: Json = False) -> None:
    """Is everything installed that an evaluation and its book need?"""
    from afa_eval.workspace import diagnose

    rows = diagnose()
    if as_json:
        _print_json(rows)
    else:
        _table("afa-eval doctor", rows)
    if any(row["result"] == "missing" for row in rows):
        raise typer.Exit(1)


def _much(plan: Path) -> bool:
    """Does it take longer to read a plan's data than to begin another process?"""
    files = (plan if plan.is_dir() else plan.parent).glob("data/*")
    return sum(file.stat().st_size for file in files) > MUCH


@contextmanager
def _beside(*, wanted: bool = True, builds: bool = True) -> Iterator[Beside | None]:
    """Processes that work beside this one, begun before anything else runs here; none where not wanted."""
    from afa_eval.report import apart

    if not wanted:
        yield None
        return
    if builds or not apart.FORKS:
        apart.begin()
    with apart.beside(forked=True) as beside:
        yield beside


@contextmanager
def _working(quiet: bool) -> Iterator[Callable[[str], None]]:
    """A spinner with words on a terminal; plain lines elsewhere; nothing when quiet."""
    from rich.console import Console

    console = Console(stderr=True, highlight=False)
    if quiet:
        yield lambda _: None
    elif console.is_terminal:
        with console.status("Starting") as status:
            yield status.update
    else:
        yield lambda words: console.print(words, soft_wrap=True)


def _show(renderables: Sequence[Any]) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    for renderable in renderables:
        console.print(renderable)


def _columns(rows: Sequence[dict[str, Any]], *names: str) -> list[dict[str, Any]]:
    """What fits a terminal; --json has the rest."""
    return [{name.replace("key", "source").replace("_", " "): row[name] for name in names} for row in rows]


def _narrow(name: str, width: int) -> str:
    """A long name broken between words or at a hyphen, where the terminal is too narrow for it."""
    from shutil import get_terminal_size
    from textwrap import fill

    return name if get_terminal_size().columns >= 120 else fill(name, width, break_long_words=False)


def _table(title: str, rows: Sequence[dict[str, Any]]) -> None:
    from rich.table import Table

    table = Table(title=title, title_justify="left")
    for column in rows[0] if rows else ():
        table.add_column(column, overflow="fold", no_wrap=column == "slug")  # a slug is there to be copied
    for row in rows:
        table.add_row(*("" if value is None else str(value) for value in row.values()))
    _show([table])


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, ensure_ascii=False, indent=1, default=str))


def _made(path: Path) -> None:
    """The last line: the bare absolute path of what was made, never wrapped."""
    typer.echo(str(path.resolve()))


def _without_figures(said: Sequence[str], as_json: bool) -> None:
    """Last of all, which outcomes have no figure and why: the command did not do all it was asked."""
    for line in () if as_json else said:
        typer.echo(f"afa-eval: {line}", err=True)
    if said:
        raise typer.Exit(1)


def _complain(error: AfaEvalError) -> None:
    from afa_eval.data import output
    from afa_eval.estimate import Fault

    faults = [fault for fault in getattr(error, "faults", ()) if isinstance(fault, Fault)]
    notes: Sequence[str] = getattr(error, "__notes__", ())
    if "--json" in sys.argv:
        _print_json({"error": str(error), "faults": output.as_rows(faults), "notes": list(notes)})
        return
    if isinstance(error, DataError) or any(fault.severity == "error" for fault in faults):
        from rich.console import Console

        console = Console(stderr=True, highlight=False)
        for renderable in output.fault_tables(faults) if faults else ():
            console.print(renderable)
    for line in (str(error), *notes):
        typer.echo(f"afa-eval: {line}", err=True)

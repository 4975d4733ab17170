"""``cadence …``: marketing's files, checked, published and shown, and leads enrolled in them."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
import watchfiles
from rich.table import Table
from sqlalchemy import Engine

import services.publishing
import settings as settings_module
from cli.arguments import AsJson
from cli.cadence_bundle import export, import_bundle
from cli.cadence_enroll import enroll, enrollments, undo_enrollment
from cli.cadence_files import check_files
from cli.cadence_results import results
from cli.cadence_routing import show_routing
from cli.cadence_scoring import print_scoring, scoring_json, show_forecast, show_unknown
from cli.cadence_state import archive, pause, resume, unarchive
from cli.cadence_timeline import length_text, timeline, window_text
from cli.connect import Terminal, database, operator, terminal
from cli.errors import UserError, stderr
from cli.groups import group
from cli.output import AsCsv, printed
from cli.screen import Console, echo
from cli.tables import listed, plain, print_list
from domain.refusals import Refusal
from services.publishing import LONGEST_NOTE, NOTHING, refuse_mistakes
from store.published import cadences as store
from store.publishing.publishing import Checked, Published

app = group(
    "cadence lint",
    "cadence publish cadences/scoring.yaml --preview",
    "cadence show welcome-nurture",
    "cadence enroll welcome-nurture --filter country=KR --dry-run",
    "cadence results welcome-nurture --from 2026-01-01",
    "cadence export welcome-nurture",
    "cadence import-bundle welcome-nurture-3.zip --dry-run",
)

CADENCES = settings_module.ROOT / "cadences"
TEMPLATES = settings_module.ROOT / "templates"

Files = Annotated[
    list[Path] | None,
    typer.Argument(show_default="everything in cadences/ and templates/", metavar="[FILES]..."),
]


def publish_files(
    engine: Engine, cadences_dir: Path, templates_dir: Path, files: Iterable[Path] = ()
) -> Published:
    """Check and publish ``files``, or everything in the two folders, all or nothing, by whoever is
    at this machine.

    New scoring rules also queue the scoring of all leads by them.

    Raises:
        Invalid: something is wrong in a file; nothing was published.
        UserError: a file is missing or can't be read.
    """
    checked = check_files(cadences_dir, templates_dir, files)
    return _publish(Terminal(settings_module.get(), engine), checked, files)


def _publish(
    context: Terminal, checked: Checked, files: Iterable[Path], note: str = ""
) -> Published:
    named = [*map(str, files)] or [CADENCES.name, TEMPLATES.name]
    return services.publishing.publish(
        context, operator(), named, lambda _connection: checked, note[:LONGEST_NOTE]
    )


@app.command("lint")
def lint(
    files: Files = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Check again whenever a file changes, until Ctrl-C.")
    ] = False,
) -> None:
    """Check cadences, policies and templates without publishing them."""
    if not watch:
        _lint(files or [])
        return
    # Of each file its folder: editors put a new file in the place of the old.
    folders = {path.resolve().parent for path in files or []} or {CADENCES, TEMPLATES}
    for _ in itertools.chain([()], watchfiles.watch(*folders)):
        try:
            _lint(files or [])
        except (UserError, Refusal) as problem:
            stderr.print(str(problem), markup=False)


def _lint(files: Iterable[Path]) -> None:
    checked = check_files(CADENCES, TEMPLATES, files)
    refuse_mistakes(checked.problems, (), "Fix them and run this again.")
    _warn(checked)
    echo(
        f"No problems in {_count(len(checked.cadences), 'cadence', 'cadences')}, "
        f"{_count(len(checked.policies), 'policy', 'policies')} and "
        f"{_count(len(checked.templates), 'template file', 'template files')}."
    )


def _warn(checked: Checked) -> None:
    for one in checked.warnings:
        echo(f"Warning: {one}")


@app.command("publish")
def publish(
    files: Files = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Only say what new scoring or routing would do.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Don't ask before new scoring or routing is published.")
    ] = False,
    note: Annotated[
        str, typer.Option(help="What changed and why; it stands with each new version.")
    ] = "",
) -> None:
    """Publish cadences, policies and templates; all of them, or with a problem none."""
    checked = check_files(CADENCES, TEMPLATES, files or [])
    context = terminal()
    if preview or not checked.problems:
        refuse_mistakes(checked.problems, (), NOTHING)
        _warn(checked)
        show_unknown(context.database, checked)
        changes_leads = show_forecast(context.database, checked)
        changes_leads = show_routing(context.database, checked) or changes_leads
        if preview:
            if not changes_leads:
                echo("There are no new rules in these files that would change leads.")
            echo(NOTHING)
            return
        asks = changes_leads and not yes and _somebody_is_there()
        if asks and not typer.confirm("Publish these rules?"):
            echo(NOTHING)
            raise typer.Exit(1)
    done = _publish(context, checked, files or [], note)
    for name, publication in done.cadences.items():
        state = "published" if publication.new else "unchanged"
        echo(f"{name}: version {publication.version}, {state}")
    echo(
        f"{_count(len(checked.templates), 'template file', 'template files')} and "
        f"{_count(len(done.policies), 'policy', 'policies')} are in force."
    )
    if done.rescored:
        echo(
            f"Scoring {_count(done.rescored, 'lead', 'leads')} anew in the background; "
            "`starter.py cadence scoring` shows how far it is."
        )
    if done.events_kept:
        echo(
            f"Events are kept for {done.events_kept:,} months: policies need them for so long, "
            "which is more than EVENT_RETENTION_MONTHS."
        )


@app.command("scoring")
def scoring(as_json: AsJson = False) -> None:
    """Show how far new scoring rules have come with the leads there are."""
    if as_json:
        echo(json.dumps(scoring_json(database())))
    else:
        print_scoring(database())


@app.command("list")
def list_(
    archived: Annotated[bool, typer.Option("--archived", help="Those that are archived.")] = False,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List the published cadences, the newest version of each."""
    with database().connect() as connection:
        summaries = store.list_cadences(connection, archived=archived)
    rows = [
        {
            "name": summary.name,
            "version": summary.version,
            "steps": summary.steps,
            "length_days": round(summary.length.total_seconds() / 86400, 2),
            "published_at": summary.published_at.isoformat(),
            "paused": summary.paused,
        }
        for summary in summaries
    ]
    if printed(rows, "/cadences", as_json=as_json, as_csv=as_csv, key="cadences"):
        return
    if not summaries:
        stderr.print(
            "No cadence is published: `python starter.py cadence publish` publishes the files "
            "in cadences/.",
            markup=False,
        )
        return
    print_list(
        listed(
            ("Cadence", "Version", "Steps", "Length", "Published (UTC)"),
            (
                (
                    summary.name,
                    str(summary.version),
                    str(summary.steps),
                    length_text(summary.length),
                    f"{summary.published_at:%Y-%m-%d %H:%M}",
                )
                for summary in summaries
            ),
            whole=("Length", "Published (UTC)"),
            right=("Version", "Steps"),
        )
    )


@app.command("show")
def show(
    name: str,
    version: Annotated[int | None, typer.Option(min=1, show_default="the newest")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a published cadence as a timeline."""
    with database().connect() as connection:
        published = store.cadence_named(connection, name, version)
    cadence = published.cadence
    if as_json:
        content = {
            "name": published.name,
            "version": published.version,
            "published_at": published.published_at.isoformat(),
            "published_by": published.published_by,
            "note": published.note,
            "steps": cadence.step_count,
            "length_days": round(cadence.length().total_seconds() / 86400, 2),
            "definition": cadence.model_dump(mode="json"),
            "templates": published.templates,
        }
        echo(json.dumps(content, ensure_ascii=False))
        return
    console = Console(highlight=False)
    console.print(f"{published.name}, version {published.version}", style="bold", markup=False)
    if published.note:
        console.print(published.note, style="dim", markup=False)
    if cadence.description.strip():
        console.print(cadence.description.strip(), markup=False)
    console.print(f"Mail goes {window_text(cadence.window)}.", markup=False)
    if cadence.exit_on:
        events = ", ".join(event.replace("_", " ") for event in cadence.exit_on)
        console.print(f"Ends early when: {events}.", markup=False)
    console.print()
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", style="dim")
    for row in timeline(cadence, published.templates):
        table.add_row(plain(row.when), plain("  " * row.depth + row.what), plain(row.step))
    console.print(table)


app.command("enroll")(enroll)
app.command("enrollments")(enrollments)
app.command("undo-enrollment")(undo_enrollment)
app.command("pause")(pause)
app.command("resume")(resume)
app.command("archive")(archive)
app.command("unarchive")(unarchive)
app.command("results")(results)
app.command("export")(export)
app.command("import-bundle")(import_bundle)


def _somebody_is_there() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"

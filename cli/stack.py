"""``up``, ``migrate`` and ``doctor``: run Perennial and look after it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.cells import cell_len
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

import settings as settings_module
from cli import cadence, doctor
from cli.errors import UserError, stderr
from cli.local_run import LocalRun, sigterm_interrupts
from cli.screen import Console, echo
from cli.tables import GAP, longest_address, wide_console
from cli.users import first_link
from embedded import StackAddresses
from health.checks import Check, State, worst
from runtime import addresses, reach_database, shown_database
from store import migrate
from store.engine import engine
from store.published.cadences import list_cadences

SIGNS = {
    State.OK: "[green]✓[/green]",
    State.UNKNOWN: "[dim]?[/dim]",
    State.WARN: "[yellow]![/yellow]",
    State.BAD: "[red]✗[/red]",
}

Port = Annotated[int | None, typer.Option(min=1, max=65535, show_default="a free one")]


def prepare_database(database_url: str) -> None:
    """Publish the cadences and policies that ship with Perennial, where nothing is published."""
    database = engine(database_url)
    with database.connect() as connection:
        if list_cadences(connection):
            return
    cadence.publish_files(database, cadence.CADENCES, cadence.TEMPLATES)


def up(
    postgres_port: Port = None,
    temporal_port: Port = None,
    ui_port: Port = None,
    web_port: Port = None,
) -> None:
    """Start PostgreSQL, Temporal, the worker and the web app; Ctrl-C stops them all."""
    settings = settings_module.get()
    if settings.database_url or settings.temporal_address:
        raise UserError(
            "`up` starts the embedded stack, but DATABASE_URL or TEMPORAL_ADDRESS is set: unset "
            "them, or start `python worker.py` and `python -m web` against your own servers."
        )
    asked = {
        "postgres": postgres_port,
        "temporal": temporal_port,
        "ui": ui_port,
        "web": web_port,
    }
    with stderr.status("Starting") as status, sigterm_interrupts():
        run = LocalRun(
            settings,
            ports={name: port for name, port in asked.items() if port is not None},
            prepare=prepare_database,
            environment={},
            say=lambda part: status.update(f"Starting: {part}"),
        )
        try:
            servers = run.start()
            link = first_link(servers.database_url, run.web_url)
            status.stop()
            Console().print(_panel(run, servers))
            print_console_link(Console(), link)
            ended = run.wait(lambda what: stderr.print(what, markup=False))
        except KeyboardInterrupt:
            stderr.print("Stopping.")
            return
        finally:
            run.stop()
    stderr.print(f"{ended.sentence()} The rest was stopped.", markup=False)
    raise typer.Exit(1)


def print_console_link(console: Console, link: str) -> None:
    """Say how to get into the console, on a line of its own that can be copied whole."""
    console.print(f"Console: {link}", markup=False, highlight=False, soft_wrap=True)


def _panel(run: LocalRun, servers: StackAddresses) -> Panel:
    table = Table.grid(padding=(0, 2))
    for _ in range(2):
        table.add_column(overflow="fold")
    table.add_row("Web", run.web_url)
    table.add_row("Outbox", f"{run.web_url}/console/outbox")
    table.add_row("Temporal UI", servers.temporal_ui)
    table.add_row("Command line", "python starter.py --help   (in another terminal)")
    table.add_row("", "")
    table.add_row("PostgreSQL", shown_database(servers.database_url))
    table.add_row("Temporal", servers.temporal_address)
    table.add_row("Metrics", "\n".join(f"http://{one}/metrics" for one in run.metrics.values()))
    table.add_row("Data and logs", str(run.stack.home))
    return Panel(table, title="Perennial runs", subtitle="Ctrl-C stops it", expand=False)


def migrate_command() -> None:
    """Bring the database to the schema this code needs."""
    database_url = addresses(settings_module.get()).database_url
    reach_database(database_url)
    migrate.upgrade(database_url)
    stderr.print(f"The database is at schema {migrate.expected_revision()}.")


def doctor_command(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Say what runs, in which version, and what is wrong.

    The exit code is 1 when something must be fixed now.
    """
    checks = asyncio.run(doctor.examine(settings_module.get()))
    if as_json:
        echo(json.dumps([asdict(check) for check in checks], indent=2))
    else:
        _print_checks(Console(highlight=False), checks)
    if worst(checks) == State.BAD:
        raise typer.Exit(1)


def _print_checks(console: Console, checks: Sequence[Check]) -> None:
    table = Table.grid(padding=(0, GAP))
    for _ in range(3):
        table.add_column(overflow="fold")
    for check in checks:
        table.add_row(SIGNS[check.state], check.title, escape(check.said))
    before = 1 + max(cell_len(check.title) for check in checks) + 2 * GAP
    wide_console(before + longest_address(check.said for check in checks)).print(table)
    told = [check for check in checks if check.advice]
    for check in sorted(told, key=lambda one: one.state != State.BAD):
        console.print(
            f"{SIGNS[check.state]} {escape(check.advice)}", soft_wrap=not console.is_terminal
        )

"""One run of the demo: a fresh stack of its own, the sample imported, people playing."""

from __future__ import annotations

import asyncio
import os
import shlex
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from cli.local_run import LocalRun, wipe_home
from cli.screen import Console
from cli.stack import prepare_database, print_console_link
from cli.tokens import make_token
from cli.users import first_link
from demo.people import DemoPerson, cut_sample
from demo.players import Happening, Players
from demo.sales import SalesTeam
from demo.screen import FIGURE_NAMES, Moment, Screen, ScreenHeader, print_desks
from demo.trial import LastWork, Trial
from demo.web import WebClient, open_web
from domain.access import Role
from embedded import StackAddresses
from settings import ROOT, Clock, Settings
from store.engine import engine
from store.views.figures import (
    LoopFigures,
    Reconciliation,
    loop_figures,
    reconcile_outbox,
    stage_counts,
)
from temporal.connect import reach_temporal

SAMPLE = ROOT / "demo" / "sample-leads.csv"
SAMPLE_LEADS = 500
LEADS_FILE = "leads.csv"
ENVIRONMENT_FILE = "environment"
DAY_SECONDS = 86_400
PLAYERS = "demo"
"""Name of the token with which the demo's people are let in."""
LONGEST_SECONDS = 900.0
REFRESH_SECONDS = 0.5
SLOWEST = 2.5
SHARE_BACK = 0.05
"""The share of leads that must be back from recycle before the loop counts as shown."""

MUST_HAPPEN = (
    *("touches_sent", "escalated", "calls", "meetings", "no_shows", "rescheduled", "won"),
    *("recycled", "reentered", "disqualified"),
)
FAILED = " OR ".join(
    f"ExecutionStatus = '{status}'" for status in ("Failed", "TimedOut", "Terminated")
)


class DemoBroken(Exception):
    """The demo cannot go on; the sentence says why."""


@dataclass(frozen=True)
class Report:
    """The figures at the end. ``lacking`` says what had not happened yet, ``interrupted`` whether
    it was a person who ended it."""

    figures: LoopFigures
    mails: Reconciliation
    failed_workflows: int
    lacking: list[str]
    interrupted: bool

    def as_json(self, wall_s: float) -> dict[str, int | float]:
        """The object that ``--json`` prints."""
        figures = asdict(self.figures)
        return {
            "leads": figures["leads"],
            "touches_sent": figures["touches_sent"],
            "duplicate_touches": self.mails.doubled,
            **{name: figures[name] for name in MUST_HAPPEN[1:]},
            "failed_workflows": self.failed_workflows,
            "wall_s": round(wall_s, 1),
        }

    def faults(self) -> list[str]:
        """What must never be, in sentences."""
        found = {
            "mails reached somebody twice": self.mails.doubled,
            "mails that the ledger calls sent reached nobody": self.mails.missing,
            "mails reached somebody without the ledger knowing": self.mails.unaccounted,
            "workflows failed": self.failed_workflows,
        }
        return [f"{count} {what}." for what, count in found.items() if count]


def demo_settings(settings: Settings, leads: int) -> Settings:
    """Settings of a stack of its own that mails nobody, whatever the environment says.

    The more leads there are and the busier the machine is, the longer a journey day takes.
    """
    others = os.getloadavg()[0] / (os.cpu_count() or 1)
    day_seconds = round((1.0 + leads / SAMPLE_LEADS) * min(max(others, 1.0), SLOWEST), 1)
    return settings.model_copy(
        update={
            "perennial_home": settings.perennial_home.expanduser().resolve() / "demo",
            "temporal_namespace": "default",
            "temporal_api_key": None,
            "temporal_tls": False,
            "public_url": "",
            "email_channel": "outbox",
            "start_rate_per_second": round(max(10.0, leads / 30), 1),
            "send_rate_per_second": 200.0,
            "demo_time_factor": DAY_SECONDS / day_seconds,
            "demo_time_epoch": datetime.now(UTC),
        }
    )


def run_demo(settings: Settings, leads: int, console: Console, *, ends: bool) -> Report:
    """Play until the loop has been shown; then stop everything (with ``ends``), or slow the clock
    and leave it to a person to try, until Ctrl-C.

    Args:
        settings: as :func:`demo_settings` makes them.
        console: where the progress goes.

    Raises:
        DemoBroken: a part of it ended, or the web app refused what a person asked.
        KeyboardInterrupt: before there was anything to report.
    """
    with _stack(settings, console) as (run, addresses):
        leads_file = settings.perennial_home / LEADS_FILE
        people = cut_sample(SAMPLE, leads, leads_file)
        _write_environment(settings)
        database = engine(addresses.database_url)
        try:
            with open_web(run.web_url) as http:
                web = WebClient(http, make_token(database, PLAYERS, Role.ADMIN))
                with console.status("Importing the sample"):
                    _import(web, leads_file)
                print_console_link(console, first_link(addresses.database_url, run.web_url))
                lacking, interrupted, sales = _play(
                    run,
                    settings,
                    addresses,
                    web,
                    people,
                    console=console,
                    database=database,
                    ends=ends,
                )
                if not ends and not interrupted:
                    interrupted = _try_out(run, settings, Trial(web, sales), console)
            with database.connect() as connection:
                figures, mails = loop_figures(connection), reconcile_outbox(connection)
            failed = asyncio.run(_failed_workflows(settings, addresses))
            return Report(figures, mails, failed, lacking, interrupted)
        finally:
            database.dispose()


@contextmanager
def _stack(settings: Settings, console: Console) -> Iterator[tuple[LocalRun, StackAddresses]]:
    with console.status("Starting") as status:
        run = LocalRun(
            settings,
            ports={},
            prepare=prepare_database,
            environment=_environment(settings),
            say=lambda part: status.update(f"Starting: {part}"),
        )
        wipe_home(settings.perennial_home)
        addresses = run.start()
    try:
        yield run, addresses
    finally:
        with console.status("Stopping"):
            run.stop()


def _environment(settings: Settings) -> dict[str, str]:
    return {
        "PERENNIAL_HOME": str(settings.perennial_home),
        "TEMPORAL_NAMESPACE": settings.temporal_namespace,
        "TEMPORAL_API_KEY": "",
        "TEMPORAL_TLS": "false",
        "PUBLIC_URL": "",
        "EMAIL_CHANNEL": settings.email_channel,
        "START_RATE_PER_SECOND": str(settings.start_rate_per_second),
        "SEND_RATE_PER_SECOND": str(settings.send_rate_per_second),
        "DEMO_TIME_FACTOR": str(settings.demo_time_factor),
        "DEMO_TIME_EPOCH": settings.demo_time_epoch.isoformat(),
        **(
            {"DEMO_TIME_START": settings.demo_time_start.isoformat()}
            if settings.demo_time_start
            else {}
        ),
    }


def _write_environment(settings: Settings) -> None:
    """For the person's other terminal: with this sourced, every command means the demo."""
    lines = [
        f"export {name}={shlex.quote(value)}" for name, value in _environment(settings).items()
    ]
    lines.append("unset DATABASE_URL TEMPORAL_ADDRESS")
    (settings.perennial_home / ENVIRONMENT_FILE).write_text("\n".join(lines) + "\n")


def _import(web: WebClient, file: Path) -> None:
    with file.open("rb") as rows:
        made = web.ask_api("POST", "/imports", files={"file": rows}, data={"source": "demo"})
    while made["run"]["state"] in ("ready", "running"):
        time.sleep(REFRESH_SECONDS)
        made = web.ask_api("GET", f"/imports/{made['run']['id']}")
    run = made["run"]
    if run["state"] != "done":
        raise DemoBroken(f"The sample could not be imported: {run['error'] or run['state']}.")
    if run["rejected"]:
        raise DemoBroken(f"The import rejected {run['rejected']} rows of {SAMPLE}: fix them.")


def _play(
    run: LocalRun,
    settings: Settings,
    addresses: StackAddresses,
    web: WebClient,
    people: Mapping[str, DemoPerson],
    *,
    console: Console,
    database: Engine,
    ends: bool,
) -> tuple[list[str], bool, SalesTeam]:
    """Have people play until the loop has been shown; unless the demo ``ends`` with that, they
    finish what they have begun.

    Returns:
        What is lacking then, in words, whether a person ended it, and the sales team.
    """
    clock = settings.clock()
    began = clock.now()
    deadline = time.monotonic() + LONGEST_SECONDS
    header = ScreenHeader(
        len(people),
        DAY_SECONDS / clock.factor,
        addresses.temporal_ui,
        f"{run.web_url}/console/outbox",
    )
    lacking = ["everything"]
    last_work: LastWork | None = None
    restarts: list[str] = []
    with Screen(console, header) as screen:
        players = Players(web, clock, people, screen.happened)
        players.start()
        try:
            while True:
                with database.connect() as connection:
                    figures, stages = loop_figures(connection), stage_counts(connection)
                lacking = lacking and _lacking(figures)
                now = clock.now()
                day = (now - began) / timedelta(days=1)
                screen.show(Moment(now, day, stages, figures, _advice(bool(lacking), ends=ends)))
                if ends and (not lacking or time.monotonic() > deadline):
                    return lacking, False, players.sales
                if not lacking:
                    last_work = last_work or LastWork(web, now)
                    if last_work.is_over():
                        return lacking, False, players.sales
                for what in restarts:
                    screen.happened(Happening(now, "Perennial", what))
                restarts.clear()
                if ended := run.restart_ended(restarts.append):
                    raise DemoBroken(ended.sentence())
                if players.error is not None:
                    raise DemoBroken(f"The demo's people cannot go on: {players.error}")
                time.sleep(REFRESH_SECONDS)
        except KeyboardInterrupt:
            return lacking, True, players.sales
        finally:
            players.stop()


def _try_out(run: LocalRun, settings: Settings, trial: Trial, console: Console) -> bool:
    """Have the clock go on in real time, work of every kind wait, and tell who can sign in, until
    Ctrl-C.

    Returns:
        True: a person ended it.

    Raises:
        DemoBroken: a part of it ended.
    """
    try:
        with console.status("The loop has been shown: laying out work to try"):
            clock = settings.clock()
            begins = trial.bring_in(clock.now(), DAY_SECONDS / clock.factor)
            run.stop_services()
            slow = Clock(datetime.now(UTC), 1.0, max(begins, clock.now()))
            settings = settings.model_copy(
                update={
                    "demo_time_factor": slow.factor,
                    "demo_time_epoch": slow.epoch,
                    "demo_time_start": slow.start,
                }
            )
            _write_environment(settings)
            run.start_services(_environment(settings))
            trial.lay_out(slow.now())
        print_desks(console, trial.desks(), trial.open_tasks(), trial.recycled(), _file(settings))
        while True:
            if ended := run.restart_ended(lambda what: console.print(what, markup=False)):
                raise DemoBroken(ended.sentence())
            time.sleep(REFRESH_SECONDS)
    except KeyboardInterrupt:
        return True


def _lacking(figures: LoopFigures) -> list[str]:
    counted = asdict(figures)
    lacking = [FIGURE_NAMES[name] for name in MUST_HAPPEN if not counted[name]]
    if figures.in_first_nurture:
        lacking.append(f"{figures.in_first_nurture} leads to leave their first nurture")
    wanted = max(1, round(SHARE_BACK * figures.leads))
    if 0 < figures.reentered < wanted:
        lacking.append(f"{wanted - figures.reentered} more leads back from recycle")
    return lacking


def _advice(is_lacking: bool, *, ends: bool) -> str:
    if is_lacking:
        return "Ctrl-C stops it."
    if ends:
        return "The whole loop has been shown."
    return (
        "The whole loop has been shown. Sales finishes what it has begun, then the clock slows to "
        "real time and it is yours to try."
    )


def _file(settings: Settings) -> Path:
    """Where the environment for the person's other terminal stands."""
    file = settings.perennial_home / ENVIRONMENT_FILE
    return file.relative_to(Path.cwd()) if file.is_relative_to(Path.cwd()) else file


async def _failed_workflows(settings: Settings, addresses: StackAddresses) -> int:
    client = await reach_temporal(settings, addresses.temporal_address)
    return (await client.count_workflows(FAILED)).count

"""``team …``: who is at work, who owns which lead, how reps write to leads."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Annotated

import typer

import settings as settings_module
from cli.arguments import AsJson, done_by
from cli.connect import database, operator, terminal
from cli.errors import UserError
from cli.groups import group
from cli.output import AsCsv, printed
from cli.rep_profile import RepCode, busy_calendar, calendar, profile
from cli.screen import Console, echo
from cli.tables import listed, print_list
from cli.times import parse_time, shown_time
from domain.labels import ALERTS, label
from domain.time.shown import in_english
from domain.time.window import zone
from domain.translations.cldr_names import country_name
from services import team as services
from store import alerts as alert_rows
from store.routing import presence as presences
from store.routing.presence import RepLine
from store.routing.unassigned import UnassignedLead
from store.routing.unassigned import unassigned as queue
from store.sla.business_time import calendar_of

app = group(
    "team list",
    'team absence rep-1 --until "+2 days"',
    "team reassign 41 42 --to rep-2",
)

app.command("profile")(profile)
app.command("calendar")(calendar)
app.command("busy-calendar")(busy_calendar)


@app.command("list")
def list_reps(as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """List the reps with their open leads and tasks, and who is away."""
    now = settings_module.get().clock().now()
    with database().connect() as connection:
        found = presences.reps(connection, now)
        waiting = queue(connection)
        zones = {one.code: calendar_of(connection, one.code).time_zone for one in found}
    if as_csv:
        printed(found, "/team", as_json=False, as_csv=True)
        return
    if as_json:
        echo(
            json.dumps(
                {"reps": [asdict(one) for one in found], "unassigned": len(waiting)},
                default=str,
                ensure_ascii=False,
            )
        )
        return
    if not found:
        Console().print(
            "No team is published yet. `starter.py cadence publish cadences/team.yaml` does it."
        )
        return
    console = Console(highlight=False)
    print_list(
        listed(
            ("Rep", "Name", "Team", "At work", "Leads", "Tasks", "Share"),
            (
                (
                    one.code,
                    one.name,
                    one.team,
                    _at_work(one, now, zones[one.code]),
                    f"{one.open_leads} of {one.cap}",
                    str(one.open_tasks),
                    str(one.weight),
                )
                for one in found
            ),
            whole=("Rep", "Team", "At work", "Leads", "Tasks", "Share"),
            right=("Leads", "Tasks", "Share"),
        )
    )
    if waiting:
        leads = "1 lead waits" if len(waiting) == 1 else f"{len(waiting)} leads wait"
        console.print(f"\n{leads} for an owner; `starter.py team unassigned` lists them.")


def _at_work(rep: RepLine, now: datetime, time_zone: str) -> str:
    if rep.back_at is not None:
        if rep.back_at - now > timedelta(days=6):
            return f"back {in_english(rep.back_at.astimezone(zone(time_zone)).date(), 'dd MMM')}"
        return f"back {shown_time(rep.back_at, now, time_zone)}"
    return "yes" if rep.present else "away"


@app.command("presence")
def presence(
    rep: RepCode,
    away: Annotated[
        bool,
        typer.Option("--away/--back", help="Take no new leads, or take them again."),
    ],
) -> None:
    """Say that a rep takes no new leads for now, or takes them again."""
    served = services.set_presence(terminal(), operator(), rep, present=not away)
    if away:
        echo(f"{rep} is given no new leads until `starter.py team presence {rep} --back`.")
    else:
        echo(f"{rep} is given leads again.{_served(served)}")


@app.command("absence")
def absence(
    rep: RepCode,
    begins: Annotated[
        str,
        typer.Option("--from", help="'2026-05-04 09:00' where the rep works, or '+2 days'."),
    ] = "",
    until: Annotated[str, typer.Option("--until", help="When the rep is back.")] = "",
    reason: Annotated[str, typer.Option(help="For the record.")] = "",
    end: Annotated[bool, typer.Option("--end", help="The rep is back now.")] = False,
) -> None:
    """Note a rep's time off: colleagues do what is due meanwhile.

    The leads themselves move too when the time off is longer than a business day.
    """
    now = settings_module.get().clock().now()
    if end == bool(until) or (end and begins):
        raise UserError(
            "Say when the absence begins (--from, else now) and when the rep is back (--until), "
            "or --end when the rep is back now."
        )
    context, asking = terminal(), operator()
    if end:
        served = services.end_absence(context, asking, rep)
        echo(f"{rep} is given leads again.{_served(served)}")
        return
    with context.database.connect() as connection:
        where = calendar_of(connection, rep).time_zone
    first = parse_time(begins, where, now, "--from") if begins else now
    last = parse_time(until, where, now, "--until")
    noted = services.note_absence(context, asking, rep, begins_at=first, until=last, reason=reason)
    moved = noted.tasks_moved
    with context.database.connect() as connection:
        meetings = presences.meetings_during(connection, rep, first, last)
    times = [shown_time(at, now, where) for at in (first, last)]
    echo(f"{rep} is away from {times[0]} until {times[1]}.")
    if moved:
        tasks = "1 task that was" if moved == 1 else f"{moved} tasks that were"
        echo(f"{tasks} due meanwhile {'has' if moved == 1 else 'have'} moved to colleagues.")
    if meetings:
        count = "1 meeting falls" if len(meetings) == 1 else f"{len(meetings)} meetings fall"
        echo(f"{count} into that time and {'stays' if len(meetings) == 1 else 'stay'} with {rep}:")
        for one in meetings:
            when = shown_time(one.starts_at, now, where)
            echo(f"  {when}, meeting {one.id} with lead {one.lead_id}")
        echo(
            "Set another time, or `starter.py team reassign LEAD --to REP`: the meeting goes with "
            "the lead."
        )


@app.command("reassign")
def reassign(
    leads: Annotated[list[int], typer.Argument(metavar="LEAD...")],
    to: Annotated[str, typer.Option(help="Code of the rep who gets them.")],
    by: Annotated[
        str, typer.Option(help="Code of the rep or manager who says so; you when left out.")
    ] = "",
) -> None:
    """Give leads to a rep, with their open tasks and booked meetings; all of them or none."""
    context = terminal()
    asking = operator(done_by(context.database, by, ""))
    moved = services.reassign(context, asking, leads, to)
    had = len(set(leads)) - len(moved)
    echo(
        f"{to} owns {'1 lead' if len(moved) == 1 else f'{len(moved)} leads'} more."
        + (f" {had} of them {to} owned before." if had else "")
    )


@app.command("nudge")
def nudge(lead: Annotated[int, typer.Argument(metavar="LEAD")]) -> None:
    """Ask the owner of a lead to look at it: it is among what they must hear of now."""
    echo(f"{services.nudge(terminal(), operator(), lead)} is nudged.")


@app.command("unassigned")
def list_unassigned(as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """List the leads that nobody can take, the longest waiting first."""
    now = settings_module.get().clock().now()
    with database().connect() as connection:
        waiting = queue(connection)
    if printed(waiting, "/team/unassigned", as_json=as_json, as_csv=as_csv, key="waiting"):
        return
    if not waiting:
        echo("Every lead in sales' hands has an owner.")
        return
    _print_queue(waiting, now)


@app.command("alerts")
def alerts(
    owner: Annotated[str | None, typer.Option(help="Only those for this rep or manager.")] = None,
    put_away: Annotated[
        list[int] | None, typer.Option(metavar="ALERT", help="Take this one off the list.")
    ] = None,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List what somebody must hear of now.

    That is hot leads, leads without an owner, broken promises, stalled opportunities, meetings
    without an outcome.
    """
    context = terminal()
    for alert in put_away or []:
        services.put_away(context, operator(), alert)
    now = context.clock.now()
    with context.database.connect() as connection:
        found = alert_rows.open_alerts(connection, owner)
    if printed(
        found,
        "/team/alerts",
        as_json=as_json,
        as_csv=as_csv,
        key="alerts",
        filters={"owner": owner},
    ):
        return
    if not found:
        echo("No alerts.")
        return
    print_list(
        listed(
            ("Alert", "What", "Lead", "Name", "For", "Raised", "Due"),
            (
                (
                    str(one.id),
                    label(ALERTS, one.kind),
                    str(one.lead_id or "-"),
                    one.name or "-",
                    one.owner or "-",
                    shown_time(one.raised_at, now),
                    shown_time(one.due_at, now),
                )
                for one in found
            ),
            whole=("Alert", "Lead", "For"),
        )
    )


def _print_queue(waiting: list[UnassignedLead], now: datetime) -> None:
    console = Console(highlight=False)
    print_list(
        listed(
            ("Lead", "Name", "Company", "Country", "Rule", "Since"),
            (
                (
                    str(one.lead_id),
                    one.name or "no name",
                    one.company or "-",
                    country_name(one.country, "en") or "-",
                    one.rule or "-",
                    shown_time(one.since, now),
                )
                for one in waiting
            ),
            whole=("Lead", "Since"),
        )
    )
    console.print("\n`starter.py team reassign LEAD --to REP` gives one an owner.")


def _served(leads: list[int]) -> str:
    if not leads:
        return ""
    count = "1 lead that waited has" if len(leads) == 1 else f"{len(leads)} leads that waited have"
    return f" {count} an owner now."

"""``recycle list|forecast|until|extend|wake|retire|return-to``: leads that rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy import Connection

import settings as settings_module
from cli.arguments import AsJson, Who, lead_named
from cli.connect import database
from cli.errors import UserError
from cli.groups import group
from cli.on_record import on_record
from cli.tables import listed, print_list
from cli.times import parse_day
from domain.contracts.journey import journey_id
from domain.labels import WHY, label
from domain.sales.recycle import ASKED_FOR
from store.published.cadences import CadenceMissing
from store.recycle import recycle
from store.recycle.recycle import RecycleRefused, ReturningWeek
from store.recycle.recycle_pool import PoolLine, Wanted, pool_page
from store.views.leads import LeadLine

app = group(
    "recycle forecast",
    "recycle until ada@example.com 2027-03-01",
    "recycle wake 41 42",
)

Whom = Annotated[list[str], typer.Argument(metavar="LEAD...")]
Day = Annotated[str, typer.Argument(metavar="DATE", help="Such as 2027-03-01.")]


@app.command("list")
def list_parked(
    reason: Annotated[str, typer.Option(help="Only those parked for it, such as lost.")] = "",
    as_json: AsJson = False,
) -> None:
    """List the leads that rest: why, since when, and until when; the next to return first."""
    now = settings_module.get().clock().now()
    with database().connect() as connection:
        found = pool_page(connection, now, Wanted(reason=reason), limit=None)
    if as_json:
        print(json.dumps([asdict(line) for line in found], default=str, ensure_ascii=False))
        return
    if not found:
        Console().print(f"Nobody is parked{f' for {reason}' if reason else ''}.")
        return
    print_list(
        listed(
            ("Lead", "Who", "Why", "Cycle", "Since", "Until"),
            (
                (
                    str(line.id),
                    ", ".join(part for part in (line.name, line.company) if part),
                    label(WHY, line.reason),
                    str(line.cycle),
                    f"{line.since:%Y-%m-%d}",
                    _until(line),
                )
                for line in found
            ),
            whole=("Lead", "Cycle", "Since"),
        )
    )


def _until(line: PoolLine) -> str:
    if line.until is None:
        return "-"
    agreed = line.return_on is not None and abs(line.return_on - line.until.date()).days <= 1
    return f"{line.until:%Y-%m-%d}" + (f"\n{line.return_why.replace('_', ' ')}" if agreed else "")


@app.command("forecast")
def forecast(as_json: AsJson = False) -> None:
    """Show how many leads come back in which week, if nothing wakes them earlier."""
    now = settings_module.get().clock().now()
    with database().connect() as connection:
        weeks = recycle.returns_by_week(connection, now)
    if as_json:
        print(json.dumps([asdict(week) for week in weeks], default=str))
        return
    if not weeks:
        Console().print("Nobody is parked, so nobody comes back.")
        return
    print_list(
        listed(
            ("Week of", "Leads", "Why they rest"),
            ((str(week.monday), f"{week.leads:,}", _reasons(week)) for week in weeks),
            whole=("Week of", "Leads"),
            right=("Leads",),
        )
    )


def _reasons(week: ReturningWeek) -> str:
    """Why the leads of a week rest, the commonest reason first."""
    reasons = sorted(week.reasons.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{label(WHY, reason)} {leads:,}" for reason, leads in reasons)


@app.command("until")
def until(
    who: Who,
    day: Day,
    why: Annotated[
        str, typer.Option(help="A code. A lead that asked_for the day is called on it.")
    ] = ASKED_FOR,
) -> None:
    """Set the day on which a lead comes back, whatever the policy says.

    A lead that is not parked now keeps it for when it is.
    """
    returns = parse_day(day, "DATE")
    now = settings_module.get().clock().now()

    def set_day(connection: Connection, lead: LeadLine) -> str:
        parked = recycle.return_on(connection, lead.id, returns, now, why=why)
        how = "comes back" if parked else "is not parked now; once it is, it comes back"
        return f"{how} on {returns} ({why.replace('_', ' ')})."

    _each([who], set_day, "until", until=f"{returns}")


@app.command("extend")
def extend(whom: Whom, until: Annotated[str, typer.Option("--until", metavar="DATE")]) -> None:
    """Let parked leads rest longer."""
    day = parse_day(until, "--until")
    now = settings_module.get().clock().now()

    def rest_longer(connection: Connection, lead: LeadLine) -> str:
        recycle.extend(connection, lead.id, day, now)
        return f"rests until {day}."

    _each(whom, rest_longer, "extend", until=f"{day}")


@app.command("wake")
def wake(whom: Whom) -> None:
    """Bring parked leads back now, to the nurture they would have come back to."""

    def bring_back(connection: Connection, lead: LeadLine) -> str:
        recycle.wake(connection, lead.id)
        return "is told to come back now."

    _each(whom, bring_back, "wake")


@app.command("retire")
def retire(whom: Whom) -> None:
    """Let parked leads go; one that writes or books comes back all the same."""

    def let_go(connection: Connection, lead: LeadLine) -> str:
        recycle.retire(connection, lead.id)
        return "is let go."

    _each(whom, let_go, "retire")


@app.command("return-to")
def return_to(
    who: Who,
    cadence: Annotated[
        str, typer.Argument(metavar="[CADENCE]", help="Left out: the policy's again.")
    ] = "",
) -> None:
    """Choose the cadence a lead comes back to."""

    def choose(connection: Connection, lead: LeadLine) -> str:
        recycle.choose_cadence(connection, lead.id, cadence)
        return f"comes back to {cadence or 'the cadence of the recycle policy'}."

    _each([who], choose, "return-to", cadence=cadence)


def _each(
    whom: list[str], act: Callable[[Connection, LeadLine], str], route: str, **asked: Any
) -> None:
    """Do something for each lead, all or none, and print what was done.

    Args:
        route: what the API calls it; ``asked`` what is kept of it on record.
    """
    try:
        with database().begin() as connection:
            leads = {lead.id: lead for lead in (lead_named(connection, who) for who in whom)}
            done = []
            for lead_id, lead in sorted(leads.items()):
                done.append(f"{journey_id(lead_id)} {act(connection, lead)}")
                on_record(connection, "POST", f"/api/recycle/{lead_id}/{route}", **asked)
    except (RecycleRefused, CadenceMissing) as refusal:
        nothing = " Nothing was changed." if len(whom) > 1 else ""
        raise UserError(f"{refusal}{nothing}") from None
    for line in done:
        Console().print(line)

"""``recycle list|forecast|until|extend|reactivate|close-out|return-to``: leads that rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

import settings as settings_module
from cli.arguments import AsJson, Who, lead_named
from cli.connect import Terminal, database, operator, terminal
from cli.groups import group
from cli.output import AsCsv, printed
from cli.screen import Console
from cli.tables import listed, print_list
from cli.times import parse_day
from domain.contracts.journey import journey_id
from domain.labels import WHY, label
from domain.sales.recycle import ASKED_FOR
from services import recycle as services
from store.recycle import recycle
from store.recycle.recycle import ReturningWeek
from store.recycle.recycle_pool import PoolFilter, PoolLine, pool_page

app = group(
    "recycle forecast",
    "recycle until ada@example.com 2027-03-01",
    "recycle reactivate 41 42",
)

Whom = Annotated[list[str], typer.Argument(metavar="LEAD...")]
Day = Annotated[str, typer.Argument(metavar="DATE", help="Such as 2027-03-01.")]


@app.command("list")
def list_recycled(
    reason: Annotated[str, typer.Option(help="Only those recycled for it, such as lost.")] = "",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List the leads that rest: why, since when, and until when; the next to return first."""
    now = settings_module.get().clock().now()
    with database().connect() as connection:
        found = pool_page(connection, now, PoolFilter(reason=reason), limit=None)
    if printed(found, "/recycle", as_json=as_json, as_csv=as_csv, filters={"reason": reason}):
        return
    if not found:
        Console().print(f"Nobody is in the recycle pool{f' for {reason}' if reason else ''}.")
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
def forecast(as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """Show how many leads come back in which week, if nothing wakes them earlier."""
    now = settings_module.get().clock().now()
    with database().connect() as connection:
        weeks = recycle.returns_by_week(connection, now)
    if printed(weeks, "/recycle/forecast", as_json=as_json, as_csv=as_csv):
        return
    if not weeks:
        Console().print("Nobody is in the recycle pool, so nobody comes back.")
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

    A lead that is not recycled now keeps it for when it is.
    """
    returns = parse_day(day, "DATE")

    context = terminal()
    lead = _lead(context, who)
    recycled = services.return_on(context, operator(), lead, returns, why)
    how = "comes back" if recycled else "is not recycled now; once it is, it comes back"
    Console().print(f"{journey_id(lead)} {how} on {returns} ({why.replace('_', ' ')}).")


@app.command("extend")
def extend(whom: Whom, until: Annotated[str, typer.Option("--until", metavar="DATE")]) -> None:
    """Let recycled leads rest longer."""
    day = parse_day(until, "--until")
    context, asking = terminal(), operator()
    _each(
        context,
        whom,
        f"rests until {day}",
        lambda lead: services.extend(context, asking, lead, day),
        lambda leads: services.extend_many(context, asking, leads, day),
    )


@app.command("reactivate")
def reactivate(whom: Whom) -> None:
    """Bring recycled leads back now, to the nurture they would have come back to."""

    context, asking = terminal(), operator()
    _each(
        context,
        whom,
        "is told to come back now",
        lambda lead: services.reactivate(context, asking, lead),
        lambda leads: services.reactivate_many(context, asking, leads),
    )


@app.command("close-out")
def close_out(whom: Whom) -> None:
    """Let recycled leads go; one that writes or books comes back all the same."""

    context, asking = terminal(), operator()
    _each(
        context,
        whom,
        "is let go",
        lambda lead: services.close_out(context, asking, lead),
        lambda leads: services.close_out_many(context, asking, leads),
    )


@app.command("return-to")
def return_to(
    who: Who,
    cadence: Annotated[
        str, typer.Argument(metavar="[CADENCE]", help="Left out: the policy's again.")
    ] = "",
) -> None:
    """Choose the cadence a lead comes back to."""

    context = terminal()
    lead = _lead(context, who)
    services.return_to(context, operator(), lead, cadence)
    Console().print(
        f"{journey_id(lead)} comes back to {cadence or 'the cadence of the recycle policy'}."
    )


def _each(
    context: Terminal,
    whom: list[str],
    done: str,
    one: Callable[[int], None],
    many: Callable[[PoolFilter], services.RecycleDecided],
) -> None:
    """Decide about one lead, or about several; of those, who does not rest is left alone."""
    leads = sorted({_lead(context, who) for who in whom})
    if len(leads) == 1:
        one(leads[0])
        Console().print(f"{journey_id(leads[0])} {done}.")
        return
    decided = many(PoolFilter(leads=leads))
    Console().print(
        f"{decided.leads} of {len(leads)} leads: each {done}. {decided.left} stay as they were."
    )


def _lead(context: Terminal, who: str) -> int:
    with context.database.connect() as connection:
        return lead_named(connection, who).id

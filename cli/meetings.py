"""``meetings list|show|book|reschedule|cancel``: appointments, one by one."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, timedelta
from typing import Annotated

import typer

import settings as settings_module
from cli.arguments import AsJson, Limit, Who, done_by, lead_named
from cli.connect import database, operator, terminal
from cli.errors import UserError
from cli.facts import print_facts
from cli.groups import group
from cli.output import AsCsv, printed
from cli.screen import Console, echo
from cli.tables import listed, plain, print_list
from cli.times import parse_time, shown_time
from domain.labels import MEETING_STATES, label
from services import meetings
from store.meetings.meeting_lines import (
    MeetingFilter,
    MeetingLine,
    MeetingState,
    find_meeting,
    list_meetings,
)
from store.meetings.meeting_rows import MeetingWords
from store.routing.rep_times import LONGEST_MINUTES

app = group(
    "meetings list --owner rep-1 --state booked",
    'meetings book ada@example.com --at "+2 days"',
    'meetings reschedule 12 --at "+3 days" --words "Sorry."',
    "meetings cancel 12",
)

TimeOption = Annotated[
    str,
    typer.Option(
        "--at",
        metavar="TIME",
        help="'2026-05-04 10:00' in the lead's time zone, ISO 8601 with an offset, or '+2 days'.",
    ),
]
Words = Annotated[str, typer.Option(help="What the lead is written about it.")]
Subject = Annotated[str, typer.Option(help="Subject of the mail, in place of the template's.")]
OwnText = Annotated[
    str,
    typer.Option(
        "--text",
        help="What the mail says, in place of the template's words; merge fields may be used.",
    ),
]
Number = Annotated[int, typer.Argument(metavar="MEETING", help="Its number in `meetings list`.")]


@app.command("list")
def list_all(
    lead: Annotated[str, typer.Option(help="Only with this lead: id or e-mail address.")] = "",
    owner: Annotated[str | None, typer.Option(help="Only this rep's, such as rep-1.")] = None,
    state: Annotated[MeetingState | None, typer.Option(help="Only those that are so.")] = None,
    since: Annotated[
        str, typer.Option("--from", metavar="TIME", help="Such as 2026-05-04 (UTC) or '+2 days'.")
    ] = "",
    until: Annotated[
        str, typer.Option("--to", metavar="TIME", help="Those that begin before it.")
    ] = "",
    limit: Limit = 50,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List appointments, the one that begins last first."""
    now = settings_module.get().clock().now()
    with database().connect() as connection:
        wanted = MeetingFilter(
            lead_id=lead_named(connection, lead).id if lead else None,
            owner=owner,
            state=state,
            since=parse_time(since, "UTC", now, "--from") if since else None,
            until=parse_time(until, "UTC", now, "--to") if until else None,
        )
        found = list_meetings(connection, wanted, limit=limit)
    if printed(
        found,
        "/meetings",
        as_json=as_json,
        as_csv=as_csv,
        filters={"lead": lead, "owner": owner, "state": state, "since": since, "until": until},
    ):
        return
    if not found:
        Console().print("No meetings here. `meetings book LEAD --at TIME` books one.")
        return
    print_list(
        listed(
            ("Meeting", "Begins", "State", "Lead", "Owner"),
            (
                (
                    str(one.id),
                    shown_time(one.starts_at, now),
                    label(MEETING_STATES, one.state),
                    plain(
                        ", ".join(
                            part for part in (f"{one.lead_id} {one.name}", one.company) if part
                        )
                    ),
                    one.owner or "-",
                )
                for one in found
            ),
            whole=("Meeting", "Begins", "State", "Owner"),
        )
    )


@app.command("show")
def show(number: Number, as_json: AsJson = False) -> None:
    """Show an appointment: when, with whom, and how often it was set and missed."""
    one = _found(number)
    if as_json:
        echo(json.dumps(asdict(one), default=str, ensure_ascii=False))
        return
    now = settings_module.get().clock().now()
    lines = [
        ("Meeting", f"{one.id} ({label(MEETING_STATES, one.state).lower()})"),
        ("Begins", f"{shown_time(one.starts_at, now)}, for {one.minutes} minutes"),
        ("Their time", shown_time(one.starts_at, now, one.time_zone)),
        ("Lead", f"{one.lead_id} · {one.name or 'no name'}"),
        ("Company", one.company),
        ("Owner", one.owner or "nobody"),
        ("Booked by", f"{one.booked_by} {f'at {one.provider}' if one.provider else ''}".strip()),
        ("Set", f"{_times(one.attempt)}, missed {_times(one.missed)}"),
        ("Called off", _called_off(one)),
        ("Join", one.join_url),
    ]
    print_facts(lines)


@app.command("book")
def book(
    who: Who,
    at: TimeOption,
    minutes: Annotated[int, typer.Option(min=1, max=LONGEST_MINUTES)] = 30,
    by: Annotated[str, typer.Option(help="Who books it; the lead's owner when left out.")] = "",
    words: Words = "",
    subject: Subject = "",
    text: OwnText = "",
) -> None:
    """Book an appointment, or move the one the lead has; an invitation is mailed."""
    now = settings_module.get().clock().now()
    engine = database()
    with engine.connect() as connection:
        lead = lead_named(connection, who)
    booked_by = done_by(engine, by, lead.owner)
    starts_at = parse_time(at, lead.time_zone, now).astimezone(UTC)
    said = MeetingWords(words, subject, text)
    one = meetings.book(terminal(), operator(booked_by), lead.id, starts_at, minutes, words=said)
    moved = "is set anew" if one.attempt > 1 else "is booked"
    Console().print(
        f"Meeting {one.id} with lead-{lead.id} {moved}: {shown_time(one.starts_at, now)}, with "
        f"{one.owner or 'nobody yet'}."
    )


@app.command("reschedule")
def reschedule(
    number: Number,
    at: TimeOption,
    minutes: Annotated[
        int | None, typer.Option(min=1, max=LONGEST_MINUTES, help="Left out: as long as it was.")
    ] = None,
    words: Words = "",
    subject: Subject = "",
    text: OwnText = "",
) -> None:
    """Set an appointment that lies ahead to another time; the lead is mailed the new one."""
    now = settings_module.get().clock().now()
    starts_at = parse_time(at, _found(number).time_zone, now).astimezone(UTC)
    said = MeetingWords(words, subject, text)
    one = meetings.reschedule(
        terminal(), operator(), number, starts_at=starts_at, minutes=minutes, words=said
    )
    Console().print(f"Meeting {number} begins {shown_time(one.starts_at, now)} now.")


@app.command("cancel")
def cancel(number: Number, words: Words = "", subject: Subject = "", text: OwnText = "") -> None:
    """Call an appointment off that lies ahead; the lead is told."""
    one = meetings.cancel(terminal(), operator(), number, MeetingWords(words, subject, text))
    Console().print(f"Meeting {number} with lead-{one.lead_id} is called off.")


def _found(number: int) -> MeetingLine:
    with database().connect() as connection:
        one = find_meeting(connection, number)
    if one is None:
        raise UserError(f"There is no meeting {number}; `meetings list` shows those there are.")
    return one


def _called_off(one: MeetingLine) -> str:
    if one.cancelled_at is None:
        return ""
    by = {"lead": "by the lead, ", "us": "by us, "}.get(one.cancelled_by, "")
    before = one.starts_at - one.cancelled_at
    if before < timedelta(0):
        return f"{by}after it had begun"
    hours = round(before.total_seconds() / 3600)
    return f"{by}{f'{hours} hours' if hours < 48 else f'{before.days} days'} before"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times" if count else "never"

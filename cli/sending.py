"""``sending …``: whether mail goes out and having it go on, and how our senders stand."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

import settings
from cli.arguments import AsJson
from cli.connect import database, operator, terminal
from cli.groups import group
from cli.screen import Console, echo
from cli.tables import listed, print_list
from domain.sending.reputation import ReputationLine
from health.sender_domains import NAMES, SenderDomains
from services import deliverability
from services.sending import resume as go_on
from store.mail import sending

app = group(
    "sending status",
    "sending resume",
    "sending reputation --days 30",
    "sending domains",
    "sending resume-sender lindenmoor.example",
)


@app.command("status")
def status(as_json: AsJson = False) -> None:
    """Say which channels send nothing, and why."""
    with database().connect() as connection:
        paused = sending.open_pauses(connection)
    if as_json:
        echo(json.dumps({"paused": [asdict(one) for one in paused]}, default=str))
        return
    if not paused:
        Console().print("Mail goes out.")
        return
    print_list(
        listed(
            ("Channel", "Since", "Reason", "What was said", "Next try"),
            (
                (
                    one.channel,
                    f"{one.opened_at:%Y-%m-%d %H:%M} UTC",
                    one.reason.replace("_", " "),
                    one.detail,
                    f"{one.probe_at:%H:%M} UTC",
                )
                for one in paused
            ),
        )
    )


@app.command("resume")
def resume() -> None:
    """Have mail go on from where it stood, because what was wrong is fixed."""
    ended = go_on(terminal(), operator())
    Console().print("Mail goes on." if ended else "Sending is not paused.")


@app.command("reputation")
def reputation(
    *,
    days: Annotated[int, typer.Option(min=1, max=90, help="Of so many days.")] = 7,
    as_json: AsJson = False,
) -> None:
    """Say how our senders stand, what limits they are under, and what became of their mails."""
    found = deliverability.reputation(terminal(), operator(), days)
    if as_json:
        echo(json.dumps(asdict(found), default=str))
        return
    print_list(
        listed(
            ("Domain", "State", "Why", "Mails", "Bounced", "Complained", "Waiting"),
            (
                (
                    one.domain,
                    one.state,
                    one.trouble,
                    *(f"{n:,}" for n in (one.mails, one.bounced, one.complained, one.waiting)),
                )
                for one in found.standings
            ),
        )
    )
    print_list(
        listed(
            ("Limit", "Of", "In the hour", "In the day", "Step", "Waiting", "Last until"),
            (
                (
                    one.scope.replace("_", " "),
                    one.name,
                    _of(one.in_hour, one.hour_limit),
                    _of(one.in_day, one.day_limit),
                    f"{one.step or ''}",
                    f"{one.waiting:,}",
                    f"{one.last_until:%Y-%m-%d %H:%M} UTC" if one.last_until else "",
                )
                for one in found.limits
            ),
        )
    )
    for heading, lines in (("From", found.senders), ("To", found.receivers)):
        print_list(
            listed(
                (
                    *(heading, "Sent", "Delivered", "Bounced", "Complained", "Deferred"),
                    *("Opened", "Clicked"),
                ),
                (_mails(one) for one in lines),
            )
        )


def _of(used: int, limit: int | None) -> str:
    return f"{used:,}" if limit is None else f"{used:,} of {limit:,}"


def _mails(one: ReputationLine) -> tuple[str, ...]:
    counts = (one.sent, one.delivered, one.bounced, one.complained, one.deferred)
    return (one.name, *(f"{number:,}" for number in (*counts, one.opened, one.clicked)))


@app.command("domains")
def domains(as_json: AsJson = False) -> None:
    """Ask the DNS about the domains that mail comes from: SPF, DKIM, DMARC and MX."""
    found = SenderDomains(settings.get()).found()
    if as_json:
        echo(json.dumps([asdict(one) for one in found]))
        return
    if not found:
        Console().print("Mail stays in the outbox: there is nothing to look at.")
        return
    print_list(
        listed(
            ("Domain", "What", "State", "What there is", "Add"),
            (
                (
                    one.domain,
                    NAMES[each.topic],
                    each.level,
                    each.said,
                    f"{each.record.name} {each.record.type} {each.record.value}"
                    if each.record
                    else "",
                )
                for one in found
                for each in one.findings
            ),
        )
    )


@app.command("resume-sender")
def resume_sender(
    domain: Annotated[str, typer.Argument(help="The domain that was stopped.")],
) -> None:
    """Let a stopped sender go on, slowly, because what was wrong is mended."""
    deliverability.resume_sender(terminal(), operator(), domain)
    Console().print(f"{domain} goes on, slowly.")

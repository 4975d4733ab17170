"""``dossier LEAD``: the history that made a lead, for whoever is to talk to it."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table

import settings as settings_module
from cli.arguments import AsJson, Who, lead_named
from cli.connect import database
from cli.lead_history import whereabouts
from cli.lead_score import print_score, score_json
from cli.screen import Console, echo
from cli.tables import GAP, longest_address, plain, wide_console
from cli.times import shown_time
from domain.labels import ENGAGEMENTS, STAGES, WHY, label
from store.views.dossier import Dossier, DossierMail, Feedback, Seen
from store.views.dossier import dossier as dossier_of


def dossier(
    who: Who,
    as_json: AsJson = False,
) -> None:
    """Show the history that made a lead: score, pages, mails, cycles, feedback, what to send."""
    now = settings_module.get().clock().now()
    with database().connect() as connection:
        found = dossier_of(connection, lead_named(connection, who).id, now)
    if as_json:
        echo(json.dumps(dossier_json(found), default=str, ensure_ascii=False))
        return
    _print(Console(highlight=False), found, now)


def dossier_json(found: Dossier) -> dict[str, object]:
    """The dossier as JSON has it; times are UTC, score lines as in ``lead show --json``."""
    return {
        **asdict(found),
        "lead": {**asdict(found.lead), "name": found.lead.name},
        "score": score_json(found.score),
        "summary": found.summary,
    }


def _print(console: Console, found: Dossier, now: datetime) -> None:
    lead = found.lead
    console.print(f"[bold]{escape(lead.name)}[/bold] · {escape(lead.company or 'no company')}")
    console.print(
        f"{label(STAGES, lead.stage)}, {whereabouts(lead.phase, lead.phase_reason)}, "
        f"cycle {lead.cycle}, owner {lead.owner or 'nobody'}"
    )
    print_score(console, found.score)
    _section(
        console,
        "Looked at",
        [(shown_time(one.last, now), _looked(one)) for one in found.seen],
    )
    _section(
        console,
        "Mails",
        [(shown_time(mail.sent_at, now), f"{mail.what}: {_did(mail)}") for mail in found.mails],
        found.totals.mails - len(found.mails),
    )
    _section(
        console,
        "Earlier cycles",
        [
            (
                f"cycle {one.cycle}",
                f"{one.began:%Y-%m-%d} to {one.ended:%Y-%m-%d}: {label(WHY, one.reason)}",
            )
            for one in found.cycles
            if one.ended
        ],
        found.totals.cycles - len(found.cycles),
    )
    _section(
        console,
        "Feedback",
        [(shown_time(one.at, now), _said(one)) for one in found.feedback],
        found.totals.feedback - len(found.feedback),
    )
    _section(
        console,
        "Won nearby",
        [(one.account, "same " + ", ".join(one.alike)) for one in found.similar],
    )
    _section(console, "To send", [(one.title, one.url) for one in found.content])


def _looked(one: Seen) -> str:
    times = f" ({one.times:,} times)" if one.times > 1 else ""
    return f"{label(ENGAGEMENTS, one.kind)}: {one.what}{times}"


def _said(one: Feedback) -> str:
    why = f" ({label(WHY, one.reason)})" if one.reason else ""
    return f"{label(WHY, one.verdict)}{why} by {one.by}"


def _did(mail: DossierMail) -> str:
    did = ["opened"] if mail.opened else []
    did += [f"clicked {url}" for url in mail.clicked]
    did += ["answered"] if mail.answered else []
    return ", ".join(did) or "no reaction"


def _section(console: Console, title: str, lines: list[tuple[str, str]], earlier: int = 0) -> None:
    """``earlier`` is how many lines there are before these."""
    if not lines:
        return
    console.print(f"[bold]{title}[/bold]")
    if earlier:
        console.print(f"  [dim]… {earlier:,} more before that[/dim]")
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 2))
    table.add_column(no_wrap=len(lines[0][0]) <= 22)
    table.add_column(overflow="fold")
    for left, right in lines:
        table.add_row(plain(left), plain(right))
    beside = max(cell_len(left) for left, _ in lines) + 2 * GAP
    wide_console(beside + longest_address(right for _, right in lines)).print(table)

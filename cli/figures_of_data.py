"""``figures deliverability`` and ``figures data-quality``: whether mail arrives, and what leads
lack."""

from __future__ import annotations

from collections.abc import Iterable

from cli.arguments import AsJson
from cli.connect import operator, terminal
from cli.output import AsCsv
from cli.reports import From, To, printed_report
from cli.screen import Console
from cli.tables import listed, print_list
from cli.times import day_or_none
from domain.figures.data_quality import MOST_PAIRS, QualityRow
from domain.figures.deliverability import OTHERS, MailFigures
from domain.figures.funnel import FEW
from services import figures_of_data

SHOWN = 20
"""Domains that people are shown."""


def deliverability(
    *, begins: From = "", to: To = "", as_json: AsJson = False, as_csv: AsCsv = False
) -> None:
    """Show what became of the mails of each week, and by the domain that receives them.
    docs/figures.md says what each is."""
    found = figures_of_data.deliverability(
        terminal(),
        operator(),
        day_or_none(begins, "--from"),
        day_or_none(to, "--to"),
    )
    path = "/figures/deliverability"
    if printed_report(found, found.rows, path, as_json=as_json, as_csv=as_csv):
        return
    say = Console(highlight=False).print
    say(
        f"[bold]Deliverability[/bold]  of mails sent {found.begins} until before {found.ends} "
        f"({found.time_zone})"
    )
    _print_mails("Week of", [("all", found.whole), *((one.week, one) for one in found.weeks)])
    say("\n[bold]By receiving domain[/bold]")
    _print_mails("Domain", ((_domain(one), one) for one in found.domains[:SHOWN]))
    if len(found.domains) > SHOWN:
        say(f"The {SHOWN} largest are shown: --csv has more.")
    say("\n[bold]Why mails bounced[/bold]")
    print_list(
        listed(
            ("Week of", "dead", "full", "content", "ours", "routing", "unknown"),
            (
                (
                    name,
                    *map(
                        str,
                        (
                            *(one.address_dead, one.mailbox_full, one.content),
                            *(one.reputation, one.routing, one.unknown),
                        ),
                    ),
                )
                for name, one in (("all", found.whole), *((w.week, w) for w in found.weeks))
            ),
            whole=("Week of",),
        )
    )
    if found.whole.sent < FEW:
        say(f"\nFewer than {FEW} mails: no percentages.")


def _domain(one: MailFigures) -> str:
    return {"": "erased", OTHERS: "all others"}.get(one.domain, one.domain)


def _print_mails(first: str, rows: Iterable[tuple[str, MailFigures]]) -> None:
    headings = (first, "sent", "delivered", "bounced", "", "complained", "unsubscribed")
    print_list(
        listed(
            headings,
            (
                (
                    name,
                    f"{one.sent:,}",
                    f"{one.delivered:,}",
                    f"{one.bounced:,}",
                    "-" if one.bounce_rate is None else f"{one.bounce_rate:.1%}",
                    f"{one.complained:,}",
                    f"{one.unsubscribed:,}",
                )
                for name, one in rows
            ),
            whole=(first,),
            right=headings[1:],
        )
    )


def data_quality(*, as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """Show how many leads lack an owner, a country or a time zone, by source, and how many pairs
    may be one person."""
    found = figures_of_data.data_quality(terminal(), operator())
    rows = figures_of_data.quality_rows(found)
    if printed_report(found, rows, "/figures/data-quality", as_json=as_json, as_csv=as_csv):
        return
    headings = ("Source", "leads", "no owner", "of them in sales", "no country", "no time zone")
    print_list(
        listed(
            headings,
            (_quality(one) for one in (found.whole, *found.sources)),
            whole=("Source",),
            right=headings[1:],
        )
    )
    pairs = f"more than {MOST_PAIRS:,}" if found.duplicates > MOST_PAIRS else found.duplicates
    Console(highlight=False).print(
        f"Suspected duplicates: {pairs} pairs. 'lead duplicates list' names them."
    )


def _quality(one: QualityRow) -> tuple[str, ...]:
    name = "all others" if one.others else "all" if one.source is None else one.source or "unknown"
    numbers = (
        *(one.leads, one.without_owner, one.in_sales_without_owner),
        *(one.without_country, one.without_time_zone),
    )
    return (name, *(f"{number:,}" for number in numbers))

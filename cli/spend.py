"""``spend import|list|restated``: what marketing spends on sources and campaigns."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.arguments import AsJson, Limit
from cli.connect import database, operator, terminal
from cli.groups import group
from cli.money_files import bring_in, order_of
from cli.output import AsCsv, printed
from cli.screen import Console
from cli.tables import listed, print_list
from cli.times import day_or_none
from domain.figures.money_rows import SPEND_COLUMNS, MoneyReader, name_of
from services import figures_of_money
from store.figures.money_tables import list_restatements, list_spend

app = group(
    "spend import costs-2026-05.csv",
    "spend list --from 2026-05-01 --to 2026-06-01",
    "spend restated",
)
Mapped = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="COLUMN=FIELD", help="Which column holds a field."),
]
Dates = Annotated[
    str, typer.Option(help="Order of days such as 5/6/2026: dmy, mdy, ymd.", show_default="shown")
]


@app.command("import")
def import_spend(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV file.")],
    *,
    map_: Mapped = None,
    currency: Annotated[
        str, typer.Option(help="Of rows that name none.", show_default="the company's")
    ] = "",
    dates: Dates = "",
    as_json: AsJson = False,
) -> None:
    """Enter what a file says was spent: source, campaign, day or month, amount, currency. The same
    file again changes nothing; a corrected figure replaces the one before, and that is kept."""
    context = terminal()
    own = currency or context.settings.company_currency
    order, today = order_of(dates), figures_of_money.company_day(context)
    bring_in(
        file,
        SPEND_COLUMNS,
        map_ or [],
        {"campaign", "currency"},
        reader=lambda columns: MoneyReader(columns, own, today, order),
        read_row=MoneyReader.spend,
        enter=lambda rows: figures_of_money.enter_spend(context, operator(), rows),
        as_json=as_json,
    )


@app.command("list")
def list_all(
    source: Annotated[str, typer.Option(help="Only this source.")] = "",
    begins: Annotated[str, typer.Option("--from", help="Only from this day on.")] = "",
    ends: Annotated[str, typer.Option("--to", help="Only before this day.")] = "",
    limit: Limit = 100,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List what was spent, what was entered last first."""
    with database().connect() as connection:
        found = list_spend(
            connection,
            source=name_of(source),
            begins=day_or_none(begins, "--from"),
            ends=day_or_none(ends, "--to"),
            limit=limit,
        )
    if printed(found, "/spend", as_json=as_json, as_csv=as_csv):
        return
    if not found:
        Console().print("No spend was entered: `spend import FILE` enters some.")
        return
    print_list(
        listed(
            ("Source", "Campaign", "When", "Amount", "By"),
            (
                (
                    one.source,
                    one.campaign or "-",
                    f"{one.day:%Y-%m}" if one.span == "month" else f"{one.day}",
                    f"{one.currency} {one.amount:,f}",
                    one.by,
                )
                for one in found
            ),
            whole=("When", "Amount"),
        )
    )


@app.command("restated")
def restated(limit: Limit = 100, as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """List the figures of spend and rates that were replaced, the newest first."""
    with database().connect() as connection:
        found = list_restatements(connection, limit=limit)
    if printed(found, "/restatements", as_json=as_json, as_csv=as_csv):
        return
    if not found:
        Console().print("No figure was ever replaced.")
        return
    print_list(
        listed(
            ("When", "Figure", "Before", "Now", "By"),
            ((f"{one.at:%Y-%m-%d}", one.of, one.before, one.after, one.by) for one in found),
            whole=("When", "Before", "Now"),
        )
    )

"""``rates set|import|list``: what currencies are worth in the company's own."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

import settings as settings_module
from cli.arguments import AsJson, Limit
from cli.connect import database, operator, terminal
from cli.errors import UserError
from cli.groups import group
from cli.money_files import bring_in, order_of
from cli.output import AsCsv, printed
from cli.screen import Console
from cli.spend import Dates, Mapped
from cli.tables import listed, print_list
from cli.times import day_or_none
from domain.figures.money_rows import RATE_COLUMNS, MoneyReader, checked_rate
from services import figures_of_money
from store.figures.money_tables import list_rates

app = group("rates set EUR 1.0825 --from 2026-05-01", "rates import rates.csv", "rates list")


@app.command("set")
def set_rate(
    currency: Annotated[str, typer.Argument(help="ISO 4217 code, such as EUR.")],
    rate: Annotated[str, typer.Argument(help="What one unit is worth in the company's currency.")],
    begins: Annotated[
        str, typer.Option("--from", help="First day it holds; until the next rate.")
    ] = "",
) -> None:
    """Say what a currency is worth from a day on (today when left out)."""
    context = terminal()
    try:
        value = Decimal(rate)
    except InvalidOperation:
        raise UserError(f"{rate} is no rate; write it such as 1.0825.") from None
    day = day_or_none(begins, "--from") or figures_of_money.company_day(context)
    row = checked_rate(currency, day, value, context.settings.company_currency)
    outcome = figures_of_money.enter_rates(context, operator(), [row])
    done = "was so already" if outcome.unchanged else "replaced" if outcome.restated else "entered"
    Console().print(
        f"1 {row.currency} = {row.rate:f} {context.settings.company_currency} from {day}: {done}."
    )


@app.command("import")
def import_rates(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV file.")],
    *,
    map_: Mapped = None,
    dates: Dates = "",
    as_json: AsJson = False,
) -> None:
    """Enter the rates of a file: currency, day, rate."""
    context = terminal()
    own, order = context.settings.company_currency, order_of(dates)
    today = figures_of_money.company_day(context)
    bring_in(
        file,
        RATE_COLUMNS,
        map_ or [],
        set(),
        reader=lambda columns: MoneyReader(columns, own, today, order),
        read_row=MoneyReader.rate,
        enter=lambda rows: figures_of_money.enter_rates(context, operator(), rows),
        as_json=as_json,
    )


@app.command("list")
def list_all(limit: Limit = 100, as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """List what currencies are worth in the company's own, by currency and day."""
    into = settings_module.get().company_currency
    with database().connect() as connection:
        found = list_rates(connection, into, limit=limit)
    if printed(found, "/exchange-rates", as_json=as_json, as_csv=as_csv):
        return
    if not found:
        Console().print(f"No rates in {into} are known: `rates set` and `rates import` enter them.")
        return
    print_list(
        listed(
            ("Currency", "From", f"In {into}", "By"),
            ((one.currency, f"{one.day}", f"{one.rate:f}", one.by) for one in found),
            whole=("Currency", "From"),
        )
    )

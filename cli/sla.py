"""``sla``: what marketing and sales promised each other, and how they kept it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

import settings as settings_module
from cli.errors import UserError
from cli.tasks import database
from store.sla_figures import SlaFigures, figures

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_PROMISES = {
    "hand_over": "handed over in time",
    "accept": "answered in time",
    "accept_hot": "answered in time, hot",
    "first_week": "calls of the first week",
    "return": "worked or returned",
}


def sla(
    month: Annotated[
        str, typer.Option(metavar="YYYY-MM", help="The month (UTC); this one when left out.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show how marketing and sales kept their promises in a month."""
    now = settings_module.get().clock().now()
    match = _MONTH.fullmatch(month or f"{now:%Y-%m}")
    if match is None:
        raise UserError(f"'{month}' is no month: write it as YYYY-MM, such as {now:%Y-%m}.")
    with database().connect() as connection:
        found = figures(connection, int(match[1]), int(match[2]), now)
    if as_json:
        kept = [asdict(one) | {"percent": one.percent} for one in found.kept]
        print(json.dumps(asdict(found) | {"kept": kept}))
        return
    _print(found)


def _print(found: SlaFigures) -> None:
    console = Console()
    if found.promised is None:
        console.print("No SLA is published: write cadences/sla.yaml and run `cadence publish`.")
        return
    console.print(
        f"[bold]{found.month}[/bold]  {found.delivered:,} leads delivered of {found.promised:,} "
        f"promised; {found.crossed:,} crossed."
    )
    console.print(
        f"Business minutes to an answer, median: {_minutes(found.minutes_to_answer)}; "
        f"hot leads {_minutes(found.hot_minutes_to_answer)}."
    )
    if found.kept:
        console.print(_kept(found))
    for one in found.breaches:
        what = one.action.replace("_", " ") + (" (pilot: only noted)" if one.pilot else "")
        console.print(f"{_PROMISES[one.promise]}: {what}, {one.times:,} times", markup=False)
    if found.verdicts:
        said = ", ".join(f"{what} {times:,}" for what, times in found.verdicts.items())
        console.print(f"What sales said of the leads: {said}", markup=False)


def _minutes(minutes: float | None) -> str:
    return "-" if minutes is None else f"{minutes:,.0f}"


def _kept(found: SlaFigures) -> Table:
    """A row for everybody, each team and each rep; a column for each promise that was decided."""
    promises = [name for name in _PROMISES if any(one.promise == name for one in found.kept)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Who", no_wrap=True)
    for name in promises:
        table.add_column(_PROMISES[name], justify="right")
    whose = dict.fromkeys((one.team, one.owner) for one in found.kept)
    cells = {(one.team, one.owner, one.promise): one for one in found.kept}
    for team, owner in whose:
        row = [cells.get((team, owner, name)) for name in promises]
        table.add_row(
            owner or team or "everybody",
            *(f"{one.percent:g} % of {one.kept + one.broken:,}" if one else "-" for one in row),
        )
    return table

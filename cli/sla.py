"""``sla``: what marketing and sales promised each other, and how they kept it."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

import settings as settings_module
from cli.arguments import AsJson
from cli.connect import database
from cli.errors import UserError
from cli.output import AsCsv, printed
from cli.screen import Console, echo
from cli.tables import listed
from store.views.sla_figures import SlaFigures, figures

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")
_PROMISES = {
    "hand_over": "brought to a rep in time",
    "accept": "accepted or returned in time",
    "accept_hot": "hot: accepted or returned in time",
    "first_week": "enough calls in the first week",
    "return": "called or returned in time",
}
_FOLLOWED = {
    "breach": "broken",
    "remind": "rep reminded",
    "reassign": "given to a colleague",
    "tell_manager": "manager told",
}


def sla(
    month: Annotated[
        str, typer.Option(metavar="YYYY-MM", help="The month (UTC); this one when left out.")
    ] = "",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show how marketing and sales kept their promises in a month."""
    now = settings_module.get().clock().now()
    match = _MONTH.fullmatch(month or f"{now:%Y-%m}")
    if match is None:
        raise UserError(f"'{month}' is no month: write it as YYYY-MM, such as {now:%Y-%m}.")
    with database().connect() as connection:
        found = figures(connection, int(match[1]), int(match[2]), now)
    kept = [asdict(one) | {"percent": one.percent} for one in found.kept]
    if as_csv:
        rows = [{"month": found.month} | one for one in kept]
        printed(rows, "/sla/kept", as_json=False, as_csv=True, filters={"month": month})
        return
    if as_json:
        echo(json.dumps(asdict(found) | {"kept": kept}))
        return
    show(found)


def show(found: SlaFigures) -> None:
    """Print the figures for people, in 80 columns."""
    console = Console()
    if found.promised is None:
        console.print("No SLA is published: write cadences/sla.yaml and run `cadence publish`.")
        return
    console.print(
        f"[bold]{found.month}[/bold]  {found.delivered:,} of {found.promised:,} promised leads "
        f"came to a rep; {found.crossed:,} reached the agreed score."
    )
    console.print(_answered(found))
    if found.kept:
        console.print("\n[bold]Promises kept[/bold], of those whose time is over")
        console.print(_kept(found))
    if found.breaches:
        console.print("\n[bold]Promises broken[/bold], and what followed")
        console.print(_broken(found))
    if found.verdicts:
        said = ", ".join(f"{what.replace('_', ' ')} {n:,}" for what, n in found.verdicts.items())
        console.print(f"\nWhat sales said of the leads: {said}", markup=False)


def _answered(found: SlaFigures) -> str:
    """How long reps took to accept or return a lead."""
    times = [
        f"{whose} within {minutes:,.0f} business minute{'' if round(minutes) == 1 else 's'}"
        for whose, minutes in (
            ("leads", found.minutes_to_answer),
            ("hot leads", found.hot_minutes_to_answer),
        )
        if minutes is not None
    ]
    if not times:
        return "No rep has accepted or returned a lead of this month yet."
    return f"Reps accepted or returned {', '.join(times)} (median)."


def _kept(found: SlaFigures) -> Table:
    """A row for everybody, each team and each rep; a column for each promise that was decided."""
    promises = [name for name in _PROMISES if any(one.promise == name for one in found.kept)]
    whose = dict.fromkeys((one.team, one.owner) for one in found.kept)
    cells = {(one.team, one.owner, one.promise): one for one in found.kept}

    def cell(team: str, owner: str, promise: str) -> str:
        one = cells.get((team, owner, promise))
        return f"{one.percent:g} % of {one.kept + one.broken:,}" if one else "-"

    headings = [_PROMISES[name] for name in promises]
    return listed(
        ("Who", *headings),
        (
            (owner or team or "everybody", *(cell(team, owner, name) for name in promises))
            for team, owner in whose
        ),
        whole=("Who",),
        right=headings,
    )


def _broken(found: SlaFigures) -> Table:
    """A row for each promise; a column for what followed in any of them."""
    actions = [name for name in _FOLLOWED if any(one.action == name for one in found.breaches)]
    times = {(one.promise, one.pilot, one.action): one.times for one in found.breaches}

    def cell(promise: str, action: str, *, pilot: bool) -> str:
        count = times.get((promise, pilot, action))
        return f"{count:,}" if count else "-"

    headings = [_FOLLOWED[name] for name in actions]
    return listed(
        ("Promise", *headings),
        (
            (
                _PROMISES[promise] + (" (pilot: only noted)" if pilot else ""),
                *(cell(promise, name, pilot=pilot) for name in actions),
            )
            for promise, pilot in dict.fromkeys((one.promise, one.pilot) for one in found.breaches)
        ),
        right=headings,
    )

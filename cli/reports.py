"""What commands that show a report of figures share: the days that are asked for, and the answers
for programs."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from cli.errors import stderr
from cli.output import printed
from cli.screen import Console, echo
from cli.tables import listed, print_list
from domain.figures.funnel import MOST_BEHIND, Dimension
from domain.figures.leaks import LEAK_DAYS
from domain.figures.scoring import SCORING_DAYS

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MOST_ROWS = 40
"""Rows of a table that people are shown; a file has all."""

From = Annotated[
    str, typer.Option("--from", metavar="DAY", help="First day.", show_default="that of the data")
]
FromOfQuarter = Annotated[
    str,
    typer.Option(
        "--from", metavar="DAY", help="First day.", show_default=f"{LEAK_DAYS} days before the end"
    ),
]
FromOfYear = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="DAY",
        help="First day.",
        show_default=f"{SCORING_DAYS} days before the end",
    ),
]
To = Annotated[
    str, typer.Option(metavar="DAY", help="The day after the last one.", show_default="tomorrow")
]
OfOwner = Annotated[str | None, typer.Option(help="Only leads of this rep; '' of nobody.")]
OfTeam = Annotated[str | None, typer.Option(help="Only leads of this team.")]
OfSource = Annotated[str | None, typer.Option(help="Only leads of this source; '' without one.")]
OfSegment = Annotated[str | None, typer.Option(help="Only leads of this segment.")]
OfCountry = Annotated[str | None, typer.Option(help="Only leads of this country, such as DE.")]
OfCampaign = Annotated[str | None, typer.Option(help="Only leads that this campaign brought.")]


def narrowed(
    owner: str | None,
    team: str | None,
    source: str | None,
    segment: str | None,
    country: str | None,
    campaign: str | None,
) -> dict[str, str]:
    """The values of dimensions that were asked for; '' is one."""
    chosen = {
        Dimension.OWNER: owner,
        Dimension.TEAM: team,
        Dimension.SOURCE: source,
        Dimension.SEGMENT: segment,
        Dimension.COUNTRY: country,
        Dimension.CAMPAIGN: campaign,
    }
    return {name.value: value for name, value in chosen.items() if value is not None}


def printed_report(
    found: DataclassInstance,
    rows: Sequence[DataclassInstance | Mapping[str, object]],
    path: str,
    *,
    as_json: bool,
    as_csv: bool,
    filters: Mapping[str, object] | None = None,
) -> bool:
    """Print a report for a program, if one asks: all of it as JSON, or its rows as CSV. Whoever
    gets no JSON is told on stderr what is not counted yet.

    Args:
        path, filters: as of :func:`cli.output.printed`.

    Returns:
        Whether it was printed.
    """
    report = asdict(found)
    if as_json:
        echo(json.dumps(report, default=str, ensure_ascii=False))
    elif behind := report.get("behind", 0):
        leads = "1 lead" if behind == 1 else f"{behind:,} leads"
        changes = f"The last changes of {leads}"
        if behind > MOST_BEHIND:
            changes = f"More than {MOST_BEHIND:,} changes"
        stderr.print(f"{changes} are not counted yet: a worker is at it.")
    return as_json or printed(rows, path, as_json=False, as_csv=as_csv, filters=filters)


def print_rows(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    text: Collection[str] = (),
    whole: Collection[str] = (),
) -> None:
    """Print a table of figures for people, the first :data:`MOST_ROWS` of it. All columns but the
    first hold numbers, or those that are called as ``text``; ``whole`` as of :func:`listed`."""
    right = [one for one in headings[1:] if one not in text]
    print_list(listed(headings, rows[:MOST_ROWS], whole=whole, right=right))
    if len(rows) > MOST_ROWS:
        Console(highlight=False).print(f"… and {len(rows) - MOST_ROWS} more: --csv has all.")


def share_shown(value: float | None) -> str:
    """A share as people read it; a dash for none."""
    return "-" if value is None else f"{100 * value:.1f} %"

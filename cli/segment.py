"""``segment list|show|members|count``: leads that have something in common."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from sqlalchemy import Connection

import settings as settings_module
from cli.arguments import AsJson
from cli.connect import database, operator, terminal
from cli.errors import UserError
from cli.groups import group
from cli.output import AsCsv, printed
from cli.screen import Console, echo
from cli.tables import listed, print_list
from domain.labels import STAGES, label
from services import segments as services
from services.segments import SegmentPreview
from store.views.lead_search import LeadCursor, LeadFilter, find_leads
from store.views.segments import (
    SampledLead,
    SegmentDetail,
    SegmentLine,
    list_segments,
    sampled_leads,
    segment_named,
)

app = group(
    "segment list",
    "segment members looked-at-prices --csv",
    "segment count 'engagement.clicks_30_days >= 2'",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="As `segment list` shows it.")]


@app.command("list")
def list_all(as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """List the segments, and how many leads are in each."""
    with database().connect() as connection:
        found = list_segments(connection)
    if printed(found, "/segments", as_json=as_json, as_csv=as_csv):
        return
    if not found:
        Console().print(
            "No segments are published. Write cadences/segments.yaml and publish it with "
            "`starter.py cadence publish`."
        )
        return
    print_list(
        listed(
            ("Segment", "Title", "Leads", "Judged"),
            ((one.name, one.title, f"{one.members:,}", _state(one)) for one in found),
            whole=("Segment", "Leads"),
            right=("Leads",),
        )
    )


@app.command("show")
def show(name: Name, as_json: AsJson = False) -> None:
    """Show a segment: its condition, and how many leads are in it."""
    with database().connect() as connection:
        one = _segment(connection, name)
    if as_json:
        echo(json.dumps(asdict(one), default=str, ensure_ascii=False))
        return
    said = Console(highlight=False, markup=False)
    said.print(f"{one.title} ({one.name})")
    if one.description:
        said.print(one.description)
    said.print(f"when: {one.when}")
    said.print(f"{one.members:,} leads; {_state(one)}")
    if one.fails:
        said.print("Nobody is a member. Write the condition another way.")
    elif one.unjudged:
        said.print(
            f"Of {one.unjudged:,} it can't be said, because they lack what the condition asks for: "
            "they are no members."
        )


@app.command("members")
def members(
    name: Name,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List the leads of a segment; with --csv or --json all of them."""
    now = settings_module.get().clock().now()
    found: list[SampledLead] = []
    with database().connect() as connection:
        _segment(connection, name)
        after: LeadCursor | None = None
        while page := find_leads(
            connection,
            now,
            LeadFilter(segment=[name]),
            order="id",
            after=after,
            limit=1000 if as_csv or as_json else limit,
        ):
            found += sampled_leads(connection, [one.id for one in page])
            after = page[-1].mark
            if not (as_csv or as_json):
                break
    if printed(found, f"/segments/{name}/members", as_json=as_json, as_csv=as_csv):
        return
    _print_leads(found)


@app.command("count")
def count(
    condition: Annotated[str, typer.Argument(metavar="CONDITION", help="In CEL.")],
    as_json: AsJson = False,
) -> None:
    """Count for how many leads a condition holds now, published or not, and show some of them."""
    context = terminal()
    with context.database.connect() as connection:
        found = services.preview(connection, context, operator(), condition)
    if as_json:
        echo(json.dumps(asdict(found), default=str, ensure_ascii=False))
        return
    _print_count(found)


def _print_count(found: SegmentPreview) -> None:
    counted = found.count
    said = Console(highlight=False, markup=False)
    about = "" if counted.exact else f"about, by {counted.sampled:,} of them: "
    said.print(f"{about}{counted.members:,} of {counted.leads:,} leads")
    if counted.unread:
        said.print(f"Of {counted.unread:,} it can't be said; they are no members:")
    for why in counted.unanswered:
        said.print(f"  {why.reason}")
    if found.sample:
        _print_leads(found.sample)


def _print_leads(found: list[SampledLead]) -> None:
    if not found:
        Console().print("No lead is in it.")
        return
    print_list(
        listed(
            ("Lead", "Name", "E-mail", "Company", "Stage"),
            (
                (
                    str(one.id),
                    f"{one.first_name} {one.last_name}".strip(),
                    one.email,
                    one.company,
                    label(STAGES, one.stage),
                )
                for one in found
            ),
            whole=("Lead",),
        )
    )


def _state(one: SegmentLine) -> str:
    if one.fails:
        return "can't be asked"
    if one.state == "waiting":
        return "a worker is to judge all leads"
    if one.state == "judging":
        return f"{one.judged:,} of {one.leads:,} leads judged so far"
    return f"all judged {one.judged_at:%Y-%m-%d %H:%M} UTC"


def _segment(connection: Connection, name: str) -> SegmentDetail:
    found = segment_named(connection, name)
    if found is None:
        raise UserError(f"There is no segment '{name}'; `segment list` shows those there are.")
    return found

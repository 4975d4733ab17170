"""``lead duplicates|not-duplicate|merge|undo-merge``: leads that may be one person."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from cli.arguments import AsJson, Limit, Who, lead_named
from cli.connect import database, operator, terminal
from cli.errors import UserError, stderr
from cli.screen import Console, echo
from cli.tables import listed, print_list
from domain.contacts.merging import Likeness
from domain.labels import LIKENESSES, MERGE_FIELDS, label
from services import duplicates as services
from store.matching import suspects
from store.matching.merge_preview import MergePreview, preview

Other = Annotated[str, typer.Argument(metavar="OTHER", help="The lead that goes away.")]


def duplicates(
    who: Annotated[
        str, typer.Argument(metavar="LEAD", help="Only this lead's: id, lead-ID or address.")
    ] = "",
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List leads that may be the same person, and why."""
    with database().connect() as connection:
        if who:
            lead = lead_named(connection, who)
            found = suspects.duplicates_of(connection, lead.id)
        else:
            found = suspects.suspicions(connection, limit=limit)
    if as_json:
        echo(json.dumps([asdict(one) for one in found], ensure_ascii=False))
        return
    if not found:
        Console().print("No two leads look like the same person here.")
        return
    print_list(
        listed(
            ("Lead", "Name", "Address", "Other", "Name", "Address", "Why"),
            (
                (
                    str(one.lead.id),
                    one.lead.name,
                    one.lead.email,
                    str(one.other.id),
                    one.other.name,
                    one.other.email,
                    _why(one.why),
                )
                for one in found
            ),
            whole=("Lead", "Other"),
        )
    )


def not_duplicate(who: Who, other: Other) -> None:
    """Keep that two leads are not the same person."""
    with database().connect() as connection:
        one, two = lead_named(connection, who), lead_named(connection, other)
    services.dismiss(terminal(), operator(), one.id, two.id)
    Console().print(f"lead-{one.id} and lead-{two.id} are not the same person.")


def merge(
    who: Who,
    other: Other,
    take: Annotated[
        list[str] | None,
        typer.Option(help="A field of which OTHER's value wins, such as title; may be repeated."),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(help="A field that stays as LEAD has it; may be repeated."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make OTHER a part of LEAD: shows what that does, and asks."""
    with database().connect() as connection:
        kept, gone = lead_named(connection, who), lead_named(connection, other)
        values = dict.fromkeys(take or (), gone.id) | dict.fromkeys(keep or (), kept.id)
        told = None if yes else preview(connection, kept.id, gone.id, values)
    if told is not None:
        if told.refused:
            raise UserError(told.refused)
        _show(told)
        typer.confirm(f"Merge lead-{gone.id} into lead-{kept.id}?", abort=True, err=True)
    done = services.merge(terminal(), operator(), kept.id, gone.id, values)
    if as_json:
        echo(json.dumps(asdict(done), default=str, ensure_ascii=False))
        return
    Console().print(
        f"lead-{done.merged_id} is part of lead-{done.lead_id} now. `lead undo-merge {done.id}` "
        f"takes it back until {done.undo_until:%d %b %Y}.",
        soft_wrap=True,
    )


def undo_merge(
    merge_id: Annotated[int, typer.Argument(metavar="MERGE", help="Number of the merge.")],
) -> None:
    """Have two leads again where a merge made one."""
    done = services.undo(terminal(), operator(), merge_id)
    Console().print(
        f"lead-{done.merged_id} is a lead of its own again. What stopped mail stays for both.",
        soft_wrap=True,
    )


def _show(told: MergePreview) -> None:
    stderr.print(f"lead-{told.kept.id} {told.kept.name} goes on.", markup=False)
    for field in told.fields:
        wins, loses = (
            (field.other, field.kept) if field.wins == told.other.id else (field.kept, field.other)
        )
        name = MERGE_FIELDS.get(field.name, field.name)
        stderr.print(f"  {name}: {wins or '-'} (not {loses or '-'})", markup=False)
    for table, rows in sorted(told.rows.items()):
        stderr.print(f"  {table:<20} {rows:>9,} go along", markup=False, highlight=False)
    if told.ends_journey:
        stderr.print(f"  The journey of lead-{told.other.id} ends.", markup=False)
    if told.suppressed:
        stderr.print(f"  It gets no mail: {told.suppressed}.", markup=False)


def _why(why: list[Likeness]) -> str:
    return ", ".join(label(LIKENESSES, one) for one in why)

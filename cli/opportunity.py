"""``opportunity open|list|show|advance|won|lost|no-outcome``: sales, one by one."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from sqlalchemy import Engine

import settings as settings_module
from cli.arguments import AsJson, Limit, Who, done_by, lead_named
from cli.connect import database, operator, terminal
from cli.errors import UserError
from cli.facts import print_facts
from cli.groups import group
from cli.output import AsCsv, printed
from cli.tables import listed, print_list
from cli.tasks import entered, learned_fields
from cli.times import shown_time
from domain.contracts.tasks import Disposition
from domain.labels import SALE_STAGES, WHY, label
from domain.sales.opportunities import QUALIFICATION, OpportunityPolicy
from services import opportunities as services
from store.opportunities import opportunities
from store.published.policies import policy
from store.views.opportunity_list import (
    OpportunityFilter,
    OpportunityLine,
    find_opportunity,
    list_opportunities,
)

app = group(
    "opportunity list --open",
    'opportunity advance 3 --learned "budget=40,000 a year"',
    "opportunity lost 3 --reason price",
)

Number = Annotated[
    int, typer.Argument(metavar="OPPORTUNITY", help="Its number in `opportunity list`.")
]
By = Annotated[str, typer.Option(help="Who says so; the opportunity's owner when left out.")]
Note = Annotated[str, typer.Option(help="Anything worth keeping.")]
Learned = Annotated[
    list[str] | None,
    typer.Option(metavar="FIELD=TEXT", help="budget, authority, need or timeline."),
]


@app.command("open")
def open_one(
    who: Who,
    name: Annotated[str, typer.Option(help="What it is about, such as 'Second depot'.")] = "",
) -> None:
    """Open another opportunity with a lead, beside whatever its journey does now."""
    context = terminal()
    with context.database.connect() as connection:
        lead = lead_named(connection, who)
    made = services.open_another(context, operator(), lead.id, name).id
    Console().print(f"opportunity-{made} is open. Its first task appears as soon as a worker runs.")


@app.command("list")
def list_all(
    account: Annotated[str, typer.Option(help="Only this account's: id, name or domain.")] = "",
    only_open: Annotated[bool, typer.Option("--open", help="Only those not closed yet.")] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List opportunities, the youngest first."""
    now = settings_module.get().clock().now()
    wanted = OpportunityFilter(state="open" if only_open else "any", account=account)
    with database().connect() as connection:
        found = list_opportunities(connection, now, wanted, limit=limit)
    if printed([_json(one) for one in found], as_json=as_json, as_csv=as_csv):
        return
    if not found:
        Console().print("No opportunities here. `opportunity open LEAD` opens one.")
        return
    print_list(
        listed(
            ("Opportunity", "Account", "Lead", "About", "Stage", "Since", "Unknown", "Owner"),
            (
                (
                    str(one.id),
                    one.account or "-",
                    f"{one.lead_id} {one.lead}",
                    one.name or "-",
                    _standing(one),
                    f"{one.closed_at or one.since:%Y-%m-%d}",
                    "" if one.outcome else ", ".join(one.missing) or "nothing",
                    one.owner or "-",
                )
                for one in found
            ),
            whole=("Opportunity", "Since", "Owner"),
        )
    )


@app.command("show")
def show(number: Number, as_json: AsJson = False) -> None:
    """Show an opportunity: its stage, what is known of it and what is missing, its open task."""
    one = _found(number)
    if as_json:
        print(json.dumps(_json(one), default=str, ensure_ascii=False))
        return
    now = settings_module.get().clock().now()
    task = f"task {one.task_id}: `tasks show {one.task_id}`" if one.task_id else "none open"
    lines = [
        ("Opportunity", f"{one.id}{f' · {one.name}' if one.name else ''}"),
        ("Account", one.account),
        ("Lead", f"{one.lead_id} · {one.lead}"),
        ("Owner", one.owner or "nobody"),
        ("Stage", f"{_standing(one)} since {shown_time(one.closed_at or one.since, now)}"),
        *(
            (field.capitalize(), str(one.qualification.get(field) or "unknown"))
            for field in QUALIFICATION
        ),
        ("Missing", ", ".join(one.missing) or "nothing"),
        ("Help", _help_offered(one, now)),
        ("Competitor", one.competitor),
        ("Work", "" if one.outcome else task),
    ]
    print_facts(lines)


@app.command("advance")
def advance(number: Number, learned: Learned = None, note: Note = "", by: By = "") -> None:
    """Move an opportunity on to its next stage."""
    _finish(number, Disposition.ADVANCED, by=by, note=note, learned=learned_fields(learned or []))


@app.command("won")
def won(number: Number, learned: Learned = None, note: Note = "", by: By = "") -> None:
    """Close an opportunity as won."""
    one = _finish(number, Disposition.WON, by=by, note=note, learned=learned_fields(learned or []))
    if one.key.startswith(opportunities.BESIDE):
        Console().print(f"lead-{one.lead_id} becomes a customer.")


@app.command("lost")
def lost(
    number: Number,
    reason: Annotated[str, typer.Option(help="A reason code of opportunity.yaml.")],
    competitor: Annotated[str, typer.Option(help="Code of whom it was lost to.")] = "",
    note: Note = "",
    by: By = "",
) -> None:
    """Close an opportunity as lost; a task to review it opens."""
    _finish(number, Disposition.LOST, by=by, note=note, reason=reason, competitor=competitor)


@app.command("no-outcome")
def no_outcome(number: Number, note: Note = "", by: By = "") -> None:
    """Close an opportunity that came to nothing."""
    _finish(number, Disposition.NO_OUTCOME, by=by, note=note)


def _finish(number: int, disposition: Disposition, *, by: str, **fields: Any) -> OpportunityLine:
    one = _found(number)
    context = terminal()
    completion = entered(disposition=disposition, **fields)
    asking = operator(done_by(context.database, by, one.owner))
    if disposition == Disposition.ADVANCED:
        services.advance(context, asking, number, completion)
        said = _moved(context.database, one)
    else:
        services.close(context, asking, number, completion)
        said = disposition.replace("_", " ")
    Console().print(f"opportunity-{number}: {said}.")
    return one


def _moved(engine: Engine, one: OpportunityLine) -> str:
    """Where an opportunity goes on to that was in the stage of ``one``."""
    with engine.connect() as connection:
        stages = policy(connection, OpportunityPolicy).stages
    to = opportunities.next_stage([stage.name for stage in stages], one.stage)
    return f"on to {to}" if to != one.stage else f"still in {to}, the last stage"


def _found(number: int) -> OpportunityLine:
    with database().connect() as connection:
        one = find_opportunity(connection, number)
    if one is None:
        raise UserError(
            f"There is no opportunity {number}; `opportunity list` shows those there are."
        )
    return one


def _standing(one: OpportunityLine) -> str:
    if not one.outcome:
        return label(SALE_STAGES, one.stage)
    why = f" ({label(WHY, one.outcome_reason)})" if one.outcome_reason else ""
    return f"{label(WHY, one.outcome)}{why}"


def _help_offered(one: OpportunityLine, now: datetime) -> str:
    if one.help_offered_at is None:
        return ""
    return f"marketing writes beside it since {shown_time(one.help_offered_at, now)}"


def _json(one: OpportunityLine) -> dict[str, Any]:
    values = asdict(one) | {"missing": one.missing}
    del values["key"]
    return values

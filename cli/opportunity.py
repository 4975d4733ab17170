"""``opportunity open|list|show|value|advance|won|lost|no-outcome``: sales, one by one."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

import settings as settings_module
from cli.arguments import AsJson, Limit, Who, done_by, lead_named
from cli.connect import database, operator, terminal
from cli.errors import UserError
from cli.facts import print_facts
from cli.groups import group
from cli.output import AsCsv, printed
from cli.screen import Console, echo
from cli.tables import listed, print_list
from cli.tasks import entered, learned_fields
from cli.times import parse_day, shown_time
from domain.contracts.tasks import Disposition
from domain.labels import SALE_STAGES, WHY, label
from domain.money import read_amount
from domain.sales.opportunities import QUALIFICATION, OpportunityPolicy
from services import opportunities as services
from store.opportunities import opportunities
from store.opportunities.terms import changes_of
from store.published.policies import policy
from store.views.opportunity_list import (
    OpportunityFilter,
    OpportunityLine,
    find_opportunity,
    list_opportunities,
)

app = group(
    "opportunity list --open",
    "opportunity value 3 --amount 48000 --close 2026-09-30",
    'opportunity advance 3 --learned "budget=40,000 a year"',
    "opportunity lost 3 --reason price",
)

NOT_KNOWN = "-"
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
    if printed(
        [_json(one) for one in found],
        "/opportunities",
        as_json=as_json,
        as_csv=as_csv,
        filters={"state": only_open, "account": account},
    ):
        return
    if not found:
        Console().print("No opportunities here. `opportunity open LEAD` opens one.")
        return
    print_list(
        listed(
            (
                *("Opportunity", "Account", "Lead", "About", "Stage", "Since"),
                *("Amount", "Closes", "Unknown", "Owner"),
            ),
            (
                (
                    str(one.id),
                    one.account or "-",
                    f"{one.lead_id} {one.lead}",
                    one.name or "-",
                    _standing(one),
                    f"{one.closed_at or one.since:%Y-%m-%d}",
                    _worth(one) or "-",
                    str(one.expected_close or "-"),
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
        echo(json.dumps(_json(one), default=str, ensure_ascii=False))
        return
    now = settings_module.get().clock().now()
    task = f"task {one.task_id}: `tasks show {one.task_id}`" if one.task_id else "none open"
    lines = [
        ("Opportunity", f"{one.id}{f' · {one.name}' if one.name else ''}"),
        ("Account", one.account),
        ("Lead", f"{one.lead_id} · {one.lead}"),
        ("Owner", one.owner or "nobody"),
        ("Amount", _worth(one) or "unknown"),
        ("Closes", f"{one.expected_close or 'unknown'}"),
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


@app.command("value")
def value(
    number: Number,
    amount: Annotated[
        str, typer.Option(help="Such as 48000 or 48,000.50; '-' when it is not known any more.")
    ] = "",
    currency: Annotated[str, typer.Option(help="ISO 4217 code; the company's at first.")] = "",
    close: Annotated[
        str, typer.Option(help="Day it is expected to close; '-' when nobody can say.")
    ] = "",
    by: Annotated[str, typer.Option(help="Who says so.")] = "",
) -> None:
    """Say what an opportunity is worth and when it is expected to close."""
    one = _found(number)
    said: services.SaidTerms = {}
    if currency:
        said["currency"] = currency
    if amount:
        said["amount"] = None if amount == NOT_KNOWN else _amount(amount, currency or one.currency)
    if close:
        said["expected_close"] = None if close == NOT_KNOWN else parse_day(close, "--close")
    if not said:
        raise UserError("Say what changes: --amount, --currency or --close.")
    context = terminal()
    asking = operator(done_by(context.database, by, ""))
    now = services.change_terms(context, asking, number, said)
    Console().print(f"opportunity-{number}: {_worth(now) or 'amount unknown'}, {_closes(now)}.")


@app.command("changes")
def changes(number: Number, as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """List what was said of an opportunity's amount and expected close, the newest first."""
    _found(number)
    with database().connect() as connection:
        found = changes_of(connection, number)
    if printed(found, f"/opportunities/{number}/changes", as_json=as_json, as_csv=as_csv):
        return
    if not found:
        Console().print("Nothing was said yet: `opportunity value` says it.")
        return
    print_list(
        listed(
            ("When", "Amount", "Before", "Closes", "Before", "By"),
            (
                (
                    f"{one.at:%Y-%m-%d %H:%M}",
                    _money(one.amount, one.currency) or "-",
                    _money(one.amount_before, one.currency_before) or "-",
                    str(one.expected_close or "-"),
                    str(one.expected_close_before or "-"),
                    one.by,
                )
                for one in found
            ),
            whole=("When", "Amount"),
        )
    )


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


def _amount(written: str, currency: str) -> Decimal:
    amount = read_amount(written, currency or settings_module.get().company_currency)
    if amount is None:
        raise UserError(f"--amount: '{written}' is no amount; write it such as 48000.50.")
    return amount


def _worth(one: OpportunityLine) -> str:
    return _money(one.amount, one.currency)


def _money(amount: Decimal | None, currency: str) -> str:
    return "" if amount is None else f"{currency} {amount:,f}"


def _closes(one: OpportunityLine) -> str:
    if one.expected_close is None:
        return "nobody can say when it closes"
    return f"expected to close on {one.expected_close}"


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

"""``account list|show|do-not-market|release|play|scheduled|pause|resume``: sales in control of
marketing."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime, time
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Connection

import settings as settings_module
from cli.account_matches import match, unmatched
from cli.arguments import AsJson, Limit
from cli.connect import database, operator, terminal
from cli.errors import UserError
from cli.groups import group
from cli.output import AsCsv, printed
from cli.screen import Console, echo
from cli.tables import listed, plain, print_list
from cli.times import parse_day, shown_time
from domain.labels import PHASES, STAGES, label
from services import accounts as services
from services.context import Context
from store.access.api_tokens import Caller
from store.consent import do_not_market
from store.consent.do_not_market import AccountLine, LeadOfAccount, ScheduledStep

app = group(
    "account list --do-not-market",
    "account do-not-market Hafen --by rep-1 --reason talks --for-good",
    "account play lindenmoor.example mid-funnel",
)

Which = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Name, domain or id.")]


@app.command("list")
def list_accounts(
    do_not_market_only: Annotated[
        bool, typer.Option("--do-not-market", help="Only those not marketed to.")
    ] = False,
    owner: Annotated[str, typer.Option(help="Only this rep's.")] = "",
    limit: Limit = 50,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List accounts and who set them to do-not-market."""
    now = settings_module.get().clock().now()
    with database().connect() as connection:
        found = do_not_market.list_accounts(
            connection, now, do_not_market=do_not_market_only, owner=owner, limit=limit
        )
    if printed(
        found,
        "/accounts",
        as_json=as_json,
        as_csv=as_csv,
        filters={"do_not_market": do_not_market_only, "owner": owner},
    ):
        return
    if not found:
        none = "No account is set to do-not-market." if do_not_market_only else "No accounts here."
        Console().print(none)
        return
    print_list(
        listed(
            ("Id", "Account", "Owner", "Leads", "Do-not-market until", "By", "Why"),
            (
                (
                    str(line.id),
                    line.name,
                    line.owner or "-",
                    f"{line.leads:,}",
                    _until(line),
                    line.do_not_market_by,
                    line.do_not_market_reason if line.do_not_market else "",
                )
                for line in found
            ),
            whole=("Id", "Owner", "Leads", "Do-not-market until", "By"),
        )
    )


def _until(line: AccountLine) -> str:
    if not line.do_not_market:
        return "-"
    return f"{line.do_not_market_until:%Y-%m-%d}" if line.do_not_market_until else "for good"


@app.command("show")
def show(which: Which, as_json: AsJson = False) -> None:
    """Show an account: whether marketing may write to it, and where each of its leads is."""
    now = settings_module.get().clock().now()
    with database().connect() as connection:
        account = _account(connection, which)
        leads = do_not_market.leads_of(connection, account.id)
        steps = do_not_market.scheduled(connection, now, account_id=account.id)
    if as_json:
        found = {
            **asdict(account),
            "people": [asdict(lead) for lead in leads],
            "scheduled": [asdict(step) for step in steps],
        }
        echo(json.dumps(found, default=str, ensure_ascii=False))
        return
    console = Console(highlight=False)
    console.print(f"[bold]{escape(account.name)}[/bold] · {escape(account.domain or 'no domain')}")
    console.print(f"owner {account.owner or 'nobody'}, {account.leads:,} leads")
    if account.do_not_market:
        console.print(
            f"Do not market {_span(account)} by {account.do_not_market_by}: "
            f"{escape(account.do_not_market_reason)}"
        )
    print_list(_people(leads))
    if steps:
        console.print()
        print_list(_steps(steps, now))


def _people(leads: list[LeadOfAccount]) -> Table:
    return listed(
        ("Lead", "Name", "Stage", "Phase", "Owner", "Cadence"),
        (
            (
                str(lead.id),
                plain(", ".join(part for part in (lead.name, lead.title) if part)),
                label(STAGES, lead.stage),
                label(PHASES, lead.phase),
                lead.owner or "-",
                lead.cadence,
            )
            for lead in leads
        ),
        whole=("Lead", "Stage", "Phase", "Owner"),
    )


@app.command("do-not-market")
def set_do_not_market(
    which: Which,
    by: Annotated[str, typer.Option(metavar="REP", help="Who decides it, such as rep-1.")],
    reason: Annotated[str, typer.Option(help="Why, in words.")],
    until: Annotated[str, typer.Option(metavar="DATE", help="Such as 2027-03-01 (UTC).")] = "",
    for_good: Annotated[bool, typer.Option("--for-good", help="Until it is released.")] = False,
) -> None:
    """Keep an account out of all marketing mail; what is due meanwhile goes afterwards."""
    if bool(until) == for_good:
        raise UserError("Say how long: either --until DATE or --for-good.")
    day = datetime.combine(parse_day(until, "--until"), time(), UTC) if until else None
    context = terminal()
    with context.database.connect() as connection:
        account = _account(connection, which)
    account = services.set_do_not_market(
        context, operator(by), account.id, until=day, reason=reason
    )
    Console().print(
        f"{escape(account.name)} is not marketed to {_span(account)}. Mail that is due is "
        "put off, not lost; `account release` ends it."
    )


def _span(account: AccountLine) -> str:
    return (
        f"until {account.do_not_market_until:%Y-%m-%d}"
        if account.do_not_market_until
        else "for good"
    )


@app.command("release")
def release(which: Which) -> None:
    """Let marketing write to an account again."""
    context = terminal()
    with context.database.connect() as connection:
        account = _account(connection, which)
    if not account.do_not_market:
        raise UserError(f"{account.name} may be written to. See `account list --do-not-market`.")
    services.release(context, operator(), account.id)
    Console().print(
        f"{escape(account.name)} may get marketing's mail again; what was put off goes in the next "
        "send window."
    )


@app.command("play")
def play(
    which: Which,
    cadence: Annotated[str, typer.Argument(metavar="CADENCE")],
    as_json: AsJson = False,
) -> None:
    """Start a cadence now for the leads of an account that are with marketing."""
    context = terminal()
    with context.database.connect() as connection:
        account = _account(connection, which)
    done = services.play(context, operator(), account.id, cadence)
    if as_json:
        echo(json.dumps({"cadence": cadence, **asdict(done)}, ensure_ascii=False))
        return
    console = Console(highlight=False)
    leads = "lead goes" if len(done.started) == 1 else "leads go"
    console.print(f"{len(done.started)} {leads} into {cadence} now.")
    if done.left_alone:
        console.print("Left alone, because they are not with marketing:")
        print_list(_people(list(done.left_alone)))


@app.command("scheduled")
def scheduled(
    which: Annotated[str, typer.Argument(metavar="[ACCOUNT]")] = "",
    owner: Annotated[str, typer.Option(metavar="REP", help="This rep's leads and accounts.")] = "",
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """Show what marketing has scheduled: the next step of every lead in a cadence."""
    if bool(which) == bool(owner):
        raise UserError("Say whose: name an account, or give --owner REP.")
    now = settings_module.get().clock().now()
    with database().connect() as connection:
        account = _account(connection, which).id if which else 0
        found = do_not_market.scheduled(connection, now, account_id=account, owner=owner)
    if printed(
        found,
        f"/accounts/{account}/scheduled" if account else "/accounts",
        as_json=as_json,
        as_csv=as_csv,
        filters={"owner": owner},
    ):
        return
    if not found:
        Console().print("Nothing is scheduled.")
        return
    print_list(_steps(found, now))


def _steps(steps: list[ScheduledStep], now: datetime) -> Table:
    def due(step: ScheduledStep) -> str:
        at = shown_time(step.due_at, now) if step.due_at else "-"
        return f"{at} (put off)" if step.put_off else at

    return listed(
        ("Lead", "Name", "Cadence", "Next step", "Due"),
        (
            (
                str(step.lead_id),
                ", ".join(part for part in (step.name, step.company) if part),
                step.cadence,
                step.step,
                due(step),
            )
            for step in steps
        ),
        whole=("Lead",),
    )


@app.command("pause")
def pause(which: Which) -> None:
    """Freeze the journeys of all leads of an account; the time that is left stays left."""
    _order(which, services.pause, "told to pause. `account resume` goes on with the time left.")


@app.command("resume")
def resume(which: Which) -> None:
    """Let the paused journeys of an account go on."""
    _order(which, services.resume, "told to go on.")


def _order(
    which: str, order: Callable[[Context, Caller, int], list[int]], consequence: str
) -> None:
    context = terminal()
    with context.database.connect() as connection:
        account = _account(connection, which)
    told = len(order(context, operator(), account.id))
    if not told:
        raise UserError(f"No lead of {account.name} has a running journey.")
    journeys = "1 journey is" if told == 1 else f"{told:,} journeys are"
    Console().print(f"{journeys} {consequence}")


def _account(connection: Connection, which: str) -> AccountLine:
    found = do_not_market.find_account(connection, which, settings_module.get().clock().now())
    if found is None:
        raise UserError(f"There is no account '{which}'; `account list` shows those there are.")
    return found


app.command("unmatched")(unmatched)
app.command("match")(match)

"""``team profile|calendar|busy-calendar``: how a rep writes to leads, the address of the calendar
of the rep's meetings, and that of the rep's own calendar."""

from __future__ import annotations

from typing import Annotated

import typer

from cli.connect import database, operator, terminal
from cli.errors import UserError
from cli.screen import echo
from services import profiles
from store.routing.busy_calendars import calendar_state
from store.routing.rep_cards import Profile, profile_of, rep_card

RepCode = Annotated[str, typer.Argument(metavar="REP", help="Code, such as rep-1.")]


def profile(
    rep: RepCode,
    name: Annotated[str | None, typer.Option(help="As leads read it.")] = None,
    email: Annotated[
        str | None, typer.Option(help="At a domain that the company sends from.")
    ] = None,
    signature: Annotated[str | None, typer.Option(help="Lines under the name.")] = None,
    phone: Annotated[str | None, typer.Option(help="With its country's code.")] = None,
    booking_link: Annotated[str | None, typer.Option(help="Where leads book.")] = None,
    place: Annotated[
        str | None, typer.Option(help="Where meetings are: https://…, a phone number, a room.")
    ] = None,
    language: Annotated[
        str | None, typer.Option(help="en, ko or zh: in which the rep is written to.")
    ] = None,
) -> None:
    """Show or change how a rep signs, from which address, and where the rep is met.

    What is left out stays; '' takes it back to what team.yaml says.
    """
    given = {
        "name": name,
        "email": email,
        "signature": signature,
        "phone": phone,
        "booking_link": booking_link,
        "place": place,
        "language": language,
    }
    said = {field: value for field, value in given.items() if value is not None}
    with database().connect() as connection:
        known = profile_of(connection, rep)
        if rep_card(connection, rep) is None:
            raise UserError(f"There is no rep {rep}; `starter.py team list` has them.")
    if said:
        known = profiles.set_profile(terminal(), operator(), rep, known._replace(**said))
    for field, value in zip(Profile._fields, known, strict=True):
        echo(f"{field.replace('_', ' '):13} {value or '-'}")


def calendar(
    rep: RepCode,
    end: Annotated[bool, typer.Option("--end", help="Have it work no more.")] = False,
) -> None:
    """Make the secret address at which calendar programs read a rep's meetings, or end it.

    It is shown once; making another ends it.
    """
    if end:
        profiles.end_calendar(terminal(), operator(), rep)
        echo(f"The calendar address of {rep} works no more.")
    else:
        echo(profiles.make_calendar(terminal(), operator(rep), rep))


def busy_calendar(
    rep: RepCode,
    url: Annotated[str, typer.Option(help="Secret address in iCal format of the calendar.")] = "",
    end: Annotated[bool, typer.Option("--end", help="Read it no more.")] = False,
) -> None:
    """Show or set which calendar of the rep's own is read, so that no busy time is offered."""
    context = terminal()
    if end:
        profiles.end_busy_calendar(context, operator(), rep)
        echo(f"The own calendar of {rep} is read no more.")
        return
    if url:
        profiles.set_busy_calendar(context, operator(), rep, url)
    with context.database.connect() as connection:
        state = calendar_state(connection, rep, context.real_now())
    if state is None:
        echo(f"No calendar of {rep} is read; --url has one read.")
        return
    read = f"read {state.read_at:%Y-%m-%d %H:%M} UTC" if state.read_at else "not read yet"
    trouble = f", trouble: {state.trouble}" if state.trouble else ""
    echo(f"{state.host}: {state.state}, {read}{trouble}")

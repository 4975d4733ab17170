"""``notify show|set|chat|test``: what a user is told of, by which ways, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from typing import Annotated

import typer

from cli.connect import database, operator, terminal
from cli.errors import UserError
from cli.groups import group
from cli.screen import echo
from domain.notifications.hours import DAYS
from domain.notifications.kinds import CHOSEN, ChatService, NotificationKind, NotifyBy
from services import notifications
from services.notifications import NotificationChoices
from store.access.api_tokens import Caller
from store.access.users import UserLine, find_user
from store.notifications.choices import choices_of

app = group(
    "notify show hana@example.com",
    "notify set hana@example.com --mail hot_lead,sla_breach",
    "notify chat hana@example.com slack",
    "notify test hana@example.com chat",
)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Address the user signs in with.")]
KINDS_HELP = f"Any of {', '.join(CHOSEN)}, with commas; '' for nothing."


@app.command("show")
def show(email: Email) -> None:
    """Show what a user hears of by each way, and when."""
    user = _user(email)
    with database().connect() as connection:
        found = choices_of(connection, user.id)
    for way, one in found.ways.items():
        told = ", ".join(one.kinds) or "nothing"
        where = f" ({one.service}, {one.shown_as})" if one.shown_as else ""
        echo(f"{way:8} {told}{where}")
        if one.error:
            state = "fails" if one.active else "is switched off"
            echo(f"         {state}: {one.error}")
    hours = found.hours
    if hours is None:
        echo("hours    any time")
        return
    span = f"{_clock(hours.begins)} to {_clock(hours.ends)}" if hours.begins else "any time"
    echo(f"hours    {span} on {', '.join(hours.days) or 'no day'}, {hours.time_zone}")
    echo(f"digest   {_clock(hours.digest_at) or 'never'}")


@app.command("set")
def set_(
    email: Email,
    desktop: Annotated[str | None, typer.Option(help=KINDS_HELP)] = None,
    mail: Annotated[str | None, typer.Option(help=KINDS_HELP)] = None,
    chat: Annotated[str | None, typer.Option(help=KINDS_HELP)] = None,
    zone: Annotated[str, typer.Option(help="Whose clocks count, such as Europe/Berlin.")] = "",
    days: Annotated[str, typer.Option(help="Days of work, with commas.")] = "",
    begins: Annotated[str, typer.Option("--from", help="When the hours begin: 08:00.")] = "",
    ends: Annotated[str, typer.Option("--to", help="When they end: 18:00.")] = "",
    digest: Annotated[
        str | None, typer.Option(help="When the digest goes out: 08:00; '' for never.")
    ] = None,
) -> None:
    """Choose for a user, who has asked for it: mail needs their consent. What is left out stays."""
    context, user = terminal(), _user(email)
    with context.database.connect() as connection:
        hours = choices_of(connection, user.id).hours
    given = {NotifyBy.DESKTOP: desktop, NotifyBy.MAIL: mail, NotifyBy.CHAT: chat}
    chosen = NotificationChoices(
        {way: _kinds(way, said) for way, said in given.items() if said is not None},
        zone or (hours.time_zone if hours else "UTC"),
        days.replace(" ", "").split(",") if days else (hours.days if hours else DAYS),
        _time("--from", begins) if begins else (hours.begins if hours else None),
        _time("--to", ends) if ends else (hours.ends if hours else None),
        (hours.digest_at if hours else None)
        if digest is None
        else (_time("--digest", digest) if digest else None),
    )
    notifications.choose(context, _caller(user), chosen)
    show(email)


@app.command("chat")
def chat(
    email: Email,
    service: Annotated[ChatService, typer.Argument(metavar="slack|teams")] = ChatService.SLACK,
    url: Annotated[
        str,
        typer.Option(
            help="Asked for when it is left out, so that it stands in no history of a shell.",
        ),
    ] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Forget the address.")] = False,
) -> None:
    """Give the address of a user's chat, or take it away."""
    context, user = terminal(), _user(email)
    asking = _caller(user)
    if remove:
        notifications.remove_chat(context, asking)
        echo(f"The address of {email}'s chat is forgotten.")
        return
    address = url or typer.prompt("Address of the incoming webhook", hide_input=True)
    shown_as = notifications.set_chat(context, asking, service, address)
    echo(f"{email} is told by {shown_as} from now on; `notify test` tries it.")


@app.command("test")
def test(email: Email, way: Annotated[NotifyBy, typer.Argument(metavar="mail|chat")]) -> None:
    """Send a user a test; `notify show` says why when it does not arrive."""
    context, user = terminal(), _user(email)
    notifications.send_test(context, _caller(user), way)
    echo(f"A test goes to {email} by {way}.")


def _user(email: str) -> UserLine:
    with database().connect() as connection:
        user = find_user(connection, email)
    if user is None:
        raise UserError(f"There is no user '{email}'; `users list` shows those there are.")
    return user


def _caller(user: UserLine) -> Caller:
    """The operator, for this user: the record says both, and no address."""
    asking = operator(user.rep)
    whom = user.rep or f"user {user.id}"
    return replace(asking, name=f"{asking.name}, for {whom}", user_id=user.id)


def _kinds(way: NotifyBy, said: str) -> list[NotificationKind]:
    try:
        return [NotificationKind(one) for one in said.replace(" ", "").split(",") if one]
    except ValueError:
        raise UserError(f"--{way}: {said} is unknown. {KINDS_HELP}") from None


def _time(option: str, said: str) -> time:
    try:
        return time.fromisoformat(said)
    except ValueError:
        raise UserError(f"{option}: '{said}' is no time of day; write 08:00.") from None


def _clock(at: time | None) -> str:
    return f"{at:%H:%M}" if at else ""

"""``users add|list|link|invite|role|disable|…``: who may sign in to the console, and how."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

import settings as settings_module
from cli.arguments import AsJson
from cli.connect import Terminal, database, operator, terminal
from cli.credentials import show_all, show_once
from cli.errors import UserError
from cli.groups import group
from cli.output import AsCsv
from cli.screen import Console
from domain.access import Role
from embedded import read_state
from runtime import addresses
from services import users as services
from store.access.users import FIRST_ADMIN, LINK_LIFE, UserLine, find_user, list_users
from store.engine import engine

app = group(
    "users add ada@example.com --name Ada --role admin",
    "users invite ada@example.com",
    "users link ada@example.com",
    "users role bo@example.com sdr --rep rep-2",
)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Address the user signs in with.")]
RepOption = Annotated[
    str,
    typer.Option(
        help="The rep that the user is: needed for sdr and success, possible for manager."
    ),
]
COLUMNS = {
    "E-mail": "email",
    "Name": "name",
    "Role": "role",
    "Rep": "rep",
    "Second factor": "has_second_factor",
    "Last seen": "last_seen_at",
    "Disabled": "disabled_at",
}


class Language(StrEnum):
    """What the console can be in."""

    EN = "en"
    KO = "ko"
    ZH = "zh"


@app.command("add")
def add(
    email: Email,
    name: Annotated[str, typer.Option(help="As colleagues know them.")],
    role: Annotated[Role, typer.Option(help="What the user may do.")],
    rep: RepOption = "",
    language: Annotated[
        Language, typer.Option(help="Of the console and of mails to them, at first.")
    ] = Language.EN,
) -> None:
    """Add a user; `users invite` or `users link` brings them in for the first time."""
    services.add(
        terminal(), operator(), email=email, name=name, role=role, rep=rep, language=language
    )
    _say(
        f"{email} is a user now; `users invite {email}` sends a link to sign in with, `users link "
        f"{email}` prints one."
    )


@app.command("list")
def list_(as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """List the users, those that are disabled too."""
    with database().connect() as connection:
        found = list_users(connection)
    show_all(
        "users",
        "/users",
        found,
        COLUMNS,
        none="No users. `starter.py users add EMAIL --name NAME --role admin` adds one.",
        as_json=as_json,
        as_csv=as_csv,
    )


@app.command("link")
def link(email: Email) -> None:
    """Print a link that signs a user in once within 24 hours, with or without a password."""
    if settings_module.get().passwords == "off":
        raise UserError(
            "PASSWORDS is off: users sign in through the OpenID Connect provider. To let somebody "
            "in by a link, set PASSWORDS=on and restart the web app."
        )
    context = terminal()
    path, _until = services.make_link(context, operator(), _user(context, email).id)
    hours = LINK_LIFE.total_seconds() / 3600
    show_once(f"link, good for {hours:.0f} hours", f"{_web_url()}{path}")


@app.command("invite")
def invite(email: Email) -> None:
    """Send a user by mail a link that signs them in once within 24 hours."""
    context = terminal()
    user = _user(context, email)
    until = services.invite(context, operator(), user.id, web_url=_web_url())
    _say(f"The mail to {user.email} is on its way; its link works until {until:%d %b, %H:%M} UTC.")


@app.command("role")
def role(
    email: Email,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help="What the user may do.")],
    rep: RepOption = "",
) -> None:
    """Give a user another role; it holds at once."""
    context = terminal()
    user = services.change(
        context, operator(), _user(context, email).id, role=role, rep=rep or None
    )
    _say(f"{user.email} has the role {role} now.")


@app.command("disable")
def disable(email: Email) -> None:
    """Sign a user out everywhere and let them in no more."""
    context = terminal()
    user = services.change(context, operator(), _user(context, email).id, disabled=True)
    _say(f"{user.email} is signed out and can't sign in any more.")


@app.command("enable")
def enable(email: Email) -> None:
    """Let a user in again who was disabled."""
    context = terminal()
    user = services.change(context, operator(), _user(context, email).id, disabled=False)
    _say(f"{user.email} can sign in again.")


@app.command("sign-out")
def sign_out(email: Email) -> None:
    """Sign a user out everywhere; they may sign in again."""
    context = terminal()
    user = services.end_sessions(context, operator(), _user(context, email).id)
    _say(f"{user.email} is signed out everywhere.")


@app.command("reset-second-factor")
def reset_second_factor(email: Email) -> None:
    """Ask a user for no codes any more who has lost app and recovery codes; signs them out."""
    context = terminal()
    user = services.reset_second_factor(context, operator(), _user(context, email).id)
    _say(f"{user.email} signs in without a code, until there is a new second factor.")


@app.command("forget-company-account")
def forget_account(email: Email) -> None:
    """Let a user sign in with a new company account, after the provider gave them another one."""
    context = terminal()
    user = services.forget_account(context, operator(), _user(context, email).id)
    _say(f"The next company account with the address {user.email} is this user's.")


def first_link(database_url: str, web_url: str) -> str:
    """An address that lets whoever started the stack on their own machine into the console: a
    one-time link for :data:`FIRST_ADMIN`, who is made when there is no user yet. Without that
    user the page to sign in on."""
    context, asking = Terminal(settings_module.get(), engine(database_url)), operator()
    with context.database.connect() as connection:
        first = not list_users(connection)
    if first:
        services.add(context, asking, email=FIRST_ADMIN, name="Admin", role=Role.ADMIN)
    with context.database.connect() as connection:
        user = find_user(connection, FIRST_ADMIN)
    links = context.settings.passwords != "off"
    if not links or user is None or user.disabled_at is not None:
        return f"{web_url}/sign-in"
    path, _until = services.make_link(context, asking, user.id)
    return f"{web_url}{path}"


def _user(context: Terminal, email: str) -> UserLine:
    with context.database.connect() as connection:
        user = find_user(connection, email)
    if user is None:
        raise UserError(f"There is no user '{email}'; `users list` shows those there are.")
    return user


def _web_url() -> str:
    """Where the web app is: the embedded stack's has the port it found free."""
    settings = settings_module.get()
    if addresses(settings).embedded and not settings.public_url:
        port = read_state(settings.perennial_home).ports.get("web", settings.web_port)
        return f"http://127.0.0.1:{port}"
    return settings.web_url()


def _say(sentence: str) -> None:
    Console().print(sentence, markup=False, soft_wrap=True)

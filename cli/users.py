"""``users add|list|link|role|disable|…``: who may sign in to the console, and how."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import Connection

import settings as settings_module
from cli.arguments import AsJson
from cli.connect import database
from cli.credentials import show_all, show_once
from cli.errors import UserError
from cli.groups import group
from cli.on_record import on_record
from domain.access import Role
from embedded import read_state
from runtime import addresses
from store.access.second_factor import remove_second_factor
from store.access.users import (
    FIRST_ADMIN,
    LINK_LIFE,
    UserLine,
    UserRefused,
    add_user,
    change_user,
    end_sessions,
    find_user,
    list_users,
    make_link,
)
from store.accounts.company_accounts import forget_company_account
from store.engine import engine

app = group(
    "users add ada@example.com --name Ada --role admin",
    "users link ada@example.com",
    "users role bo@example.com sdr --rep rep-2",
)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Address the user signs in with.")]
RepOption = Annotated[
    str, typer.Option(help="The rep that the user is: needed for sdr, possible for manager.")
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


@app.command("add")
def add(
    email: Email,
    name: Annotated[str, typer.Option(help="As colleagues know them.")],
    role: Annotated[Role, typer.Option(help="What the user may do.")],
    rep: RepOption = "",
) -> None:
    """Add a user; `users link` brings them in for the first time."""
    with _changing() as connection:
        add_user(connection, email, name, role, rep)
        on_record(connection, "POST", "/api/users", email=email, role=role, rep=rep)
    _say(f"{email} is a user now; `users link {email}` prints the link to sign in with.")


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List the users, those that are disabled too."""
    with database().connect() as connection:
        found = list_users(connection)
    show_all(
        "users",
        found,
        COLUMNS,
        none="No users. `starter.py users add EMAIL --name NAME --role admin` adds one.",
        as_json=as_json,
    )


@app.command("link")
def link(email: Email) -> None:
    """Print a link that signs a user in once within 24 hours, with or without a password."""
    if settings_module.get().passwords == "off":
        raise UserError(
            "PASSWORDS is off: users sign in through the OpenID Connect provider. To let somebody "
            "in by a link, set PASSWORDS=on and restart the web app."
        )
    with _changing() as connection:
        user = _user(connection, email)
        token = make_link(connection, user.id, datetime.now(UTC))
        on_record(connection, "POST", f"/api/users/{user.id}/link")
    hours = LINK_LIFE.total_seconds() / 3600
    show_once(f"link, good for {hours:.0f} hours", f"{_web_url()}/enter/{token}")


@app.command("role")
def role(
    email: Email,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help="What the user may do.")],
    rep: RepOption = "",
) -> None:
    """Give a user another role; it holds at once."""
    with _changing() as connection:
        user = _user(connection, email)
        change_user(connection, user.id, datetime.now(UTC), role=role, rep=rep or None)
        on_record(connection, "PATCH", f"/api/users/{user.id}", role=role, rep=rep)
    _say(f"{user.email} has the role {role} now.")


@app.command("disable")
def disable(email: Email) -> None:
    """Sign a user out everywhere and let them in no more."""
    with _changing() as connection:
        user = _user(connection, email)
        change_user(connection, user.id, datetime.now(UTC), disabled=True)
        on_record(connection, "PATCH", f"/api/users/{user.id}", disabled=True)
    _say(f"{user.email} is signed out and can't sign in any more.")


@app.command("enable")
def enable(email: Email) -> None:
    """Let a user in again who was disabled."""
    with _changing() as connection:
        user = _user(connection, email)
        change_user(connection, user.id, datetime.now(UTC), disabled=False)
        on_record(connection, "PATCH", f"/api/users/{user.id}", disabled=False)
    _say(f"{user.email} can sign in again.")


@app.command("sign-out")
def sign_out(email: Email) -> None:
    """Sign a user out everywhere; they may sign in again."""
    with _changing() as connection:
        user = _user(connection, email)
        end_sessions(connection, user.id, datetime.now(UTC))
        on_record(connection, "DELETE", f"/api/users/{user.id}/sessions")
    _say(f"{user.email} is signed out everywhere.")


@app.command("reset-second-factor")
def reset_second_factor(email: Email) -> None:
    """Ask a user for no codes any more who has lost app and recovery codes; signs them out."""
    with _changing() as connection:
        user = _user(connection, email)
        if not remove_second_factor(connection, user.id):
            raise UserError(f"{user.email} has no second factor.")
        end_sessions(connection, user.id, datetime.now(UTC))
        on_record(connection, "DELETE", f"/api/users/{user.id}/second-factor")
    _say(f"{user.email} signs in without a code, until there is a new second factor.")


@app.command("forget-company-account")
def forget_account(email: Email) -> None:
    """Let a user sign in with a new company account, after the provider gave them another one."""
    with _changing() as connection:
        user = _user(connection, email)
        if not forget_company_account(connection, user.id):
            raise UserError(f"{user.email} has not signed in with a company account.")
        end_sessions(connection, user.id, datetime.now(UTC))
        on_record(connection, "DELETE", f"/api/users/{user.id}/company-account")
    _say(f"The next company account with the address {user.email} is this user's.")


def first_link(database_url: str, web_url: str) -> str:
    """An address that lets whoever started the stack on their own machine into the console: a
    one-time link for :data:`FIRST_ADMIN`, who is made when there is no user yet. Without that
    user the page to sign in on."""
    with engine(database_url).begin() as connection:
        if not list_users(connection):
            add_user(connection, FIRST_ADMIN, "Admin", Role.ADMIN)
            on_record(connection, "POST", "/api/users", email=FIRST_ADMIN, role=Role.ADMIN)
        user = find_user(connection, FIRST_ADMIN)
        if user is None or user.disabled_at is not None:
            return f"{web_url}/sign-in"
        on_record(connection, "POST", f"/api/users/{user.id}/link")
        return f"{web_url}/enter/{make_link(connection, user.id, datetime.now(UTC))}"


@contextmanager
def _changing() -> Iterator[Connection]:
    try:
        with database().begin() as connection:
            yield connection
    except UserRefused as refused:
        raise UserError(str(refused)) from None


def _user(connection: Connection, email: str) -> UserLine:
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

"""Users of the console: who may sign in, as whom, and by what."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from domain.access import Action, Role
from domain.refusals import Conflict
from domain.sentences import sentence
from services.access import changes, found
from services.context import Context
from store.access import second_factor, users
from store.access.api_tokens import Caller
from store.access.users import LINK_LIFE, UserLine
from store.accounts.company_accounts import forget_company_account
from store.notifications.sign_in_mails import SignInMailKind, ask_for_mail


@changes(Action.MANAGE_USERS, "POST /users", keep=("email", "role", "rep"))
def add(
    context: Context,
    caller: Caller,
    *,
    email: str,
    name: str,
    role: Role,
    rep: str = "",
    language: str = "en",
) -> UserLine:
    """Let somebody sign in; a link brings them in for the first time.

    Args:
        rep: needed for the roles sdr and success, and may be given a manager.
        language: en, ko or zh: of the console and of mails to them.

    Raises:
        Conflict: the address is none or taken, there is no name, or the rep does not fit.
    """
    with context.database.begin() as connection:
        made = users.add_user(connection, email, name, role, rep, language=language)
        return _user(connection, made)


@changes(Action.MANAGE_USERS, "PATCH /users/{user_id}", keep=("role", "rep", "disabled"))
def change(
    context: Context,
    caller: Caller,
    user_id: int,
    *,
    name: str | None = None,
    role: Role | None = None,
    rep: str | None = None,
    disabled: bool | None = None,
) -> UserLine:
    """Change the name, the role or the rep, disable a user or let it in again; what is None stays.

    Raises:
        Missing: there is no such user.
        Conflict: the rep does not fit, or nobody could manage users any more.
    """
    with context.database.begin() as connection:
        changed = users.change_user(
            connection,
            user_id,
            context.real_now(),
            name=name,
            role=role,
            rep=rep,
            disabled=disabled,
        )
        return found(changed, _none(user_id))


@changes(Action.MANAGE_USERS, "POST /users/{user_id}/link")
def make_link(context: Context, caller: Caller, user_id: int) -> tuple[str, datetime]:
    """Make what signs the user in once: an invitation, or for a forgotten password.

    Returns:
        The path that signs in, and until when (real time).

    Raises:
        Missing: there is no such user.
        Conflict: links are switched off, or the user is disabled.
    """
    _refuse_without_links(context)
    now = context.real_now()
    with context.database.begin() as connection:
        _user(connection, user_id)
        token = users.make_link(connection, user_id, now)
    return f"/enter/{token}", now + LINK_LIFE


@changes(Action.MANAGE_USERS, "POST /users/{user_id}/invitation")
def invite(context: Context, caller: Caller, user_id: int, *, web_url: str = "") -> datetime:
    """Have a worker send the user by mail what signs them in once; what becomes of it is in the
    user's line.

    Args:
        web_url: where the web app is, if it is not where the settings say.

    Returns:
        Until when the link works (real time), if the mail goes out now.

    Raises:
        Missing: there is no such user.
        Conflict: links are switched off, the user is disabled, or no mail goes to the address.
    """
    _refuse_without_links(context)
    with context.database.begin() as connection:
        user = _user(connection, user_id)
        own = users.user_by_id(connection, caller.user_id)
        if not ask_for_mail(
            connection,
            SignInMailKind.INVITATION,
            user.email,
            web_url=web_url or context.settings.web_url(),
            by=own.name if own else "",
        ):
            raise Conflict(sentence("No mail goes to {address}.", address=user.email))
    return context.real_now() + LINK_LIFE


def _refuse_without_links(context: Context) -> None:
    if context.settings.passwords == "off":
        raise Conflict(
            sentence("Links are switched off (PASSWORDS): users sign in with company accounts.")
        )


@changes(Action.MANAGE_USERS, "DELETE /users/{user_id}/sessions")
def end_sessions(context: Context, caller: Caller, user_id: int) -> UserLine:
    """Sign the user out everywhere; they may sign in again.

    Raises:
        Missing: there is no such user.
    """
    with context.database.begin() as connection:
        user = _user(connection, user_id)
        users.end_sessions(connection, user_id, context.real_now())
    return user


@changes(Action.MANAGE_USERS, "DELETE /users/{user_id}/second-factor")
def reset_second_factor(context: Context, caller: Caller, user_id: int) -> UserLine:
    """Ask the user for no codes any more, and sign them out everywhere. One's own is removed with
    a code, or reset by another admin.

    Raises:
        Missing: there is no such user.
        Conflict: it is the caller's own, or there is none.
    """
    if user_id == caller.user_id:
        raise Conflict(
            sentence("Remove your own second factor with a code, or have another admin reset it.")
        )
    return _without(
        context,
        user_id,
        second_factor.remove_second_factor,
        lambda user: sentence("{address} has no second factor.", address=user.email),
    )


@changes(Action.MANAGE_USERS, "DELETE /users/{user_id}/company-account")
def forget_account(context: Context, caller: Caller, user_id: int) -> UserLine:
    """Let the user sign in with another company account: the next one with the user's address is
    it. Signs them out everywhere.

    Raises:
        Missing: there is no such user.
        Conflict: they have not signed in with one.
    """
    return _without(
        context,
        user_id,
        forget_company_account,
        lambda user: sentence(
            "{address} has not signed in with a company account.", address=user.email
        ),
    )


def _without(
    context: Context,
    user_id: int,
    remove: Callable[[Connection, int], bool],
    none: Callable[[UserLine], str],
) -> UserLine:
    with context.database.begin() as connection:
        user = _user(connection, user_id)
        if not remove(connection, user_id):
            raise Conflict(none(user))
        users.end_sessions(connection, user_id, context.real_now())
        return _user(connection, user_id)


def _user(connection: Connection, user_id: int) -> UserLine:
    return found(users.user_by_id(connection, user_id), _none(user_id))


def _none(user_id: int) -> str:
    return sentence("There is no user {user}.", user=user_id)

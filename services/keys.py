"""What programs show to be let in: write keys of the tracking API, tokens of the REST API."""

from __future__ import annotations

from domain.access import Action, Role
from domain.refusals import Conflict, Invalid, Missing
from domain.sentences import sentence
from services.access import changes
from services.context import Context
from store.access.api_tokens import (
    MOST_TOKEN_DAYS,
    TOKEN_DAYS,
    Caller,
    create_token,
    revoke_token,
)
from store.access.write_keys import Kind, create_write_key, revoke_write_key
from store.published.cadences import enterable_cadences


@changes(Action.MANAGE_KEYS, "POST /write-keys", keep=("name", "cadence", "kind"))
def add_write_key(
    context: Context, caller: Caller, name: str, *, cadence: str = "", kind: Kind
) -> str:
    """Make a write key, with which nobody can read anything; the key, which nobody can tell again.

    Args:
        cadence: in which leads begin whom this key identifies first; '' for none.

    Raises:
        Invalid: there is no name, or the cadence is not published.
        Conflict: the name is taken, be it by a key that was revoked.
    """
    name = _name(name)
    with context.database.begin() as connection:
        cadences = enterable_cadences(connection)
        if cadence and cadence not in cadences:
            raise Invalid(
                sentence(
                    "The cadence '{cadence}' is not published; there are {cadences}.",
                    cadence=cadence,
                    cadences=list(cadences) or sentence("none yet"),
                ),
                "cadence",
            )
        key = create_write_key(connection, name, cadence, kind)
    if key is None:
        raise Conflict(
            sentence("There is, or was, a write key '{name}': choose another name.", name=name),
            "name",
        )
    return key


@changes(Action.MANAGE_KEYS, "POST /write-keys/revoke", keep=("name",))
def revoke_key(context: Context, caller: Caller, name: str) -> None:
    """Take no more from a write key; web apps hear of it within seconds.

    Raises:
        Missing: none of this name is in use.
    """
    with context.database.begin() as connection:
        if not revoke_write_key(connection, name, context.real_now()):
            raise Missing(sentence("There is no write key '{name}' in use.", name=name))


@changes(Action.MANAGE_KEYS, "POST /tokens", keep=("name", "role", "rep"))
def add_token(
    context: Context,
    caller: Caller,
    name: str,
    role: Role,
    *,
    rep: str = "",
    days: int = TOKEN_DAYS,
) -> str:
    """Make a token for a program, that is taken for ``days`` of real time; the token, which nobody
    can tell again.

    Args:
        rep: for role sdr, and needed there.

    Raises:
        Invalid: there is no name, or the days are too few or too many.
        Conflict: the name is taken, or the rep is missing, unknown, or not wanted.
    """
    name = _name(name)
    if not 1 <= days <= MOST_TOKEN_DAYS:
        raise Invalid(
            sentence("A token works for 1 to {number} days.", number=MOST_TOKEN_DAYS), "days"
        )
    with context.database.begin() as connection:
        return create_token(connection, name, role, rep, days=days)


@changes(Action.MANAGE_KEYS, "POST /tokens/revoke", keep=("name",))
def revoke_access(context: Context, caller: Caller, name: str) -> None:
    """Take no more from a token, at once.

    Raises:
        Missing: none of this name is in use.
    """
    with context.database.begin() as connection:
        if not revoke_token(connection, name, context.real_now()):
            raise Missing(sentence("There is no token '{name}' in use.", name=name))


def _name(name: str) -> str:
    if not name.strip():
        raise Invalid(sentence("Give it a name, such as website or crm."), "name")
    return name.strip()

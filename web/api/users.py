"""``/api/users``: who may sign in to the console."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from domain.access import Action
from domain.inputs import ASKED, Code
from domain.sentences import sentence
from store.access import users
from store.access.users import LINK_LIFE, UserLine, UserRefused
from web.api.access import Place, found, may
from web.api.inputs import Role
from web.api.paging import PAGE, Cursor, Limit, Page, page_by_name
from web.problems import refused

router = APIRouter(
    prefix="/users", tags=["users"], dependencies=[Depends(may(Action.MANAGE_USERS))]
)


class NewUser(BaseModel):
    """Somebody who is to sign in. ``rep`` is needed for role sdr, and may be given a manager."""

    model_config = ASKED

    email: str = Field(max_length=320)
    name: str = Field(max_length=200)
    role: Role
    rep: Code = ""


class UserChange(BaseModel):
    """What is to be different; what is left out stays."""

    model_config = ASKED

    name: str | None = Field(default=None, max_length=200)
    role: Role | None = None
    rep: Code | None = None
    disabled: bool | None = None
    """True signs the user out everywhere."""


class OneTimeLink(BaseModel):
    """What signs a user in once; it can't be asked for again, and ended the one before. Real
    time."""

    url: str
    expires_at: datetime


@router.get("")
def list_all(here: Place, cursor: Cursor = None, limit: Limit = PAGE) -> Page[UserLine]:
    """Every user by address, those that are disabled too."""
    return page_by_name(
        here, "users", cursor, limit, users.list_users, key=lambda one: (one.email.casefold(),)
    )


@router.post("", status_code=201)
def add(here: Place, body: NewUser) -> UserLine:
    """Let somebody sign in; a link brings them in for the first time."""
    try:
        with here.database.begin() as connection:
            made = users.add_user(connection, body.email, body.name, body.role, body.rep)
            return found(users.user_by_id(connection, made), _none(made))
    except UserRefused as refusal:
        raise refused(str(refusal)) from None


@router.patch("/{user_id}")
def change(here: Place, user_id: int, body: UserChange) -> UserLine:
    """Change the name, the role or the rep, disable a user or let it in again."""
    try:
        with here.database.begin() as connection:
            changed = users.change_user(
                connection,
                user_id,
                here.real_now(),
                name=body.name,
                role=body.role,
                rep=body.rep,
                disabled=body.disabled,
            )
    except UserRefused as refusal:
        raise refused(str(refusal)) from None
    return found(changed, _none(user_id))


@router.post("/{user_id}/link", status_code=201)
def make_link(here: Place, user_id: int) -> OneTimeLink:
    """Make a link that signs the user in once: an invitation, or for a forgotten password."""
    now = here.real_now()
    if here.settings.passwords == "off":
        raise refused(
            sentence("Links are switched off (PASSWORDS): users sign in with company accounts.")
        )
    try:
        with here.database.begin() as connection:
            found(users.user_by_id(connection, user_id), _none(user_id))
            token = users.make_link(connection, user_id, now)
    except UserRefused as refusal:
        raise refused(str(refusal)) from None
    url = f"{here.settings.web_url()}/enter/{token}"
    return OneTimeLink(url=url, expires_at=now + LINK_LIFE)


@router.delete("/{user_id}/sessions")
def end_sessions(here: Place, user_id: int) -> UserLine:
    """Sign the user out everywhere; they may sign in again."""
    with here.database.begin() as connection:
        user = found(users.user_by_id(connection, user_id), _none(user_id))
        users.end_sessions(connection, user_id, here.real_now())
    return user


def _none(user_id: int) -> str:
    return sentence("There is no user {user}.", user=user_id)

"""``/api/users``: who may sign in to the console."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from domain.access import Action
from domain.inputs import ASKED, Code
from services import users
from store.access.api_tokens import Caller
from store.access.users import UserLine, list_users
from web.api.access import CurrentContext, may
from web.api.inputs import Role
from web.api.paging import PAGE, Cursor, Limit, Page, page_by_name

router = APIRouter(prefix="/users", tags=["users"])
Admin = Annotated[Caller, Depends(may(Action.MANAGE_USERS))]


class NewUser(BaseModel):
    """Somebody who is to sign in. ``rep`` is needed for the roles sdr and success, and may be given
    a manager."""

    model_config = ASKED

    email: str = Field(max_length=320)
    name: str = Field(max_length=200)
    role: Role
    rep: Code = ""
    language: Literal["en", "ko", "zh"] = "en"
    """Of the console and of mails to them, until they choose another."""


class UserChange(BaseModel):
    """What is to be different; what is left out stays."""

    model_config = ASKED

    name: str | None = Field(default=None, max_length=200)
    role: Role | None = None
    rep: Code | None = None
    disabled: bool | None = None
    """True signs the user out everywhere."""


class SentLink(BaseModel):
    """Until when the link in the mail works; real time."""

    expires_at: datetime


class OneTimeLink(BaseModel):
    """What signs a user in once; it can't be asked for again, and ended the one before. Real
    time."""

    url: str
    expires_at: datetime


@router.get("")
def list_all(
    context: CurrentContext, _caller: Admin, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[UserLine]:
    """Every user by address, those that are disabled too."""
    return page_by_name(
        context, "users", cursor, limit, list_users, key=lambda one: (one.email.casefold(),)
    )


@router.post("", status_code=201)
def add(context: CurrentContext, caller: Admin, body: NewUser) -> UserLine:
    """Let somebody sign in; a link brings them in for the first time."""
    return users.add(
        context,
        caller,
        email=body.email,
        name=body.name,
        role=body.role,
        rep=body.rep,
        language=body.language,
    )


@router.patch("/{user_id}")
def change(context: CurrentContext, caller: Admin, user_id: int, body: UserChange) -> UserLine:
    """Change the name, the role or the rep, disable a user or let it in again."""
    return users.change(
        context,
        caller,
        user_id,
        name=body.name,
        role=body.role,
        rep=body.rep,
        disabled=body.disabled,
    )


@router.post("/{user_id}/link", status_code=201)
def make_link(context: CurrentContext, caller: Admin, user_id: int) -> OneTimeLink:
    """Make a link that signs the user in once: an invitation, or for a forgotten password."""
    path, expires_at = users.make_link(context, caller, user_id)
    return OneTimeLink(url=f"{context.settings.web_url()}{path}", expires_at=expires_at)


@router.post("/{user_id}/invitation", operation_id="invite_user")
def invite(context: CurrentContext, caller: Admin, user_id: int) -> SentLink:
    """Send the user by mail what signs them in once; any link before it has ended."""
    return SentLink(expires_at=users.invite(context, caller, user_id))


@router.delete("/{user_id}/sessions")
def end_sessions(context: CurrentContext, caller: Admin, user_id: int) -> UserLine:
    """Sign the user out everywhere; they may sign in again."""
    return users.end_sessions(context, caller, user_id)

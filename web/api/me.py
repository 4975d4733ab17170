"""``/api/me``: who asks, and how they like the console."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from domain.access import Action
from domain.inputs import ASKED, Code
from services import own_settings
from store.access import sessions
from store.access.api_tokens import Caller
from store.access.sessions import SessionLine
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page

router = APIRouter(prefix="/me", tags=["me"])
Own = Annotated[Caller, Depends(may(Action.OWN_SETTINGS))]


class Me(BaseModel):
    """Whose the token or the session is; ``rep`` and ``team`` are '' for who is no rep."""

    name: str
    role: str
    rep: str
    team: str


class UserSettings(BaseModel):
    """What is to be different; what is left out stays."""

    model_config = ASKED

    name: str | None = Field(default=None, max_length=200)
    language: Literal["en", "ko", "zh"] | None = None
    time_zone: Code | None = Field(default=None, description="IANA name; empty: the browser's.")
    theme: Literal["auto", "light", "dark"] | None = None


@router.get("")
def show(caller: Own) -> Me:
    """Who asks."""
    return Me(name=caller.name, role=caller.role, rep=caller.rep, team=caller.team)


@router.patch("")
def change(context: CurrentContext, caller: Own, body: UserSettings) -> Me:
    """Change the own name and settings of the console; a token has none."""
    own_settings.change(
        context,
        caller,
        name=body.name,
        language=body.language,
        time_zone=body.time_zone,
        theme=body.theme,
    )
    return show(caller)


@router.get("/sessions")
def list_sessions(
    context: CurrentContext, caller: Own, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[SessionLine]:
    """Where the caller is signed in, the session seen last first; a token is in none. Real time."""
    return page(
        context,
        "sessions",
        cursor,
        limit,
        lambda connection, after, most: sessions.list_sessions(
            connection,
            caller.user_id,
            context.real_now(),
            caller.session_id,
            after=after,
            limit=most,
        ),
        key=lambda one: (one.last_seen_at, one.id),
    )


@router.delete("/sessions")
def end_all_sessions(context: CurrentContext, caller: Own, others: bool = False) -> Done:
    """Sign out everywhere, here too; with ``others`` in all browsers but this one."""
    own_settings.end_all_sessions(context, caller, others=others)
    return Done(detail=f"You are signed out everywhere{' else' if others else ''}.")


@router.delete("/sessions/{session_id}")
def end_session(context: CurrentContext, caller: Own, session_id: int) -> Done:
    """Sign out one browser."""
    own_settings.end_session(context, caller, session_id)
    return Done(detail="That browser is signed out.")

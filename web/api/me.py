"""``/api/me``: who asks, and how they like the console."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from domain.access import Action
from domain.inputs import ASKED, Code
from domain.sentences import sentence
from store.access import sessions, users
from store.access.api_tokens import Caller
from store.access.sessions import SessionLine
from store.access.users import UserRefused
from web.api.access import Place, may
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page
from web.problems import invalid, missing, refused

router = APIRouter(prefix="/me", tags=["me"])
Own = Annotated[Caller, Depends(may(Action.OWN_SETTINGS))]


class Me(BaseModel):
    """Whose the token or the session is; ``rep`` and ``team`` are '' for who is no rep."""

    name: str
    role: str
    rep: str
    team: str


class Settings(BaseModel):
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
def change(here: Place, caller: Own, body: Settings) -> Me:
    """Change the own name and settings of the console; a token has none."""
    if not caller.user_id:
        raise refused("A token has no settings: sign in to the console.")
    if body.time_zone and body.time_zone not in available_timezones():
        raise invalid("time_zone", sentence("There is no time zone '{zone}'.", zone=body.time_zone))
    try:
        with here.database.begin() as connection:
            users.set_preferences(
                connection,
                caller.user_id,
                language=body.language,
                time_zone=body.time_zone,
                theme=body.theme,
            )
            if body.name is not None:
                users.change_user(connection, caller.user_id, here.real_now(), name=body.name)
    except UserRefused as refusal:
        raise refused(str(refusal), "name") from None
    return show(caller)


@router.get("/sessions")
def list_sessions(
    here: Place, caller: Own, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[SessionLine]:
    """Where the caller is signed in, the session seen last first; a token is in none. Real time."""
    return page(
        here,
        "sessions",
        cursor,
        limit,
        lambda connection, after, most: sessions.list_sessions(
            connection,
            caller.user_id,
            here.real_now(),
            caller.session_id,
            after=after,
            limit=most,
        ),
        key=lambda one: (one.last_seen_at, one.id),
    )


@router.delete("/sessions")
def end_all_sessions(here: Place, caller: Own, others: bool = False) -> Done:
    """Sign out everywhere, here too; with ``others`` in all browsers but this one."""
    with here.database.begin() as connection:
        if others:
            sessions.end_other_sessions(
                connection, caller.user_id, caller.session_id, here.real_now()
            )
            return Done(detail="You are signed out everywhere else.")
        users.end_sessions(connection, caller.user_id, here.real_now())
    return Done(detail="You are signed out everywhere.")


@router.delete("/sessions/{session_id}")
def end_session(here: Place, caller: Own, session_id: int) -> Done:
    """Sign out one browser."""
    with here.database.begin() as connection:
        ended = sessions.end_session_of(connection, caller.user_id, session_id, here.real_now())
        if not ended:
            raise missing(sentence("You have no session {session}.", session=session_id))
    return Done(detail="That browser is signed out.")

"""``/api/me``: who asks, and how they like the console."""

from __future__ import annotations

from typing import Annotated, Literal
from zoneinfo import available_timezones

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from domain.access import Action
from domain.sentences import sentence
from store import users
from store.api_tokens import Caller
from store.users import UserRefused
from web.api.access import Place, may
from web.api.problems import invalid, refused

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

    model_config = ConfigDict(extra="forbid")

    name: str | None = Field(default=None, max_length=200)
    language: Literal["en", "ko", "zh"] | None = None
    time_zone: str | None = Field(default=None, description="IANA name; empty: the browser's.")
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

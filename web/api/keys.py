"""``/api/write-keys`` and ``/api/tokens``: what programs show to be let in."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from domain.access import Action
from domain.inputs import ASKED, Code
from services import keys
from store.access.api_tokens import (
    MOST_TOKEN_DAYS,
    TOKEN_DAYS,
    Caller,
    TokenLine,
    list_tokens,
)
from store.access.write_keys import Kind, WriteKeyLine, list_write_keys
from web.api.access import CurrentContext, may
from web.api.inputs import Role
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page_by_name

router = APIRouter(tags=["keys"])
Admin = Annotated[Caller, Depends(may(Action.MANAGE_KEYS))]


class NewWriteKey(BaseModel):
    """A source of the tracking API; leads that it identifies first begin in ``cadence``, if any.
    Of the kind ``browser`` it may be read in pages by anybody: it reports, fills what is empty, and
    an address that it brings confirms first. One of the kind ``server`` is taken at its word."""

    model_config = ASKED

    name: str = Field(min_length=1, max_length=100)
    cadence: Code = ""
    kind: Kind = "browser"


class NewToken(BaseModel):
    """A token of this API; ``rep`` is for the roles sdr and success, and needed there."""

    model_config = ASKED

    name: str = Field(min_length=1, max_length=100)
    role: Role
    rep: Code = ""
    days: int = Field(TOKEN_DAYS, ge=1, le=MOST_TOKEN_DAYS)
    """How long it is taken, in real time."""


class NewSecret(BaseModel):
    """What a program shows; it can't be asked for again."""

    name: str
    secret: str


class Named(BaseModel):
    """The name of one that is in use."""

    model_config = ASKED

    name: Code


@router.get("/write-keys")
def list_keys(
    context: CurrentContext, _caller: Admin, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[WriteKeyLine]:
    """Write keys of the tracking API by name, those that were revoked too."""
    return page_by_name(context, "write keys", cursor, limit, list_write_keys)


@router.post("/write-keys", status_code=201)
def add_key(context: CurrentContext, caller: Admin, body: NewWriteKey) -> NewSecret:
    """Make a write key. Nobody can read anything with it."""
    key = keys.add_write_key(context, caller, body.name, cadence=body.cadence, kind=body.kind)
    return NewSecret(name=body.name.strip(), secret=key)


@router.post("/write-keys/revoke")
def revoke_key(context: CurrentContext, caller: Admin, body: Named) -> Done:
    """Take no more from a write key; web apps hear of it within seconds."""
    keys.revoke_key(context, caller, body.name)
    return Done(detail=f"The write key '{body.name}' is revoked.")


@router.get("/tokens", operation_id="list_tokens")
def list_all_tokens(
    context: CurrentContext, _caller: Admin, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[TokenLine]:
    """Tokens of this API by name, those that were revoked too. Real time."""
    return page_by_name(context, "tokens", cursor, limit, list_tokens)


@router.post("/tokens", status_code=201)
def add_token(context: CurrentContext, caller: Admin, body: NewToken) -> NewSecret:
    """Make a token for a program."""
    token = keys.add_token(context, caller, body.name, body.role, rep=body.rep, days=body.days)
    return NewSecret(name=body.name.strip(), secret=token)


@router.post("/tokens/revoke", operation_id="revoke_token")
def revoke_one_token(context: CurrentContext, caller: Admin, body: Named) -> Done:
    """Take no more from a token, at once."""
    keys.revoke_access(context, caller, body.name)
    return Done(detail=f"The token '{body.name}' is revoked.")

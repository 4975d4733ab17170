"""``/api/write-keys`` and ``/api/tokens``: what programs show to be let in."""

from __future__ import annotations

from datetime import UTC, datetime

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from domain.access import Action
from domain.inputs import ASKED, Code
from domain.sentences import sentence
from store.access.api_tokens import (
    MOST_TOKEN_DAYS,
    TOKEN_DAYS,
    TokenLine,
    TokenRefused,
    create_token,
    list_tokens,
    revoke_token,
)
from store.access.write_keys import (
    Kind,
    WriteKeyLine,
    create_write_key,
    list_write_keys,
    revoke_write_key,
)
from store.imports.lead_import import published_cadences
from web.api.access import Place, may
from web.api.inputs import Role
from web.api.paging import PAGE, Cursor, Done, Limit, Page, page_by_name
from web.problems import invalid, missing, refused

router = APIRouter(tags=["keys"], dependencies=[Depends(may(Action.MANAGE_KEYS))])


class NewWriteKey(BaseModel):
    """A source of the tracking API; leads that it identifies first begin in ``cadence``, if any.
    Of the kind ``browser`` it may be read in pages by anybody: it reports, fills what is empty, and
    an address that it brings confirms first. One of the kind ``server`` is taken at its word."""

    model_config = ASKED

    name: str = Field(min_length=1, max_length=100)
    cadence: Code = ""
    kind: Kind = "browser"


class NewToken(BaseModel):
    """A token of this API; ``rep`` is for role sdr, and needed there."""

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
def list_keys(here: Place, cursor: Cursor = None, limit: Limit = PAGE) -> Page[WriteKeyLine]:
    """Write keys of the tracking API by name, those that were revoked too."""
    return page_by_name(here, "write keys", cursor, limit, list_write_keys)


@router.post("/write-keys", status_code=201)
def add_key(here: Place, body: NewWriteKey) -> NewSecret:
    """Make a write key. Nobody can read anything with it."""
    name = _name(body.name)
    with here.database.begin() as connection:
        cadences = published_cadences(connection)
        if body.cadence and body.cadence not in cadences:
            there = list(cadences) or sentence("none yet")
            raise invalid(
                "cadence",
                sentence(
                    "The cadence '{cadence}' is not published; there are {cadences}.",
                    cadence=body.cadence,
                    cadences=there,
                ),
            )
        key = create_write_key(connection, name, body.cadence, body.kind)
    if key is None:
        raise refused(
            sentence("There is, or was, a write key '{name}': choose another name.", name=name),
            "name",
        )
    return NewSecret(name=name, secret=key)


@router.post("/write-keys/revoke")
def revoke_key(here: Place, body: Named) -> Done:
    """Take no more from a write key; web apps hear of it within seconds."""
    with here.database.begin() as connection:
        if not revoke_write_key(connection, body.name, datetime.now(UTC)):
            raise missing(sentence("There is no write key '{name}' in use.", name=body.name))
    return Done(detail=f"The write key '{body.name}' is revoked.")


@router.get("/tokens", operation_id="list_tokens")
def list_all_tokens(here: Place, cursor: Cursor = None, limit: Limit = PAGE) -> Page[TokenLine]:
    """Tokens of this API by name, those that were revoked too. Real time."""
    return page_by_name(here, "tokens", cursor, limit, list_tokens)


@router.post("/tokens", status_code=201)
def add_token(here: Place, body: NewToken) -> NewSecret:
    """Make a token for a program."""
    name = _name(body.name)
    try:
        with here.database.begin() as connection:
            token = create_token(connection, name, body.role, body.rep, days=body.days)
    except TokenRefused as refusal:
        raise refused(str(refusal)) from None
    return NewSecret(name=name, secret=token)


@router.post("/tokens/revoke", operation_id="revoke_token")
def revoke_one_token(here: Place, body: Named) -> Done:
    """Take no more from a token, at once."""
    with here.database.begin() as connection:
        if not revoke_token(connection, body.name, datetime.now(UTC)):
            raise missing(sentence("There is no token '{name}' in use.", name=body.name))
    return Done(detail=f"The token '{body.name}' is revoked.")


def _name(name: str) -> str:
    if not name.strip():
        raise invalid("name", sentence("Give it a name, such as website or crm."))
    return name.strip()

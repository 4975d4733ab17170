"""``/api/account-matches``: leads without an account, and the account they belong to."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from domain.access import Action
from domain.inputs import ASKED
from services import duplicates
from services.access import team_of
from services.duplicates import MatchedLeads
from store.access.api_tokens import Caller
from store.matching.account_matches import UnmatchedDomain, unmatched_domains
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Limit, Page, page_by_name

router = APIRouter(prefix="/account-matches", tags=["accounts"])
Reader = Annotated[Caller, Depends(may(Action.READ_ACCOUNTS))]
Matcher = Annotated[Caller, Depends(may(Action.MATCH_ACCOUNTS))]


class MatchRequest(BaseModel):
    """The account that people at a mail domain belong to: by its id, or by its name, by which it
    is made if there is none."""

    model_config = ASKED

    domain: str = Field(max_length=253)
    account_id: int | None = None
    name: str = Field(default="", max_length=200)


@router.get("")
def list_unmatched_domains(
    context: CurrentContext, caller: Reader, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[UnmatchedDomain]:
    """Mail domains with leads of no account, and the accounts they may belong to, with a
    confidence in per cent. From 90 on leads go to their account by themselves."""
    read = partial(unmatched_domains, team=team_of(caller))
    return page_by_name(
        context, "account matches", cursor, limit, read, key=lambda one: (one.domain,)
    )


@router.post("", operation_id="match_leads")
def match_leads(context: CurrentContext, caller: Matcher, body: MatchRequest) -> MatchedLeads:
    """Give the leads at a mail domain that have no account to one; an SDR those of the team."""
    return duplicates.match_leads(context, caller, body.domain, body.account_id, body.name)

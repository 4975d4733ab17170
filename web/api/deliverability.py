"""``/api/deliverability``: how our senders stand, and whether receivers know our mail for ours."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from domain.access import Action
from domain.sending.authentication import Level, Topic
from domain.sending.reputation import ReputationReport
from services import deliverability
from store.access.api_tokens import Caller
from web.api.access import CurrentContext, may
from web.api.inputs import QUERIED
from web.api.paging import Done

router = APIRouter(prefix="/deliverability", tags=["deliverability"])
Reader = Annotated[Caller, Depends(may(Action.READ_DELIVERABILITY))]
Resumer = Annotated[Caller, Depends(may(Action.RESUME_SENDER))]


class ReputationParameters(BaseModel):
    """Over which days."""

    model_config = QUERIED

    days: int = Field(7, ge=1, le=90, description="So many of the last days.")


class DomainParameters(BaseModel):
    """Whether what is known will do."""

    model_config = QUERIED

    again: bool = Field(False, description="Ask the DNS now; else what was found lately is told.")


class DnsRecordToAdd(BaseModel):
    """A record to add at whoever keeps the domain's DNS. A value of ``…`` is the provider's to
    say."""

    name: str
    type: str
    value: str


class DomainFinding(BaseModel):
    """What was found of one thing. ``unknown`` means that the DNS did not answer."""

    topic: Topic
    level: Level
    said: str
    record: DnsRecordToAdd | None
    seen: list[str]


class SenderDomain(BaseModel):
    """A domain that our mail comes from; ``company`` is that of ``EMAIL_FROM``, which mail comes
    back to."""

    domain: str
    company: bool
    level: Level
    findings: list[DomainFinding]


class SenderDomainList(BaseModel):
    """Each domain that mail comes from; none where mail stays in the outbox."""

    domains: list[SenderDomain]


@router.get("")
def show_reputation(
    context: CurrentContext, caller: Reader, query: Annotated[ReputationParameters, Query()]
) -> ReputationReport:
    """How our senders stand, the limits they are under, and what became of their mails, by sender
    and by receiving domain; of each the largest hundred."""
    return deliverability.reputation(context, caller, query.days)


@router.get("/domains")
def show_sender_domains(
    context: CurrentContext, _caller: Reader, query: Annotated[DomainParameters, Query()]
) -> SenderDomainList:
    """SPF, DKIM, DMARC, MX and one-click unsubscribing of the domains that mail comes from, with
    the records to add."""
    found = context.watch.senders.found(again=query.again)
    return SenderDomainList(
        domains=[
            SenderDomain(
                domain=one.domain,
                company=one.company,
                level=one.level,
                findings=[
                    DomainFinding(
                        topic=each.topic,
                        level=each.level,
                        said=each.said,
                        record=DnsRecordToAdd(**vars(each.record)) if each.record else None,
                        seen=list(each.seen),
                    )
                    for each in one.findings
                ],
            )
            for one in found
        ]
    )


@router.post("/senders/{domain}/resume")
def resume_sender(context: CurrentContext, caller: Resumer, domain: str) -> Done:
    """Let a sending domain go on that was stopped. It begins slowly, and what it sent before is
    judged no more."""
    deliverability.resume_sender(context, caller, domain)
    return Done(detail=f"{domain} goes on, slowly.")

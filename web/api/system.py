"""``/api/system``: what runs and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from domain.access import Action
from health.checks import Check, State, worst
from services.sending import resume as sending_again
from store.access.api_tokens import Caller
from store.mail import sending
from store.mail.refused_mail import Reason
from web.api.access import CurrentContext, may
from web.api.paging import Done

router = APIRouter(prefix="/system", tags=["system"])
Resumer = Annotated[Caller, Depends(may(Action.RESUME_SENDING))]


class CheckLine(BaseModel):
    """One thing that was looked at. ``name`` never changes; ``said`` says what there is, and
    ``advice`` what it means and what to do, '' when all is well."""

    name: str
    title: str
    state: State
    said: str
    advice: str
    figures: dict[str, Any]


class SystemHealth(BaseModel):
    """All checks, and the worst state among them."""

    state: State
    checks: list[CheckLine]


@router.get("", dependencies=[Depends(may(Action.READ_SYSTEM))])
async def show(context: CurrentContext) -> SystemHealth:
    """How everything stands; a few seconds old at most."""
    checks = await context.watch.checks()
    return SystemHealth(state=worst(checks), checks=_lines(checks))


class SendingPaused(BaseModel):
    """An e-mail channel that sends nothing, because mail is refused for a reason of ours:
    ``set_up`` (a login, a sender, credits), ``reputation`` or ``refuses_all``. ``detail`` is what
    the provider said, in codes; times are journey time, UTC."""

    channel: str
    reason: Reason
    detail: str
    since: datetime
    next_probe_at: datetime
    probes: int


class Sending(BaseModel):
    """The channels that send nothing now; none when all is well."""

    paused: list[SendingPaused]


@router.get("/sending", dependencies=[Depends(may(Action.READ_SYSTEM))])
def show_sending(context: CurrentContext) -> Sending:
    """Whether mail goes out, and if not, why."""
    with context.database.connect() as connection:
        return Sending(
            paused=[
                SendingPaused(
                    channel=one.channel,
                    reason=one.reason,
                    detail=one.detail,
                    since=one.opened_at,
                    next_probe_at=one.probe_at,
                    probes=one.probes,
                )
                for one in sending.open_pauses(connection)
            ]
        )


@router.post("/sending/resume")
def resume_sending(context: CurrentContext, caller: Resumer) -> Done:
    """Have mail go on that is paused, because what was wrong is fixed. What waited is sent from
    where it stood; if it is refused again, sending pauses again."""
    if not sending_again(context, caller):
        return Done(detail="Sending is not paused.")
    return Done(detail="Mail goes on.")


def _lines(checks: Sequence[Check]) -> list[CheckLine]:
    return [
        CheckLine(
            name=check.name,
            title=str(check.title),
            state=check.state,
            said=str(check.said),
            advice=str(check.advice),
            figures=dict(check.figures),
        )
        for check in checks
    ]

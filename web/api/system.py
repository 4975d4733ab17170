"""``/api/system``: what runs and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from domain.access import Action, Role
from domain.refusals import Conflict
from domain.sentences import sentence
from health.checks import Check, State, worst
from services.sending import resume as sending_again
from store.access.api_tokens import Caller
from store.access.sessions import IDLE, LONGEST
from store.access.users import LINK_LIFE
from store.mail import sending
from store.mail.refused_mail import Reason
from web.api.access import CurrentContext, may
from web.api.paging import Done
from web.sign_in.provider_check import problem_of_provider

router = APIRouter(prefix="/system", tags=["system"])
UserAdmin = Annotated[Caller, Depends(may(Action.MANAGE_USERS))]
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


class SignInSettings(BaseModel):
    """By what people may sign in to the console, as the environment says. ``issuer`` is that of the
    OpenID Connect provider, '' for none; ``second_factor_roles`` are those that need one."""

    passwords: bool
    issuer: str
    client_id: str
    verified_addresses_only: bool
    second_factor_roles: list[str]
    idle_hours: float
    session_days: float
    invitation_hours: float


class ProviderState(BaseModel):
    """Whether the OpenID Connect provider answers as it should; ``problem`` says what does not."""

    works: bool
    problem: str


@router.get("/sign-in", operation_id="get_sign_in")
def show_sign_in(context: CurrentContext, _caller: UserAdmin) -> SignInSettings:
    """By what people sign in, and for how long."""
    settings = context.settings
    return SignInSettings(
        passwords=settings.passwords == "on",
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        verified_addresses_only=settings.oidc_email_verified,
        second_factor_roles=[role for role in Role if settings.needs_second_factor(role)],
        idle_hours=IDLE / timedelta(hours=1),
        session_days=LONGEST / timedelta(days=1),
        invitation_hours=LINK_LIFE / timedelta(hours=1),
    )


@router.get("/sign-in/provider", operation_id="check_sign_in_provider")
def check_provider(context: CurrentContext, _caller: UserAdmin) -> ProviderState:
    """Ask the OpenID Connect provider for its addresses and keys, as signing in does first."""
    if not context.settings.oidc_issuer:
        raise Conflict(sentence("There is no OpenID Connect provider: OIDC_ISSUER is not set."))
    problem = problem_of_provider(context.settings)
    return ProviderState(works=problem is None, problem=problem or "")


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

"""One e-mail to one lead, through the ledger: claim, render, mark, hand over, settle."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar
from urllib.parse import quote

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities import failing, refusals
from activities.resources import Resources
from crash_points import crash_point
from domain.cadences.next_step import LOOK_AGAIN
from domain.consent.policy import (
    MARKETING_STOPS,
    OPERATIONAL_STOPS,
    SALES_TOPIC,
    FrequencyCap,
    Room,
)
from domain.email.message import CalendarPart, thread_headers
from domain.email.rendering import CompiledTemplate, RenderedEmail, RenderError
from domain.email.sender import Sender, is_sent_from
from domain.sending.guard import SenderState
from mail.channels.base import (
    EmailMessage,
    MessageRejected,
    OutcomeUnknown,
    RecipientBusy,
    SenderRefused,
    TryAgain,
)
from mail.senders import brand, still_sending
from mail.text import mail_text
from metrics import SENDS_REFUSED, TOUCHES
from settings import Settings
from store.mail import ledger, sending
from store.mail.conversation import conversation
from store.patience import keep_trying

MARK_SECONDS = 3.0
"""How long a mark is tried again while the database can't take it; a provider waits meanwhile."""
SETTLE_SECONDS = 60.0
"""How long the outcome is: this process is the only one that knows it."""

T = TypeVar("T")

# RFC 4122 name space of our own, so that Message-IDs follow from ledger keys.
_MESSAGE_IDS = uuid.uuid5(uuid.NAMESPACE_URL, "perennial:touch")


@dataclass(frozen=True)
class Email:
    """A mail that is due. ``fields`` are its merge fields without the links; ``topic`` is '' for
    operational mail, which unsubscribed leads get too; ``caps`` are those it waits for; ``sender``
    is whom it is from, None for ``EMAIL_FROM``. Without ``template_version_id`` it is
    a mail that somebody wrote."""

    key: str
    lead_id: int
    recipient: str
    recipient_name: str
    step: str
    template_version_id: int | None
    template: CompiledTemplate
    fields: Mapping[str, Any]
    topic: str
    caps: Sequence[FrequencyCap] = ()
    enrollment_id: int | None = None
    sender: Sender | None = None
    calendar: CalendarPart | None = None
    turn: str = ""
    """What the claims of all attempts at it begin with."""
    waited: bool = False
    """Whether it was put off before."""

    @property
    def waits_for_limits(self) -> bool:
        """Whether it is marketing's, of which nobody waits for a single one."""
        return self.enrollment_id is not None and self.topic not in ("", SALES_TOPIC)


@dataclass(frozen=True)
class TouchDelivery:
    """What became of a touch: sent, failed, unknown, suppressed, capped until there is ``room``,
    ``queue`` when a local activity can't send it at once, or ``put_off`` until a time (journey
    time, UTC) and for a reason: ``recipient`` when the recipient's side takes nothing now,
    ``sender`` when we are refused, or nothing is sent, ``limit`` when as many have gone as may,
    ``stopped`` when marketing's mail from this sender is stopped, ``paused`` when the
    cadence is."""

    state: str
    room: Room | None = None
    until: datetime | None = None
    why: Literal["", "recipient", "sender", "limit", "stopped", "paused"] = ""


def deliver(resources: Resources, email: Email, now: datetime) -> TouchDelivery:
    """Send ``email`` unless the ledger says it was sent, or must not be, or not yet.

    No outcome is an error: a mail that fails fails alone.

    Raises:
        ApplicationError: the provider surely did not take it; Temporal tries again when the
            provider asked for it.
    """
    if not email.recipient:
        # Known by phone alone.
        return TouchDelivery("suppressed")
    with resources.send_pace.allowed(at_once=activity.info().is_local) as allowed:
        return _deliver(resources, email, now) if allowed else TouchDelivery("queue")


def _deliver(resources: Resources, email: Email, now: datetime) -> TouchDelivery:
    # A worker that died within a workflow task leaves no number of its attempt.
    mine = f"{email.turn}{uuid.uuid4()}"
    found = _claim(resources, email, mine, now)
    probe = found.state == "paused" and _may_probe(resources, now)
    if probe:
        found = _claim(resources, email, mine, now, probe=True)
    if not found.mine and found.state == "sending":
        accepted = resources.channel.was_accepted(email.key)
        if accepted is None:
            error = "the attempt that sent it never came back"
            return _settle(resources, email.key, "unknown", found.holder, now, error=error)
        if accepted:
            return _settle(resources, email.key, "sent", found.holder, now)
        _settle(resources, email.key, "planned", found.holder, now)
        found = _claim(resources, email, mine, now)
        if not found.mine and found.state == "sending":
            raise in_hand()
    if found.state in ("capped", "paused", "cadence_paused") and found.holder:
        # Claimed by an attempt that died: what waits for room must count under no cap.
        _settle(resources, email.key, "planned", found.holder, now)
    if found.state in ("paused", "cadence_paused"):
        return _wait(resources, found.state, now)
    if not found.mine:
        if found.state == "suppressed":
            _count(resources, "suppressed")
        return TouchDelivery(found.state, found.room)
    sender = _sender(resources, email.key, mine, found.sender)
    if email.waits_for_limits:
        held = resources.send_limits.hold(
            email.key,
            mine,
            sender=(sender or brand(resources.settings)).email,
            recipient=email.recipient,
            now=now,
            waited=email.waited,
        )
        if held is not None:
            _count(resources, "put_off")
            why: Literal["limit", "stopped"] = "stopped" if held.stopped else "limit"
            return TouchDelivery("put_off", until=held.until, why=why)
    delivery = _send(resources, replace(email, sender=sender), mine, now)
    if probe and delivery.state == "sent":
        with resources.engine.begin() as connection:
            sending.probe_accepted(connection, resources.channel.name, now)
    return delivery


def _sender(resources: Resources, key: str, claim: str, kept: Sender | None) -> Sender | None:
    """The rep whom the first claim chose, unless that one can write no more, or receivers refuse
    the rep's domain: what may be sent has gone out nowhere, so the company's own sender is no
    second one."""
    sender = still_sending(resources.settings, kept)
    if sender and resources.send_limits.rules().state(sender.email) is SenderState.REFUSED:
        sender = None
    if sender is not kept:
        with resources.statements.connect() as connection:
            ledger.send_as_company(connection, key, claim=claim)
    return sender


def deliver_at_last(resources: Resources, email: Email, now: datetime) -> TouchDelivery:
    """As :func:`deliver`, for whoever can't plan a later time: what is put off is tried again by
    Temporal.

    Raises:
        ApplicationError
    """
    delivery = deliver(resources, email, now)
    if delivery.until is not None:
        seconds = resources.seconds_until(delivery.until, now)
        words = (
            "The recipient's server asks to come back later."
            if delivery.why == "recipient"
            else "Nothing is sent now: the provider refuses our mail."
        )
        raise ApplicationError(words, type="PutOff", next_retry_delay=timedelta(seconds=seconds))
    return delivery


def _may_probe(resources: Resources, now: datetime) -> bool:
    with resources.engine.begin() as connection:
        return sending.may_probe(connection, resources.channel.name, now)


def _wait(resources: Resources, state: str, now: datetime) -> TouchDelivery:
    if state == "cadence_paused":
        return TouchDelivery("put_off", until=now + LOOK_AGAIN, why="paused")
    with resources.statements.connect() as connection:
        pause = sending.pause_of(connection, resources.channel.name)
    until = now if pause is None else refusals.next_look(pause, now)
    return TouchDelivery("put_off", until=until, why="sender")


def _claim(
    resources: Resources, email: Email, claim: str, now: datetime, *, probe: bool = False
) -> ledger.Claim:
    try:
        with resources.statements.connect() as connection:
            return ledger.claim(
                connection,
                key=email.key,
                claim=claim,
                lead_id=email.lead_id,
                enrollment_id=email.enrollment_id,
                template_version_id=email.template_version_id,
                step=email.step,
                topic=email.topic,
                channel=resources.channel.name,
                message_id=_message_id(resources, email.key),
                sender=email.sender,
                stops=_stops(email),
                caps=email.caps,
                at=now,
                probe=probe,
                turn=email.turn,
            )
    except ledger.TurnTaken:
        raise in_hand() from None


class _Stopped(Exception):
    """The lead has said no between the claim and the hand-over."""


def in_hand() -> ApplicationError:
    """Another attempt has done, or does, what this one was to do."""
    return ApplicationError("Another attempt is sending this touch.", type="InHand")


def _mark(resources: Resources, email: Email, claim: str) -> None:
    """Note that the provider gets the mail now.

    Raises:
        ApplicationError: another attempt has taken the touch over while this one slept.
        _Stopped: the lead has said no meanwhile.
    """

    def mark() -> str | None:
        with resources.statements.connect() as connection:
            return ledger.hand_over(connection, email.key, claim=claim, stops=_stops(email))

    state = keep_trying(mark, MARK_SECONDS)
    if state is None:
        raise in_hand()
    if state == "suppressed":
        raise _Stopped
    crash_point("email.marked")


def _stops(email: Email) -> Sequence[str]:
    return MARKETING_STOPS if email.topic else OPERATIONAL_STOPS


def _send(resources: Resources, email: Email, claim: str, now: datetime) -> TouchDelivery:
    crash_point("email.claimed")
    try:
        receipt = resources.channel.send(
            _message(resources, email), lambda: _mark(resources, email, claim)
        )
    except _Stopped:
        _count(resources, "suppressed")
        return TouchDelivery("suppressed")
    except RenderError as error:
        failing.note(resources.engine, "RenderError", given_up=True)
        return _settle(resources, email.key, "failed", claim, now, error=f"template: {error}")
    except (MessageRejected, RecipientBusy, SenderRefused) as refused:
        return _refused(resources, email, claim, refused, now)
    except OutcomeUnknown as unknown:
        return _settle(resources, email.key, "unknown", claim, now, error=unknown.reason)
    except TryAgain as later:
        _settle(resources, email.key, "planned", claim, now, error=later.reason)
        raise ApplicationError(
            later.reason, type="TryAgain", next_retry_delay=_delay(later.after_seconds)
        ) from None
    crash_point("email.handed_over")
    return _settle(
        resources, email.key, "sent", claim, now, provider_message_id=receipt.provider_message_id
    )


def _refused(
    resources: Resources,
    email: Email,
    claim: str,
    refused: MessageRejected | RecipientBusy | SenderRefused,
    now: datetime,
) -> TouchDelivery:
    def settle() -> datetime | None:
        if isinstance(refused, MessageRejected):
            return refusals.reject(resources, email.key, claim, refused, now)
        return refusals.put_off(resources, email.key, claim, refused, now)

    crash_point("email.refused")
    try:
        until = _surely(settle)
    except refusals.TakenOver:
        raise in_hand() from None
    busy = isinstance(refused, RecipientBusy)
    if busy:
        SENDS_REFUSED.labels(resources.channel.name, "not_now").inc()
    _count(resources, "failed" if until is None else "put_off")
    if until is None:
        return TouchDelivery("failed")
    return TouchDelivery("put_off", until=until, why="recipient" if busy else "sender")


def _message(resources: Resources, email: Email) -> EmailMessage:
    settings = resources.settings
    sender = email.sender or brand(settings)
    rendered = _render(resources, email, sender)
    headers = _thread(resources, email)
    if email.topic:
        headers |= {
            "List-Unsubscribe": _ways_to_unsubscribe(resources, email.key),
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    return EmailMessage(
        touch_key=email.key,
        message_id=_message_id(resources, email.key),
        sender_name=sender.name,
        sender_email=sender.email,
        recipient_name=email.recipient_name,
        recipient_email=email.recipient,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        headers=headers,
        calendar=email.calendar,
        reply_to=_reply_to(settings, sender),
        returns_to=settings.email_from,
    )


def _thread(resources: Resources, email: Email) -> dict[str, str]:
    """A rep's mail goes on with what the rep and the lead have written (RFC 5322, 3.6.4)."""
    if email.sender is None or not email.sender.code:
        return {}
    with resources.statements.connect() as connection:
        written = conversation(connection, email.lead_id, email.sender.code)
    return thread_headers(written)


def _reply_to(settings: Settings, sender: Sender) -> Sequence[str]:
    """Where received mail is read here, an answer to a rep comes in as well: it counts, whichever
    mailbox the rep reads."""
    reads = settings.sendgrid_inbound_password is not None
    elsewhere = not is_sent_from(sender.email, [settings.email_from.rpartition("@")[2]])
    return (sender.email, settings.email_from) if reads and elsewhere else ()


def _ways_to_unsubscribe(resources: Resources, key: str) -> str:
    """The link, and where received mail is read also an address, for mail programs that know no
    other way (RFC 2369, RFC 6068)."""
    settings = resources.settings
    link = f"<{resources.links.unsubscribe(key)}>"
    if settings.sendgrid_inbound_password is None:
        return link
    answered = quote(f"<{_message_id(resources, key)}>")
    address = quote(settings.email_from, safe="@")
    return f"{link}, <mailto:{address}?subject=unsubscribe&In-Reply-To={answered}>"


def _render(resources: Resources, email: Email, sender: Sender) -> RenderedEmail:
    links, settings = resources.links, resources.settings
    rendered = mail_text(
        email.template, email.fields, settings, links, key=email.key, sender=sender
    )
    if resources.channel.name == "sendgrid":
        return rendered  # SendGrid counts opens by itself.
    pixel = f'<img src="{links.opened(email.key)}" width="1" height="1" alt="">'
    return replace(rendered, html=rendered.html.replace("</body>", f"{pixel}</body>", 1))


def _message_id(resources: Resources, key: str) -> str:
    domain = resources.settings.email_from.rpartition("@")[2]
    return f"{uuid.uuid5(_MESSAGE_IDS, key)}@{domain}"


def _settle(
    resources: Resources,
    key: str,
    state: str,
    claim: str,
    now: datetime,
    *,
    error: str = "",
    provider_message_id: str = "",
) -> TouchDelivery:
    def settle() -> None:
        with resources.statements.connect() as connection:
            ledger.settle(
                connection,
                key,
                state,
                claim=claim,
                at=now,
                error=error,
                provider_message_id=provider_message_id,
            )

    _surely(settle)
    if state != "planned":
        _count(resources, state)
    return TouchDelivery(state)


def _count(resources: Resources, state: str) -> None:
    TOUCHES.labels(resources.channel.name, state).inc()


def _surely(settle: Callable[[], T]) -> T:
    return keep_trying(settle, SETTLE_SECONDS, may_go_on=lambda: not activity.is_worker_shutdown())


def _delay(seconds: float | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)

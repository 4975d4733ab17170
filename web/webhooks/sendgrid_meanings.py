"""What each event of SendGrid says: of a lead, of its address, or of us.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints

from domain.consent.policy import Trouble
from domain.engagement.bounces import BounceMeaning, bounce_kind, bounce_meaning

# Reasons as SendGrid documents them. Others may quote the message and are not kept.
DROP_REASONS = (
    "Bounced Address",
    "Invalid",
    "Invalid SMTPAPI header",
    "Recipient List over Package Quota",
    "Spam Content",
    "Spam Reporting Address",
    "Unsubscribed Address",
)


def _storable(value: str) -> str:
    if "\0" in value:
        raise ValueError("NUL characters can't be stored")
    return value


Short = Annotated[str, StringConstraints(min_length=1, max_length=500), AfterValidator(_storable)]
Long = Annotated[str, StringConstraints(max_length=8000), AfterValidator(_storable)]


def _if_text(value: Any) -> Any:
    return value if isinstance(value, str) else None


Hint = Annotated[Long | None, BeforeValidator(_if_text)]
"""What helps if it is there, and refuses no event."""


class SendGridEvent(BaseModel):
    """One event, the fields that are used. ``touch_key`` is the custom argument that the channel
    sends with each mail; mail that others send from the same account has none."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    event: Short
    sg_event_id: Short
    timestamp: int
    """Seconds since 1970, real time."""
    touch_key: Short | None = None
    sg_message_id: Short | None = None
    type: Short | None = None
    """Of a bounce: ``bounce``, after which SendGrid drops further mail, or ``blocked``. Neither
    tells why."""
    reason: Long | None = None
    """Of a bounce what the recipient's server said, of a drop one of a few of SendGrid's own."""
    status: Hint = None
    """Of a bounce: an enhanced status code (RFC 3463)."""
    bounce_classification: Hint = None
    """Of a bounce: what SendGrid makes of it."""
    url: Long | None = None
    sg_machine_open: bool | None = None
    """Opened by a mail program's privacy proxy (Apple's), not by a person."""
    useragent: Long | None = None
    """Of an open or a click: what made it calls itself so."""
    ip: Long | None = None
    """Of an open or a click: where it came from."""


@dataclass(frozen=True)
class Meaning:
    """What an event says of the lead: the kind of its engagement ('' for none), trouble with the
    address (None for none), and whether the lead wants no more mail. ``refused`` is why mail was
    refused when the reason is ours, not the lead's; ``certain`` whether all would be. ``bounced``
    is why the recipient's server took no mail, where that is the lead's."""

    kind: str = ""
    trouble: Trouble | None = None
    stops: bool = False
    refused: BounceMeaning | None = None
    certain: bool = False
    bounced: BounceMeaning | None = None


HARD_BOUNCE = Meaning("bounce", trouble="hard_bounce")
SOFT_BOUNCE = Meaning("soft_bounce", trouble="soft_bounce")
COMPLAINT = Meaning("complaint", trouble="complaint")
UNSUBSCRIBE = Meaning("unsubscribe", stops=True)
OURS = Meaning(refused=BounceMeaning.REPUTATION)
CREDITS = Meaning(refused=BounceMeaning.REPUTATION, certain=True)
MEANINGS = {
    "processed": Meaning(),
    "delivered": Meaning(),
    "deferred": Meaning(),
    "dropped": Meaning(),
    "bounce": HARD_BOUNCE,
    "open": Meaning("open"),
    "click": Meaning("click"),
    "spamreport": COMPLAINT,
    "unsubscribe": UNSUBSCRIBE,
    "group_unsubscribe": UNSUBSCRIBE,
    # Shown on the lead. A suppression is not lifted by it: the lead may have said no elsewhere.
    "group_resubscribe": Meaning("resubscribe"),
}
# Why SendGrid did not even try; the other reasons say nothing of the lead.
MEANINGS_OF_DROPS = {
    "bounced address": HARD_BOUNCE,
    "invalid": HARD_BOUNCE,
    "spam reporting address": COMPLAINT,
    "unsubscribed address": UNSUBSCRIBE,
    "recipient list over package quota": CREDITS,
}
MEANINGS_OF_BOUNCES = {"": OURS, "bounce": HARD_BOUNCE, "soft_bounce": SOFT_BOUNCE}
# What SendGrid itself makes of an answer that tells us nothing.
CLASSES = {
    "invalid address": BounceMeaning.ADDRESS_DEAD,
    "reputation": BounceMeaning.REPUTATION,
    "frequency/volume": BounceMeaning.REPUTATION,
    "frequency or volume too high": BounceMeaning.REPUTATION,
    "mailbox unavailable": BounceMeaning.MAILBOX_FULL,
    "content": BounceMeaning.CONTENT,
    "technical": BounceMeaning.ROUTING,
    "technical failure": BounceMeaning.ROUTING,
}


def meaning_of(event: SendGridEvent, own_url: str) -> Meaning:
    """What an event says. A click on a link that leads to ``own_url`` is counted there."""
    if event.event == "bounce":
        return _meaning_of_bounce(event)
    if event.event == "dropped":
        return MEANINGS_OF_DROPS.get((event.reason or "").strip().casefold(), Meaning())
    if event.event == "click" and (event.url or "").startswith(f"{own_url}/"):
        return Meaning()
    return MEANINGS[event.event]


def _meaning_of_bounce(event: SendGridEvent) -> Meaning:
    """What the server said counts, then what SendGrid makes of it. Where neither tells, an address
    to which SendGrid sends no more is dead."""
    meaning = bounce_meaning(event.status or "", event.reason or "")
    if meaning is BounceMeaning.UNKNOWN:
        classified = (event.bounce_classification or "").strip().casefold()
        meaning = CLASSES.get(classified, BounceMeaning.UNKNOWN)
    says_nothing = meaning is BounceMeaning.UNKNOWN and not event.reason
    if says_nothing and event.type == "bounce":
        return HARD_BOUNCE
    found = MEANINGS_OF_BOUNCES[bounce_kind(meaning)]
    return found if found is OURS else replace(found, bounced=meaning)


def code_of(event: SendGridEvent) -> str:
    """The codes of a refusal without its words, which may quote an address."""
    found = re.match(r"[245]\d\d\b", event.reason or "")
    codes = [found[0] if found else "", event.status or ""]
    return why_dropped(event) if event.event == "dropped" else " ".join(filter(None, codes))


def why_dropped(event: SendGridEvent) -> str:
    """Why SendGrid did not send a mail, in a sentence."""
    if event.reason in DROP_REASONS:
        return f"dropped: SendGrid did not send it ({event.reason})."
    return "dropped: SendGrid did not send it."

"""SendGrid's events: what they look like, and what each of them changes.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError
from sqlalchemy import Connection, text

from settings import Clock
from store.engagement import record_engagement, suppress
from store.ledger import Evidence, TouchOfLead, settle_by_evidence, touches_of_leads

# Clocks differ a little; a time beyond this is somebody's mistake and would lead every list.
AHEAD = timedelta(hours=1)
# SendGrid did not exist before.
OLDEST = datetime(2009, 1, 1, tzinfo=UTC)

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


class Event(BaseModel):
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
    """Of a bounce: ``bounce`` (the address is bad) or ``blocked`` (the server refused for now)."""
    reason: Long | None = None
    url: Long | None = None
    sg_machine_open: bool | None = None
    """Opened by a mail program's privacy proxy, not by a person."""


@dataclass(frozen=True)
class DatedEvent:
    """An event and its journey time, UTC."""

    event: Event
    at: datetime


@dataclass(frozen=True)
class Problem:
    """Why an event was refused: its number in the batch (from 0), the field, a sentence."""

    item: int
    field: str
    message: str


@dataclass(frozen=True)
class Meaning:
    """What an event says of the lead: the kind of its engagement ('' for none), whether the
    scoring policy gives points for it, and the reason of a suppression ('' for none)."""

    kind: str = ""
    scores: bool = True
    suppression: str = ""


MEANINGS = {
    "processed": Meaning(),
    "delivered": Meaning(),
    "deferred": Meaning(),
    "dropped": Meaning(),
    "bounce": Meaning("bounce", suppression="bounced"),
    "open": Meaning("open"),
    "click": Meaning("click"),
    "spamreport": Meaning("complaint", suppression="complained"),
    "unsubscribe": Meaning("unsubscribe", suppression="unsubscribed"),
    "group_unsubscribe": Meaning("unsubscribe", suppression="unsubscribed"),
    # Shown on the lead. A suppression is not lifted by it: the lead may have said no elsewhere.
    "group_resubscribe": Meaning("resubscribe", scores=False),
}
SOFT_BOUNCE = Meaning("soft_bounce", scores=False)
MACHINE_OPEN = Meaning("machine_open", scores=False)

# An address is suppressed once, for the reason that stops most.
STRICTEST = ("complained", "bounced", "unsubscribed")


@dataclass
class Tally:
    """What became of a batch, in events; ``settled`` is in touches.

    ``recorded`` became engagements, ``duplicates`` had become one before, ``unknown`` belong to
    no touch of this database, ``ignored`` are of a kind that is not used here.
    """

    received: int = 0
    recorded: int = 0
    settled: int = 0
    duplicates: int = 0
    unknown: int = 0
    ignored: int = 0
    problems: list[Problem] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """The numbers alone."""
        return {
            "received": self.received,
            "recorded": self.recorded,
            "settled": self.settled,
            "duplicates": self.duplicates,
            "unknown": self.unknown,
            "ignored": self.ignored,
            "refused": len(self.problems),
        }


class _Refused(Exception):
    def __init__(self, field_name: str, message: str) -> None:
        super().__init__(message)
        self.field = field_name


def read_events(items: Sequence[object], clock: Clock, tally: Tally) -> list[DatedEvent]:
    """The usable events of a batch; what became of the others is noted in ``tally``."""
    tally.received = len(items)
    latest = datetime.now(UTC) + AHEAD
    events = []
    for number, item in enumerate(items):
        try:
            if _is_of_other_kind(item):
                tally.ignored += 1
            else:
                events.append(_read(item, clock, latest))
        except _Refused as refused:
            tally.problems.append(Problem(number, refused.field, str(refused)))
    return events


def _is_of_other_kind(item: object) -> bool:
    """SendGrid adds kinds of events; those tell nothing of a touch (yet) and may look different."""
    name = item.get("event") if isinstance(item, Mapping) else None
    return isinstance(name, str) and name.isidentifier() and name not in MEANINGS


def _read(item: object, clock: Clock, latest: datetime) -> DatedEvent:
    if not isinstance(item, Mapping):
        raise _Refused("event", "An event is a JSON object.")
    try:
        event = Event.model_validate(item)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        message = first["msg"].removeprefix("Value error, ")
        raise _Refused(str(first["loc"][0]), f"{message}.") from None
    if event.event not in MEANINGS:
        raise _Refused("event", "This is no name of an event.")
    if not OLDEST.timestamp() <= event.timestamp <= latest.timestamp():
        raise _Refused("timestamp", "No event can have happened then (seconds since 1970).")
    return DatedEvent(event, clock.journey_time(datetime.fromtimestamp(event.timestamp, UTC)))


@dataclass(frozen=True)
class _Found:
    """An event, the touch it belongs to, and what it says."""

    event: Event
    at: datetime
    touch: TouchOfLead
    meaning: Meaning

    @property
    def key(self) -> str:
        return f"sendgrid:{self.event.sg_event_id}"


def apply_events(
    connection: Connection, events: Sequence[DatedEvent], own_url: str, tally: Tally
) -> None:
    """Bring a batch into the ledger, the suppressions and the engagements.

    Locks are taken in the order in which the unsubscribe page takes them, suppressions before
    leads, and sorted: two batches at once wait for each other and never in a circle.

    Args:
        own_url: address of this web app. A click on a link that leads to it is counted where it
            leads to, not here again.

    Raises:
        PolicyMissing: no scoring policy is published.
    """
    touches = touches_of_leads(connection, [dated.event.touch_key or "" for dated in events])
    found = [
        _Found(dated.event, dated.at, touch, _meaning(dated.event, own_url))
        for dated in events
        if (touch := touches.get(dated.event.touch_key or ""))
    ]
    telling = [one for one in found if one.meaning.kind]
    before = _recorded_before(connection, [one.key for one in telling])
    news = sorted(
        (one for one in telling if one.key not in before), key=lambda one: (one.at, one.key)
    )
    _suppress(connection, news)
    _lock_leads(connection, [one.touch.lead_id for one in found])
    tally.settled = settle_by_evidence(connection, _evidence(found))
    for one in news:
        tally.recorded += record_engagement(
            connection,
            lead_id=one.touch.lead_id,
            touch_id=one.touch.touch_id,
            kind=one.meaning.kind,
            at=one.at,
            key=one.key,
            points=None if one.meaning.scores else 0,
            detail={"url": one.event.url} if one.event.url else None,
        )
    tally.duplicates = len(telling) - tally.recorded
    tally.unknown = len(events) - len(found)


def _meaning(event: Event, own_url: str) -> Meaning:
    if event.event == "bounce" and event.type not in (None, "bounce"):
        return SOFT_BOUNCE
    if event.event == "open" and event.sg_machine_open:
        return MACHINE_OPEN
    if event.event == "click" and (event.url or "").startswith(f"{own_url}/"):
        return Meaning()
    return MEANINGS[event.event]


def _recorded_before(connection: Connection, keys: Sequence[str]) -> set[str]:
    """Which of these engagements are there already. What they once suppressed may have been
    allowed again since, and a repetition must not undo that."""
    rows = connection.execute(
        text("SELECT key FROM engagement WHERE key = ANY(cast(:keys AS text[]))"),
        {"keys": list(keys)},
    )
    return set(rows.scalars())


def _suppress(connection: Connection, news: Sequence[_Found]) -> None:
    stopping = [one for one in news if one.meaning.suppression]
    stopping.sort(
        key=lambda one: (one.touch.email_key, STRICTEST.index(one.meaning.suppression), one.at)
    )
    for one in stopping:
        suppress(
            connection,
            email_key=one.touch.email_key,
            reason=one.meaning.suppression,
            at=one.at,
        )


def _lock_leads(connection: Connection, lead_ids: Sequence[int]) -> None:
    connection.execute(
        text(
            "SELECT id FROM lead WHERE id = ANY(cast(:ids AS bigint[])) "
            "ORDER BY id FOR NO KEY UPDATE"
        ),
        {"ids": list(lead_ids)},
    )


def _evidence(found: Sequence[_Found]) -> list[Evidence]:
    """What the events of a batch say of each touch.

    Only ``dropped`` says that a touch was not sent. Whatever happens to a mail on its way proves
    the contrary; ``processed`` does when nothing else is known.
    """
    by_touch: defaultdict[str, list[_Found]] = defaultdict(list)
    for one in found:
        by_touch[one.event.touch_key or ""].append(one)
    evidence = []
    for key, events in by_touch.items():
        dropped = [one for one in events if one.event.event == "dropped"]
        travelled = [one for one in events if one.event.event not in ("dropped", "processed")]
        ids = [one.event.sg_message_id for one in events if one.event.sg_message_id]
        at = min(one.at for one in events)
        # Before the first point stands what SendGrid answered to the request that sent it.
        provider_id = ids[0].partition(".")[0] if ids else ""
        if dropped and not travelled:
            error = _why_dropped(dropped[0].event)
            evidence.append(Evidence(key, "failed", at, provider_id, error))
        else:
            evidence.append(Evidence(key, "sent", at, provider_id))
    return evidence


def _why_dropped(event: Event) -> str:
    if event.reason in DROP_REASONS:
        return f"dropped: SendGrid did not send it ({event.reason})."
    return "dropped: SendGrid did not send it."

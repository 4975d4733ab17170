"""SendGrid's events: what they look like, and what each of them changes.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import ValidationError
from sqlalchemy import Connection

from domain.engagement.bot_detection import Network, machine_of_request
from domain.engagement.bounces import BounceMeaning
from settings import Clock
from store.consent.consent import TroubleReport, opt_out, report_trouble
from store.mail.ledger import (
    Evidence,
    TouchedLead,
    record_delivered,
    settle_by_evidence,
    touches_of_leads,
)
from store.mail.refused_mail import RefusedMail
from store.mail.sending import record_refusals
from store.scoring.engagement import LeadActivity, record, recorded_before
from store.scoring.lead_standing import lock_leads
from web.doors import BadItem
from web.webhooks.sendgrid_meanings import (
    MEANINGS,
    Meaning,
    SendGridEvent,
    code_of,
    meaning_of,
    why_dropped,
)

CHANNEL = "sendgrid"
# Clocks differ a little; a time beyond this is somebody's mistake and would lead every list.
AHEAD = timedelta(hours=1)
# SendGrid did not exist before.
OLDEST = datetime(2009, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class DatedEvent:
    """An event, its journey time (UTC) and its number in the batch."""

    event: SendGridEvent
    at: datetime
    item: int


@dataclass(frozen=True)
class BadEvent:
    """Why an event was refused: its number in the batch (from 0), the field, a sentence."""

    item: int
    field: str
    message: str


# These tell when a mail went out. An open or a complaint only proves that it did.
TIMED = ("processed", "delivered")


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
    bad: list[BadEvent] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Count what became of a part of the batch."""
        self.recorded += other.recorded
        self.settled += other.settled
        self.duplicates += other.duplicates
        self.unknown += other.unknown

    def counts(self) -> dict[str, int]:
        """The numbers alone."""
        return {
            "received": self.received,
            "recorded": self.recorded,
            "settled": self.settled,
            "duplicates": self.duplicates,
            "unknown": self.unknown,
            "ignored": self.ignored,
            "refused": len(self.bad),
        }


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
                events.append(_read(item, number, clock, latest))
        except BadItem as bad:
            tally.bad.append(BadEvent(number, bad.field, str(bad)))
    return events


def _is_of_other_kind(item: object) -> bool:
    """SendGrid adds kinds of events; those tell nothing of a touch (yet) and may look different."""
    name = item.get("event") if isinstance(item, Mapping) else None
    return isinstance(name, str) and name.isidentifier() and name not in MEANINGS


def _read(item: object, number: int, clock: Clock, latest: datetime) -> DatedEvent:
    if not isinstance(item, Mapping):
        raise BadItem("event", "An event is a JSON object.")
    try:
        event = SendGridEvent.model_validate(item)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        message = first["msg"].removeprefix("Value error, ")
        raise BadItem(str(first["loc"][0]), f"{message}.") from None
    if event.event not in MEANINGS:
        raise BadItem("event", "This is no name of an event.")
    if not OLDEST.timestamp() <= event.timestamp <= latest.timestamp():
        raise BadItem("timestamp", "No event can have happened then (seconds since 1970).")
    at = clock.journey_time(datetime.fromtimestamp(event.timestamp, UTC))
    return DatedEvent(event, at, number)


@dataclass(frozen=True)
class _FoundTouches:
    """An event, the touch it belongs to, and what it says."""

    event: SendGridEvent
    at: datetime
    touch: TouchedLead
    meaning: Meaning

    @property
    def key(self) -> str:
        return f"sendgrid:{self.event.sg_event_id}"


def apply_events(
    connection: Connection,
    events: Sequence[DatedEvent],
    tally: Tally,
    *,
    own_url: str,
    networks: Sequence[Network],
    now: datetime,
) -> None:
    """Bring a batch into the ledger, the suppressions and the engagements.

    Locks are taken in the order in which all writers take them, suppressions before leads, and
    sorted: two batches at once wait for each other and never in a circle.

    Args:
        own_url: address of this web app. A click on a link that leads to it is counted where it
            leads to, not here again.
        networks: scanners' networks beside the known ones.
        now: journey time, UTC.

    Raises:
        PolicyMissing: no scoring policy is published.
    """
    touches = touches_of_leads(connection, [dated.event.touch_key or "" for dated in events])
    found = [
        _FoundTouches(dated.event, dated.at, touch, meaning_of(dated.event, own_url))
        for dated in events
        if (touch := touches.get(dated.event.touch_key or ""))
    ]
    telling = [one for one in found if one.meaning.kind]
    once = {one.key: one for one in sorted(telling, key=lambda one: (one.at, one.key))}
    # What they once suppressed may have been allowed again since; a repetition must not undo that.
    before = recorded_before(connection, list(once))
    news = [one for key, one in once.items() if key not in before]
    _suppress(connection, news)
    lock_leads(connection, {one.touch.lead_id for one in found})
    tally.settled = settle_by_evidence(connection, _evidence(found))
    delivered = record_delivered(connection, _deliveries(found))
    happened = [
        LeadActivity(
            one.key,
            one.meaning.kind,
            one.at,
            lead_id=one.touch.lead_id,
            touch_id=one.touch.touch_id,
            detail=_detail(one),
            machine=_machine(one.event, networks),
        )
        for one in news
    ]
    tally.recorded = len(record(connection, happened, now, delivered=delivered))
    refused = [one for one in found if one.meaning.refused]
    tally.recorded += len(record_refusals(connection, CHANNEL, _refusals(refused), now))
    tally.duplicates = len(telling) + len(refused) - tally.recorded
    tally.unknown = len(events) - len(found)


def _detail(one: _FoundTouches) -> dict[str, str]:
    if one.meaning.bounced:
        return {"meaning": one.meaning.bounced}
    return {"url": one.event.url} if one.event.url else {}


def _machine(event: SendGridEvent, networks: Sequence[Network]) -> str:
    if event.event not in ("open", "click"):
        return ""
    if event.sg_machine_open:
        return "privacy_proxy"
    return machine_of_request(event.useragent, event.ip, networks)


def _suppress(connection: Connection, news: Sequence[_FoundTouches]) -> None:
    """Do what the events ask for, address by address: each locks its suppression."""
    by_address: defaultdict[str, list[_FoundTouches]] = defaultdict(list)
    for one in news:
        if one.meaning.stops or one.meaning.trouble:
            by_address[one.touch.email_key].append(one)
    for address, events in sorted(by_address.items()):
        stop = next((one for one in events if one.meaning.stops), None)
        if stop is not None:
            opt_out(connection, email_key=address, at=stop.at, source="provider")
        reports = [
            TroubleReport(one.key, address, one.meaning.trouble, one.at)
            for one in events
            if one.meaning.trouble
        ]
        if reports:
            report_trouble(connection, reports)


def _refusals(found: Sequence[_FoundTouches]) -> list[RefusedMail]:
    """Mail that was refused for a reason of ours, as the circuit breaker hears of it."""
    return [
        RefusedMail(
            one.key,
            one.event.touch_key or "",
            BounceMeaning.REPUTATION,
            code_of(one.event),
            one.at,
            certain=one.meaning.certain,
            reported=True,
        )
        for one in found
    ]


def _deliveries(found: Sequence[_FoundTouches]) -> dict[int, datetime]:
    """Touch id → when it was delivered."""
    times: dict[int, datetime] = {}
    for one in found:
        if one.event.event == "delivered":
            known = times.get(one.touch.touch_id, one.at)
            times[one.touch.touch_id] = max(known, one.at)
    return times


def _evidence(found: Sequence[_FoundTouches]) -> list[Evidence]:
    """What the events of a batch say of each touch.

    Only ``dropped`` says that a touch was not sent. Whatever happens to a mail on its way proves
    the contrary; ``processed`` does when nothing else is known. Where no event of the batch tells
    when it was sent, the time for which it was planned must do.
    """
    by_touch: defaultdict[str, list[_FoundTouches]] = defaultdict(list)
    for one in found:
        by_touch[one.event.touch_key or ""].append(one)
    evidence = []
    for key, events in by_touch.items():
        dropped = [one for one in events if one.event.event == "dropped"]
        travelled = [one for one in events if one.event.event not in ("dropped", "processed")]
        last = max(one.at for one in events)
        ids = [one.event.sg_message_id for one in events if one.event.sg_message_id]
        at = min((one.at for one in events if one.event.event in TIMED), default=OLDEST)
        # Before the first point stands what SendGrid answered to the request that sent it.
        provider_id = ids[0].partition(".")[0] if ids else ""
        if dropped and not travelled:
            error = why_dropped(dropped[0].event)
            evidence.append(Evidence(key, "failed", at, last, provider_id, error))
        else:
            evidence.append(Evidence(key, "sent", at, last, provider_id))
    return evidence

"""Messages of Segment's tracking calls: checked, with the time at which they happened.

https://segment.com/docs/connections/spec/common/
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from dataclasses import field as field_of
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from domain.engagement.campaigns import campaign_said
from domain.identities import Facts, TrackingCall
from store.access.write_keys import WriteKeySource
from store.scoring.event_months import EARLIEST
from web.doors import BadItem, refusal
from web.tracking.body import LARGEST_MESSAGE, check_storable
from web.tracking.no_mail import context_traits, refusal_of_event, reported_refusal
from web.tracking.traits import UnreadTrait, group_of, lead_facts, with_guesses

KINDS = ("identify", "track", "page", "screen", "group", "alias")
FUTURE = timedelta(hours=1)
"""How far ahead of us a clock may be when ``sentAt`` does not tell how far it is."""
LONGEST_ID = 500
LONGEST_NAME = 500
LONGEST_ADDRESS = 2048
"""Characters that are kept of a URL, path, referrer or title."""
LARGEST_DETAIL = 8 * 1024
"""Bytes of what a browser says of one event."""
_PAGE_FIELDS = ("url", "path", "title", "referrer")
_NOTHING: dict[str, Any] = {}
_COMPACT = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """When and how a request came: real time (UTC), what turns it into journey time, whose write
    key it is, and whether every message must be looked through."""

    received: datetime
    journey_time: Callable[[datetime], datetime]
    source: WriteKeySource
    strange: bool
    large: bool


@dataclass(slots=True)
class Read:
    """A message; the traits that are not what their names say; and one more message when it tells
    of somebody else's address that they want no mail."""

    message: TrackingCall
    unread: list[UnreadTrait] = field_of(default_factory=list)
    beside: TrackingCall | None = None


@dataclass(frozen=True, slots=True)
class Envelope:
    """What a batch says for all of its messages."""

    sent_at: datetime | None
    page: dict[str, Any]


def envelope_of(body: dict[str, Any]) -> Envelope:
    """The envelope of a batch.

    Raises:
        Problem: ``sentAt`` or ``context`` is of the wrong type.
    """
    try:
        return Envelope(_time(body, "sentAt"), _object(_object(body, "context"), "page"))
    except BadItem as wrong:
        raise refusal(400, wrong.field, str(wrong), code="invalid_request") from None


def read_message(item: object, kind: str | None, envelope: Envelope, arrival: Arrival) -> Read:
    """One message.

    Args:
        kind: of the call; None in a batch, where each item has a ``type``.

    Raises:
        BadItem: it can't be taken; the sentence says why.
    """
    if not isinstance(item, dict):
        raise BadItem("", "The message must be a JSON object.")
    if arrival.strange:
        check_storable(item, "")
    # As Python writes it, it is at least a quarter as long, and written ten times as fast.
    if arrival.large and 4 * _length(item) > LARGEST_MESSAGE < len(_written(item)):
        raise BadItem("", f"The message has more than {LARGEST_MESSAGE // 1024} KB.")
    kind = kind or _kind(item)
    user_id, anonymous_id = _id(item, "userId"), _id(item, "anonymousId")
    if not user_id and not anonymous_id:
        raise BadItem("userId", "A message needs a userId or an anonymousId.")
    at = _happened_at(item, envelope, arrival)
    message = TrackingCall(kind, _key(item, arrival), at, user_id, anonymous_id)
    if kind == "identify":
        message.facts, unread = _facts(item, at)
        return Read(message, unread)
    if kind in ("track", "page", "screen"):
        message.name = _name(item, kind)
        message.detail = _detail(item, envelope)
        _check_size(message.detail, arrival)
        return _with_refusal(message, item) if kind == "track" else Read(message)
    if kind == "group":
        group_id = _id(item, "groupId")
        if not group_id:
            raise BadItem("groupId", "A group call needs a groupId.")
        message.group = group_of(group_id, _storable_object(item, "traits"))
        return Read(message)
    message.previous_id = _id(item, "previousId")
    if not message.previous_id or not user_id:
        missing = "previousId" if user_id else "userId"
        raise BadItem(missing, f"An alias call needs a {missing}.")
    return Read(message)


def _kind(item: dict[str, Any]) -> str:
    kind = item.get("type")
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadItem("type", f"The type must be one of {', '.join(KINDS)}.")
    return kind


def _with_refusal(message: TrackingCall, item: dict[str, Any]) -> Read:
    facts = refusal_of_event(item, message.at)
    if "email_key" in facts:
        return Read(
            message, beside=TrackingCall(message.kind, message.key, message.at, facts=facts)
        )
    message.facts = facts
    return Read(message)


def _facts(item: dict[str, Any], at: datetime) -> tuple[Facts, list[UnreadTrait]]:
    traits = _storable(context_traits(item), "context.traits", 3) | _storable_object(item, "traits")
    facts, unread = lead_facts(traits)
    refused, unclear = reported_refusal(traits, "traits", at)
    return with_guesses(facts, _object(item, "context")) | refused, unread + unclear


def _id(item: dict[str, Any], field: str) -> str:
    """An id as text; clients send numbers too."""
    value = item.get(field)
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise BadItem(field, f"The {field} must be text or a whole number.")
    if len(value) > LONGEST_ID:
        raise BadItem(field, f"The {field} has more than {LONGEST_ID} characters.")
    return value.strip()


def _name(item: dict[str, Any], kind: str) -> str:
    field = "event" if kind == "track" else "name"
    value = item.get(field)
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise BadItem(field, f"The {field} must be text.")
    if kind == "track" and not value.strip():
        raise BadItem(field, "A track call needs the name of its event.")
    if len(value) > LONGEST_NAME:
        raise BadItem(field, f"The {field} has more than {LONGEST_NAME} characters.")
    return value.strip()


def _object(item: dict[str, Any], field: str) -> dict[str, Any]:
    value = item.get(field)
    if value is None:
        return _NOTHING
    if not isinstance(value, dict):
        raise BadItem(field, f"The {field} must be a JSON object.")
    return value


def _storable_object(item: dict[str, Any], field: str) -> dict[str, Any]:
    return _storable(_object(item, field), field, 2)


def _storable(found: dict[str, Any], path: str, depth: int) -> dict[str, Any]:
    """The object, at this path, when what lies in it, so deep in the message, can be stored."""
    for name, value in found.items():
        if isinstance(value, dict | list):
            check_storable(value, f"{path}.{name}", depth)
    return found


def _detail(item: dict[str, Any], envelope: Envelope) -> dict[str, Any]:
    """What is kept of a track, page or screen call. A page's own properties say best where it was;
    of other calls the context does."""
    properties = _storable_object(item, "properties")
    page = _object(_object(item, "context"), "page") or envelope.page
    detail: dict[str, Any] = {"properties": properties} if properties else {}
    campaign = _object(item, "context").get("campaign")
    if isinstance(campaign, dict) and (link := campaign_said(campaign)):
        detail["campaign"] = {name: value for name, value in link._asdict().items() if value}
    for field in _PAGE_FIELDS:
        value = properties.get(field) or page.get(field)
        if value and isinstance(value, str):
            detail[field] = value[:LONGEST_ADDRESS]
    if "url" in detail and "path" not in detail:
        try:
            detail["path"] = urlsplit(detail["url"]).path or "/"
        except ValueError:
            detail["path"] = ""
    return detail


def _check_size(detail: dict[str, Any], arrival: Arrival) -> None:
    if arrival.source.kind == "browser" and len(_written(detail)) > LARGEST_DETAIL:
        raise BadItem("properties", f"There are more than {LARGEST_DETAIL // 1024} KB of them.")


def _happened_at(item: dict[str, Any], envelope: Envelope, arrival: Arrival) -> datetime:
    """Journey time of a message: by our clock, as Segment reckons it:
    ``receivedAt - (sentAt - originalTimestamp)``. Nothing happened after it arrived: a clock that
    was put right between the event and its sending says so."""
    field = "originalTimestamp" if item.get("originalTimestamp") else "timestamp"
    original = _time(item, field)
    sent_at = _time(item, "sentAt") or envelope.sent_at
    at = original or arrival.received
    try:
        if original and sent_at:
            at = arrival.received - (sent_at - original)
        elif at - arrival.received > FUTURE:
            raise BadItem(field, "The time is more than an hour in the future.")
        if at < EARLIEST:
            raise BadItem(field, f"The time is before {EARLIEST:%Y}.")
        return arrival.journey_time(min(at, arrival.received))
    except OverflowError:
        raise BadItem(field, "The time is beyond all calendars.") from None


def _time(item: dict[str, Any], field: str) -> datetime | None:
    value = item.get(field)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        raise BadItem(
            field, f"The {field} must be an ISO 8601 time, such as 2026-05-04T10:00:00Z."
        ) from None


def _key(item: dict[str, Any], arrival: Arrival) -> str:
    """What makes the message count once. Without a ``messageId`` it is what it says: sent again it
    is the same, as long as it has its time; without one, within the minute of its arrival."""
    message_id = _id(item, "messageId")
    if not message_id:
        minute = "" if item.get("timestamp") else f"{arrival.received:%Y-%m-%dT%H:%M}"
        message_id = hashlib.sha256(_written(item) + minute.encode()).hexdigest()
    return f"track:{arrival.source.id}:{message_id}"


def _length(item: dict[str, Any]) -> int:
    try:
        return len(repr(item))
    except RecursionError:
        raise BadItem("", "The message is nested too deeply.") from None


def _written(item: dict[str, Any]) -> bytes:
    try:
        return _COMPACT.encode(item).encode()
    except RecursionError:
        raise BadItem("", "The message is nested too deeply.") from None

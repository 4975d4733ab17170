"""Refusals of mail in tracking messages, also in those that can't be taken for another reason."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from domain.consent.trait_consent import answers_in, event_refuses
from domain.identities import Facts, TrackingCall, refusal
from web.doors import BadItem
from web.tracking.body import check_storable
from web.tracking.traits import UnreadTrait, address_in

LONGEST_EVIDENCE = 300


def reported_refusal(
    said: Mapping[str, Any], field: str, at: datetime
) -> tuple[Facts, list[UnreadTrait]]:
    """The fact that traits or properties refuse mail, {} when they do not; and what asks about it
    but is answered with neither yes nor no.

    Args:
        field: where they stand in the message, such as ``traits``.
        at: journey time, UTC.
    """
    answers = answers_in(said)
    unclear = [
        UnreadTrait(f"{field}.{path}", "It says neither that mail is wanted nor that it is not.")
        for path in answers.unclear
    ]
    told = refusal(at, _evidence(f"{field}.{answers.refusal}")) if answers.refusal else {}
    return told, unclear


def refusal_of_event(item: Mapping[str, Any], at: datetime) -> Facts:
    """The refusal that a ``track`` call tells of, by its name, its properties or the traits beside
    them, with the address if it names one; {} without a refusal."""
    event, properties = item.get("event"), object_in(item, "properties")
    traits = context_traits(item)
    if isinstance(event, str) and event_refuses(event[:LONGEST_EVIDENCE]):
        facts = refusal(at, _evidence(f"event: {event}"))
    else:
        facts = reported_refusal(properties, "properties", at)[0] if properties else {}
        if not facts and traits:
            facts = reported_refusal(traits, "context.traits", at)[0]
    return facts | (address_in(properties) or address_in(traits)) if facts else {}


def refusal_of_rejected(item: object, kind: object, at: datetime) -> TrackingCall | None:
    """What a message that is rejected says all the same; None when that is no refusal, or nobody
    knows whose.

    Args:
        kind: of the call; None in a batch.
        at: journey time of the arrival, UTC.
    """
    if not isinstance(item, dict):
        return None
    kind = kind or item.get("type")
    facts: Facts = {}
    if kind == "identify":
        traits = context_traits(item) | object_in(item, "traits")
        facts = reported_refusal(traits, "traits", at)[0]
        facts |= address_in(traits) if facts else {}
    elif kind == "track":
        facts = refusal_of_event(item, at)
    if not facts:
        return None
    if "email_key" in facts:
        return TrackingCall("identify", "", at, facts=facts)
    user_id, anonymous_id = _id(item, "userId"), _id(item, "anonymousId")
    if not user_id and not anonymous_id:
        return None
    return TrackingCall("identify", "", at, user_id, anonymous_id, facts=facts)


def context_traits(item: Mapping[str, Any]) -> dict[str, Any]:
    """``context.traits``: where RudderStack's libraries put those of ``identify``."""
    return object_in(object_in(item, "context"), "traits")


def object_in(item: Mapping[str, Any], field: str) -> dict[str, Any]:
    """The object in a field; {} when there is none."""
    value = item.get(field)
    return value if isinstance(value, dict) else {}


def _id(item: Mapping[str, Any], field: str) -> str:
    value = item.get(field)
    if not isinstance(value, str | int) or isinstance(value, bool) or len(str(value)) > 500:
        return ""
    try:
        check_storable(value, field)
    except BadItem:
        return ""
    return str(value).strip()


def _evidence(told: str) -> str:
    """Without what can't be kept, which may be why the message is rejected."""
    kept = told.replace("\0", "").encode(errors="replace").decode()
    return kept[:LONGEST_EVIDENCE]

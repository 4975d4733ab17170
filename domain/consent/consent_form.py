"""``consent.yaml`` as a form: topics and their words, caps, and what ends mail, and the file with
what people changed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.consent.policy import ConsentPolicy


@dataclass
class TopicText:
    """What a topic is called in a language, and what it is about."""

    name: str = ""
    description: str = ""


@dataclass
class TopicRow:
    """A topic: its code, its words by language (ISO 639), and whom its mails are from, '' for who
    it is unless something is said; ``was`` is the code it had."""

    code: str = ""
    words: dict[str, TopicText] = field(default_factory=dict)
    sender: str = ""
    was: str = ""


@dataclass
class CapRow:
    """So many mails within a day or a week."""

    times: int | None
    per: str


@dataclass
class ConsentForm:
    """What the form shows of a consent policy, which is all of it."""

    topics: list[TopicRow]
    caps: list[CapRow]
    hard_bounce: str
    complaint: str
    soft_count: int | None
    soft_within: str
    soft_action: str


def form_of(policy: ConsentPolicy) -> ConsentForm:
    """A consent policy as the form shows it."""
    return ConsentForm(
        topics=[
            TopicRow(
                code,
                {language: TopicText(one.name, one.description) for language, one in words.items()},
                policy.senders.get(code, ""),
                code,
            )
            for code, words in policy.topics.items()
        ],
        caps=[CapRow(one.times, one.per) for one in policy.caps],
        hard_bounce=policy.hard_bounce,
        complaint=policy.complaint,
        soft_count=policy.soft_bounces.count,
        soft_within=str(policy.soft_bounces.within),
        soft_action=policy.soft_bounces.action,
    )


def with_form(data: Mapping[str, Any], before: ConsentForm, after: ConsentForm) -> dict[str, Any]:
    """The plain data of the file with what differs between two states of the form.

    Args:
        data: as :func:`domain.authoring.yaml_source.read` gives it; it is not changed.
    """
    made: dict[str, Any] = copy.deepcopy(dict(data))
    if before.topics != after.topics:
        topics, senders = made.get("topics") or {}, made.get("senders") or {}
        made["topics"] = {one.code: _words(topics.get(one.was), one) for one in after.topics}
        chosen = {one.code: one.sender for one in after.topics if one.sender}
        # What senders has of others than topics stays, and its order.
        kept = {code: chosen[code] for code in senders if code in chosen}
        made["senders"] = kept | chosen
        for name in ("topics", "senders"):
            if not made[name]:
                del made[name]
    if before.caps != after.caps:
        made["caps"] = [f"{one.times} per {one.per}" for one in after.caps]
    for name in ("hard_bounce", "complaint"):
        if getattr(before, name) != getattr(after, name):
            made[name] = getattr(after, name)
    soft = ("soft_count", "soft_within", "soft_action")
    changed = {name: getattr(after, name) for name in soft}
    if changed != {name: getattr(before, name) for name in soft}:
        words = {name.removeprefix("soft_"): value for name, value in changed.items()}
        made["soft_bounces"] = (made.get("soft_bounces") or {}) | words
    return made


def _words(written: Any, topic: TopicRow) -> dict[str, Any]:
    known = written or {}
    return {
        language: dict(known.get(language) or {})
        | {"name": one.name, "description": one.description}
        for language, one in topic.words.items()
    }

"""Whether what a program says of a person is a no to mail: traits of ``identify``, properties and
names of ``track``.

Programs name it in either sense (``unsubscribed``, ``marketingConsent``), as a truth value, number,
text, list or object, and spell it as they like. Under a name that can only mean a refusal,
everything is one that is not plainly the contrary. Nothing here is ever a yes.
"""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from domain.consent.trait_words import (
    ABOUT_MAIL,
    BILLING,
    BLANK,
    CHOICES,
    CIRCUMSTANCES,
    CONSENT,
    ELSEWHERE,
    EVENT,
    EVENTS,
    MAIL_CHOICE,
    NOT_WANTED,
    PLACES,
    REFUSAL,
    TOPIC,
    WANTED,
)
from domain.contacts.consent_headings import consent_sense
from domain.contacts.consent_values import says_opted_out, wants_no_mail
from domain.contacts.texts import words

Sense = Literal["refusal", "consent", "topic", ""]
"""What a name asks: whether mail is refused, whether it is wanted, or which mail, such as
``newsletter``, whose value need not be an answer."""
Verdict = Literal["no", "yes", "unclear", ""]
LONGEST_ANSWER = 100
LONGEST_REFUSED = 40
"""Characters of a text that may be a refusal under a name that asks nothing."""
DEEPEST = 100
"""How many objects and lists in each other are looked into; each takes room on Python's stack."""
_NO_LETTER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Answers:
    """What was found: the no with its place, ``unsubscribed: true``, '' without one; and the paths
    of what asks about mail but is answered with neither yes nor no."""

    refusal: str
    unclear: tuple[str, ...]


@dataclass(frozen=True)
class _FoundConsent:
    path: tuple[str, ...]
    value: object
    verdict: Verdict


def answers_in(said: Mapping[str, Any]) -> Answers:
    """Look through traits or properties, however nested."""
    refusal, unclear = "", []
    for found in _in_object(said, (), "", 0):
        place = ".".join(found.path)
        if found.verdict == "no":
            written = json.dumps(found.value, ensure_ascii=False)
            refusal = refusal or f"{place}: {written}"[:LONGEST_ANSWER]
        elif found.verdict == "unclear":
            unclear.append(place)
    return Answers(refusal, tuple(unclear))


def event_refuses(name: str) -> bool:
    """Whether a tracked event says by its name that the person wants no more mail, such as
    ``Unsubscribed`` or ``Email Marked as Spam``."""
    return _refuses(name) or EVENT.fullmatch(_glued(name)) is not None


def _in_object(
    said: Mapping[str, Any], path: tuple[str, ...], above: Sense, depth: int
) -> Iterator[_FoundConsent]:
    if _is_elsewhere(said) or (path and _is_bill(said)):
        return
    choices: list[_FoundConsent] = []
    for name, value in said.items():
        whole = (*path, name)
        sense = _sense(whole)
        if sense == "elsewhere" or not (sense or above or _may_answer(value)):
            continue
        if sense in ("", "topic") and above == "refusal":
            if not (_is_circumstance(name) and any(isinstance(v, bool) for v in said.values())):
                yield from _in_value(value, whole, "refusal", depth + 1)
        elif not sense and path and _is_choice(path, name) and not isinstance(value, dict | list):
            choices.append(_FoundConsent(whole, value, _verdict(value, "topic")))
        else:
            yield from _in_value(value, whole, sense or above, depth + 1)
    yield from _settled(choices)


def _may_answer(value: object) -> bool:
    """Whether it may say something under a name that asks nothing."""
    if isinstance(value, str):
        return len(value) <= LONGEST_REFUSED
    return value is not None and (isinstance(value, bool | dict | list))


def _in_value(
    value: object, path: tuple[str, ...], sense: Sense, depth: int
) -> Iterator[_FoundConsent]:
    if isinstance(value, dict | list) and depth > DEEPEST:
        if sense == "refusal":
            yield _FoundConsent(path, "…", "no")
    elif isinstance(value, dict):
        yield from _in_object(value, path, sense, depth)
    elif isinstance(value, list):
        found = [one for item in value for one in _in_value(item, path, sense, depth + 1)]
        yield from _settled(found) if any(isinstance(item, dict) for item in value) else found
    elif verdict := _verdict(value, sense):
        yield _FoundConsent(path, value, verdict)


def _settled(found: Sequence[_FoundConsent]) -> Iterator[_FoundConsent]:
    """Answers about several kinds of mail: who wants some of it is not lost for mail."""
    wants_some = any(one.verdict == "yes" for one in found)
    for one in found:
        if one.verdict == "no":
            yield _FoundConsent(one.path, one.value, "unclear" if wants_some else "no")
        elif one.verdict == "unclear":
            yield one


def _verdict(value: object, sense: Sense) -> Verdict:
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        if sense == "refusal":
            return "no" if value else "yes"
        if sense == "consent" or (sense == "topic" and isinstance(value, bool)):
            return "yes" if value else "no"
        return ""
    text = str(value)
    if "://" in text or len(text) > LONGEST_ANSWER:
        return "no" if sense == "refusal" and "://" not in text else ""
    if sense == "" and len(text) > LONGEST_REFUSED:
        return ""
    if _refuses(text):
        return "no"
    if sense == "":
        return ""
    answer = _glued(text) or text.strip()
    if answer in BLANK:
        return ""
    if sense == "refusal":
        return "yes" if wants_no_mail(text, "unsubscribed") is False else "no"
    if answer in WANTED:
        return "yes"
    told = answer in NOT_WANTED or wants_no_mail(text, "consent")
    if told is None:
        return "unclear" if sense == "consent" else ""
    return "no" if told else "yes"


def _refuses(text: str) -> bool:
    return says_opted_out(text) or _glued(text) in EVENTS


@functools.lru_cache(maxsize=4096)
def _sense(path: tuple[str, ...]) -> Sense | Literal["elsewhere"]:
    """What the last name of the path asks."""
    words = _words(path[-1])
    if not words:
        return ""
    everything = {word for name in path for word in _words(name)}
    if everything & ELSEWHERE and not any(ABOUT_MAIL.fullmatch(word) for word in everything):
        return "elsewhere"
    if words[-1] in PLACES:
        return "elsewhere" if len(words) > 1 else ""
    starts = ["".join(words[place:]) for place in range(len(words))]
    column = consent_sense(path[-1])
    if any(REFUSAL.match(start) for start in starts) or column == "unsubscribed":
        return "refusal"
    if any(CONSENT.match(start) for start in starts) or (
        # Subscriptions of programs are mostly paid for.
        column == "consent" and {"subscription", "subscriptions"}.isdisjoint(words)
    ):
        return "" if words[-1] in CIRCUMSTANCES else "consent"
    return "topic" if any(TOPIC.fullmatch(start) for start in starts) else ""


def _is_choice(path: tuple[str, ...], name: str) -> bool:
    holder = "".join(word for one in path for word in _words(one))
    if CHOICES.search(holder):
        return CIRCUMSTANCES.isdisjoint(_words(name))
    return MAIL_CHOICE.fullmatch(_glued(name)) is not None


def _is_circumstance(name: str) -> bool:
    return bool(CIRCUMSTANCES.intersection(_words(name)[-1:]))


def _is_elsewhere(said: Mapping[str, Any]) -> bool:
    """Whether an object says by its channel that it is not about mail."""
    channel = next((said[name] for name in ("channel", "medium", "type") if name in said), None)
    return isinstance(channel, str) and channel.strip().casefold() in ELSEWHERE


def _is_bill(said: Mapping[str, Any]) -> bool:
    return any(word in BILLING for name in said for word in _words(name))


@functools.lru_cache(maxsize=4096)
def _words(name: str) -> tuple[str, ...]:
    return tuple(words(name).replace("'", " ").split())


def _glued(text: str) -> str:
    if text.isascii():
        return _NO_LETTER.sub("", text.lower())
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in folded if c.isalnum() or c in "✓✔✅✗✘❌×")

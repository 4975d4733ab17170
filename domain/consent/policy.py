"""The consent policy (``cadences/consent.yaml``): topics, frequency caps, and what ends mail."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StringConstraints,
    model_validator,
)
from pydantic_core import PydanticCustomError

from domain.authoring.kinds import kind
from domain.authoring.yaml_messages import did_you_mean
from domain.cadences.cadence import Name
from domain.email.sender import BRAND, OWNER
from domain.rules.policy import Policy, PolicyFile, mistake
from domain.time.span import Span, SpanField

Source = Literal[
    "unsubscribe_link",
    "preference_page",
    "provider",
    "reply",
    "operator",
    "tracking",
    "import",
    "confirmation",
    "form",
]
"""Where a yes or a no came from."""

Trouble = Literal["hard_bounce", "complaint", "soft_bounce"]

SUPPRESSION_OF: Mapping[Trouble, str] = {
    "hard_bounce": "bounced",
    "complaint": "complained",
    "soft_bounce": "soft_bounced",
}
"""Trouble with an address → the reason of the suppression that follows."""

MARKETING_STOPS = ("unsubscribed", "manual", "soft_bounced", "bounced", "complained")
"""Reasons that stop marketing's mail: all there are."""
OPERATIONAL_STOPS = ("bounced", "complained")
"""Reasons that stop operational mail (a meeting's confirmation) too: the address itself is the
trouble, or whoever reads there has called us a nuisance."""
LIFTED_BY_THE_LEAD = ("unsubscribed", "manual", "soft_bounced", "unconfirmed")
"""Reasons that the lead itself lifts on the preference page: who reads our mail and asks for more
has an address that works, and overrules what others noted."""

SALES_TOPIC = "sales"
"""The topic of mails that go out after a call. They are part of a conversation that sales has
begun, and worth nothing a day later: they count under the caps but never wait for one."""

Period = Literal["day", "week"]
SPANS: Mapping[Period, timedelta] = {"day": timedelta(days=1), "week": timedelta(weeks=1)}
_CAP = re.compile(r"(\d{1,3})\s+per\s+(\w+)")


@dataclass(frozen=True)
class FrequencyCap:
    """How many of marketing's mails a lead gets within any 24 hours, or any seven days."""

    times: int
    per: Period

    def __str__(self) -> str:
        return f"{self.times} per {self.per}"

    @property
    def span(self) -> timedelta:
        return SPANS[self.per]


@dataclass(frozen=True)
class Room:
    """The instant (UTC) from which no cap is in the way, and the cap that is in the way longest."""

    at: datetime
    cap: FrequencyCap


def room_under(caps: Sequence[FrequencyCap], sent: Sequence[datetime], at: datetime) -> Room | None:
    """When a lead that got mail at the instants ``sent`` may get the next one.

    Mail only ages out of a cap: if nothing else is sent, there is room at any later time too. So
    it is never further away than a week after the newest mail.

    Returns:
        None when there is room at ``at`` already.
    """
    newest_first = sorted(sent, reverse=True)
    waits = [
        Room(newest_first[cap.times - 1] + cap.span, cap)
        for cap in caps
        if len(newest_first) >= cap.times
    ]
    last = max(waits, key=lambda room: room.at, default=None)
    return last if last and last.at > at else None


def _parse_cap(value: Any) -> Any:
    if isinstance(value, FrequencyCap):
        return value
    match = _CAP.fullmatch(value.strip()) if isinstance(value, str) else None
    period = match and next((period for period in get_args(Period) if period == match[2]), None)
    if match is None or period is None or int(match[1]) == 0:
        raise PydanticCustomError(
            "cap",
            "'{value}' is no frequency cap. Write a number of mails and a period, such as "
            "2 per day or 4 per week",
            {"value": str(value)},
        )
    return FrequencyCap(int(match[1]), period)


def _has_english(words: dict[str, TopicWords]) -> dict[str, TopicWords]:
    if "en" not in words:
        raise PydanticCustomError(
            "topic",
            "this topic has no words in English, which is read by every lead whose own language "
            "is missing. Add en: {name: …, description: …}",
            {},
        )
    return words


Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}$")]
CapField = Annotated[
    FrequencyCap,
    BeforeValidator(_parse_cap),
    PlainSerializer(str, return_type=str),
    kind(
        "frequency cap",
        "A number of mails, `per`, and `day` (any 24 hours) or `week` (any seven days).",
        "2 per day",
        "4 per week",
    ),
]
Action = Literal["suppress", "record"]
"""``suppress``: no more mail; ``record``: only keep it with the lead."""


class TopicWords(Policy):
    """What the preference page says of a topic."""

    name: Text
    """What the topic is called there."""
    description: Text
    """What a reader gets who keeps it."""


class SoftBounces(Policy):
    """Mail that came back for now: what follows when it does so again and again."""

    count: int = Field(ge=1, le=1000)
    """How many of them."""
    within: SpanField
    """In what time."""
    action: Action = "suppress"
    """No more mail, or a record only."""

    def reached(self, times: Sequence[datetime]) -> bool:
        """Whether any ``count`` of the soft bounces at these times lie ``within`` each other."""
        ordered = sorted(times)
        return any(
            last - first <= self.within.length
            for first, last in zip(ordered, ordered[self.count - 1 :], strict=False)
        )


class ConsentPolicy(PolicyFile):
    """What leads can choose, how much mail they get, and what ends it."""

    policy: Literal["consent"]
    topics: dict[Name, Annotated[dict[Language, TopicWords], AfterValidator(_has_english)]] = Field(
        default_factory=dict
    )
    """Topic of a cadence → language (ISO 639) → its words; those in English (``en``) are read by
    leads whose language is missing."""
    senders: dict[Name, Name] = Field(default_factory=dict)
    """Topic → whom its mails are from: `owner`, who owns the lead; `brand`, the company's own
    sender (`EMAIL_FROM`); or the code of somebody of the team policy. Unless it stands here, mail
    after a call (`sales`) is the owner's, as mail about a meeting always is, and any other the
    brand's."""
    caps: tuple[CapField, ...] = (FrequencyCap(2, "day"), FrequencyCap(4, "week"))
    """How much of marketing's mail a lead gets; a mail over a cap waits."""
    hard_bounce: Action = "suppress"
    """What follows when an address does not exist."""
    complaint: Action = "suppress"
    """What follows when a lead calls a mail spam."""
    soft_bounces: SoftBounces = SoftBounces(count=3, within=Span(14, "day"))
    """What follows when mail comes back for now, again and again."""

    def suppresses(self, trouble: Trouble) -> bool:
        """Whether this trouble with an address ends mail to it."""
        actions = {
            "hard_bounce": self.hard_bounce,
            "complaint": self.complaint,
            "soft_bounce": self.soft_bounces.action,
        }
        return actions[trouble] == "suppress"

    def sender_of(self, topic: str) -> str:
        """Whom mails of the topic are from ('': about a meeting): ``owner``, ``brand`` or a
        code."""
        usual = OWNER if topic in ("", SALES_TOPIC) else BRAND
        return self.senders.get(topic, usual)

    @model_validator(mode="after")
    def _senders_of_topics(self) -> ConsentPolicy:
        for topic in self.senders:
            if problem := self.topic_problem(topic):
                raise mistake(problem, ("senders", topic))
        return self

    def topic_problem(self, topic: str) -> str:
        """A sentence when leads could not choose this topic, else ''."""
        if topic in self.topics:
            return ""
        advice = did_you_mean(topic, self.topics)
        return f"the consent policy does not name the topic '{topic}'.{advice}"

    def words_of_topics(self, language: str) -> dict[str, TopicWords]:
        """Topic → its words in the language (BCP 47), in English where that is missing; by name:
        a published policy has lost the order of the file."""
        primary = language.partition("-")[0]
        words = {code: known.get(primary, known["en"]) for code, known in self.topics.items()}
        return dict(sorted(words.items(), key=lambda topic: topic[1].name))


DEFAULT = ConsentPolicy(policy="consent")
"""What holds until a consent policy is published."""

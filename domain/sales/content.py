"""Content that fits a stage (``cadences/content.yaml``): what to send a lead handed over, and what
to say to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, field_validator, model_validator

from domain.authoring.yaml_messages import did_you_mean
from domain.cadences.cadence import Name
from domain.contracts.journey import Stage
from domain.contracts.tasks import TaskKind
from domain.meetings.report_fields import is_web_address
from domain.rules.condition_budget import MOST_CONDITIONS, too_costly_together
from domain.rules.conditions import Condition, checked_condition, compile_condition
from domain.rules.facts import LEAD_FACTS, LEAD_VALUES, FactSet, prepared
from domain.rules.policy import Policy, PolicyFile, mistake
from domain.sales.talk_tracks import (
    FALLBACK_LANGUAGE,
    MOST_TRACKS,
    Snippet,
    TalkTrack,
    language_of,
)

CONTENT_FACTS = FactSet({"lead": LEAD_FACTS}, sample='lead.country == "KR"', values=LEAD_VALUES)
"""What the condition of an item reads."""


def _checked_url(value: str) -> str:
    if not is_web_address(value, "http", "https"):
        raise mistake(
            f"'{value[:60]}' is no address. Write it whole, such as https://example.com/guide"
        )
    return value


class ContentItem(Policy):
    """One piece of content and whom it suits."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, validate_by_name=True, serialize_by_alias=True
    )

    title: str = Field(min_length=1)
    """What people read."""
    url: Annotated[str, AfterValidator(_checked_url)]
    """Its whole web address."""
    stages: tuple[Stage, ...] = Field(min_length=1)
    """The stages of the leads that it is for."""
    languages: tuple[Annotated[str, Field(pattern="^[a-z]{2,3}$")], ...] = (FALLBACK_LANGUAGE,)
    """Codes of the languages there are of it (ISO 639)."""
    condition: Annotated[str, checked_condition(CONTENT_FACTS)] | None = Field(
        default=None, alias="if"
    )
    """A condition over ``lead.*``; without one it suits every lead in these stages."""

    @cached_property
    def compiled(self) -> Condition | None:
        """The condition ready to use, None for an item that suits everybody."""
        return None if self.condition is None else compile_condition(self.condition, CONTENT_FACTS)

    def suits(self, lead: Mapping[str, Any], now: datetime) -> bool:
        """Whether it is for a lead with these fields at ``now`` (journey time, UTC), its language
        aside."""
        if lead["stage"] not in self.stages:
            return False
        return self.compiled is None or self.compiled.holds(prepared({"lead": dict(lead)}, now))


class ContentPolicy(PolicyFile):
    """What sales sends, says and pastes, the best first."""

    policy: Literal["content"]
    items: list[ContentItem] = Field(max_length=MOST_CONDITIONS)
    """What there is to send."""
    personas: dict[Name, Annotated[str, checked_condition(CONTENT_FACTS)]] = Field(
        default_factory=dict, max_length=MOST_CONDITIONS
    )
    """Name of a sort of people → a condition over ``lead.*`` that says who is one."""
    talk_tracks: list[TalkTrack] = Field(default_factory=list, max_length=MOST_TRACKS)
    """What to say in calls; the first that suits a lead is shown."""
    snippets: list[Snippet] = Field(default_factory=list, max_length=MOST_TRACKS)
    """Texts to paste into mails and notes."""

    @field_validator("items")
    @classmethod
    def _answered_in_time(cls, items: list[ContentItem]) -> list[ContentItem]:
        if costly := too_costly_together(item.condition for item in items):
            raise mistake(costly)
        return items

    @field_validator("personas")
    @classmethod
    def _judged_in_time(cls, personas: dict[str, str]) -> dict[str, str]:
        if costly := too_costly_together(personas.values()):
            raise mistake(costly)
        return personas

    @model_validator(mode="after")
    def _known_personas(self) -> ContentPolicy:
        for key in ("talk_tracks", "snippets"):
            for position, one in enumerate(getattr(self, key)):
                if one.persona and one.persona not in self.personas:
                    advice = did_you_mean(one.persona, list(self.personas))
                    raise mistake(
                        f"there is no persona '{one.persona}'.{advice} Write it under 'personas:'",
                        (key, position, "persona"),
                    )
        return self

    @cached_property
    def compiled_personas(self) -> dict[str, Condition]:
        """Name of a persona → its condition, ready to use."""
        return {
            name: compile_condition(condition, CONTENT_FACTS)
            for name, condition in self.personas.items()
        }

    def talk_track(
        self, lead: Mapping[str, Any], kind: TaskKind, now: datetime
    ) -> tuple[TalkTrack, str] | None:
        """What to say to a lead with these fields in a task of a kind, and in which language: its
        own where there is anything, else English; None where nobody wrote anything. ``now`` is
        journey time, UTC."""
        tracks = (one for one in self.talk_tracks if kind in one.tasks)
        fitting = [one for one in tracks if self._suits(one, lead, now)]
        told = [(one, language_of(one.say, lead["language"])) for one in fitting]
        own = [one for one in told if one[1] == lead["language"]]
        return next((one for one in own or told if one[1]), None)

    def snippets_for(self, lead: Mapping[str, Any], now: datetime) -> list[tuple[str, str]]:
        """Names and texts of the snippets that suit a lead with these fields at ``now`` (journey
        time, UTC), in its own language, else in English."""
        fitting = [one for one in self.snippets if self._suits(one, lead, now)]
        told = [(one, language_of(one.text, lead["language"])) for one in fitting]
        return [(one.name, one.text[language]) for one, language in told if language]

    def _suits(self, one: TalkTrack | Snippet, lead: Mapping[str, Any], now: datetime) -> bool:
        if lead["stage"] not in one.stages:
            return False
        facts = prepared({"lead": dict(lead)}, now)
        return not one.persona or self.compiled_personas[one.persona].holds(facts)

    def recommended(
        self, lead: Mapping[str, Any], now: datetime, seen: Iterable[str] = (), at_most: int = 5
    ) -> list[ContentItem]:
        """What suits a lead with these fields (``stage`` and ``language`` among them), in its own
        language where there is anything, else in English; what it has ``seen`` (addresses) is
        left out. ``now`` is journey time, UTC."""
        known = set(seen)
        fitting = [one for one in self.items if one.url not in known and one.suits(lead, now)]
        own = [one for one in fitting if lead["language"] in one.languages]
        other = [one for one in fitting if FALLBACK_LANGUAGE in one.languages]
        return (own or other)[:at_most]

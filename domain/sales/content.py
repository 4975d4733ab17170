"""Content that fits a stage (``cadences/content.yaml``): what to send a lead handed over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, field_validator

from domain.contracts.journey import Stage
from domain.meetings.report_fields import is_web_address
from domain.rules.condition_budget import MOST_CONDITIONS, too_costly_together
from domain.rules.conditions import Condition, checked_condition, compile_condition
from domain.rules.facts import LEAD_FACTS, LEAD_VALUES, FactSet
from domain.rules.policy import Policy, PolicyFile, mistake

CONTENT_FACTS = FactSet({"lead": LEAD_FACTS}, sample='lead.country == "KR"', values=LEAD_VALUES)
"""What the condition of an item reads."""
FALLBACK_LANGUAGE = "en"


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

    def suits(self, lead: Mapping[str, Any]) -> bool:
        """Whether it is for a lead with these fields, its language aside."""
        if lead["stage"] not in self.stages:
            return False
        return self.compiled is None or self.compiled.holds({"lead": dict(lead)})


class ContentPolicy(PolicyFile):
    """All there is to send, the best first."""

    policy: Literal["content"]
    items: list[ContentItem] = Field(max_length=MOST_CONDITIONS)
    """What there is."""

    @field_validator("items")
    @classmethod
    def _answered_in_time(cls, items: list[ContentItem]) -> list[ContentItem]:
        if costly := too_costly_together(item.condition for item in items):
            raise mistake(costly)
        return items

    def recommended(
        self, lead: Mapping[str, Any], seen: Iterable[str] = (), at_most: int = 5
    ) -> list[ContentItem]:
        """What suits a lead with these fields (``stage`` and ``language`` among them), in its own
        language where there is anything, else in English; what it has ``seen`` (addresses) is
        left out."""
        known = set(seen)
        fitting = [one for one in self.items if one.url not in known and one.suits(lead)]
        own = [one for one in fitting if lead["language"] in one.languages]
        other = [one for one in fitting if FALLBACK_LANGUAGE in one.languages]
        return (own or other)[:at_most]

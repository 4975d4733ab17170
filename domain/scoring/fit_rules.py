"""Rules of fit: what traits of a lead and its account are worth, in points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_validator,
)

from domain.rules.conditions import (
    Condition,
    checked_condition,
    compile_condition,
    compile_number,
)
from domain.rules.facts import LEAD_FACTS, LEAD_VALUES, Facts, FactSet
from domain.rules.policy import Policy, mistake

FIT_FACTS = FactSet(
    {"lead": LEAD_FACTS, "account": {"name": "", "domain": "", "attributes": {}}},
    sample='lead.country == "KR"',
    values=LEAD_VALUES,
)
"""What the conditions of fit rules and of routing read."""


def _checked_rule_name(value: str) -> str:
    if not value.strip() or len(value) > 80:
        raise mistake("a rule needs a name of 1 to 80 characters, such as 'looked at prices'")
    return value.strip()


RuleName = Annotated[str, AfterValidator(_checked_rule_name)]
Points = Annotated[int, Field(strict=True, ge=-1000, le=1000)]
Given = tuple[str, int]
"""The name of what fits, and its points."""


class _FitRule(Policy):
    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    rule: RuleName
    """Its name, at most 80 characters, once in the file."""
    off: bool = False
    """Whether it is switched off: it stays in the file, and is passed over."""


class TraitRule(_FitRule):
    """What one trait is worth."""

    condition: Annotated[str, checked_condition(FIT_FACTS)] = Field(alias="if")
    """A condition over ``lead.*`` and ``account.*``."""
    points: Points
    """What it adds where it holds."""

    @cached_property
    def compiled(self) -> Condition:
        """The condition ready to use."""
        return compile_condition(self.condition, FIT_FACTS)

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What it asks."""
        return (self.compiled,)

    def given(self, facts: Facts) -> tuple[Given | None, str]:
        """What it gives, None for nothing; and why it could not be answered, '' if it was."""
        verdict = self.compiled.verdict(facts)
        return ((self.rule, self.points) if verdict.holds else None), verdict.reason


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


class BandRule(_FitRule):
    """What a number is worth, by the band it falls in."""

    value: Annotated[
        tuple[Annotated[str, checked_condition(FIT_FACTS, number=True)], ...],
        BeforeValidator(_as_list),
        Field(min_length=1, max_length=20),
    ]
    """An expression that gives a number, or a list of them: the first that can be answered
    counts."""
    bands: Annotated[dict[float, Points], Field(min_length=1, max_length=50)]
    """Number → the points from there on; below the lowest there are none."""

    @cached_property
    def conditions(self) -> tuple[Condition, ...]:
        """What it asks."""
        return tuple(compile_number(one, FIT_FACTS) for one in self.value)

    @cached_property
    def _descending(self) -> tuple[tuple[float, int], ...]:
        return tuple(sorted(self.bands.items(), reverse=True))

    def given(self, facts: Facts) -> tuple[Given | None, str]:
        """What it gives, None for nothing; and why it could not be answered, '' if it was."""
        unread, missing = "", ""
        for one, only in self._asked:
            if only and only[1] not in facts.attributes(only[0]):
                # Most columns of a list of names are not there; asking each would be felt.
                missing = missing or only[1]
                continue
            number, reason = one.number(facts)
            if number is not None:
                band = next((band for band in self._descending if number >= band[0]), None)
                return (band and (self.rule, band[1])), ""
            # What is there and can't be read tells more than that something is not there.
            unread = facts.unread or unread or reason
        return None, unread or f"{missing!r} is not known of this lead"

    @cached_property
    def _asked(self) -> tuple[tuple[Condition, tuple[str, str] | None], ...]:
        return tuple((one, one.only_number_of) for one in self.conditions)


class FirstOf(Policy):
    """Rules of which the first that fits counts."""

    first: Annotated[tuple[OneRule, ...], Field(min_length=1, max_length=100)]
    """The rules, in the order in which they are tried."""

    @field_validator("first", mode="before")
    @classmethod
    def _no_empty_list(cls, value: Any) -> Any:
        if not isinstance(value, list | tuple) or not value:
            raise mistake("write a list of rules here, of which the first that fits counts")
        return value


def _kind(value: Any) -> str:
    keys = value if isinstance(value, Mapping) else vars(value) if isinstance(value, Policy) else {}
    if "first" in keys:
        return "first"
    return "bands" if "bands" in keys or "value" in keys else "trait"


OneRule = Annotated[
    Annotated[TraitRule, Tag("trait")] | Annotated[BandRule, Tag("bands")], Discriminator(_kind)
]
FitRule = Annotated[
    Annotated[TraitRule, Tag("trait")]
    | Annotated[BandRule, Tag("bands")]
    | Annotated[FirstOf, Tag("first")],
    Discriminator(_kind),
]
FirstOf.model_rebuild()


def each_rule(
    rules: tuple[TraitRule | BandRule | FirstOf, ...],
) -> Iterator[tuple[tuple[str | int, ...], TraitRule | BandRule]]:
    """Every rule with its place in the list, those of which the first counts among them."""
    for position, rule in enumerate(rules):
        if isinstance(rule, FirstOf):
            yield from (((position, "first", at), one) for at, one in enumerate(rule.first))
        else:
            yield (position,), rule

"""Segments as they are written (``cadences/segments.yaml``)."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, field_validator

from domain.cadences.cadence import Name
from domain.rules.condition_budget import MOST_CONDITIONS, too_costly_together
from domain.rules.conditions import Condition, checked_condition, compile_condition
from domain.rules.policy import Policy, PolicyFile, first_double, mistake
from domain.rules.segment_facts import BY_KEY, SEGMENT_FACTS, facts_read, read_whole


def _by_name(source: str) -> str:
    if owner := read_whole(source):
        raise mistake(
            f"say which field of {owner} is meant, and write it without brackets: "
            f"{owner}.{next(iter(SEGMENT_FACTS.example[owner]))}"
        )
    for read in facts_read(source):
        if read.path in BY_KEY and read.is_whole_map:
            raise mistake(
                f'{read.path} is asked for one by one: write {read.path}["…"] with the name '
                "between the quotation marks"
            )
    return source


SegmentCondition = Annotated[
    str, checked_condition(SEGMENT_FACTS), AfterValidator(_by_name), Field(max_length=2000)
]
"""A condition over ``SEGMENT_FACTS``."""


class Segment(Policy):
    """Leads that have something in common."""

    name: Name
    """By which cadences, programs and addresses know it. Another name is another segment."""
    title: str = Field(min_length=1, max_length=80)
    """What people read."""
    description: str = Field(default="", max_length=400)
    """Who is meant, and what for."""
    when: SegmentCondition
    """A condition over what is known of a lead now. A lead of whom it can't be answered, because
    something that it asks for is not known, is no member."""

    @cached_property
    def compiled(self) -> Condition:
        """The condition ready to use."""
        return compile_condition(self.when, SEGMENT_FACTS)


class SegmentsPolicy(PolicyFile):
    """Leads that have something in common, by name: who is a member is kept up to date by what
    happens."""

    policy: Literal["segments"]
    segments: tuple[Segment, ...] = Field(max_length=MOST_CONDITIONS)
    """In the order in which they are listed."""

    @field_validator("segments")
    @classmethod
    def _each_once_and_in_time(cls, segments: tuple[Segment, ...]) -> tuple[Segment, ...]:
        if double := first_double(one.name for one in segments):
            position, name = double
            raise mistake(f"there is a segment '{name}' already", (position, "name"))
        if costly := too_costly_together(one.when for one in segments):
            raise mistake(costly)
        return segments

    def find(self, name: str) -> Segment | None:
        """The segment of this name, or None."""
        return next((one for one in self.segments if one.name == name), None)

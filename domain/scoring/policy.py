"""The scoring policy (``cadences/scoring.yaml``): rules of interest and fit, and their meaning."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cached_property, lru_cache, partial
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    field_validator,
    model_serializer,
)

from domain.authoring.kinds import kind
from domain.authoring.yaml_messages import did_you_mean
from domain.rules.condition_budget import MOST_CONDITIONS, too_costly_together
from domain.rules.conditions import Condition, checked_condition, compile_condition
from domain.rules.event_facts import EVENT_FACTS, KINDS
from domain.rules.facts import prepared
from domain.rules.policy import Path, Policy, PolicyFile, first_double, mistake
from domain.scoring.fit_rules import FitRule, Points, RuleName, each_rule
from domain.time.span import SPAN_KIND, Span, SpanField, parse_span

Meaning = Literal["known", "engaged", "mql", "hot"]
MEANINGS: tuple[Meaning, ...] = get_args(Meaning)
"""What a lead's grade means, from the least to the most."""

Letter = Literal["A", "B", "C", "D"]
LETTERS: tuple[Letter, ...] = get_args(Letter)
LEVELS = (1, 2, 3, 4)
"""Interest levels, 1 being the most interested."""

Period = Literal["day", "week", "month"]
PERIODS: tuple[Period, ...] = get_args(Period)
_CAP = re.compile(r"(\d{1,4})\s+per\s+(\w+)")
_LONGEST_HALF_LIFE_YEARS = 100


@dataclass(frozen=True)
class EventCap:
    """How many events of a rule count within one calendar period (UTC; weeks begin Monday)."""

    times: int
    per: Period

    def __str__(self) -> str:
        return f"{self.times} per {self.per}"


def _parse_cap(value: Any) -> Any:
    if isinstance(value, EventCap):
        return value
    match = _CAP.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise mistake(
            f"'{value}' is no limit. Write a number and a period, such as 3 per day, 2 per week "
            "or 1 per month"
        )
    period = next((period for period in PERIODS if period == match[2]), None)
    if period is None:
        raise mistake(f"unknown period '{match[2]}'.{did_you_mean(match[2], PERIODS)}")
    if int(match[1]) == 0:
        raise mistake("a rule that counts 0 times never counts. Delete it, or give it 0 points")
    return EventCap(int(match[1]), period)


def _parse_kinds(value: Any) -> Any:
    kinds = [value] if isinstance(value, str) else value
    if not isinstance(kinds, list | tuple):
        raise mistake(f"this must be a kind of event or a list of them, of {', '.join(KINDS)}")
    if not kinds:
        raise mistake("this is empty. Write at least one kind of event, such as click")
    for position, name in enumerate(kinds):
        if name not in KINDS:
            path = () if isinstance(value, str) else (position,)
            advice = did_you_mean(str(name), KINDS)
            raise mistake(f"unknown kind of event '{name}'.{advice}", path)
    return tuple(dict.fromkeys(kinds))


Floor = Annotated[int, Field(strict=True, ge=-1_000_000, le=1_000_000)]
HalfLife = Annotated[
    Span,
    BeforeValidator(partial(parse_span, most_years=_LONGEST_HALF_LIFE_YEARS)),
    PlainSerializer(str, return_type=str),
    SPAN_KIND,
]
CapField = Annotated[
    EventCap,
    BeforeValidator(_parse_cap),
    PlainSerializer(str, return_type=str),
    kind(
        "limit",
        "A number, `per`, and `day`, `week` or `month`: those of the calendar, in UTC; weeks begin "
        "on Monday.",
        "3 per day",
        "2 per week",
    ),
]
KindsField = Annotated[
    tuple[str, ...],
    BeforeValidator(_parse_kinds),
    kind(
        "kinds of event",
        f"One of {', '.join(f'`{name}`' for name in KINDS)}, or a list of them.",
        "click",
        ["page", "screen"],
    ),
]


class InterestRule(Policy):
    """What one kind of event is worth, in points."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    rule: RuleName
    """Its name, at most 80 characters, once in the file."""
    on: KindsField
    """What it is about."""
    condition: Annotated[str, checked_condition(EVENT_FACTS)] | None = Field(
        default=None, alias="if"
    )
    """A condition over ``event.*``; without one the rule fits every event of its kinds."""
    points: Points
    """What an event adds to the interest."""
    at_most: CapField | None = None
    """How many events count; those that come later in the period add nothing."""
    off: bool = False
    """Whether it is switched off: it stays in the file, and is passed over."""

    @field_validator("condition", "at_most", mode="before")
    @classmethod
    def _not_left_empty(cls, value: Any) -> Any:
        if value is None:
            raise mistake("there is nothing after the colon. Write a value or delete the key")
        return value

    @model_serializer(mode="wrap")
    def _without_what_is_not_there(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        dumped = dump(self).items()
        return {key: value for key, value in dumped if value is not None and value is not False}

    @cached_property
    def compiled(self) -> Condition | None:
        """The condition ready to use, None for a rule that always fits."""
        return (
            compile_condition(self.condition, EVENT_FACTS) if self.condition is not None else None
        )


class ScoringPolicy(PolicyFile):
    """What leads do and who they are in points, and what both mean together."""

    policy: Literal["scoring"]
    half_life: HalfLife
    """After this long, at most 100 years, the points of an event are worth half."""
    interest: tuple[InterestRule, ...] = Field(min_length=1, max_length=MOST_CONDITIONS)
    """The first rule that fits an event gives its points."""
    levels: dict[int, Floor]
    """Interest level 1, 2, 3 → the score from which it holds; below the last it is 4."""
    fit: tuple[FitRule, ...] = Field(default=(), max_length=MOST_CONDITIONS)
    """Every rule that fits a lead adds its points; of some the first."""
    letters: dict[Letter, Floor]
    """Fit letter A, B, C → the fit points from which it holds; below the last it is D."""
    matrix: dict[Letter, tuple[Meaning, Meaning, Meaning, Meaning]]
    """Fit letter → what interest 1, 2, 3 and 4 mean with it."""
    hot_within: SpanField
    """An event this fresh, of a lead whose grade means hot, raises an alert."""
    backlog_per_hour: int = Field(default=30, ge=1, le=10_000)
    """How many leads an hour go to sales of those whom new rules, or what a file says of them,
    have made ready."""

    @field_validator("interest")
    @classmethod
    def _names_once(cls, rules: tuple[InterestRule, ...]) -> tuple[InterestRule, ...]:
        _check_names([((position,), rule.rule) for position, rule in enumerate(rules)])
        if costly := too_costly_together(rule.condition for rule in rules):
            raise mistake(costly)
        return rules

    @field_validator("fit")
    @classmethod
    def _fit_names_once(cls, rules: tuple[FitRule, ...]) -> tuple[FitRule, ...]:
        each = list(each_rule(rules))
        _check_names([(place, rule.rule) for place, rule in each])
        asked = [one.source for _, rule in each for one in rule.conditions]
        if costly := too_costly_together(asked):
            raise mistake(costly)
        if len(asked) > MOST_CONDITIONS:
            raise mistake(f"there are more than {MOST_CONDITIONS} conditions. Put some together")
        return rules

    @field_validator("interest")
    @classmethod
    def _every_rule_is_reached(cls, rules: tuple[InterestRule, ...]) -> tuple[InterestRule, ...]:
        taken: dict[str, str] = {}
        for position, rule in enumerate(rules):
            if rule.off:
                continue
            if all(kind in taken for kind in rule.on):
                earlier = taken[rule.on[0]]
                raise mistake(
                    f"no event ever reaches this rule: '{earlier}' above takes every "
                    f"{rule.on[0]}. Move this rule above it, or give that one an 'if'",
                    (position, "rule"),
                )
            if rule.condition is None:
                taken = dict.fromkeys(rule.on, rule.rule) | taken
        return rules

    @field_validator("levels", mode="before")
    @classmethod
    def _three_levels(cls, value: Any) -> Any:
        return _exactly(value, ("1", "2", "3"), "level")

    @field_validator("levels")
    @classmethod
    def _levels_descend(cls, levels: dict[int, int]) -> dict[int, int]:
        _descending({str(level): levels[level] for level in sorted(levels)}, "level")
        if levels[3] < 1:
            raise mistake("level 3 must begin at 1 point or more, else no lead is in 4", ("3",))
        return levels

    @field_validator("letters", mode="before")
    @classmethod
    def _three_letters(cls, value: Any) -> Any:
        return _exactly(value, ("A", "B", "C"), "letter")

    @field_validator("letters")
    @classmethod
    def _letters_descend(cls, letters: dict[Letter, int]) -> dict[Letter, int]:
        _descending(dict(sorted(letters.items())), "letter")
        return letters

    @field_validator("matrix", mode="before")
    @classmethod
    def _four_rows_of_four(cls, value: Any) -> Any:
        rows = _exactly(value, LETTERS, "row")
        for letter, row in rows.items() if isinstance(rows, dict) else ():
            if not isinstance(row, list | tuple) or len(row) != len(LEVELS):
                raise mistake(
                    "a row has four cells, for interest 1, 2, 3 and 4. Write them as "
                    "[hot, mql, engaged, known]",
                    (letter,),
                )
        return rows

    @field_validator("matrix")
    @classmethod
    def _more_never_means_less(
        cls, matrix: dict[Letter, tuple[Meaning, ...]]
    ) -> dict[Letter, tuple[Meaning, ...]]:
        for letter in LETTERS:
            row = matrix[letter]
            for at in range(1, len(row)):
                if _rank(row[at]) > _rank(row[at - 1]):
                    raise mistake(
                        f"interest {at + 1} means {row[at]} here, more than interest {at} with "
                        f"{row[at - 1]}. A row may only fall from left to right",
                        (letter, at),
                    )
        for better, letter in itertools.pairwise(LETTERS):
            for at, (above, below) in enumerate(zip(matrix[better], matrix[letter], strict=True)):
                if _rank(below) > _rank(above):
                    raise mistake(
                        f"the row {letter} means {below} here, more than {better} with {above}. "
                        "A column may only fall from A to D",
                        (letter, at),
                    )
        return matrix

    @cached_property
    def fit_conditions(self) -> Mapping[str, tuple[Condition, ...]]:
        """Name of a fit rule → what it asks, in the order of the rules."""
        return {rule.rule: rule.conditions for _, rule in each_rule(self.fit) if not rule.off}

    @cached_property
    def rules_by_kind(self) -> Mapping[str, tuple[InterestRule, ...]]:
        """Kind of event → its interest rules, in the order in which they are tried."""
        tried = [rule for rule in self.interest if not rule.off]
        return {kind: tuple(rule for rule in tried if kind in rule.on) for kind in KINDS}

    @cached_property
    def fields_by_kind(self) -> Mapping[str, tuple[str, ...]]:
        """Kind of event → the fields of an event that its rules may read."""
        return {
            kind: tuple(
                name
                for name in EVENT_FACTS.example["event"]
                if any(name in (rule.condition or "") for rule in rules)
            )
            for kind, rules in self.rules_by_kind.items()
        }

    def rule_of(self, kind: str, said: tuple[Any, ...], today: date) -> InterestRule | None:
        """The first rule that fits an event of this kind; a condition that can't be answered does
        not fit.

        Args:
            said: of the event, what :attr:`fields_by_kind` names, in that order.
            today: the day (UTC) from which conditions count days.
        """
        facts = None
        for rule in self.rules_by_kind.get(kind, ()):
            if rule.compiled is None:
                return rule
            if facts is None:
                event = dict(zip(self.fields_by_kind[kind], said, strict=True))
                facts = prepared({"event": event}, datetime.combine(today, time(), UTC))
            if rule.compiled.holds(facts):
                return rule
        return None

    @cached_property
    def remembered_rule_of(self) -> Callable[[str, tuple[Any, ...], date], InterestRule | None]:
        """As :meth:`rule_of`, for what can be hashed: most events say what others said before."""
        return lru_cache(maxsize=4096)(self.rule_of)

    @cached_property
    def caps(self) -> Mapping[str, EventCap]:
        """Name of an interest rule → its cap, for those that have one."""
        return {rule.rule: rule.at_most for rule in self.interest if rule.at_most}


def _rank(meaning: Meaning) -> int:
    return MEANINGS.index(meaning)


def _check_names(names: Sequence[tuple[Path, str]]) -> None:
    if double := first_double(name for _, name in names):
        position, name = double
        raise mistake(
            f"there is a rule '{name}' above already. Choose another name",
            (*names[position][0], "rule"),
        )


def _exactly(value: Any, wanted: Sequence[str], word: str) -> Any:
    """Refuse a mapping that lacks one of the wanted keys, or has another."""
    if not isinstance(value, dict):
        return value
    given = {str(key): content for key, content in value.items()}
    for key in given:
        if key not in wanted:
            raise mistake(f"unknown {word} '{key}'. Use {', '.join(wanted)}", (key,))
    for key in wanted:
        if key not in given:
            raise mistake(f"the {word} {key} is missing. Write {', '.join(wanted)}")
    return given


def _descending(floors: Mapping[str, int], word: str) -> None:
    for (better, higher), (worse, lower) in itertools.pairwise(floors.items()):
        if lower >= higher:
            raise mistake(
                f"{word} {worse} begins at {lower} points, which is not below {word} {better} "
                f"with {higher}. Write fewer points here, or more there",
                (worse,),
            )

"""Who may enter a cadence, and when: what a cadence says of it, why a lead stays out, and how
entries are spread."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from domain.contracts.journey import ENDED, IN_SALES, Phase
from domain.rules.conditions import checked_condition
from domain.time.span import SpanField

_DAY, _HOUR = timedelta(days=1), timedelta(hours=1)
HIGHEST_PRIORITY = 100


class ReEntryAfter(BaseModel):
    """A lead may enter again some time after it began the last time."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    after: SpanField
    """How long after."""


def _checked_re_entry(value: Any) -> Any:
    if value in ("never", "each cycle") or isinstance(value, dict | ReEntryAfter):
        return value
    raise PydanticCustomError(
        "re_entry",
        "'{value}' says not when a lead may enter again. Write never, each cycle, or "
        "after: and a span, such as after: 90 days",
        {"value": str(value)[:60]},
    )


class EntryRules(BaseModel):
    """Who may enter the cadence, by hand or by ``enter_when``, and how fast."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    re_entry: (
        Annotated[Literal["never", "each cycle"] | ReEntryAfter, BeforeValidator(_checked_re_entry)]
        | None
    ) = None
    """Whether a lead that was in the cadence may enter it again: ``never``, once in ``each cycle``,
    or some time ``after`` it began; at any time when nothing is said."""
    exclude: Annotated[str, checked_condition()] | None = None
    """A condition over the facts that branches read; leads for which it holds stay out."""
    daily_cap: int | None = Field(default=None, ge=1, le=1_000_000)
    """How many leads enter in a day (UTC), whichever way they come; those by hand, by
    ``enter_when``, by forms and by confirming wait for the next day."""
    priority: int = Field(default=0, ge=0, le=HIGHEST_PRIORITY)
    """A lead in a cadence with a lower priority is taken over between two steps, one in a cadence
    with a higher one stays there."""


NO_RULES = EntryRules()


class WhyNot(StrEnum):
    """Why a lead does not enter. The first that holds is the one that is told."""

    GONE = "gone"
    """There is no such lead."""
    WITH_SALES = "with_sales"
    OPPORTUNITY_OPEN = "opportunity_open"
    CUSTOMER = "customer"
    CLOSED = "closed"
    """Its journey has ended."""
    NO_ADDRESS = "no_address"
    DO_NOT_MARKET = "do_not_market"
    SUPPRESSED = "suppressed"
    UNCONFIRMED = "unconfirmed"
    """Nobody has confirmed the address that a browser brought."""
    TOPIC_REFUSED = "topic_refused"
    STARTING = "starting"
    """Its journey begins this moment."""
    IN_RUN = "in_run"
    """It is about to be enrolled by another run."""
    ALREADY_IN = "already_in"
    BETTER_CADENCE = "better_cadence"
    OTHER_CADENCE = "other_cadence"
    RE_ENTRY = "re_entry"
    EXCLUDED = "excluded"
    ARCHIVED = "archived"
    """The cadence is, since the run began."""
    TOO_LATE = "too_late"
    """What has it enter happened days before anybody could look at it."""
    READY = "ready"
    """Its score is that of a lead for sales."""


@dataclass(frozen=True, kw_only=True)
class EntryStanding:
    """What decides whether a lead enters. Times are journey time, UTC.

    Attributes:
        cadence: the cadence that it is in, '' for none, and its ``priority``.
        last_began: when it began the wanted cadence the last time, and in which cycle.
        ready: whether its score is that of a lead for sales.
        undone: whether its journey ended only because its enrollment was undone.
    """

    phase: str
    cycle: int
    has_address: bool
    undone: bool = False
    opportunity_open: bool = False
    do_not_market: bool = False
    suppressed: bool = False
    unconfirmed: bool = False
    topic_refused: bool = False
    starting: bool = False
    in_run: bool = False
    cadence: str = ""
    priority: int = 0
    last_began: datetime | None = None
    last_cycle: int = 0
    ready: bool = False

    @property
    def next_cycle(self) -> int:
        """The cycle in which it would be in the cadence."""
        return self.cycle + (self.phase in (Phase.RECYCLE, ENDED))


def why_not(
    lead: EntryStanding, cadence: str, rules: EntryRules, now: datetime, *, replace: bool
) -> WhyNot | None:
    """Why a lead may not enter ``cadence``; None when it may, as far as its ``exclude`` condition,
    which is not looked at here, allows.

    Args:
        now: journey time, UTC.
        replace: whether leads may be taken out of another cadence of no higher priority.
    """
    checks = (
        (lead.phase in IN_SALES and not lead.opportunity_open, WhyNot.WITH_SALES),
        (lead.phase in IN_SALES or lead.opportunity_open, WhyNot.OPPORTUNITY_OPEN),
        (lead.phase == Phase.CUSTOMER, WhyNot.CUSTOMER),
        (lead.phase == ENDED and not lead.undone, WhyNot.CLOSED),
        (not lead.has_address, WhyNot.NO_ADDRESS),
        (lead.do_not_market, WhyNot.DO_NOT_MARKET),
        (lead.suppressed, WhyNot.SUPPRESSED),
        (lead.unconfirmed, WhyNot.UNCONFIRMED),
        (lead.topic_refused, WhyNot.TOPIC_REFUSED),
        (lead.starting, WhyNot.STARTING),
        (lead.in_run, WhyNot.IN_RUN),
        (lead.cadence == cadence, WhyNot.ALREADY_IN),
        (bool(lead.cadence) and lead.priority > rules.priority, WhyNot.BETTER_CADENCE),
        (
            bool(lead.cadence) and lead.priority == rules.priority and not replace,
            WhyNot.OTHER_CADENCE,
        ),
        (not _may_enter_again(lead, rules, now), WhyNot.RE_ENTRY),
        (lead.ready, WhyNot.READY),
    )
    return next((why for holds, why in checks if holds), None)


def _may_enter_again(lead: EntryStanding, rules: EntryRules, now: datetime) -> bool:
    if lead.last_began is None or rules.re_entry is None:
        return True
    if isinstance(rules.re_entry, ReEntryAfter):
        return lead.last_began + rules.re_entry.after.length <= now
    return rules.re_entry == "each cycle" and lead.last_cycle < lead.next_cycle


@dataclass(frozen=True)
class EntryPace:
    """How many leads enter in an hour or a day; None in both: all at once."""

    per_hour: int | None = None
    per_day: int | None = None

    @property
    def gap(self) -> timedelta:
        """The time between two leads."""
        if self.per_hour:
            return _HOUR / self.per_hour
        return _DAY / self.per_day if self.per_day else timedelta()


def entries(
    begins: datetime, pace: EntryPace, daily_cap: int | None, entered: Mapping[date, int]
) -> Iterator[datetime]:
    """When one lead after the other enters, without end.

    Args:
        begins: of the first, UTC.
        daily_cap: how many may enter in a day (UTC), those that have ``entered`` by another run
            included.
    """
    at, used = begins, dict(entered)
    while True:
        while daily_cap and used.get(at.date(), 0) >= daily_cap:
            at = datetime.combine(at.date() + _DAY, time(), UTC)
        used[at.date()] = used.get(at.date(), 0) + 1
        yield at
        at += pace.gap

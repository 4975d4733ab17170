"""Why something can't be done as it was asked for. Whoever asks, and by whichever door they come,
hears of it by one of these; each door says it once, in its own way: as problem details, as a notice
in the reader's language, or as a sentence on stderr.

::

    Refusal
    ├── Unauthorized            nobody known asks
    ├── Forbidden               whoever asks may not do that
    ├── Missing                 there is no such thing, or not for whoever asks
    │   └── TemplateMissing
    ├── Conflict                understood, but not possible as things stand
    │   ├── CadenceMissing
    │   │   └── CadenceArchived
    │   ├── LeadKnown
    │   ├── MeetingRefused
    │   ├── NoJourney
    │   ├── OpportunityRefused
    │   ├── RecycleRefused
    │   └── TaskOver
    ├── Invalid                 a field holds what it can't hold
    │   └── TaskRefused
    ├── TooMany                 it was asked for as often as may be
    └── Unavailable             a server that is needed is away
        └── TemporalAway

A class stands below those seven only where somebody tells it apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Self


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong in what was sent. ``line`` and ``column`` count from 1, in a text."""

    field: str
    message: str
    line: int | None = None
    column: int | None = None


class Refusal(Exception):
    """Something that can't be done. ``str()`` of it is the sentence: what, where, what to do.

    Args:
        sentence: for people; a :class:`domain.sentences.Sentence` can be told in their language.
        field: what is wrong in what was entered, such as ``at``; '' where it is nothing there.
        mistakes: each of them, where there may be several.
    """

    code = "refused"
    """The same for programs."""
    status = 409
    """How HTTP says it (RFC 9110), in an answer of the API and in the audit record."""

    def __init__(self, sentence: str, field: str = "", mistakes: Sequence[Mistake] = ()) -> None:
        super().__init__(sentence)
        self.field = field
        self.mistakes = list(mistakes)

    def about(self, field: str) -> Self:
        """The same of a field that goes by another name where it was entered."""
        self.field = field
        return self

    def saying(self, sentence: str) -> Self:
        """The same in other words."""
        self.args = (sentence,)
        return self


class Unauthorized(Refusal):
    """Nobody known asks."""

    code, status = "unauthorized", 401


class Forbidden(Refusal):
    """Whoever asks may not do that."""

    code, status = "forbidden", 403


class Missing(Refusal):
    """There is no such thing, or not for whoever asks."""

    code, status = "not_found", 404


class TemplateMissing(Missing):
    """A template that is published in no language that was asked for."""


class Conflict(Refusal):
    """What was asked for is understood, and can't be done as things stand."""


class CadenceMissing(Conflict):
    """A cadence that is not published."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, "cadence")


class CadenceArchived(CadenceMissing):
    """A cadence that nobody enters any more."""


class LeadKnown(Conflict):
    """A lead with this address or phone number is there already. ``lead_id`` is its id, 0 where
    whoever asks may not see it."""

    code = "lead_known"

    def __init__(self, sentence: str, field: str, lead_id: int) -> None:
        super().__init__(sentence, field)
        self.lead_id = lead_id


class MeetingRefused(Conflict):
    """The time of a meeting will not do. ``free`` are the next starts (UTC) that would, where the
    time is taken."""

    def __init__(self, sentence: str, *, free: Sequence[datetime] = ()) -> None:
        super().__init__(sentence, "at")
        self.free = list(free)


class NoJourney(Conflict):
    """The lead has no running journey."""


class OpportunityRefused(Conflict):
    """What the policy has no word for."""


class RecycleRefused(Conflict):
    """What can't be decided about a lead that rests, or does not."""


class TaskOver(Conflict):
    """The task is done, withdrawn, expired, or somebody else's; the sentence says what happened
    instead, who did it and when."""


class Invalid(Refusal):
    """A field holds what it can't hold."""

    code, status = "invalid", 422


class TaskRefused(Invalid):
    """A disposition that lacks something, or has what it can't have. ``field`` is disposition, at,
    reason, learned, competitor or until."""


class TooMany(Refusal):
    """As often as may be was it asked for already. ``again_in`` is the wait in real seconds."""

    status = 429

    def __init__(self, sentence: str, *, again_in: int) -> None:
        super().__init__(sentence)
        self.again_in = again_in


class Unavailable(Refusal):
    """A server that is needed does not answer."""

    code, status = "unavailable", 503


class TemporalAway(Unavailable):
    """Temporal did not answer; the sentence names its status."""

"""What a task asks of a person."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from domain.tasks.wording import Facts
from domain.time.spans import ClockSpan, Duration


@dataclass(frozen=True)
class Work:
    """A task before it is opened: when it is due, what its sentences are made of (``facts``), and
    what marketing wrote of it. ``owner`` is the code of who is to do it; None is whoever owns the
    lead."""

    due: Duration
    deadline: Duration
    facts: Facts = field(default_factory=dict)
    title: str = ""
    instructions: str = ""
    owner: str | None = None


def times(span: ClockSpan, count: int) -> ClockSpan:
    """A span so many times as long."""
    if span.span is None:
        return span
    return replace(span, span=replace(span.span, amount=count * span.span.amount))

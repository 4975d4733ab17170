"""What a task asks of a person."""

from __future__ import annotations

from dataclasses import dataclass, replace

from domain.time.spans import ClockSpan, Duration


@dataclass(frozen=True)
class Work:
    """A task before it is opened. ``owner`` is the code of who is to do it; None is whoever owns
    the lead."""

    title: str
    instructions: str
    due: Duration
    deadline: Duration
    owner: str | None = None


def times(span: ClockSpan, count: int) -> ClockSpan:
    """A span so many times as long."""
    if span.span is None:
        return span
    return replace(span, span=replace(span.span, amount=count * span.span.amount))

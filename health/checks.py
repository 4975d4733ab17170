"""What a check is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from domain.sentences import Sentence, sentence


class State(StrEnum):
    """How a thing stands, the worst last."""

    OK = "ok"
    UNKNOWN = "unknown"
    """It can't be looked at now, because something else is wrong."""
    WARN = "warn"
    """Look at it today."""
    BAD = "bad"
    """Journeys, mails or people wait: look at it now."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: for programs, such as ``relay``; it never changes.
        title: for people.
        said: what there is, in a few words.
        advice: what it means and what to do; '' when all is well.
        figures: for programs.
    """

    name: str
    title: Sentence
    state: State
    said: Sentence | str
    advice: Sentence | str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


def worst(checks: Sequence[Check]) -> State:
    """The worst state of all."""
    order = list(State)
    return max((check.state for check in checks), key=order.index, default=State.OK)


def unknown(name: str, title: Sentence, error: BaseException | None = None) -> Check:
    """A check that could not be made: because of ``error``, or of what another check tells."""
    why = (
        sentence("The question was not answered ({error}).", error=type(error).__name__)
        if error is not None
        else ""
    )
    return Check(name, title, State.UNKNOWN, sentence("can't be looked at"), why)

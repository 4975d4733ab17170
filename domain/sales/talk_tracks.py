"""What sales says, and pastes: talk tracks and snippets, per stage, persona and language
(``cadences/content.yaml``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from domain.contracts.journey import Stage
from domain.contracts.tasks import TaskKind
from domain.email.merge_fields import OWNER_FIELDS, TALK_FIELDS
from domain.email.rendering import RenderError, check_words, render_words
from domain.rules.policy import Policy, mistake

FALLBACK_LANGUAGE = "en"
LONGEST_LINE = 2_000
"""Characters of one text."""
MOST_LINES = 30
MOST_TRACKS = 300

Language = Annotated[str, Field(pattern="^[a-z]{2,3}$")]
_NOBODY = dict.fromkeys(("first_name", "last_name", "title", "company", "country", "language"), "")
_SAMPLES: Sequence[Mapping[str, Any]] = [
    {
        "lead": dict.fromkeys(_NOBODY, "x") | {"attributes": {}},
        "owner": dict.fromkeys(OWNER_FIELDS, "x"),
        "visit": {"what": "x", "when": "x"},
        "mail": {"subject": "x"},
        "times": {"first": "x", "second": "x"},
    },
    {
        "lead": _NOBODY | {"attributes": {}},
        "owner": dict.fromkeys(OWNER_FIELDS, ""),
        "visit": {"what": "", "when": ""},
        "mail": {"subject": ""},
        "times": {"first": "", "second": ""},
    },
]
"""A lead of whom everything is known, and one of whom nothing is."""


def _checked(words: str) -> str:
    if wrong := check_words(words, TALK_FIELDS):
        raise mistake(wrong[0])
    for fields in _SAMPLES:
        try:
            render_words(words, {**fields, "link": str})
        except RenderError as error:
            raise mistake(f"this fails when it is said. {error}") from None
    return words


Words = Annotated[str, Field(min_length=1, max_length=LONGEST_LINE), AfterValidator(_checked)]
"""Plain text with merge fields, in the sandbox and on the budget of a mail."""


class TalkTrack(Policy):
    """What to say to leads of a stage, line by line."""

    name: str = Field(min_length=1, max_length=80)
    """What people read above it."""
    stages: tuple[Stage, ...] = Field(min_length=1)
    """The stages of the leads that it is for."""
    persona: str = ""
    """The name of one of the ``personas``; without one it suits everybody."""
    tasks: tuple[TaskKind, ...] = (TaskKind.CALL,)
    """The kinds of task that it is shown with."""
    say: dict[Language, Annotated[list[Words], Field(min_length=1, max_length=MOST_LINES)]] = Field(
        min_length=1
    )
    """Code of a language (ISO 639) → what to say, line by line. A lead without its own language
    there is spoken to in English."""


class Snippet(Policy):
    """A few sentences to paste into a mail or a note."""

    name: str = Field(min_length=1, max_length=80)
    """What people choose it by."""
    stages: tuple[Stage, ...] = tuple(Stage)
    """The stages of the leads that it is for."""
    persona: str = ""
    """The name of one of the ``personas``; without one it suits everybody."""
    text: dict[Language, Words] = Field(min_length=1)
    """Code of a language (ISO 639) → the text."""


def language_of(written: Mapping[str, Any], language: str) -> str:
    """In which language something is said to a lead of ``language``; '' where it is in none."""
    return next((one for one in (language, FALLBACK_LANGUAGE) if one in written), "")

"""What is asked for a task, and where the browser keeps what is typed."""

from __future__ import annotations

from collections.abc import Sequence

from web.console.words import N_

_BETWEEN = "\n\n"

ASKED = {
    "budget": N_("Budget"),
    "authority": N_("Authority"),
    "need": N_("Need"),
    "timeline": N_("Timeline"),
}
"""What is to be known of an opportunity."""


def answers_in(note: str, questions: Sequence[str]) -> list[str]:
    """What a note that :func:`note_from` made answers to each question."""
    said = dict(part.partition("\n")[::2] for part in note.split(_BETWEEN))
    return [said.get(question, "") for question in questions]


def note_from(questions: Sequence[str], answers: Sequence[str]) -> str:
    """The answers to questions as one note; those without an answer are left out."""
    return _BETWEEN.join(
        f"{question}\n{answer.strip()}"
        for question, answer in zip(questions, answers, strict=True)
        if answer.strip()
    )


def note_of(task_id: int) -> str:
    """Under which name the browser keeps the note of a task that is not done yet."""
    return f"note-{task_id}"

"""What is asked for a task, and where the browser keeps what is typed."""

from __future__ import annotations

from web.console.words import N_

ASKED = {
    "budget": N_("Budget"),
    "authority": N_("Authority"),
    "need": N_("Need"),
    "timeline": N_("Timeline"),
}
"""What is to be known of an opportunity."""


def note_of(task_id: int) -> str:
    """Under which name the browser keeps the note of a task that is not done yet."""
    return f"note-{task_id}"

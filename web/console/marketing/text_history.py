"""Undo and redo over a whole text."""

from __future__ import annotations

MOST_STATES = 200


class TextHistory:
    """The states that a text went through."""

    def __init__(self, text: str) -> None:
        self._states, self._at = [text], 0

    @property
    def text(self) -> str:
        """The text as it is now."""
        return self._states[self._at]

    @property
    def can_undo(self) -> bool:
        """Whether there is a state before."""
        return self._at > 0

    @property
    def can_redo(self) -> bool:
        """Whether something was undone."""
        return self._at + 1 < len(self._states)

    def record(self, text: str) -> None:
        """Take a text over as it is now; what was undone can't be redone then."""
        if text == self.text:
            return
        self._states = [*self._states[: self._at + 1], text][-MOST_STATES:]
        self._at = len(self._states) - 1

    def undo(self) -> str:
        """The text as it was before."""
        self._at = max(0, self._at - 1)
        return self.text

    def redo(self) -> str:
        """The text as it was before that was undone."""
        self._at = min(len(self._states) - 1, self._at + 1)
        return self.text

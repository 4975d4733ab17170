"""Undo and redo: else a step that was deleted by mistake has to be built again."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from web.console.marketing import drawing
from web.console.marketing.text_history import MOST_STATES, TextHistory


def test_each_state_comes_back_and_what_is_new_ends_what_was_undone() -> None:
    """A text that is typed again is no state of its own."""
    history = TextHistory("a")
    for text in ("b", "b", "c"):
        history.record(text)
    assert (history.undo(), history.undo(), history.undo()) == ("b", "a", "a")
    assert history.redo() == "b"
    history.record("d")
    assert (history.redo(), history.can_redo) == ("d", False)
    assert (history.undo(), history.can_redo) == ("b", True)
    for number in range(2 * MOST_STATES):
        history.record(str(number))
    assert history.undo() == str(2 * MOST_STATES - 2)


async def test_nothing_before_a_merge_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Undo would bring what a colleague does not know, and publishing it take back their version
    without a question."""

    async def merged(_canvas: Any, _begun: str, mine: str, theirs: str) -> str | None:
        return mine + theirs if theirs else None

    monkeypatch.setattr(drawing, "merged_by_step", merged)
    drawn: Any = drawing.Drawing.__new__(drawing.Drawing)
    drawn.visit, drawn._mails, drawn._dialogs = SimpleNamespace(language="en"), [], nullcontext()
    drawn._history = TextHistory("a")
    drawn._history.record("b")
    assert await drawn.merge("a", "b", "") is None
    assert drawn._history.can_undo
    assert await drawn.merge("a", "b", "c") == "bc"
    assert (drawn._history.text, drawn._history.can_undo) == ("bc", False)

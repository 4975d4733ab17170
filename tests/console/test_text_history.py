"""Undo and redo: else a step that was deleted by mistake has to be built again."""

from __future__ import annotations

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

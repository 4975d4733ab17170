"""What differs between two texts."""

from __future__ import annotations

from domain.checking.difference import MOST_LINES, changed_lines


def test_the_lines_that_differ_stand_with_their_numbers() -> None:
    """Somebody would look for a change in another line."""
    before = "\n".join("abcdefghijklmnop")
    after = before.replace("b\n", "").replace("p", "q")

    assert changed_lines(before, before) == []
    assert changed_lines(before, after) == [
        (1, 1, "same", "a"),
        (2, None, "gone", "b"),
        (3, 2, "same", "c"),
        (4, 3, "same", "d"),
        (5, 4, "same", "e"),
        (None, None, "skip", ""),
        (13, 12, "same", "m"),
        (14, 13, "same", "n"),
        (15, 14, "same", "o"),
        (16, None, "gone", "p"),
        (None, 15, "new", "q"),
    ]


def test_what_would_take_minutes_is_not_compared() -> None:
    """A small archive of many lines would freeze the console for everybody."""
    half = MOST_LINES // 2

    assert changed_lines("\n" * half, "a\n" * (half + 1)) is None
    assert changed_lines("\n" * half, "a\n" * half)

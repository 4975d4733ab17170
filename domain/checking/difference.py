"""Which lines of two texts differ, in bounded time: texts may come from anybody."""

from __future__ import annotations

import difflib

CONTEXT = 3
"""Lines shown around each change."""
MOST_LINES = 5_000
"""Of both texts together; to compare more may take minutes."""

Line = tuple[int | None, int | None, str, str]
"""Number before, number after, what became of it (same, gone, new, skip), text."""


def lines_of(before: str, after: str) -> int:
    """How many lines there are to compare."""
    return len(before.splitlines()) + len(after.splitlines())


def changed_lines(before: str, after: str) -> list[Line] | None:
    """The lines that differ, with what stands around them; None if there are more lines than
    :data:`MOST_LINES`. It may take seconds: not for an event loop."""
    old_lines, new_lines = before.splitlines(), after.splitlines()
    if len(old_lines) + len(new_lines) > MOST_LINES:
        return None
    groups = difflib.SequenceMatcher(None, old_lines, new_lines).get_grouped_opcodes(CONTEXT)
    lines: list[Line] = []
    for number, group in enumerate(groups):
        if number:
            lines.append((None, None, "skip", ""))
        for tag, old, old_end, new, new_end in group:
            if tag == "equal":
                same = zip(range(old, old_end), range(new, new_end), strict=True)
                lines += [(a + 1, b + 1, "same", old_lines[a]) for a, b in same]
                continue
            lines += [(at + 1, None, "gone", old_lines[at]) for at in range(old, old_end)]
            lines += [(None, at + 1, "new", new_lines[at]) for at in range(new, new_end)]
    return lines

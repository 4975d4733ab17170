"""Characters that steer what shows a text."""

from __future__ import annotations

import re

_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def without_controls(value: str, instead: str = "") -> str:
    """A text without characters that steer a terminal, or turn the direction of what is read:
    only the ends of its lines stay, and white space becomes a space.

    Args:
        instead: what stands in place of each.
    """
    return _CONTROLS.sub(lambda found: " " if found[0].isspace() else instead, value)

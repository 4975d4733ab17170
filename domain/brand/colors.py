"""Colours of mails, and whether people can read them (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

from domain.email.contrast import SMALLEST, Colour
from domain.email.contrast import contrast as contrast_of

WHITE = "#ffffff"


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (``#rrggbb``), from 1 to 21."""
    return contrast_of(_channels(one), _channels(other))


def readable_on(color: str, *behind: str) -> str:
    """The colour nearest to ``color``, darker or lighter, that can be read on all of these; the one
    itself where it can. '' where none can."""
    if _reads(color, behind):
        return color
    for step in range(1, 101):
        for towards in ("#000000", WHITE):
            mixed = _mixed(color, towards, step / 100)
            if _reads(mixed, behind):
                return mixed
    return ""


def _reads(color: str, behind: tuple[str, ...]) -> bool:
    return all(contrast(color, one) >= SMALLEST for one in behind)


def _channels(color: str) -> Colour:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def _mixed(color: str, towards: str, share: float) -> str:
    pairs = zip(_channels(color), _channels(towards), strict=True)
    return "#" + "".join(f"{round(one + (other - one) * share):02x}" for one, other in pairs)

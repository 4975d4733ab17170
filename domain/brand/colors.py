"""Colours of mails, and whether people can read them (WCAG 2.2, 1.4.3)."""

from __future__ import annotations

READABLE = 4.5
"""The least contrast of text with what is behind it, at level AA."""
WHITE = "#ffffff"


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours (``#rrggbb``), from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


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
    return all(contrast(color, one) >= READABLE for one in behind)


def _channels(color: str) -> list[int]:
    return [int(color[at : at + 2], 16) for at in (1, 3, 5)]


def _luminance(color: str) -> float:
    shares = (one / 255 for one in _channels(color))
    red, green, blue = (
        share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(color: str, towards: str, share: float) -> str:
    pairs = zip(_channels(color), _channels(towards), strict=True)
    return "#" + "".join(f"{round(one + (other - one) * share):02x}" for one, other in pairs)

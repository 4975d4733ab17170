"""How well the words of a mail stand out, by WCAG 2.2."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from html.parser import HTMLParser

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""
SMALLEST = 4.5
"""The least contrast of text (success criterion 1.4.3, level AA)."""
SMALLEST_LARGE = 3.0
"""The least of large text: of 24 CSS pixels, or of 18.66 in bold."""
_NAMED: dict[str, Colour] = {
    "black": (0, 0, 0),
    "white": (255, 255, 255),
    "red": (255, 0, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "silver": (192, 192, 192),
    "yellow": (255, 255, 0),
    "orange": (255, 165, 0),
    "navy": (0, 0, 128),
    "teal": (0, 128, 128),
    "maroon": (128, 0, 0),
    "purple": (128, 0, 128),
}
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})")
_RGB = re.compile(r"rgb\(\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*\)")
_PIXELS = re.compile(r"(\d+(?:\.\d+)?|\.\d+)px")
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_MEDIA = re.compile(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*\s*\}")
_VOID = frozenset({"br", "img", "hr", "meta", "link", "col", "wbr", "input", "area", "base"})
_BOLD = frozenset({"b", "strong", "h1", "h2", "h3", "h4", "th"})
_SIZES = {"h1": 2.0, "h2": 1.5, "h3": 1.17}


@dataclass(frozen=True)
class Shown:
    """Words as they are seen."""

    text: str
    colour: Colour
    ground: Colour
    is_large: bool


@dataclass(frozen=True)
class _Look:
    colour: Colour = (0, 0, 0)
    ground: Colour = (255, 255, 255)
    pixels: float = 16.0
    bold: bool = False
    hidden: bool = False


def colour_of(written: str) -> Colour | None:
    """A colour as CSS writes it; None for one that is written otherwise."""
    written = written.strip().lower()
    if found := _HEX.fullmatch(written):
        digits = found[1] if len(found[1]) == 6 else "".join(one * 2 for one in found[1])
        return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)
    if found := _RGB.fullmatch(written):
        red, green, blue = (min(int(one), 255) for one in found.groups())
        return red, green, blue
    return _NAMED.get(written)


def contrast(one: Colour, other: Colour) -> float:
    """The contrast of two colours, from 1 to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    parts = [
        one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4
        for one in (value / 255 for value in colour)
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def declarations(style: str) -> dict[str, str]:
    """The properties of a style, each as it holds in the end."""
    pairs = (one.partition(":") for one in style.split(";"))
    return {
        name.strip().lower(): value.replace("!important", "").strip()
        for name, colon, value in pairs
        if colon
    }


def shown_texts(html: str) -> Iterator[Shown]:
    """All words of a mail that are seen, with their colours: those of attributes, of ``style`` and
    of rules for an element within a class, such as ``.small a``."""
    reader = _ShownReader()
    reader.feed(html)
    reader.close()
    yield from reader.shown


class _ShownReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: list[Shown] = []
        self._open: list[tuple[str, frozenset[str], _Look]] = [("", frozenset(), _Look())]
        self._rules: list[tuple[list[str], dict[str, str]]] = []
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag in _VOID:
            return
        self._is_style = tag == "style"
        classes = frozenset(values.get("class", "").split())
        look = self._open[-1][2]
        if tag in ("style", "title", "head"):
            look = replace(look, hidden=True)
        look = replace(
            look, bold=look.bold or tag in _BOLD, pixels=look.pixels * _SIZES.get(tag, 1)
        )
        written = {"background-color": values["bgcolor"]} if "bgcolor" in values else {}
        if tag == "a":
            written["color"] = "#0000ee"
        for selector, rule in self._rules:
            if self._holds(selector, tag, classes):
                written |= rule
        written |= declarations(values.get("style", ""))
        self._open.append((tag, classes, _with(look, written)))

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False
        if any(one[0] == tag for one in self._open):
            while self._open.pop()[0] != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self._is_style:
            for match in _RULE.finditer(_MEDIA.sub("", data)):
                style = declarations(match[2])
                self._rules += [(one.split(), style) for one in match[1].split(",")]
            return
        look = self._open[-1][2]
        if data.strip() and not look.hidden:
            large = look.pixels >= 24 or (look.bold and look.pixels >= 18.66)
            self.shown.append(Shown(data.strip(), look.colour, look.ground, large))

    def _holds(self, selector: list[str], tag: str, classes: frozenset[str]) -> bool:
        """Whether a rule is for an element: of its name, of a class, or of either within others."""
        above = [(name, inside) for name, inside, _look in self._open[1:]]

        def fits(one: str, name: str, known: frozenset[str]) -> bool:
            return one == name or (one.startswith(".") and one[1:] in known)

        if not selector or not fits(selector[-1], tag, classes):
            return False
        for one in reversed(selector[:-1]):
            while above and not fits(one, *above[-1]):
                above.pop()
            if not above:
                return False
            above.pop()
        return True


def _with(look: _Look, style: dict[str, str]) -> _Look:
    if colour := colour_of(style.get("color", "")):
        look = replace(look, colour=colour)
    ground = style.get("background-color") or style.get("background", "").split(" ")[0]
    if found := colour_of(ground):
        look = replace(look, ground=found)
    size = _PIXELS.fullmatch(style.get("font-size", ""))
    if size:
        look = replace(look, pixels=float(size[1]))
    if style.get("font-weight") in ("bold", "bolder", "600", "700", "800", "900"):
        look = replace(look, bold=True)
    if style.get("display") == "none":
        look = replace(look, hidden=True)
    return look

"""What programs that people read mail with can show.

Read by hand from https://www.caniemail.com (CC BY 4.0) in November 2026, of the programs that most
people have. What is missing there without harm, such as round corners that are square in Outlook,
counts as shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import NamedTuple

from domain.email.contrast import declarations

_OUTLOOK = "Outlook on Windows"
_GMAIL = "Gmail"
_YAHOO = "Yahoo Mail"
_GMX = "GMX and WEB.DE"

ELEMENTS = frozenset(
    {"html", "head", "title", "meta", "style", "body", "div", "span", "p", "a", "b", "strong"}
    | {"i", "em", "u", "s", "small", "sub", "sup", "br", "hr", "ul", "ol", "li", "blockquote"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "img", "table", "tbody", "thead", "tfoot", "tr", "td"}
    | {"th", "center", "font", "pre", "code", "caption", "col", "colgroup", "wbr", "link"}
)
"""Elements that all of them show, or leave out without harm."""
PROPERTIES = frozenset(
    {"background", "background-color", "border", "border-collapse", "border-color"}
    | {"border-radius", "border-spacing", "border-style", "border-width", "color", "cursor"}
    | {"direction", "display", "font", "font-family", "font-size", "font-style", "font-weight"}
    | {"height", "letter-spacing", "line-height", "list-style", "list-style-type", "margin"}
    | {"max-height", "max-width", "min-height", "min-width", "opacity", "outline", "overflow"}
    | {"overflow-wrap", "padding", "table-layout", "text-align", "text-decoration"}
    | {"text-transform", "vertical-align", "white-space", "width", "word-break", "word-spacing"}
    | {"word-wrap", "background-repeat", "background-position", "background-size", "float"}
    | {f"{one}-{side}" for one in ("border", "margin", "padding") for side in ("top", "right")}
    | {f"{one}-{side}" for one in ("border", "margin", "padding") for side in ("bottom", "left")}
)
"""The same of CSS."""
HARMFUL: dict[str, tuple[str, ...]] = {
    "position": (_GMAIL, _OUTLOOK, _YAHOO, _GMX),
    "transform": (_GMAIL, _OUTLOOK, _YAHOO),
    "filter": (_GMAIL, _OUTLOOK, _YAHOO),
    "backdrop-filter": (_GMAIL, _OUTLOOK, _YAHOO, _GMX),
    "mix-blend-mode": (_OUTLOOK, _YAHOO),
    "clip-path": (_GMAIL, _OUTLOOK, _YAHOO),
    "mask": (_GMAIL, _OUTLOOK, _YAHOO),
    "animation": (_GMAIL, _OUTLOOK, _YAHOO),
    "transition": (_GMAIL, _OUTLOOK),
    "box-shadow": (_GMAIL, _OUTLOOK),
    "text-shadow": (_OUTLOOK,),
    "object-fit": (_OUTLOOK, _GMX),
    "background-image": (_OUTLOOK,),
    "columns": (_OUTLOOK, _YAHOO),
    "column-count": (_OUTLOOK, _YAHOO),
    "gap": (_OUTLOOK, _YAHOO),
    "visibility": (_OUTLOOK, _GMX),
    "writing-mode": (_GMAIL, _OUTLOOK),
    "content": (_GMAIL, _OUTLOOK),
    "aspect-ratio": (_OUTLOOK, _YAHOO),
    "inset": (_GMAIL, _OUTLOOK, _YAHOO),
    "z-index": (_GMAIL, _OUTLOOK, _YAHOO),
}
"""Properties without which a mail looks broken, and the programs that lack them."""
HARMFUL_DISPLAYS: dict[str, tuple[str, ...]] = {
    "flex": (_OUTLOOK,),
    "inline-flex": (_OUTLOOK,),
    "grid": (_GMAIL, _OUTLOOK, _YAHOO, _GMX),
    "inline-grid": (_GMAIL, _OUTLOOK, _YAHOO, _GMX),
    "contents": (_OUTLOOK, _YAHOO),
}
HARMFUL_FUNCTIONS: dict[str, tuple[str, ...]] = {
    "var(": (_OUTLOOK, _YAHOO),
    "calc(": (_OUTLOOK,),
    "min(": (_OUTLOOK, _GMX),
    "max(": (_OUTLOOK, _GMX),
    "clamp(": (_OUTLOOK, _GMX),
    "linear-gradient(": (_OUTLOOK,),
    "radial-gradient(": (_OUTLOOK,),
}
_OF_ONE_PROGRAM = ("mso-", "-webkit-", "-ms-", "-moz-")
_RULE = re.compile(r"\{([^{}]*)\}")


class Unsupported(NamedTuple):
    """Something in a mail that programs don't show: what it is called, how it is written, and
    which programs."""

    what: str
    written: str
    programs: tuple[str, ...]


class _FeatureReader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: dict[str, None] = {}
        self.styles: list[dict[str, str]] = []
        self._is_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements[tag] = None
        self._is_style = tag == "style"
        self.styles += [declarations(value or "") for name, value in attrs if name == "style"]

    def handle_endtag(self, tag: str) -> None:
        self._is_style = self._is_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self._is_style:
            self.styles += [declarations(rule) for rule in _RULE.findall(data)]


def unsupported(html: str) -> Iterator[Unsupported]:
    """What of a mail programs can't show, each once."""
    read = _FeatureReader()
    read.feed(html)
    read.close()
    found: dict[Unsupported, None] = {}
    for tag in read.elements:
        if tag not in ELEMENTS:
            found[Unsupported(f"<{tag}>", f"<{tag}", (_GMAIL, _OUTLOOK))] = None
    for style in read.styles:
        for name, value in style.items():
            for one in _of(name, value.lower()):
                found[one] = None
    yield from found


def _of(name: str, value: str) -> Iterator[Unsupported]:
    if name.startswith(_OF_ONE_PROGRAM):
        return
    if name in HARMFUL:
        yield Unsupported(f"'{name}'", name, HARMFUL[name])
    elif name not in PROPERTIES:
        yield Unsupported(f"'{name}'", name, (_OUTLOOK,))
    if name == "display" and value in HARMFUL_DISPLAYS:
        yield Unsupported(f"'display: {value}'", value, HARMFUL_DISPLAYS[value])
    for function, programs in HARMFUL_FUNCTIONS.items():
        if function in value:
            yield Unsupported(f"'{function}…)'", function, programs)

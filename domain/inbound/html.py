"""The words of an HTML mail."""

from __future__ import annotations

import re
from html import unescape

from domain.inbound.charsets import storable

# Not the standard library's parser, which takes minutes for a page of "<!--".
_TAG = re.compile(r"<(/?)([a-z]{0,12})[^<>]*>", re.IGNORECASE)
_BLOCKS = ("br", "p", "div", "tr", "li", "blockquote", "table", "hr", "h1", "h2", "h3", "ul", "ol")
_UNSEEN = ("style", "script", "head", "title")
_META = re.compile(rb"<meta[^<>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)


def text_of_html(html: str) -> str:
    """The words of an HTML mail, a line per block, quotations marked with ``>``."""
    lines: list[list[str]] = [[]]
    unseen = quoted = position = 0
    for tag in _TAG.finditer(html):
        if not unseen:
            lines[-1].append(html[position : tag.start()])
        position = tag.end()
        name, step = tag[2].casefold(), -1 if tag[1] else 1
        if name in _UNSEEN:
            unseen = max(0, unseen + step)
        if name == "blockquote":
            quoted = max(0, quoted + step)
        if name in _BLOCKS:
            lines.append(["> "] if quoted else [])
    lines[-1].append(html[position:])
    words = (" ".join(unescape("".join(line)).split()) for line in lines)
    return storable("\n".join(line for line in words if line not in ("", ">")))


def charset_in(html: bytes) -> str:
    """The character set that a page names itself, '' for none."""
    found = _META.search(html[:4096])
    return found[1].decode("ascii", "replace") if found else ""

"""What a mail may not hold, because mail programs or the console would run or load it.

Jinja2 tags of the source have been replaced by words (:data:`WORD`) before anything is judged.
"""

from __future__ import annotations

import re

WORD = re.compile(r"zqtag(\d+)zq")
"""What stands for a Jinja2 tag, by its number."""

NEVER = frozenset(
    {"script", "iframe", "object", "embed", "applet", "frame", "frameset", "form", "input"}
    | {"button", "select", "textarea", "base", "meta", "link", "svg", "math", "style", "template"}
    | {"noscript", "video", "audio", "source", "portal", "isindex", "xmp", "plaintext", "noembed"}
    | {"html", "head", "body", "title", "marquee", "dialog", "slot", "canvas"}
)
"""Elements that no mail needs and that run, load or cover something."""

_ADDRESSES = frozenset(
    {
        "href",
        "src",
        "srcset",
        "action",
        "formaction",
        "background",
        "poster",
        "data",
        "cite",
        "ping",
    }
    | {"background-url", "xlink:href", "longdesc", "lowsrc", "dynsrc", "manifest", "codebase"}
)
_JUDGED_WHOLE = frozenset({"href", "src"})
"""Attributes that may be one of our links as a whole; who knows the tags sees to that."""
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")
_BEFORE_A_FIELD = re.compile(r"https?://|mailto:|tel:")
# Browsers pass over these wherever they stand in an address.
_PASSED_OVER = re.compile(r"[\x00-\x20\x7f-\xa0\u00ad\u200b-\u200f\u2028-\u202f\u2060\ufeff]")
_CSS_DANGER = re.compile(r"\\|expression\(|@import|behavior:|-moz-binding|</", re.IGNORECASE)
_CSS_ADDRESS = re.compile(r"url\(\s*[\"']?([^)\"']*)", re.IGNORECASE)


def danger_in_attribute(name: str, value: str) -> str:
    """What is wrong with an attribute, as a sentence; '' for nothing."""
    if name.startswith("on") or name in ("http-equiv", "srcdoc"):
        return f"'{name}' cannot be used in a mail: mails run nothing"
    if name in ("style", "css", "css-class"):
        return danger_in_css(value)
    addresses = value.split(",") if name == "srcset" else [value]
    if name in _ADDRESSES and not all(_is_safe(one, name) for one in addresses):
        return "an address must start with https://, http://, mailto: or tel:"
    return ""


def danger_in_css(css: str) -> str:
    """The same for styles."""
    if _CSS_DANGER.search(css) or not all(map(_is_safe, _CSS_ADDRESS.findall(css))):
        return "styles may load from https:// or http:// only, and run nothing"
    return ""


def _is_safe(address: str, attribute: str = "") -> bool:
    """Whether an address leads to the web, a mailbox or a phone and to nothing that is run. One
    without a scheme does, unless a field could give it one."""
    plain = _PASSED_OVER.sub("", address).lower()
    field = WORD.search(plain)
    if field is not None and field.start() == 0 and attribute in _JUDGED_WHOLE:
        return True
    if field is not None:
        return _BEFORE_A_FIELD.match(plain) is not None
    scheme = _SCHEME.match(plain)
    return scheme is None or scheme[1] in _SCHEMES

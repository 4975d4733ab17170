"""Where links and buttons of a mail lead."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape, unescape
from html.entities import html5
from typing import Literal
from urllib.parse import urlsplit

from domain.email.dangers import danger_in_attribute
from domain.email.template_source import TAG

AddressKind = Literal["tracked", "plain", "own"]
AddressMistake = Literal["empty", "scheme", "malformed"]
"""There is none; it leads neither to the web nor to a mailbox or a phone; it is cut short."""
OWN = ("links.booking", "links.preferences", "links.unsubscribe")
"""Pages of ours that any mail may lead to."""
_SCHEME = re.compile(r"(https?://|mailto:|tel:)", re.IGNORECASE)
_TRACKED = re.compile(r"""\{\{\s*link\(\s*(["'])((?:(?!\1)[^\\])*)\1\s*\)\s*\}\}""")
_OWN = re.compile(r"\{\{\s*(links\.\w+)\s*\}\}")
_TAGGED = re.compile(f"({TAG.pattern})", re.DOTALL)
_REFERENCE = re.compile(r"&(?:#[0-9]+|#[xX][0-9a-fA-F]+|[a-zA-Z][a-zA-Z0-9]*);")


@dataclass(frozen=True)
class Address:
    """Where something leads: a ``tracked`` web address, whose clicks count; a ``plain`` address;
    or, as ``own``, a page of ours by its merge field, such as ``links.booking``."""

    kind: AddressKind = "tracked"
    value: str = ""


def address_of(written: str) -> Address:
    """The address that an attribute of MJML holds."""
    if tracked := _TRACKED.fullmatch(written.strip()):
        return Address("tracked", tracked[2])
    if own := _OWN.fullmatch(written.strip()):
        return Address("own", own[1])
    return Address("plain", read_attribute(written))


def written_address(address: Address) -> str:
    """The attribute of MJML that holds the address."""
    if address.kind == "own":
        return f"{{{{ {address.value} }}}}"
    if address.kind == "tracked":
        quoted = address.value.replace("\\", "%5C").replace('"', "%22")
        return f'{{{{ link("{quoted}") }}}}'
    return outside_tags(address.value, escape)


def address_typed(typed: str) -> Address:
    """The address that somebody typed: clicks count on one of the web that is the same for all."""
    typed = typed.strip()
    web = typed.lower().startswith(("http://", "https://"))
    return Address("tracked" if web and not TAG.search(typed) else "plain", typed)


def mistake_of(address: Address) -> AddressMistake | None:
    """What is wrong with an address; None for nothing."""
    if address.kind == "own":
        return None
    value = address.value.strip()
    if not value:
        return "empty"
    if TAG.search(value):
        return None
    scheme = _SCHEME.match(value)
    if scheme is None or danger_in_attribute("href", value):
        return "scheme"
    if not scheme[1].lower().startswith("http"):
        return None if value[scheme.end() :].strip() else "malformed"
    try:
        host = urlsplit(value).hostname
    except ValueError:
        return "malformed"
    return "malformed" if not host or re.search(r"\s", value) else None


def read_attribute(written: str) -> str:
    """What an attribute of MJML says. Only what ends in a semicolon stands for another sign: in
    ``?a=1&region=2`` no part of ``&region`` does."""
    return outside_tags(written, lambda text: _REFERENCE.sub(_sign, text))


def _sign(reference: re.Match[str]) -> str:
    known = reference[0][1] == "#" or reference[0][1:] in html5
    return unescape(reference[0]) if known else reference[0]


def outside_tags(text: str, change: Callable[[str], str]) -> str:
    """``text`` with ``change`` done to what stands outside its Jinja2 tags."""
    pieces = _TAGGED.split(text)
    pieces[::2] = [change(one) for one in pieces[::2]]
    return "".join(pieces)

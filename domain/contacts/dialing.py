"""Click-to-dial: the address that opens a softphone, signed so that the softphone's own server can
tell that it comes from here."""

from __future__ import annotations

import hashlib
import hmac
import re
from string import Formatter
from urllib.parse import quote

PLACES = frozenset({"phone", "task", "rep", "expires", "signature"})
"""What an address may have in braces."""
SECONDS = 300
"""How long an address holds."""

_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_NEVER = frozenset({"javascript", "data", "vbscript", "file", "blob", "about"})
"""Schemes that open no softphone, but could do something to the console."""


def wrong_template(template: str) -> str:
    """What is wrong with the pattern of an address, '' for nothing."""
    scheme = _SCHEME.match(template)
    if scheme is None or scheme[1].lower() in _NEVER:
        return "it must begin with a scheme, such as https: or sip:"
    try:
        parsed = [one for one in Formatter().parse(template) if one[1] is not None]
    except ValueError:
        return "a brace is never closed"
    places = {str(name) for _text, name, _spec, _conversion in parsed}
    if any(spec or conversion for _text, _name, spec, conversion in parsed):
        return "a place is its name in braces and nothing else"
    if unknown := sorted(places - PLACES):
        return f"there is no {{{unknown[0]}}}; there are {', '.join(sorted(PLACES))}"
    if lacking := [name for name in ("phone", "signature") if name not in places]:
        return f"{{{lacking[0]}}} is missing"
    return ""


def signature(secret: str, *, phone: str, task: int, rep: str, expires: int) -> str:
    """HMAC-SHA256, in hexadecimal digits, over the four values in this order, a line each.

    Args:
        expires: seconds since 1970, UTC.
    """
    signed = "\n".join((phone, str(task), rep, str(expires)))
    return hmac.new(secret.encode(), signed.encode(), hashlib.sha256).hexdigest()


def dial_address(
    template: str, secret: str, *, phone: str, task: int, rep: str, expires: int
) -> str:
    """The address that calls ``phone``; each value is percent-encoded.

    Args:
        template: one that :func:`wrong_template` finds nothing wrong with.
        expires: seconds since 1970, UTC.
    """
    values = {"phone": phone, "task": str(task), "rep": rep, "expires": str(expires)}
    values["signature"] = signature(secret, phone=phone, task=task, rep=rep, expires=expires)
    return template.format(**{name: quote(value, safe="") for name, value in values.items()})

"""E-mail addresses as they stand in cells and mails."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[^\s<>\"',;|()\[\]]+@[^\s<>\"',;|()\[\]]+")
_WRAPPED = re.compile(
    r"""\A['"=\s]*(?:mailto:|[^<>@]*<)?\s*([^<>\s]+@[^<>\s]+?)[>\s'";,.]*\Z""", re.IGNORECASE
)


def bare_address(written: str) -> str:
    """The address without a name, brackets, ``mailto:`` or a spreadsheet's apostrophe around it."""
    found = _WRAPPED.match(written)
    return found[1] if found else written


def addresses_in(text: str) -> list[str]:
    """Everything in a text that looks like an address, unchecked."""
    return [bare_address(written) for written in _ADDRESS.findall(text)]

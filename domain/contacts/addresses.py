"""E-mail addresses as they stand in cells and mails."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"[^\s<>\"',;|()\[\]]+@[^\s<>\"',;|()\[\]]+")
_WRAPPED = re.compile(
    r"""\A['"=\s]*(?:mailto:|[^<>@]*<)?\s*([^<>\s]+@[^<>\s]+?)(?:[>\s'";,.]|\s\([^()]*\))*\Z""",
    re.IGNORECASE,
)
LONGEST = 1_000
"""Characters of a cell in which an address is looked for."""
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3002: ".", 0xFF61: "."}
"""Letters and signs as Chinese and Japanese keyboards write them → those of addresses."""


def bare_address(written: str) -> str:
    """The address without a name, brackets, ``mailto:``, a spreadsheet's apostrophe or a remark
    around it, in letters of half the width."""
    if len(written) > LONGEST:
        return written
    if not written.isascii():
        written = written.translate(_HALF_WIDTH)
    found = _WRAPPED.match(written)
    return found[1] if found else written


def addresses_in(text: str) -> list[str]:
    """Everything in a text that looks like an address, unchecked."""
    return [bare_address(written) for written in _ADDRESS.findall(text)]

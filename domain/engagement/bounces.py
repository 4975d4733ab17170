"""What a refusal of mail means: is the address dead, or only full, or is the trouble ours?

Servers say it in a code (RFC 3463 and 5248; RFC 7372, 7505 and 7504 for later ones; RFC 5321 for
the three digits) and in words. Neither is enough: a full mailbox, a block list and an unknown user
all come as ``550 5.7.1`` from somebody. So words that leave no doubt win over the code, the code
over silence, and where words point both ways the meaning that ends nothing holds.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from typing import Literal

from domain.engagement.bounce_words import (
    CONTENT,
    DEAD,
    DEAD_UNLESS_POLICY,
    FULL,
    NO_MEANING,
    OURS,
    RESTRICTED,
    ROUTING,
)


class BounceMeaning(StrEnum):
    """Why a mail was refused."""

    ADDRESS_DEAD = "address_dead"
    """No mail will ever arrive there: no such mailbox or domain, closed, moved away."""
    MAILBOX_FULL = "mailbox_full"
    """The mailbox takes nothing now: it is full, or gets more than it is allowed to."""
    CONTENT = "content"
    """This mail is not wanted there: too large, taken for spam, against somebody's policy."""
    REPUTATION = "reputation"
    """Ours: a block list, SPF, DKIM or DMARC, no login, no right to relay, a limit on sending.
    Others would be refused as well."""
    ROUTING = "routing"
    """The way there is broken: DNS, loops, servers that do not answer."""
    UNKNOWN = "unknown"


LONGEST_TEXT = 4_000
"""Characters of an explanation that are read: after them comes the mail that was returned."""

_ADDRESS = re.compile(r"[^\s<>\"'(),;:=]+@[^\s<>\"'(),;:]+")
_ENHANCED = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_BASIC = re.compile(r"(?<![\d.])([245])([0-7])(\d)(?![\d.])")
# Each line of a long answer repeats its codes (RFC 5321 4.2.1), in the middle of sentences.
_REPEATED = re.compile(r"\n\s*[245]\d\d[- ](?:[245]\.\d{1,3}\.\d{1,3} )?")

_D, _F, _C, _O, _R, _U = (
    BounceMeaning.ADDRESS_DEAD,
    BounceMeaning.MAILBOX_FULL,
    BounceMeaning.CONTENT,
    BounceMeaning.REPUTATION,
    BounceMeaning.ROUTING,
    BounceMeaning.UNKNOWN,
)

# Subject and detail of an enhanced code (IANA's registry, and what Microsoft 365 adds to it).
_BY_CODE = {
    # Addressing. 1.4 matches several mailboxes, 1.5 is valid, 1.7, 1.8 and 1.20 are the sender's.
    **dict.fromkeys(((1, n) for n in (0, 1, 2, 3, 6, 10)), _D),
    **dict.fromkeys(((1, n) for n in (7, 8, 20, 90)), _O),
    (1, 9): _R,
    # Mailbox.
    (2, 1): _D,
    **dict.fromkeys(((2, n) for n in (2, 121, 122)), _F),
    (2, 3): _C,
    (2, 14): _R,
    # Mail system.
    (3, 1): _F,
    **dict.fromkeys(((3, n) for n in (2, 3, 5)), _R),
    (3, 4): _C,
    # Network and routing: 4.310 is a domain that does not exist.
    (4, 310): _D,
    # Security: RFC 7372 for 20 to 26, RFC 7293 for 17 and 18 (somebody else has the address now).
    **dict.fromkeys(
        ((7, n) for n in (3, 5, 8, 10, 11, 12, 13, 14, *range(20, 33), 57, 60, 64)), _O
    ),
    **dict.fromkeys(((7, n) for n in (17, 18)), _D),
    **dict.fromkeys(((7, n) for n in (40, 501, 502, 503, 509, 511, 512, 513, 515)), _O),
    **dict.fromkeys(((7, n) for n in (*range(606, 650), *range(700, 800))), _O),
}
_BY_SUBJECT = {4: _R, 6: _C, 7: _C}
# RFC 5321 4.2.2, RFC 4954 for logins, RFC 7504. What 550, 553 and 554 mean only words can tell.
_BY_REPLY = {
    421: _R, 452: _F, 552: _F, 541: _C, 571: _C, 551: _D, 556: _D,
    **dict.fromkeys((432, 454, 530, 534, 535, 538), _O),
}  # fmt: skip


def bounce_meaning(status: str, text: str) -> BounceMeaning:
    """What a refusal means.

    Args:
        status: its code: ``5.1.1`` of a delivery report or an event, ``550``, ``550 5.1.1`` of an
            SMTP answer; '' if there is none but in ``text``.
        text: what the server said: the text of the SMTP answer, ``Diagnostic-Code``, an event's
            ``reason``, or else the explanation in words, without the returned mail.

    Returns:
        ``address_dead`` only for a refusal for good: a code that begins with 4 says "not now", and
        a server that can't look users up just now calls them unknown.
    """
    words = _plain(text)
    codes = [status, text[:LONGEST_TEXT]]
    enhanced = next((found for code in codes if (found := _ENHANCED.search(code))), None)
    basic = next((found for code in codes if (found := _BASIC.search(code))), None)
    subject = int(enhanced[2]) if enhanced else 0
    meaning = _of_words(words, policy=subject == 7, access=subject == 4)
    if meaning is None:
        meaning = _of_codes(enhanced, basic)
    leading = next((found[1] for found in (_first_code(status), enhanced, basic) if found), "5")
    if meaning is _D and leading == "4":
        return _U
    return meaning


def bounce_kind(meaning: BounceMeaning) -> Literal["", "bounce", "soft_bounce"]:
    """The kind of engagement that a refusal is for the lead: '' where the trouble is ours."""
    if meaning is _O:
        return ""
    return "bounce" if meaning is _D else "soft_bounce"


def _first_code(status: str) -> re.Match[str] | None:
    return _ENHANCED.search(status) or _BASIC.search(status)


def _plain(text: str) -> str:
    """The words, in one line and one form. Addresses are taken out: they may spell anything."""
    text = _REPEATED.sub(" ", text[:LONGEST_TEXT])
    text = _ADDRESS.sub(" ", unicodedata.normalize("NFKC", text))
    return " ".join(text.casefold().split())


def _of_words(words: str, *, policy: bool, access: bool) -> BounceMeaning | None:
    """What the words alone say; None if nothing is certain.

    Args:
        policy: the code speaks of security or policy (x.7.x).
        access: the code speaks of routing (x.4.x), where Microsoft 365 denies access to unknown
            users.
    """
    if NO_MEANING.search(words):
        return _U
    if RESTRICTED.search(words):
        return _C
    if OURS.search(words):
        return _O
    dead = (
        DEAD.search(words) is not None
        or (not policy and DEAD_UNLESS_POLICY.search(words) is not None)
        or (access and "recipient address rejected: access denied" in words)
    )
    for pattern, meaning in ((FULL, _F), (CONTENT, _C)):
        if pattern.search(words) and not (dead and meaning is _C):
            return meaning
    if dead:
        return _D
    return _R if ROUTING.search(words) else None


def _of_codes(enhanced: re.Match[str] | None, basic: re.Match[str] | None) -> BounceMeaning:
    if enhanced:
        subject, detail = int(enhanced[2]), int(enhanced[3])
        found = _BY_CODE.get((subject, detail), _BY_SUBJECT.get(subject, _U))
        if found is not _U:
            return found
    return _BY_REPLY.get(int("".join(basic.groups())), _U) if basic else _U

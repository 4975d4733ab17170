"""Which passwords are too easy to guess: NIST SP 800-63B §3.1.1.2, OWASP ASVS 5.0 §6.2."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum

from zxcvbn import zxcvbn

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256
PRODUCT = "perennial"
GUESSES = 10**10
"""What a password must withstand; the estimate knows the passwords and words most used, rows of
keyboards, sequences, repetitions and dates (zxcvbn)."""
_LOOKED_AT = 40
# Each sign that may stand for several letters doubles the estimate's work: 70 of them would take
# it 20 seconds. Read as one letter each they take milliseconds.
_SIGNS = str.maketrans("@({[<&#!|$+%", "accccggiistx")


class Weakness(StrEnum):
    """Why a password is refused."""

    SHORT = "short"
    LONG = "long"
    ABOUT_YOU = "about you"
    COMMON = "common"


class WeakPassword(Exception):
    """A password that is refused."""

    def __init__(self, weakness: Weakness) -> None:
        super().__init__(
            f"A password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters and is hard to "
            f"guess: this one is refused ({weakness})."
        )
        self.weakness = weakness


def normalised(password: str) -> str:
    """The password as it is hashed: keyboards write one and the same character in several ways
    (NFKC, NIST SP 800-63B)."""
    return unicodedata.normalize("NFKC", password)


def weakness(password: str, about: Iterable[str] = ()) -> Weakness | None:
    """What is wrong with a password, None for nothing.

    Args:
        about: what is known of the person: name, e-mail address. No part of it with four letters
            or more may stand in the password, nor the product's name.
    """
    password = normalised(password)
    if len(password) < SHORTEST_PASSWORD:
        return Weakness.SHORT
    if len(password) > LONGEST_PASSWORD:
        return Weakness.LONG
    parts = {part for text in about for part in re.split(r"[\W_]+", normalised(text).casefold())}
    parts |= {re.sub(r"\s+", "", normalised(text).casefold()) for text in about} | {PRODUCT}
    folded = password.casefold().translate(_SIGNS)
    plain = folded.translate(str.maketrans("0134578", "oieastb"))
    if any(_tells(part) and (part in password.casefold() or part in plain) for part in parts):
        return Weakness.ABOUT_YOU
    estimate = zxcvbn(folded[:_LOOKED_AT], user_inputs=sorted(parts))
    return Weakness.COMMON if estimate["guesses"] < GUESSES else None


def _tells(part: str) -> bool:
    # Four letters; a name in Hangul or Han characters has as few as two.
    return len(part) >= (4 if part.isascii() else 2)

"""What several pages on the way into the console say."""

from __future__ import annotations

from domain.passwords import LONGEST_PASSWORD, SHORTEST_PASSWORD, Weakness
from domain.translations.translator import N_, Translator

BUSY = N_("Many people are signing in just now. Try again in a few seconds.")
WRONG_CODE = N_("This code is not right, or it was used already. Wait for the next one.")
WRONG_PASSWORD = N_("The password until now is not right.")


def wait(_: Translator, minutes: int) -> str:
    """That there were too many tries, and in how many minutes there may be another."""
    return _.ngettext(
        "Too many tries. Try again in a minute.",
        "Too many tries. Try again in {number} minutes.",
        minutes,
    )


def weak(_: Translator, weakness: Weakness) -> str:
    """Why a new password is refused, and what to do."""
    match weakness:
        case Weakness.COMMON:
            return _(
                "This password is easy to guess: it is made of much used words, rows of keys or "
                "repetitions. Put a few words together that nobody else would."
            )
        case Weakness.ABOUT_YOU:
            return _(
                "This password holds your name, your address, your company or the name of this "
                "product: whoever knows you would try that first. Leave it out."
            )
    return _(
        "The password needs at least {shortest} characters, and at most {longest}.",
        shortest=SHORTEST_PASSWORD,
        longest=LONGEST_PASSWORD,
    )

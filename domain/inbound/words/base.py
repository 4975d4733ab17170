"""How the tables of words are written, folded and compiled.

Text and patterns are folded alike: marks over Latin, Greek and Cyrillic letters go, because people
leave them out, and with them every difference of width, case and apostrophe. So patterns are
written in lower case, with whatever marks the language has, and with ASCII punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_LETTERS = str.maketrans(
    {
        "ł": "l", "đ": "d", "ø": "o", "ı": "i", "ß": "ss", "æ": "ae", "œ": "oe", "ð": "d",
        "’": "'", "‘": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"',
        "»": '"', "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "。": ".", "、": ",", "،": ",",
        "؟": "?", "【": "[", "】": "]", "「": '"', "」": '"', "《": '"', "》": '"',
        "\u200b": None, "\u200c": None, "\u200d": None, "\u2060": None, "\ufeff": None,
        "\u00ad": None, "\u200e": None, "\u200f": None,
    }
)  # fmt: skip
_MARKS = re.compile("[\u0300-\u036f]+")
_GAP = re.compile(r"~\??")


def fold_marks(text: str) -> str:
    """``text`` without marks, widths and typographic punctuation; case stays."""
    decomposed = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return unicodedata.normalize("NFC", _MARKS.sub("", decomposed)).translate(_LETTERS)


def fold(text: str) -> str:
    """``text`` as patterns see it."""
    return fold_marks(fold_marks(text).casefold())


@dataclass(frozen=True)
class LanguagePatterns:
    """What a language says. Each field holds regular expressions over folded text, where ``~`` is
    a gap of up to 60 characters; they match from the beginning of a word unless the language
    writes none (``spaced``).

    Attributes:
        commands: a line that is nothing else asks to stop.
        stop: a sentence with it asks to stop, surely.
        mention: a sentence with it speaks of stopping mail, whatever is meant.
        objections: a sentence with it complains of mail, or of our having the address.
        spared: speaks of stopping mail, but not of ours: of a feature, of somebody else's mail.
        automatic: begins the subject of an automatic answer.
        away: a sentence by which somebody says to be away.
        beside: sentences that go with that: when one is back, who helps meanwhile.
        engages: … and sentences that no program writes beside it: proposals, wishes.
        receipt: a program says that a mail has come in, or that it is a program.
        accepted, declined, tentative: how a calendar begins the subject of its answer.
        bounced, delayed: what mail servers say of a mail that they return, or still hold.
        later: somebody asks to be written to at another time.
    """

    commands: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    mention: tuple[str, ...] = ()
    objections: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()
    automatic: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    engages: tuple[str, ...] = ()
    receipt: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    tentative: tuple[str, ...] = ()
    bounced: tuple[str, ...] = ()
    delayed: tuple[str, ...] = ()
    later: tuple[str, ...] = ()
    spaced: bool = True


def compiled(tables: Iterable[LanguagePatterns], field: str) -> re.Pattern[str]:
    """One pattern of what all languages say in a field."""
    alternatives = []
    for table in tables:
        patterns: tuple[str, ...] = getattr(table, field)
        if patterns:
            start = r"(?<!\w)" if table.spaced else ""
            joined = "|".join(_GAP.sub(".{0,60}?", fold_marks(one)) for one in patterns)
            # Stems do for what is looked for, not for what excuses it.
            end = r"(?!\w)" if table.spaced and field == "spared" else ""
            alternatives.append(f"{start}(?:{joined}){end}")
    return re.compile("|".join(alternatives))

"""Sentences in the language of who reads them: ``_("Inbox")``.

English is written where it is said; the other languages come from gettext catalogs
(``catalogs/<language>/*.po``), read as they are. ``tests/domain/test_catalogs.py`` finds sentences
without a translation.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path

from babel import negotiate_locale
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

LANGUAGES = {"en": "English", "ko": "한국어", "zh": "中文"}
"""Language (BCP 47) → its name for itself."""
CATALOGS = Path(__file__).resolve().parent / "catalogs"

Forms = tuple[str, ...]


@dataclass(frozen=True)
class Translator:
    """Tells sentences in ``language``, one of :data:`LANGUAGES`."""

    language: str

    def __call__(self, sentence: str, /, **values: object) -> str:
        """``sentence`` with ``values`` in the places of its {names}."""
        return (self.pattern(sentence) or sentence).format(**values)

    def ngettext(self, one: str, many: str, number: int, /, **values: object) -> str:
        """The form of a sentence for ``number``, which stands in its {number}."""
        if self.language == "en":
            pattern = one if number == 1 else many
        else:
            pattern = sentences(self.language).get(one, (many,))[-1]
        return pattern.format(number=format_decimal(number, locale=self.language), **values)

    def pattern(self, sentence: str) -> str | None:
        """The translation of ``sentence`` with its places as they are; None where there is none,
        as in English."""
        forms = sentences(self.language).get(sentence)
        return forms[0] if forms else None


def N_(sentence: str) -> str:
    """Mark a constant for the catalogs; a :class:`Translator` tells it later."""
    return sentence


def translator_for(*tags: str) -> Translator:
    """For the first of these languages (BCP 47, such as ``ko-KR``) that there are catalogs of; in
    English when there is none."""
    return Translator(negotiate_locale(tags, LANGUAGES, sep="-") or "en")


def translator_of_browser(accept_language: str) -> Translator:
    """For the language that a browser prefers (``Accept-Language``, RFC 9110 12.5.4)."""
    asked = [one.partition(";") for one in accept_language.split(",")]
    by_weight = sorted(asked, key=lambda one: -_weight(one[2]))
    return translator_for(*(tag.strip() for tag, _, rest in by_weight if _weight(rest) > 0))


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0


@functools.cache
def sentences(language: str, only: str = "*") -> dict[str, Forms]:
    """English sentence → its forms in ``language``, of all its catalogs or ``only`` one."""
    found: dict[str, Forms] = {}
    for path in sorted((CATALOGS / language).glob(f"{only}.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=language, abort_invalid=True)
        for message in catalog:
            name = message.id if isinstance(message.id, str) else message.id[0]
            said = message.string or ""
            forms = (said,) if isinstance(said, str) else tuple(said)
            if name and all(forms):
                found[name] = forms
    return found

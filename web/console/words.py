"""The console's sentences in the visitor's language: ``_("Inbox")``.

English is written in the code; the others come from gettext catalogs
(``catalogs/<language>/*.po``), read as they are. ``tests/console/test_words.py`` finds sentences
without a translation.
"""

from __future__ import annotations

import functools
from pathlib import Path

from babel.messages.pofile import read_po
from nicegui import ui

from web.console.visit import visit_of

LANGUAGES = {"en": "English", "ko": "한국어", "zh": "中文"}
"""Language of the interface → its name for itself."""
CATALOGS = Path(__file__).resolve().parent / "catalogs"

Forms = tuple[str, ...]


def _(sentence: str, /, **values: object) -> str:
    """``sentence`` in the visitor's language, with ``values`` in the places of its {names}."""
    return _translated(sentence, language())[0].format(**values)


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """The form of a sentence for ``number``, which stands in its {number}."""
    if language() == "en":
        sentence = one if number == 1 else many
    else:
        sentence = _translated(one, language())[-1]
    return sentence.format(number=f"{number:,}", **values)


def N_(sentence: str) -> str:
    """Mark a constant for the catalogs; ``_`` translates it when it is shown."""
    return sentence


def translation(pattern: str) -> str | None:
    """``pattern`` in the visitor's language with its places as they are; None where there is no
    translation, as in English."""
    forms = sentences(language()).get(pattern)
    return forms[0] if forms else None


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


def _translated(sentence: str, language: str) -> Forms:
    return sentences(language).get(sentence, (sentence,))


def language() -> str:
    """Of the visitor: en, ko, zh."""
    return visit_of(ui.context.client).language

"""The console's sentences in the visitor's language: ``_("Inbox")``."""

from __future__ import annotations

from nicegui import ui

from domain.translations.translator import N_, Translator
from web.console.visit import visit_of

__all__ = ["N_", "_", "language", "ngettext", "translator"]


def _(sentence: str, /, **values: object) -> str:
    """``sentence`` in the visitor's language, with ``values`` in the places of its {names}."""
    return translator()(sentence, **values)


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """The form of a sentence for ``number``, which stands in its {number}."""
    return translator().ngettext(one, many, number, **values)


def translator() -> Translator:
    """What tells sentences to the visitor."""
    return Translator(language())


def language() -> str:
    """Of the visitor: en, ko, zh."""
    return visit_of(ui.context.client).language

"""Names in the languages of CLDR, as Babel carries them, looked up by what people write.

English is read first, the other common languages only for a name that it does not know, and the
rest for one that those do not know either: reading all takes about a second.
"""

from __future__ import annotations

import functools
import pickle
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from babel import localedata

from domain.contacts.texts import key

Kind = Literal["countries", "languages", "zones", "cities", "months"]

_COMMON = (
    *("ko", "zh", "zh_Hant", "ja", "de", "fr", "es", "it", "pt", "nl", "pl", "ru", "tr"),
    *("vi", "id", "sv", "da", "nb", "fi", "cs", "sk", "hu", "ro", "el", "uk", "bg", "hr", "sr"),
    *("sl", "et", "lv", "lt", "ar", "he", "th", "hi", "ms", "fa", "ca"),
)


@dataclass(frozen=True)
class _Names:
    """Code by key of the name: ISO 3166 countries, BCP 47 languages, CLDR's metazones, time zones
    by their cities, numbers of months."""

    countries: dict[str, str] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    cities: dict[str, str] = field(default_factory=dict)
    months: dict[str, str] = field(default_factory=dict)


def said_in(locale: str) -> dict[str, Any]:
    """What CLDR says in a language itself, without what it inherits from others.

    Babel's own function would keep it in the place of the whole: from then on no date could be
    written in this language.
    """
    content = Path(localedata.resolve_locale_filename(locale)).read_bytes()
    data: dict[str, Any] = pickle.loads(content)  # noqa: S301  (came with Babel)
    return data


def lookup(kind: Kind, name: str) -> str:
    """The code of what is called so in some language, '' for none; English goes first."""
    wanted = key(name)
    for names in (_english, _common, _all) if wanted else ():
        found: str = getattr(names(), kind).get(wanted, "")
        if found:
            return found
    return ""


@functools.cache
def _english() -> _Names:
    return _read(("en",))


@functools.cache
def _common() -> _Names:
    return _read(_COMMON)


@functools.cache
def _all() -> _Names:
    # A second part of four letters is a script; of two a country, which names little otherwise.
    return _read(
        one
        for one in sorted(localedata.locale_identifiers())
        if "_" not in one or len(one.split("_")[1]) == 4
    )


def _read(locales: Iterable[str]) -> _Names:
    names = _Names()
    for locale in locales:
        data = said_in(locale)
        for code, name in data.get("territories", {}).items():
            if len(code) == 2 and code not in ("EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"):
                _add(names.countries, name, code)
        for code, name in data.get("languages", {}).items():
            _add(names.languages, name, code.replace("_", "-").partition("-")[0])
        for code, told in data.get("meta_zones", {}).items():
            for length in ("long", "short"):
                for name in told.get(length, {}).values():
                    _add(names.zones, name, code)
        for code, told in data.get("time_zones", {}).items():
            _add(names.cities, told.get("city"), code)
        _add_months(names.months, data.get("months", {}))
    return names


def _add_months(months: dict[str, str], told: Mapping[str, Mapping[str, Any]]) -> None:
    for context in told.values():
        for width in ("wide", "abbreviated"):
            if isinstance(context.get(width), Mapping):
                for number, name in context[width].items():
                    _add(months, name, str(number))


def _add(names: dict[str, str], name: object, code: str) -> None:
    if isinstance(name, str) and (written := key(name)):
        names.setdefault(written, code)

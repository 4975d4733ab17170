"""What countries and languages are called: CLDR's names, by Babel."""

from __future__ import annotations

from collections.abc import Mapping

from babel import Locale


def country_names(language: str) -> Mapping[str, str]:
    """Country (ISO 3166-1) → its name in ``language``; regions of the world are among them."""
    names: Mapping[str, str] = Locale.parse(language).territories
    return names


def country_name(code: str, language: str) -> str:
    """A country by its code (ISO 3166-1) in ``language``; the code where there is no such
    country."""
    return country_names(language).get(code, code)


def language_name(tag: str, language: str) -> str:
    """A language by its BCP 47 tag, such as ``pt-BR``, in ``language``."""
    name = Locale.parse(language).languages.get(tag.partition("-")[0], tag)
    return f"{name} ({tag})" if "-" in tag else str(name)

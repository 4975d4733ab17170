"""Countries and languages as people write them: names in every language of CLDR, ISO 3166-1 codes,
and what databases call them. Codes are ISO 3166-1 alpha-2, languages BCP 47 primary subtags."""

from __future__ import annotations

import functools
import re

from babel.core import get_global

from domain.contacts.cldr import lookup, said_in
from domain.contacts.regions import region_of
from domain.contacts.texts import key, table

_FORM_OF_STATE = re.compile(
    r"\b(?:the|rep|republic|state|kingdom|federation|federative|federal|democratic|people'?s|islamic|united|"
    r"plurinational|bolivarian|socialist|commonwealth|grand duchy|principality|sultanate|union|"
    r"of|and|sar|province|china|republik|republique|republica|königreich|royaume|reino|bundesrepublik)\b",
    re.IGNORECASE,
)
_APART = re.compile(r"\s*[,;/|()（）\[\]]\s*|\s+[-–—]\s+")
_OR = re.compile(r"[/;|]")
"""Between countries any of which it may be; a comma and brackets stand between places of one."""
# Business is done in another language there than the likeliest one that CLDR tells.
_BUSINESS_LANGUAGE = {
    "BI": "fr", "CF": "fr", "IN": "en", "KE": "en", "LS": "en", "MG": "fr", "PG": "en", "PH": "en",
    "PK": "en", "RW": "en", "SC": "en", "UG": "en", "VU": "en", "WS": "en", "ZW": "en", "KM": "fr",
    "SN": "fr", "ML": "fr", "TO": "en", "TZ": "en", "SS": "en",
}  # fmt: skip
_LANGUAGE_ALIASES = {
    "mandarin": "zh", "국문": "ko", "영문": "en", "일문": "ja", "중문": "zh", "castellano": "es",
    "castilian": "es", "tagalog": "fil", "no": "nb", "汉语": "zh", "漢語": "zh", "华语": "zh",
    "普通话": "zh", "kr": "ko", "jp": "ja", "cn": "zh", "cz": "cs", "dk": "da", "gr": "el",
    "ua": "uk", "vn": "vi", "serbocroatian": "sr", "bahasa": "id", "bahasaindonesia": "id",
    "bahasamelayu": "ms", "yue": "zh",
}  # fmt: skip
_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{2,8})*\Z", re.IGNORECASE)


@functools.cache
def _codes() -> frozenset[str]:
    """Every alpha-2 code that is in use."""
    territories = set(get_global("territory_zones")) | {"XK"}
    return frozenset(code for code in territories if len(code) == 2 and code != "ZZ")


@functools.cache
def _aliases() -> dict[str, str]:
    found: dict[str, str] = {}
    for line in table("countries"):
        code, _, names = line.partition(" ")
        for name in names.split("|"):
            found[key(name)] = code
    for code, said in get_global("territory_aliases").items():
        # Alpha-3 and numeric codes; those of countries that fell apart name several.
        if len(said) == 1 and (len(code) == 3 or code == "UK"):
            found.setdefault(code.casefold(), said[0])
    return found


@functools.lru_cache(maxsize=8192)
def country_code(written: str) -> str:
    """The alpha-2 code of a country as written, or ''.

    Reads names in the languages of CLDR, alpha-2, alpha-3 and numeric codes, official names
    (``Bolivia, Plurinational State of``) and names with more beside them: ``United States (US)``,
    ``CA, USA``.
    """
    if code := _country(written):
        return code
    parts = [part for part in _APART.split(written) if part]
    if len(parts) < 2:
        return ""
    found = {part: code for part in parts if (code := _country(part))}
    countries = set(found.values())
    if len(countries) > 1:
        # CA in "CA, USA" is a state, not Canada.
        found = {
            part: code
            for part, code in found.items()
            if not any(region_of(other, part) for other in countries if other != code)
        }
        countries = set(found.values())
    if len(countries) > 1 and not _OR.search(written):
        countries = {code for part, code in found.items() if len(part) > 2}
    return countries.pop() if len(countries) == 1 else ""


def _country(written: str) -> str:
    wanted = key(written)
    if not wanted:
        return ""
    if wanted in _aliases():
        return _aliases()[wanted]
    code = wanted.upper()
    if len(code) == 2 and code.isascii():
        return code if code in _codes() else ""
    if name := lookup("countries", wanted):
        return name if name in _codes() else ""
    bare = _FORM_OF_STATE.sub(" ", written)
    return _country(bare) if len(key(bare)) > 3 and key(bare) != wanted else ""


@functools.cache
def main_language(country: str) -> str:
    """The language in which business is done in a country, '' for an unknown one."""
    if country in _BUSINESS_LANGUAGE:
        return _BUSINESS_LANGUAGE[country]
    likely = get_global("likely_subtags").get(f"und_{country}", "")
    language = str(likely).partition("_")[0]
    if country in _codes() and not language:
        return "en"  # CLDR leaves out what follows from "und", which is English.
    return language


@functools.lru_cache(maxsize=2048)
def language_code(written: str) -> str:
    """The BCP 47 primary language of a tag or a name as written (``ko-KR``, ``kor``, ``Korean``,
    ``Deutsch (Schweiz)``), or ''."""
    for part in (
        written,
        re.split(r"\s*[(（/,;]", written, maxsplit=1)[0],
        written.partition(" - ")[0],
    ):
        if code := _language(part.strip()):
            return code
    return ""


def _language(written: str) -> str:
    wanted = key(written)
    if wanted in _LANGUAGE_ALIASES:
        return _LANGUAGE_ALIASES[wanted]
    if tag := _TAG.match(written):
        code = tag[1].casefold()
        code = str(get_global("language_aliases").get(code, code)).partition("_")[0]
        if code in _languages():
            return _LANGUAGE_ALIASES.get(code, code)
    found = lookup("languages", wanted)
    return _LANGUAGE_ALIASES.get(found, found)


@functools.cache
def _languages() -> frozenset[str]:
    return frozenset(said_in("en")["languages"])

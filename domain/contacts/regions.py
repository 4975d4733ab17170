"""States, provinces and cities of the countries that have several time zones."""

from __future__ import annotations

import functools
import importlib
import re

from phonenumbers.tzdata import TIMEZONE_DATA

from domain.contacts.texts import key, table

_NOISE = re.compile(
    r"\b(?:state|province|provincia|estado|de|region|región|oblast|область|krai)\b", re.I
)

_CITY_AND_REGION = re.compile(r", | - ")


@functools.cache
def _regions() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for line in table("regions"):
        country, zone, told = line.split(" ", 2)
        names = found.setdefault(country, {})
        for one in told.split("|"):
            code, _, name = one.partition(" ")
            for written in (code, f"{country}-{code}", name, f"{name} ({code})"):
                names.setdefault(key(written), zone)
    return found


@functools.lru_cache(maxsize=8192)
def region_of(country: str, written: str) -> str:
    """The time zone of a state or province of a country, by name or ISO 3166-2 code; '' when the
    country has one zone only, or the region is not known."""
    names = _regions().get(country)
    if not names:
        return ""
    wanted = key(written)
    return names.get(wanted) or names.get(key(_NOISE.sub(" ", written)), "") if wanted else ""


@functools.lru_cache(maxsize=8192)
def city_zone(country: str, written: str) -> str:
    """The time zone of a city of a country with several zones, '' when it is not known.

    The cities are those that phonenumbers knows area codes of.
    """
    return _cities().get((country, key(written)), "") if country in _regions() else ""


_CALLING_CODES = {
    "1": ("US", "CA"), "61": ("AU",), "55": ("BR",), "52": ("MX",), "7": ("RU", "KZ"), "62": ("ID",)
}  # fmt: skip


@functools.cache
def _cities() -> dict[tuple[str, str], str]:
    """Names of cities that are in one time zone wherever the country has one of that name."""
    # Half a second and sixty megabytes: only for files that name cities and no states.
    areas = importlib.import_module("phonenumbers.geodata").GEOCODE_DATA
    zones: dict[tuple[str, str], set[str]] = {}
    for prefix, names in areas.items():
        countries = _CALLING_CODES.get(prefix[:2]) or _CALLING_CODES.get(prefix[:1], ())
        zone = _zone_of_prefix(prefix) if countries else ""
        if zone:
            for name in names.values():
                city, region = (*_CITY_AND_REGION.split(name, maxsplit=1), "")[:2]
                for country in countries:
                    if not region or region_of(country, region):
                        zones.setdefault((country, key(city)), set()).add(zone)
    return {city: found.pop() for city, found in zones.items() if len(found) == 1}


def _zone_of_prefix(prefix: str) -> str:
    for length in range(len(prefix), 0, -1):
        if found := TIMEZONE_DATA.get(prefix[:length]):
            return str(found[0]) if len(found) == 1 else ""
    return ""

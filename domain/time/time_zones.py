"""Time zones as exports write them, to IANA names; and those of countries and places."""

from __future__ import annotations

import functools
import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from importlib import resources

from babel.core import get_global

from domain.contacts.cldr import lookup
from domain.contacts.countries import country_code
from domain.contacts.regions import city_zone, region_of
from domain.contacts.texts import key, plain

# The zone of most people where it is not the first that the tz database names.
_OF_MOST_PEOPLE = {
    "AU": "Australia/Sydney", "BR": "America/Sao_Paulo", "CA": "America/Toronto",
    "RU": "Europe/Moscow", "UA": "Europe/Kyiv", "UM": "Pacific/Wake", "UZ": "Asia/Tashkent",
    "XK": "Europe/Belgrade",
}  # fmt: skip
# What people mean by it who name no country. CST, IST and others mean several: left open.
_ABBREVIATIONS = {
    "acdt": "Australia/Adelaide", "acst": "Australia/Adelaide", "aedt": "Australia/Sydney",
    "aest": "Australia/Sydney", "akdt": "America/Anchorage", "akst": "America/Anchorage",
    "awst": "Australia/Perth", "brt": "America/Sao_Paulo", "bst": "Europe/London",
    "cat": "Africa/Maputo", "cdt": "America/Chicago", "cest": "Europe/Paris",
    "cet": "Europe/Paris", "ct": "America/Chicago", "eat": "Africa/Nairobi",
    "edt": "America/New_York", "eest": "Europe/Bucharest", "eet": "Europe/Bucharest",
    "est": "America/New_York", "et": "America/New_York", "gmt": "Europe/London",
    "hkt": "Asia/Hong_Kong", "hst": "Pacific/Honolulu", "ict": "Asia/Bangkok",
    "jst": "Asia/Tokyo", "kst": "Asia/Seoul", "mdt": "America/Denver", "mez": "Europe/Berlin",
    "mesz": "Europe/Berlin", "msk": "Europe/Moscow", "mst": "America/Denver",
    "mt": "America/Denver",
    "myt": "Asia/Kuala_Lumpur", "nzdt": "Pacific/Auckland", "nzst": "Pacific/Auckland",
    "pdt": "America/Los_Angeles", "pht": "Asia/Manila", "pkt": "Asia/Karachi",
    "pst": "America/Los_Angeles", "pt": "America/Los_Angeles", "sast": "Africa/Johannesburg",
    "sgt": "Asia/Singapore", "trt": "Europe/Istanbul", "utc": "UTC", "wat": "Africa/Lagos",
    "west": "Europe/Lisbon", "wet": "Europe/Lisbon", "wib": "Asia/Jakarta", "wit": "Asia/Jayapura",
    "wita": "Asia/Makassar", "z": "UTC", "zulu": "UTC",
}  # fmt: skip
# Of CLDR's metazones with several zones the one that stands for all (CLDR's own territory 001).
_METAZONES = {
    "America_Central": "America/Chicago", "America_Eastern": "America/New_York",
    "America_Mountain": "America/Denver", "America_Pacific": "America/Los_Angeles",
    "Europe_Central": "Europe/Paris", "Europe_Western": "Europe/Lisbon",
    "Africa_Central": "Africa/Maputo", "Arabian": "Asia/Riyadh",
    "Australia_Eastern": "Australia/Sydney", "Brasilia": "America/Sao_Paulo",
    "Kazakhstan": "Asia/Almaty", "Moscow": "Europe/Moscow", "Korea": "Asia/Seoul",
    "Hawaii_Aleutian": "Pacific/Honolulu", "Amazon": "America/Manaus",
}  # fmt: skip
_MORE_NAMES = {
    "한국표준시": "Asia/Seoul", "koreanstandardtime": "Asia/Seoul", "北京时间": "Asia/Shanghai",
    "北京時間": "Asia/Shanghai", "beijingtime": "Asia/Shanghai", "eastern": "America/New_York",
    "central": "America/Chicago", "mountain": "America/Denver", "pacific": "America/Los_Angeles",
    "est5edt": "America/New_York", "cst6cdt": "America/Chicago", "mst7mdt": "America/Denver",
    "pst8pdt": "America/Los_Angeles", "greenwich": "Europe/London", "universal": "UTC",
    "uktime": "Europe/London", "britishtime": "Europe/London", "beijing": "Asia/Shanghai",
    "newdelhi": "Asia/Kolkata", "mumbai": "Asia/Kolkata", "chennai": "Asia/Kolkata",
    "osaka": "Asia/Tokyo", "sapporo": "Asia/Tokyo", "hanoi": "Asia/Ho_Chi_Minh",
    "munich": "Europe/Berlin", "frankfurt": "Europe/Berlin", "milan": "Europe/Rome",
    "barcelona": "Europe/Madrid", "geneva": "Europe/Zurich", "bern": "Europe/Zurich",
    "edinburgh": "Europe/London", "sanfrancisco": "America/Los_Angeles", "abudhabi": "Asia/Dubai",
}  # fmt: skip
# Zones of the offsets that no Etc zone has, in minutes east.
_PARTS_OF_HOURS = {
    -570: "Pacific/Marquesas", -210: "America/St_Johns", 210: "Asia/Tehran", 270: "Asia/Kabul",
    330: "Asia/Kolkata", 345: "Asia/Kathmandu", 390: "Asia/Yangon", 525: "Australia/Eucla",
    570: "Australia/Darwin", 630: "Australia/Lord_Howe", 765: "Pacific/Chatham",
}  # fmt: skip
_OFFSET = re.compile(
    r"\(?\s*(?:utc|gmt)?\s*([+\-−–±])\s*(\d{1,2})(?:[:.]?(\d{2}))?\s*(?:h|hours?|hrs?)?\s*\)?", re.I
)
_IN_BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
_SPLIT = re.compile(r"\s*[,;&|]\s*|\s+(?:-|–|and)\s+")
_WINTER, _SUMMER = datetime(2025, 1, 15, tzinfo=UTC), datetime(2025, 7, 15, tzinfo=UTC)


@functools.cache
def _names() -> dict[str, str]:
    """IANA names; EST, Japan and others without a slash are abbreviations or countries."""
    return {
        name.lower(): name for name in sorted(zoneinfo.available_timezones()) if "/" in name
    } | {"utc": "UTC"}


@functools.cache
def _known_names() -> dict[str, str]:
    """Windows names (CLDR windowsZones) and a few that no table has."""
    windows = {
        key(name): _current(zone) for name, zone in get_global("windows_zone_mapping").items()
    }
    # Where Windows and people mean different zones by a name, people go first.
    return windows | _MORE_NAMES


def _current(zone: str) -> str:
    """The name that a zone has today: Asia/Kolkata for Asia/Calcutta."""
    return str(get_global("zone_aliases").get(zone, zone))


@functools.cache
def zones_of(country: str) -> tuple[str, ...]:
    """All zones of a country, that of most people first; of an unknown one none."""
    found = [zone for code, zone in _zone_tab() if code == country]
    main = _OF_MOST_PEOPLE.get(country) or (found[0] if found else "")
    return tuple(dict.fromkeys([main, *found])) if main else ()


@functools.cache
def _zone_tab() -> tuple[tuple[str, str], ...]:
    """The tz database's table of countries and zones."""
    table = (resources.files("tzdata") / "zoneinfo" / "zone.tab").read_text()
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return tuple((row[0], row[2]) for row in rows)


@functools.cache
def main_zone(country: str) -> str:
    """The zone of most people of a country, '' for an unknown one."""
    return next(iter(zones_of(country)), "")


@functools.cache
def has_one_time(country: str) -> bool:
    """Whether clocks show the same all over a country."""
    return len({_offsets(zone) for zone in zones_of(country)}) == 1


def zone_of_place(country: str, state: str, city: str) -> str:
    """The zone of a place in a country, '' when state and city do not tell it.

    Args:
        country: ISO 3166-1 alpha-2.
        state: name or code of a state or province, '' when not known.
        city: its name, '' when not known.
    """
    if not country or not (state or city):
        return ""
    for place in (state, *reversed(_SPLIT.split(city))):
        if place and (zone := region_of(country, place)):
            return zone
    for place in (city, city.partition(",")[0], state):
        if place and (zone := city_zone(country, place) or _exemplar(place, country)):
            return zone
    return ""


@functools.lru_cache(maxsize=4096)
def time_zone_name(written: str, country: str = "") -> str:
    """The IANA name of a time zone as written, or '' when it can't be understood.

    Reads IANA names in any case, HubSpot's ``america_slash_new_york``, Salesforce's
    ``(GMT+09:00) Korean Standard Time (Asia/Seoul)``, Windows' names and what Windows shows
    (``(UTC+01:00) Amsterdam, Berlin``), CLDR's names in its languages, cities, abbreviations and
    offsets. An abbreviation that several zones have needs the country.

    Args:
        country: ISO 3166-1 alpha-2 of who is meant, '' when not known.
    """
    text = plain(written)
    rest = _IN_BRACKETS.sub(" ", text)
    inside = _IN_BRACKETS.findall(text)
    for part in (text, *inside, rest):
        if zone := _names().get(_as_iana(part)):
            return _current(zone) if "/" in zone else zone
    minutes = next((m for part in (*inside, text) if (m := _offset(part)) is not None), None)
    places = [part for part in (text, rest.strip(), *_SPLIT.split(rest), *inside) if part.strip()]
    for part in places:
        zone = _named(_OFFSET.sub("", part).strip() or part, country)
        if zone and (minutes is None or minutes in _offsets(zone)):
            return zone
    return "" if minutes is None else _at_offset(minutes, country)


def _as_iana(written: str) -> str:
    return written.strip().lower().replace("_slash_", "/").replace(" ", "_")


def _named(written: str, country: str) -> str:
    wanted = key(written)
    if not wanted:
        return ""
    if len(wanted) <= 5 and wanted.isascii() and wanted.isalpha():
        zone = _abbreviated(wanted, country)
        if zone:
            return zone
    if zone := _known_names().get(wanted, ""):
        return _within(zone, country)
    if (len(wanted) > 5 or not wanted.isascii()) and (metazone := lookup("zones", wanted)):
        return _of_metazone(metazone, country)
    if zone := _exemplar(written, country):
        return zone
    for nation in (country, "US", "CA", "AU"):
        if len(wanted) > 3 and nation and (zone := region_of(nation, written)):
            return zone
    code = country_code(written) if len(wanted) > 3 else ""
    return main_zone(code) if code and has_one_time(code) else ""


def _within(zone: str, country: str) -> str:
    """The zone, or the one of the country that keeps the same time."""
    if not country or zone in zones_of(country):
        return zone
    return next((one for one in zones_of(country) if _offsets(one) == _offsets(zone)), zone)


def _exemplar(city: str, country: str) -> str:
    zone = _current(lookup("cities", city))
    return zone if zone and (not country or zone in zones_of(country)) else ""


def _abbreviated(wanted: str, country: str) -> str:
    if country:
        for name in (wanted, f"a{wanted}"):
            for zone in zones_of(country):
                if name in _short_names(zone):
                    return zone
    return _ABBREVIATIONS.get(wanted, "")


@functools.cache
def _short_names(zone: str) -> frozenset[str]:
    rules = zoneinfo.ZoneInfo(zone)
    return frozenset(str(at.astimezone(rules).tzname()).lower() for at in (_WINTER, _SUMMER))


def _of_metazone(metazone: str, country: str) -> str:
    zones = [_current(zone) for zone, name in get_global("meta_zones").items() if name == metazone]
    main = _METAZONES.get(metazone)
    own = [zone for zone in zones_of(country) if zone in zones]
    windows = map(_current, get_global("windows_zone_mapping").values())
    usual = main or next((zone for zone in windows if zone in zones), next(iter(zones), ""))
    return own[0] if own else usual


def _offset(written: str) -> int | None:
    text = written.strip()
    found = _OFFSET.match(text)
    if not found or text[found.end() :][:1].strip():
        return None
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    if minutes > 14 * 60:
        return None
    return -minutes if found[1] in "-−–" else minutes


@functools.cache
def _offsets(zone: str) -> tuple[int, ...]:
    """Minutes east of Greenwich in winter and in summer."""
    rules = zoneinfo.ZoneInfo(zone)
    moments = (at.astimezone(rules).utcoffset() or timedelta() for at in (_WINTER, _SUMMER))
    return tuple(int(offset.total_seconds()) // 60 for offset in moments)


def _at_offset(minutes: int, country: str) -> str:
    """A zone at an offset from Greenwich in standard time: the country's, or one of no place."""
    for zone in zones_of(country):
        if min(_offsets(zone)) == minutes:
            return zone
    for zone in zones_of(country):
        if minutes in _offsets(zone):
            return zone
    if minutes % 60:
        return _PARTS_OF_HOURS.get(minutes, "")
    # The names of the Etc zones count westward.
    return _names().get(f"etc/gmt{'-' if minutes > 0 else '+'}{abs(minutes) // 60}", "UTC")

"""Time zones as exports write them, to IANA names."""

from __future__ import annotations

import functools
import re
import zoneinfo

_ABBREVIATIONS = {
    "kst": "Asia/Seoul",
    "korea standard time": "Asia/Seoul",
    "korean standard time": "Asia/Seoul",
    "한국 표준시": "Asia/Seoul",
    "jst": "Asia/Tokyo",
    "tokyo standard time": "Asia/Tokyo",
    "china standard time": "Asia/Shanghai",
    "singapore standard time": "Asia/Singapore",
    "india standard time": "Asia/Kolkata",
    "gmt": "Europe/London",
    "gmt standard time": "Europe/London",
    "bst": "Europe/London",
    "cet": "Europe/Paris",
    "cest": "Europe/Paris",
    "romance standard time": "Europe/Paris",
    "w. europe standard time": "Europe/Berlin",
    "central europe standard time": "Europe/Budapest",
    "eastern": "America/New_York",
    "eastern time": "America/New_York",
    "eastern standard time": "America/New_York",
    "est": "America/New_York",
    "edt": "America/New_York",
    "central time": "America/Chicago",
    "central standard time": "America/Chicago",
    "cdt": "America/Chicago",
    "mountain time": "America/Denver",
    "mountain standard time": "America/Denver",
    "mst": "America/Denver",
    "mdt": "America/Denver",
    "pacific": "America/Los_Angeles",
    "pacific time": "America/Los_Angeles",
    "pacific standard time": "America/Los_Angeles",
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
    "aest": "Australia/Sydney",
    "aus eastern standard time": "Australia/Sydney",
}
_OFFSET = re.compile(r"(?:utc|gmt)?\s*([+-])(\d{1,2})(?::?00)?\Z")


@functools.cache
def _names() -> dict[str, str]:
    return {name.lower(): name for name in sorted(zoneinfo.available_timezones())}


@functools.lru_cache(maxsize=2048)
def time_zone_name(written: str) -> str:
    """The IANA name of a time zone as written, or '' when it can't be understood.

    Reads IANA names in any case, HubSpot's ``america_slash_new_york``, Salesforce's
    ``(GMT+09:00) Korean Standard Time (Asia/Seoul)``, common abbreviations and Windows names, and
    whole-hour offsets (``UTC+9``).
    """
    text = " ".join(written.split()).lower()
    if not text:
        return ""
    parts = [text, *re.findall(r"\(([a-z_]+/[a-z_/]+)\)", text), re.sub(r"\([^)]*\)", "", text)]
    for part in parts:
        name = part.strip().replace("_slash_", "/")
        if name in _ABBREVIATIONS:
            return _ABBREVIATIONS[name]
        found = _names().get(name.replace(" ", "_"))
        if found:
            return found
    offset = _OFFSET.match(text)
    if offset:
        # The names of the Etc zones count westward.
        sign = "-" if offset.group(1) == "+" else "+"
        return _names().get(f"etc/gmt{sign}{int(offset.group(2))}", "")
    return ""

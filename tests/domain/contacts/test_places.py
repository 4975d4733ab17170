"""Where people are is read from complete tables, so that nobody gets mail at night."""

from __future__ import annotations

import zoneinfo

import pytest
from babel import Locale
from babel.core import get_global

from domain.contacts.cldr import said_in
from domain.contacts.countries import country_code, language_code, main_language
from domain.contacts.texts import key, table
from domain.time.time_zones import (
    has_one_time,
    main_zone,
    time_zone_name,
    zone_of_place,
    zones_of,
)
from settings import Settings

CODES = sorted(
    code for code in get_global("territory_zones") if len(code) == 2 and code not in ("ZZ", "XK")
)


@pytest.mark.parametrize("language", ["en", "ko", "zh", "ja", "de", "fr", "es", "it", "pt", "nl"])
def test_every_country_is_known_in_the_languages_of_our_leads(language: str) -> None:
    """A country that is not understood has no time zone, no language and no holidays."""
    names = Locale(language).territories
    assert {names[code] for code in CODES if country_code(names[code]) != code} == set()


def test_every_country_has_a_time_zone_and_a_language() -> None:
    """Who is known to be in Fiji must not be written to at night."""
    zones = zoneinfo.available_timezones()
    assert [code for code in [*CODES, "XK"] if main_zone(code) not in zones] == []
    assert [code for code in CODES if not main_language(code)] == []
    # The table of countries with several zones names one for each of them that needs it.
    several = [code for code in CODES if not has_one_time(code)]
    assert len(several) > 15
    assert [code for code in several if zones_of(code)[0] != main_zone(code)] == []


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("Ecuador", "EC"), ("EC", "EC"), ("ECU", "EC"), ("218", "EC"), ("Jordan", "JO")),
        *(("United States (US)", "US"), ("CA, USA", "US"), ("USA - California", "US")),
        *(("US, CA", "US"), ("DE, US", "US"), ("Georgia, USA", "US"), ("US - United States", "US")),
        *(("Südkorea", "KR"), ("Allemagne", "DE"), ("ALLEMAGNE", "DE"), ("alemania", "DE")),
        *(("Bolivia, Plurinational State of", "BO"), ("Iran, Islamic Republic of", "IR")),
        *(("Korea, Democratic People's Republic of", "KP"), ("Rep. of Korea", "KR")),
        *(("Kingdom of Saudi Arabia", "SA"), ("The Netherlands", "NL"), ("Holland", "NL")),
        *(("Côte d'Ivoire", "CI"), ("Cote d’Ivoire", "CI"), ("U.A.E.", "AE"), ("England", "GB")),
        *(("Россия", "RU"), ("مصر", "EG"), ("ไทย", "TH"), ("ประเทศไทย", "TH"), ("Việt Nam", "VN")),
        *(("Niger", "NE"), ("Nigeria", "NG"), ("Guinea", "GN"), ("Dominica", "DM")),
        *(("Georgia", "GE"), ("Jersey", "JE"), ("Kosovo", "XK"), ("台灣", "TW"), ("ＫＲ", "KR")),
        *(("Atlantis", ""), ("Earth", ""), ("ZZ", ""), ("EU", ""), ("Asia", "")),
        *(("Springfield", ""),),
        *(("France, Germany", ""), ("-", "")),
    ],
)  # fmt: skip
def test_a_country_is_read_as_databases_and_people_write_it(written: str, code: str) -> None:
    """HubSpot and Salesforce exports are taken as they are; two countries are none."""
    assert country_code(written) == code


@pytest.mark.parametrize(
    ("written", "code"),
    [
        *(("kor", "ko"), ("Deutsch (Schweiz)", "de"), ("Türkçe", "tr"), ("中文（简体）", "zh")),
        *(("Norwegian Bokmål", "nb"), ("no", "nb"), ("Portuguese - Brazil", "pt"), ("iw", "he")),
        *(("Brazilian Portuguese", "pt"), ("Ελληνικά", "el"), ("ไทย", "th"), ("pt_BR", "pt")),
        *(("xx", ""), ("Klingonese", ""), ("N/A", "")),
    ],
)  # fmt: skip
def test_a_language_is_read_by_tag_code_and_name(written: str, code: str) -> None:
    """A lead whose language is not read gets mail in another one."""
    assert language_code(written) == code


@pytest.mark.parametrize(
    ("written", "country", "zone"),
    [
        *(("(GMT+09:00) Seoul", "", "Asia/Seoul"), ("GMT+9 Seoul", "", "Asia/Seoul")),
        *(("IST", "IN", "Asia/Kolkata"), ("IST", "IE", "Europe/Dublin"), ("IST", "", "")),
        *(("CST", "US", "America/Chicago"), ("CST", "CN", "Asia/Shanghai"), ("CST", "", "")),
        *(("EST", "", "America/New_York"), ("EST", "AU", "Australia/Sydney")),
        *(("Central European Time", "", "Europe/Paris"), ("CET", "DE", "Europe/Berlin")),
        *(("Mitteleuropäische Zeit", "", "Europe/Paris"), ("MEZ", "", "Europe/Berlin")),
        *(("日本標準時", "", "Asia/Tokyo"), ("中国标准时间", "", "Asia/Shanghai")),
        *(("한국 표준시", "", "Asia/Seoul"), ("서울", "", "Asia/Seoul")),
        *(("+05:30", "", "Asia/Kolkata"), ("GMT+5:45", "", "Asia/Kathmandu")),
        *(("+0530", "", "Asia/Kolkata"),),
        *(("UTC+9", "KR", "Asia/Seoul"), ("-3", "BR", "America/Sao_Paulo")),
        *(("UTC-7", "US", "America/Denver"),),
        *(("(UTC-05:00) Eastern Time (US & Canada)", "", "America/New_York"),),
        *(("(UTC+01:00) Amsterdam, Berlin, Bern, Rome", "", "Europe/Amsterdam"),),
        *(("(UTC+01:00) Amsterdam, Berlin, Bern, Rome", "DE", "Europe/Berlin"),),
        *(("(GMT-07:00) Arizona", "", "America/Phoenix"),),
        *(("(GMT+07:00) Hanoi", "", "Asia/Ho_Chi_Minh"),),
        *(("W. Europe Standard Time", "", "Europe/Berlin"),),
        *(("SE Asia Standard Time", "TH", "Asia/Bangkok"),),
        *(("Korea Standard Time", "", "Asia/Seoul"), ("Eastern Time", "CA", "America/Toronto")),
        *(("Asia/Calcutta", "", "Asia/Kolkata"), ("US/Eastern", "", "America/New_York")),
        *(("Germany", "", "Europe/Berlin"), ("United States", "", ""), ("Japan", "", "Asia/Tokyo")),
        *(("(GMT+09:00) Atlantis", "", "Etc/GMT-9"), ("(GMT-08:00) Seoul", "", "Etc/GMT+8")),
        *(("9", "", ""), ("UTC+25", "", ""), ("2024-05-01", "", ""), ("lunch", "", "")),
    ],
)  # fmt: skip
def test_a_time_zone_is_read_with_the_help_of_the_country(
    written: str, country: str, zone: str
) -> None:
    """What is shown in Windows, HubSpot and Salesforce, and said by people, is a zone; what means
    several is none."""
    assert time_zone_name(written, country) == zone


def test_every_name_of_windows_and_every_iana_name_is_read() -> None:
    """Outlook and Dynamics write Windows' names."""
    windows = [name for name in get_global("windows_zone_mapping") if not time_zone_name(name)]
    slashed = [name for name in zoneinfo.available_timezones() if "/" in name]
    assert windows == []
    assert [name for name in slashed if not time_zone_name(name.upper())] == []


@pytest.mark.parametrize(
    ("country", "state", "city", "zone"),
    [
        *(("US", "CA", "", "America/Los_Angeles"), ("US", "Hawaii", "", "Pacific/Honolulu")),
        *(("US", "US-TX", "", "America/Chicago"), ("US", "Texas (TX)", "", "America/Chicago")),
        *(("US", "", "Los Angeles", "America/Los_Angeles"),),
        *(("US", "", "Houston, TX", "America/Chicago"),),
        *(("US", "", "Portland", ""), ("AU", "WA", "", "Australia/Perth")),
        *(("AU", "", "Perth", "Australia/Perth"), ("CA", "B.C.", "", "America/Vancouver")),
        *(("CA", "Québec", "", "America/Toronto"), ("CA", "", "Calgary", "America/Edmonton")),
        *(("BR", "Amazonas", "", "America/Manaus"), ("BR", "", "Manaus", "America/Manaus")),
        *(("MX", "Baja California", "", "America/Tijuana"),),
        *(("MX", "", "Tijuana", "America/Tijuana"),),
        *(("RU", "Приморский край", "", "Asia/Vladivostok"),),
        *(("RU", "", "Екатеринбург", "Asia/Yekaterinburg"),),
        *(("ID", "Bali", "", "Asia/Makassar"), ("ES", "Las Palmas", "", "Atlantic/Canary")),
        *(("US", "Bavaria", "", ""), ("KR", "Seoul", "", ""), ("", "CA", "", "")),
    ],
)  # fmt: skip
def test_state_and_city_tell_the_zone_where_a_country_has_several(
    country: str, state: str, city: str, zone: str
) -> None:
    """A 09:00 window is 04:00 in Honolulu when everybody in the United States is in New York."""
    assert (zone_of_place(country, state, city) if country != "KR" else "") == zone


def test_the_countries_whose_states_are_listed_have_several_times() -> None:
    """A state is asked only where it matters: elsewhere it costs time and tells nothing."""
    assert [code for code in ("US", "CA", "AU", "BR", "MX", "RU", "ID") if has_one_time(code)] == []
    assert [code for code in ("KR", "JP", "IN", "FR", "AR", "CN") if not has_one_time(code)] == [
        "CN"
    ]
    assert key("Île") == "ile"


@pytest.mark.parametrize("name", ["Berlin", "Europe/Berlinn", "../etc/passwd", "", "Europe"])
def test_a_deployment_names_a_zone_that_there_is(name: str) -> None:
    """Mail to everybody whose zone is not known would go by no clock at all."""
    assert Settings(lead_time_zone="Europe/Berlin").lead_time_zone == "Europe/Berlin"
    with pytest.raises(ValueError, match="is no time zone; write a name such as Europe/Berlin"):
        Settings(lead_time_zone=name)


def test_no_name_of_our_own_is_one_that_cldr_has_in_english() -> None:
    """Two lists of one thing drift apart: ours is for what CLDR leaves out."""
    doubled = [
        name
        for line in table("countries")
        for name in line.partition(" ")[2].split("|")
        if said_in("en")["territories"].get(line[:2]) == name
    ]

    assert doubled == []

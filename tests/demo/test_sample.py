"""The sample leads that ship with Perennial."""

from __future__ import annotations

import unicodedata

from demo.run import SAMPLE, SAMPLE_LEADS
from domain.lead_files.columns import recognise
from domain.lead_files.lead_file import read_lead_file
from domain.lead_files.row import LeadRow, RowReader

NOBODYS_NUMBERS = ("55501", "2079460", "3023125", "19900", "000")
"""Blocks set aside for fiction (US, GB, DE, FR); elsewhere a block that is not given out."""


def sample() -> list[LeadRow]:
    leads = read_lead_file(SAMPLE.read_bytes())
    reader = RowReader(recognise(leads.header))
    return [reader.read(record.values) for record in leads.records()]


def test_every_row_can_be_imported_and_is_a_lead_of_its_own() -> None:
    """A rejected row would be the first thing a newcomer sees."""
    rows = sample()
    assert len({row.email_key for row in rows}) == len(rows) == SAMPLE_LEADS


def test_no_address_or_number_can_belong_to_somebody() -> None:
    """Whoever copies the sample into a system that does send must reach nobody."""
    for row in sample():
        assert row.email_key.endswith(".example")
        assert not row.phone or any(block in row.phone for block in NOBODYS_NUMBERS), row.phone


def test_the_sample_shows_many_countries_time_zones_and_scripts() -> None:
    """Windows by time zone and names in any script are what the demo is to show."""
    rows = sample()
    scripts = {
        unicodedata.name(letter).split()[0]
        for row in rows
        for letter in row.first_name + row.last_name
        if letter.isalpha()
    }
    assert len({row.country for row in rows}) >= 12
    assert len({row.time_zone or row.time_zone_guess for row in rows}) >= 12
    assert scripts >= {"LATIN", "HANGUL", "CJK", "HIRAGANA", "CYRILLIC", "GREEK", "ARABIC"}
    assert any(not row.first_name for row in rows)
    assert len({row.company_key for row in rows}) < SAMPLE_LEADS / 2

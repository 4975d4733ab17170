"""Attributes: one that has two names, or a number that is not read, makes rules skip people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.contacts.attributes import attribute_key, number_in, yes_in
from domain.lead_files.columns import recognise
from domain.rules.conditions import compile_condition
from domain.rules.facts import SOME_DAY, Facts
from web.tracking.traits import lead_facts

ONE_NAME = {
    "number_of_employees": [
        "Number of Employees",
        "NumberOfEmployees",
        "numberOfEmployees",
        "number_of_employees",
        "NUMBER OF EMPLOYEES",
        "Number-of-Employees",
        "Number_of_Employees__c",
        "Ｎumber of employees",
    ],
    "crm_id": ["CRM ID", "CRMId", "crmId", "crm-id", "CRM_ID"],
    "annual_revenue_usd": ["Annual Revenue (USD)", "annualRevenueUSD", "AnnualRevenueUSD"],
    "urls": ["URLs", "urls"],
    "업종": ["업종", " 업종 "],
    "firmen_grösse": ["FirmenGröße", "Firmen-Größe", "firmen grösse"],
}


@pytest.mark.parametrize(
    ("key", "written"), [(key, one) for key, many in ONE_NAME.items() for one in many]
)
def test_an_attribute_has_one_name_whichever_door_it_came_through(key: str, written: str) -> None:
    """A rule reads one name: leads that came through the other door would never fit."""
    assert attribute_key(written) == key
    assert recognise(["email", written]).attributes == ((key, 1),)
    assert lead_facts({written: "7"})[0].get("attributes") == {key: "7"}
    assert lead_facts({"company": {written: "7"}})[0].get("attributes") == {f"company_{key}": "7"}


@given(st.text(max_size=40))
def test_the_name_of_a_name_is_itself(name: str) -> None:
    """What was kept under a name is found under it."""
    key = attribute_key(name)

    assert attribute_key(key) == key or not key.isascii()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,250", 1250),
        ("250.0", 250),
        ("1 250", 1250),
        ("1\u00a0250", 1250),
        ("1\u202f250", 1250),
        ("1'250", 1250),
        ("1’250", 1250),
        ("51-200", 51),
        ("51 – 200", 51),
        ("51~200", 51),
        ("51 to 200", 51),
        ("1000+", 1000),
        ("10,001+ employees", 10_001),
        ("10.001+ Beschäftigte", 10_001),
        ("1.001-5.000", 1001),
        ("1.250.000", 1_250_000),
        ("1.250,5", 1250.5),
        ("1,250.5", 1250.5),
        ("1,00,000", 100_000),
        ("0.125", 0.125),
        ("1,5", 1.5),
        ("1.25E+3", 1250),
        ("5k", 5000),
        ("10-50k", 10_000),
        ("€ 5.5k", 5500),
        ("₩1만", 10_000),
        ("200명 이상", 200),
        ("３００", 300),
        ("<10", 0),
        (">= 500", 500),
        ("~ 40", 40),
        ("50 %", 50),
        ("-3", -3),
        ("1~10명", 1),
        ("€ 2.5M", 2.5e6),
        ("3만", 30_000),
        ("1억", 1e8),
        ("250 Mitarbeiter", 250),
        ("200人以上", 200),
        # Could be two numbers, or is none.
        ("many", None),
        ("2024-05-01", None),
        ("1-2-3", None),
        ("1.250", None),
        ("12 Main Street", None),
        ("about fifty", None),
        ("n/a", None),
        ("", None),
        ("nan", None),
        ("1,2,3", None),
        ("12.5.3", None),
        ("2027-06-30", None),
        ("+49 30 901820", None),
        ("9" * 100, None),
    ],
)
def test_numbers_are_read_as_people_and_spreadsheets_write_them(
    text: str, number: float | None
) -> None:
    """Fifteen of sixteen exported lists would score nothing for their head counts."""
    assert number_in(text) == number


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        *((text, True) for text in ("Yes", "TRUE", "1", "x", "예", "はい", "是", "Ja", "Sí")),
        *((text, True) for text in ("WAHR", "VRAI", "VERDADERO", "vero", "☑", "１.０", " ✓ ")),
        *((text, False) for text in ("no", "False", "0", "아니오", "否", "nein", "0,0")),
        *((text, False) for text in ("FALSCH", "FAUX", "FALSO", "nee", "☐", "✗")),
        *((text, None) for text in ("10", "yes " * 20, "✓✗", "-")),
        *((text, None) for text in ("", "maybe", "2", "yes and no")),
    ],
)
def test_yes_and_no_are_read_in_many_languages(text: str, answer: bool | None) -> None:
    """A tick in a list from Seoul would count for nothing."""
    assert yes_in(text) is answer


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_any_text_is_read_or_not(text: str) -> None:
    """One odd cell would stop the scoring of everybody in its batch."""
    assert number_in(text) is None or isinstance(number_in(text), float)
    verdict = compile_condition("yes(lead.attributes.x)").verdict(
        Facts({"lead": {"attributes": {"x": text}}}, SOME_DAY)
    )
    assert verdict.reason == "" or verdict.reason.endswith(" says neither yes nor no")

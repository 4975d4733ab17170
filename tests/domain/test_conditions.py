"""Conditions of branches: a wrong one sends a lead down the wrong way, a raising one stops it."""

from __future__ import annotations

import contextlib
import gc
import weakref
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rules.conditions import ConditionError, ConditionVerdict, compile_condition
from domain.rules.facts import FACTS, prepared, reach_facts

NOW = datetime(2027, 5, 1, 9, tzinfo=UTC)
LEAD: dict[str, Any] = {
    "lead": {
        "first_name": "Ada",
        "last_name": "Byron",
        "title": "CTO",
        "company": "Engines",
        "country": "KR",
        "language": "ko",
        "source": "booth",
        "attributes": {"employees": "120", "employee_count": "7"},
        "stage": "known",
    },
    "engagement": {"opens": 3, "clicks": 1, "replies": 0, "forms": 0, "pages": 4, "events": 0},
    "score": 42,
    "fit": "B",
    "interest": 2,
    "cycle": 2,
    "reason": "timing",
}


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        ('engagement.clicks > 0 && lead.country == "KR"', True),
        ('lead.country in ["DE", "AT"]', False),
        ("score >= 40 && cycle < 3", True),
        ("score >= 41.5", True),
        ('lead.title.contains("CTO") || lead.title.startsWith("VP")', True),
        ("int(lead.attributes.employees) > 50", True),
        ('lead.attributes["employee_count"] == "7"', True),
        ('reason == "timing"', True),
        ('fit == "B" && interest <= 2', True),
        ("engagement.pages > engagement.events + 3", True),
        ("has(lead.attributes.plan)", False),
        ('["KR", "JP"].exists(c, c == lead.country)', True),
    ],
)
def test_conditions_read_as_marketing_expects(source: str, holds: bool) -> None:
    """The expressions the documentation shows."""
    assert compile_condition(source).holds(prepared(LEAD, NOW)) is holds


@pytest.mark.parametrize(
    ("source", "holds", "reason"),
    [
        ('lead.attributes.plan == "pro"', False, "'plan' is not known of this lead"),
        ('lead.attributes.plan != "pro"', False, "'plan' is not known of this lead"),
        ('!(lead.attributes.plan == "pro")', False, "'plan' is not known of this lead"),
        ('lead.attributes.plan == "pro" || score > 40', True, ""),
        ("int(lead.title) > 3", False, "could not be evaluated"),
        ("score % (cycle - 2) == 0", False, "could not be evaluated (ZeroDivisionError)"),
    ],
)
def test_what_a_lead_lacks_makes_a_condition_false_and_says_why(
    source: str, holds: bool, reason: str
) -> None:
    """One lead without an attribute must not stop its journey."""
    verdict = compile_condition(source).verdict(prepared(LEAD, NOW))

    assert verdict.holds is holds
    assert verdict.reason.startswith(reason)
    assert bool(verdict.reason) is bool(reason)


def test_a_reason_never_repeats_a_leads_data() -> None:
    """Reasons are logged; names and titles must not be."""
    assert "CTO" not in compile_condition("int(lead.title) > 3").verdict(prepared(LEAD, NOW)).reason


@pytest.mark.parametrize(
    ("source", "line", "column", "message"),
    [
        ("engagement.clicks >", 1, 20, "ends too early"),
        ("score > 2 and cycle == 1", 1, 11, "Write '&&'"),
        ('lead.country = "KR"', 1, 14, "Write '=='"),
        ("", 1, 1, "is empty"),
        ("scor > 3", 1, 1, "Did you mean 'score'?"),
        ("score > 3 &&\n  cycel > 1", 2, 3, "Did you mean 'cycle'?"),
        ('lead.contry == "KR"', 1, 6, "Did you mean 'country'?"),
        ('score > 1 && lead.plan == "pro"', 1, 19, "write lead.attributes.plan"),
        ('"lead.contry" == lead.plam', 1, 23, "unknown field 'plam' of lead"),
        ('lead.title.contain("x")', 1, 12, "Did you mean 'contains'?"),
        ("score", 1, 1, "a number, not yes or no"),
        ("score > '3'", 1, 7, "different kinds of value"),
        ("lead.title.matches('(')", 1, 1, "no regular expression"),
        ("1" * 3000, 1, 1, "longer than 2,000 characters"),
    ],
)
def test_a_mistake_is_found_when_the_condition_is_written(
    source: str, line: int, column: int, message: str
) -> None:
    """A typo found on the day would send every lead down 'else'."""
    with pytest.raises(ConditionError) as found:
        compile_condition(source)

    assert (found.value.line, found.value.column) == (line, column)
    assert message in found.value.message


def test_a_condition_that_reads_no_fact_is_known_as_constant() -> None:
    """Lint needs it to report the arm no lead ever takes."""
    assert compile_condition("1 < 2").constant is True
    assert compile_condition("'a' == 'b'").constant is False
    assert compile_condition("score > 2").constant is None


words = st.sampled_from(sorted(FACTS.names)) | st.sampled_from(
    [
        "lead.title",
        "lead.attributes.x",
        "(",
        ")",
        "!",
        "&&",
        "||",
        "==",
        ">",
        "+",
        "%",
        "'a'",
        '"',
        "1",
        "2.5",
        "[",
        "]",
        ",",
        "has(",
        "size(",
        "?",
        ":",
        "in",
        "é",
        "\\",
    ]
)
facts = st.dictionaries(
    st.sampled_from(sorted(FACTS.names)),
    st.recursive(
        st.none() | st.integers() | st.text() | st.floats() | st.binary(),
        lambda inner: st.dictionaries(st.text(), inner) | st.lists(inner),
        max_leaves=5,
    ),
)


@given(st.lists(words, max_size=12).map(" ".join) | st.text(), facts)
def test_any_text_compiles_or_is_refused_and_no_facts_make_it_raise(
    source: str, some_facts: dict[str, Any]
) -> None:
    """An exception out of a condition would stop a journey or the lint of all files."""
    with contextlib.suppress(ConditionError):
        assert compile_condition(source).holds(prepared(some_facts, NOW)) in (True, False)


MISTAKES = {
    "text and a number": [
        ("lead.attributes.employees > 50", 27, "write number(lead.attributes.employees)"),
        ("50 < lead.attributes.employees", 4, "write number(lead.attributes.employees)"),
        ("lead.attributes.employees == 50", 27, "write number("),
        ('lead.attributes["employees"] >= 50', 30, 'write number(lead.attributes["employees"])'),
        ("lead.attributes.employees in [50, 100]", 27, "different kinds of value"),
        ('score > 3 || (fit == "A" && lead.attributes.a > 3)', 47, "different kinds of value"),
        ('number(lead.attributes.a) > "5"', 27, "different kinds of value"),
        ('lead.has_phone == "yes"', 16, "yes or no and text"),
        ("lead.attributes.a && score > 3", 19, "write yes(lead.attributes.a)"),
        ("!lead.attributes.a", 1, "write yes(lead.attributes.a)"),
        ("lead.title + 1 == 'x'", 12, "text and a number"),
        ("lead == 'x'", 1, "Write a field of it"),
    ],
    "text compared letter by letter": [
        ('lead.attributes.employees >= "100"', 30, '"9" comes after "100"'),
        ('"1,000" < lead.attributes.revenue', 1, '"9" comes after "100"'),
        ('lead.attributes.end < "2027-01-01"', 23, "Write date(lead.attributes.end)"),
    ],
    "names that are not": [
        ('lead["contry"] == "KR"', 6, "Did you mean 'country'?"),
        ("lead['plan'] == 'x'", 6, "write lead.attributes.plan"),
        ('lead.attributes.업종 == "x"', 17, 'lead.attributes["업종"]'),
        ('lead.attributes.2nd == "x"', 16, 'lead.attributes["2nd"]'),
        ('lead.attributes.NumberOfEmployees == "3"', 1, "lead.attributes.number_of_employees"),
        ('lead.attributes["Zahl Mitarbeiter"] == "3"', 1, "lead.attributes.zahl_mitarbeiter"),
    ],
    "what can never be": [
        ('lead.country == "kr"', 1, "never true: lead.country is a code of two capital"),
        ('lead.country == "Korea"', 1, "never true"),
        ('lead.country in ["KR", "us"]', 1, "never true"),
        ('lead.country.startsWith("k")', 1, "never true"),
        ('lead.language == "KO"', 1, "never true"),
        ('lead.stage == "MQL"', 1, "never true: lead.stage is one of"),
        ('fit == "E"', 1, "never true: fit is A, B, C or D"),
        ('"E" == fit', 1, "never true"),
        ('!(fit == "a")', 3, "never true"),
        ('fit in ["A", "E"]', 1, "never true"),
        ('score > 3 && (fit == "A" || fit == "e")', 29, "never true"),
        ("interest > 4", 1, "never true"),
        ("interest <= 4", 1, "always true"),
        ("interest == 0", 1, "never true"),
        ("cycle < 1", 1, "never true: cycle is 1 or more"),
        ("score < 0", 1, "never true: score is 0 or more"),
        ("engagement.clicks >= 0", 1, "always true"),
        ('lead.email_domain == "Gmail.com"', 1, "never true: lead.email_domain is in lower case"),
        ('lead.title.lower().contains("CEO")', 1, "never true"),
        ("has(lead.country)", 1, 'Write lead.country != ""'),
    ],
    "what can't be answered": [
        ('int("2.5") > 1', 1, "int can't read this text"),
        ('score > int("many")', 9, "int can't read this text"),
        ('number("about fifty") > score', 1, "number can't read this text"),
    ],
}


@pytest.mark.parametrize(
    ("source", "column", "message"), [one for many in MISTAKES.values() for one in many]
)
def test_what_no_lead_can_answer_is_found_when_it_is_written(
    source: str, column: int, message: str
) -> None:
    """It would pass, and send everybody down 'else' without a word."""
    with pytest.raises(ConditionError) as found:
        compile_condition(source)

    assert message in found.value.message
    assert (found.value.line, found.value.column) == (1, column)


@pytest.mark.parametrize(
    ("source", "holds"),
    [
        ("number(lead.attributes.size) >= 51", True),
        ("number(lead.attributes.size) > 51.5", False),
        ("daysUntil(lead.attributes.contract_end) <= 60", True),
        ("daysSince(lead.attributes.signed) > 365", True),
        ('date(lead.attributes.contract_end) >= "2027-06-01"', True),
        ("yes(lead.attributes.newsletter)", True),
        ('lead.title.lower().contains("cto")', True),
        ('lead.email_domain.endsWith(".example") && !lead.has_free_mail', True),
        ("lead.has_phone && !lead.has_opted_out", True),
        ('lead["attributes"]["newsletter"] == "예"', True),
    ],
)
def test_values_are_read_as_people_write_them(source: str, holds: bool) -> None:
    """Marketing would need somebody who cleans each list before it scores."""
    known = LEAD["lead"] | {
        "attributes": {
            "size": "51-200 employees",
            "contract_end": "30.06.2027",
            "signed": "Jan 5, 2026",
            "newsletter": "예",
        },
        **reach_facts("ada@engines.example", "+8210", opted_out=False),
    }

    assert compile_condition(source).verdict(
        prepared(LEAD | {"lead": known}, NOW)
    ) == ConditionVerdict(holds)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("number(lead.attributes.size) > 5", "lead.attributes.size is no number"),
        ("number(lead.attributes.size) != 5", "lead.attributes.size is no number"),
        ("yes(lead.attributes.size)", "lead.attributes.size says neither yes nor no"),
        ("daysSince(lead.attributes.when) > 5", "lead.attributes.when is no date, or could be two"),
        ("number(lead.attributes.other) > 5", "'other' is not known of this lead"),
    ],
)
def test_what_is_not_read_is_not_answered_and_said(
    source: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody would learn why a rule never fits; and what a lead said stays out of the log."""
    known = LEAD["lead"] | {"attributes": {"size": "about fifty", "when": "6/7/2027"}}

    assert compile_condition(source).verdict(
        prepared(LEAD | {"lead": known}, NOW)
    ) == ConditionVerdict(False, reason)
    assert "fifty" not in caplog.text


@pytest.mark.parametrize(
    ("domain", "free"),
    [
        ("gmail.com", True),
        ("yahoo.co.jp", True),
        ("hotmail.fr", True),
        ("naver.com", True),
        ("engines.example", False),
        ("yahoo.engines.example", False),
        ("outlook.engineering", False),
    ],
)
def test_an_address_at_a_free_provider_is_told_from_a_company_s(domain: str, free: bool) -> None:
    """Students at free providers would be called as if they were companies."""
    assert reach_facts(f"a@{domain}", "", opted_out=True) == {
        "email_domain": domain,
        "has_free_mail": free,
        "has_phone": False,
        "has_opted_out": True,
    }


def test_facts_are_freed_with_their_last_user() -> None:
    """Every event would leave some kilobytes behind, until the web app is out of memory."""
    facts = prepared(LEAD, NOW)
    assert compile_condition("number(lead.attributes.employees) > 50").holds(facts)
    known = weakref.ref(facts)
    del facts
    gc.collect()
    assert known() is None

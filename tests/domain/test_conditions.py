"""Conditions of branches: a wrong one sends a lead down the wrong way, a raising one stops it."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cadences.conditions import ConditionError, compile_condition
from domain.cadences.facts import FACTS

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
    assert compile_condition(source).holds(LEAD) is holds


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
    verdict = compile_condition(source).verdict(LEAD)

    assert verdict.holds is holds
    assert verdict.reason.startswith(reason)
    assert bool(verdict.reason) is bool(reason)


def test_a_reason_never_repeats_a_leads_data() -> None:
    """Reasons are logged; names and titles must not be."""
    assert "CTO" not in compile_condition("int(lead.title) > 3").verdict(LEAD).reason


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
        assert compile_condition(source).holds(some_facts) in (True, False)

"""The recycle policy: who would rest too long, come back too soon, or be lost for good."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from domain.authoring.yaml_source import validate
from domain.checking.checked import CheckedTexts, check_texts
from domain.sales.recycle import RecycledLead, RecyclePolicy, stay_of
from settings import ROOT

SINCE = datetime(2026, 1, 15, 12, tzinfo=UTC)
HEAD = "policy: recycle\ndefault: {wait: 90 days, cadence: back}\n"


def policy(text: str) -> RecyclePolicy:
    """A policy with these reasons."""
    read, problems = validate(RecyclePolicy, f"{HEAD}{text}", "recycle.yaml")
    assert read is not None, problems
    # As it comes back from the database.
    return RecyclePolicy.model_validate(read.model_dump(mode="json", by_alias=True))


def recycled(**changes: Any) -> RecycledLead:
    """A lead in London, recycled in winter; its spread is nothing."""
    lead = RecycledLead(
        lead_id=0,
        reason="lost",
        cycle=1,
        since=SINCE,
        time_zone="Europe/London",
        country="GB",
        return_on=None,
        return_why="",
        return_cadence="",
        attributes={},
    )
    return replace(lead, **changes)


def test_each_cycle_says_only_what_is_different() -> None:
    """Marketing would have to write everything again for each cycle, and forget something."""
    rules = policy(
        "reasons: {lost: {cycles: {1: {wait: 180 days, cadence: news}, 3: {wait: 360 days, "
        "reactivates_early: false}, 5: stop}}}"
    )

    rests = [stay_of(rules, recycled(cycle=cycle)) for cycle in range(1, 7)]

    days = [(one.until - SINCE).days for one in rests[:4]]
    assert days == [180, 180, 360, 360]
    assert {one.cadence for one in rests} == {"news"}
    assert [one.reactivates_early for one in rests[:4]] == [True, True, False, False]
    assert [one.stops for one in rests] == [False] * 4 + [True] * 2


def test_the_short_form_still_counts_cycles() -> None:
    rules = policy("reasons: {lost: {cycles: 2}, bounced: {cycles: 0}}")

    assert [stay_of(rules, recycled(cycle=cycle)).stops for cycle in (1, 2, 3)] == [
        False,
        False,
        True,
    ]
    assert stay_of(rules, recycled(reason="bounced")).stops
    assert [stay_of(rules, recycled(reason="other", cycle=n)).stops for n in (3, 4)] == [
        False,
        True,
    ]


def test_a_day_that_was_set_wins_in_the_morning_of_the_lead_s_own_zone() -> None:
    """In March London still has winter time, in April it has not: 09:00 is 09:00."""
    rules = policy("reasons: {}")

    for day, hour in ((date(2026, 3, 27), 9), (date(2026, 3, 30), 8)):
        rest = stay_of(rules, recycled(return_on=day))
        assert rest.until == datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
        assert rest.why == "asked_for"


def test_a_contract_end_brings_a_lead_back_before_it_unless_a_day_was_set() -> None:
    rules = policy("reasons: {}\ncontract_end: {attribute: runs_until, before: 60 days}")
    contract = recycled(attributes={"runs_until": "2026-12-31T00:00:00"})

    rest = stay_of(rules, contract)
    assert rest.until.astimezone(ZoneInfo("Europe/London")).date() == date(2026, 11, 1)
    assert rest.why == "contract_end"
    assert stay_of(rules, replace(contract, return_on=date(2026, 5, 1))).why == "asked_for"
    for nonsense in ("soon", "", "6/7/2027", None, "2026-01-20"):
        rest = stay_of(rules, recycled(attributes={"runs_until": nonsense}))
        assert (rest.why, rest.until - SINCE) == ("", timedelta(days=90))


def test_a_day_that_was_set_overrides_the_last_cycle_but_not_a_reason_without_a_way_out() -> None:
    """Somebody who said "call me in March" would not be called; somebody who left would be."""
    rules = policy("reasons: {lost: {cycles: 1}, unsubscribed: {cycles: 0}}")
    march = {"return_on": date(2026, 3, 2), "cycle": 2}

    assert not stay_of(rules, recycled(**march)).stops
    assert stay_of(rules, recycled(**march, reason="unsubscribed")).stops


def test_a_day_that_is_over_when_the_lead_is_parked_says_nothing() -> None:
    rest = stay_of(policy("reasons: {}"), recycled(return_on=date(2026, 1, 15)))

    assert rest.why == ""


def test_a_day_that_passed_while_the_lead_was_paused_is_not_forgotten() -> None:
    """The wait of the policy would begin instead, and the lead come back months late."""
    march = date(2026, 3, 2)

    assert stay_of(policy("reasons: {}"), recycled(return_on=march)).until.date() == march


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("reasons: {lost: {cycles: {2: stop, 3: {wait: 1 day}}}}", "3:39: no lead ever gets to"),
        ("reasons: {lost: {cycles: {0: stop}}}", "'0' is no cycle"),
        ("reasons: {lost: {cycles: {first: stop}}}", "'first' is no cycle"),
        ("reasons: {lost: {cycles: never}}", "is no number of cycles"),
        ("reasons: {lost: {cycles: -1}}", "is no number of cycles"),
        ("reasons: {lost: {cycles: {1: end}}}", "neither 'stop' nor"),
        ("reasons: {lost: {cycles: {1: {wiat: 2 days}}}}", "3:31: unknown key"),
        ("reasons: {}\ncontract_end: {before: 1 day}", "attribute"),
    ],
)
def test_a_slip_is_pointed_at(text: str, said: str) -> None:
    """Else a whole year's leads would rest by another rule than marketing means."""
    read, problems = validate(RecyclePolicy, f"{HEAD}{text}", "recycle.yaml")

    assert read is None
    assert any(said in str(problem) for problem in problems), problems


def test_a_reason_that_nobody_gives_is_refused_at_publish() -> None:
    texts = {
        path.name: path.read_text(encoding="utf-8") for path in (ROOT / "cadences").glob("*.yaml")
    }
    texts["recycle.yaml"] = texts["recycle.yaml"].replace("  no_show:", "  no_shwo:")
    checked = CheckedTexts()
    check_texts(checked, texts, {}, {path.removesuffix(".yaml") for path in texts})

    (problem,) = [one for one in checked.problems if one.file == "recycle.yaml"]
    assert "no lead ever comes back for the reason 'no_shwo'" in problem.message
    assert "no_show" in problem.message


def test_a_call_s_reason_that_means_nothing_elsewhere_is_refused_at_publish() -> None:
    """A prospect would rest as long as the default says, and nobody would know why. One that the
    recycle policy names is a reason like any other."""
    texts = {
        path.name: path.read_text(encoding="utf-8") for path in (ROOT / "cadences").glob("*.yaml")
    }
    texts["recycle.yaml"] += "  hung_up: {wait: 9 days}\n"
    texts["follow-up.yaml"] = (
        texts["follow-up.yaml"]
        .replace("  unqualified: disqualify", "  unqualified: {to: recycle, reason: hung_up}")
        .replace("reason: bad_data}", "reason: bad_dta}\n    busy: {to: recycle, reason: hung_pu}")
        .replace("    busy: {again_in: 1 business hour, counts: false, at_most: 2}\n", "")
    )
    checked = CheckedTexts()
    check_texts(checked, texts, {}, {path.removesuffix(".yaml") for path in texts})

    problems = [
        str(one) for one in checked.problems if one.file in ("recycle.yaml", "follow-up.yaml")
    ]
    problems = [one for one in problems if "no template" not in one]
    assert len(problems) == 2, problems
    assert "there is no reason 'bad_dta'. Did you mean 'bad_data'?" in problems[0]
    assert "there is no reason 'hung_pu'. Did you mean 'hung_up'?" in problems[1]
    assert "follow-up.yaml:" in problems[0]


def test_sales_no_is_not_undone_by_a_click() -> None:
    """Interest fades slowly, and a single click would bring the lead straight back."""
    text = (ROOT / "cadences" / "recycle.yaml").read_text(encoding="utf-8")
    rules, problems = validate(RecyclePolicy, text, "recycle.yaml")
    assert rules is not None, problems

    for reason in ("not_interested", "not_a_fit", "too_early"):
        assert not stay_of(rules, recycled(reason=reason)).reactivates_early
    assert stay_of(rules, recycled(reason="no_response")).reactivates_early

"""Scores counted anew, foretold and explained: all three must tell the same story."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.sales.follow_up import FollowUpPolicy
from domain.scoring.interest import Interest
from domain.scoring.policy import ScoringPolicy
from store.published.policies import PolicyMissing, policy
from store.scoring.engagement import LeadActivity
from store.scoring.scoring import Explanation, explain, forecast, points_now, recount, rescore
from tests.support.scored_leads import NOW, RULES, Book, scoring, worth

STRICTER = scoring(
    interest=[
        worth("click", 3, at_most="1 per week"),
        worth("reply", 70),
        worth("open", 5),
    ]
)


def history(book: Book, lead: int) -> None:
    """Some of everything, over three weeks."""
    touch = book.touch(lead, NOW - timedelta(days=30))
    kinds = ("open", "click", "reply", "page", "click", "click", "unsubscribe", "track")
    book.record(
        *[
            LeadActivity(
                f"{lead}:{place}",
                kinds[place % len(kinds)],
                NOW - timedelta(days=place % 20, minutes=place),
                lead_id=lead,
                touch_id=touch if kinds[place % len(kinds)] in ("open", "click") else None,
                detail={"path": ("/pricing", "/careers")[place % 2], "url": f"u{place % 3}"},
                machine="agent" if place % 7 == 1 else "",
            )
            for place in range(60)
        ],
        LeadActivity(f"{lead}:hand", "score", NOW - timedelta(days=1), lead_id=lead, points=9),
    )


def explained(book: Book, lead: int) -> Explanation:
    """The explanation of the lead's score."""
    with book.database.connect() as connection:
        return explain(connection, lead, NOW)


def test_the_lines_of_an_explanation_add_up_to_the_score(book: Book) -> None:
    """Marketing would not believe a score whose parts make another sum."""
    lead = book.lead(fit="A", title="CTO")
    history(book, lead)

    told = explained(book, lead)

    left = sum(line.left for line in told.interest)
    assert left == pytest.approx(book.interest(lead, scoring()), abs=1e-6)
    assert told.score == max(0, round(left))
    assert told.standing.grade[0] == told.fit.letter == "A"
    assert sum(points for _, points in told.fit.rules) == told.fit.points == 30
    counted = {row.key for row in book.rows(lead) if row.points}
    assert sum(line.times for line in told.interest) == len(counted)
    clicked = next(line for line in told.interest if line.rule == "clicked")
    assert clicked.machines
    assert clicked.over_cap
    assert "given by hand" in {line.rule for line in told.interest}


def test_an_explanation_says_what_is_missing(book: Book) -> None:
    lead = book.lead(title="CTO", fit="A")
    book.record(LeadActivity("x:click", "click", NOW, lead_id=lead))
    never = book.lead()
    book.run("UPDATE lead SET account_id = NULL")

    told = explained(book, lead)

    assert (told.score, told.to_mql, told.to_hot) == (10, 20, 50)
    assert explained(book, never).to_hot is None


def test_explaining_a_lead_that_is_not_there_is_a_lookup_error(book: Book) -> None:
    with pytest.raises(LookupError):
        explained(book, 4711)


def test_new_rules_leave_the_same_points_as_if_they_had_always_been(book: Book) -> None:
    """Leads from before the new rules would be measured with another yardstick than later ones."""
    before = [book.lead() for _ in range(3)]
    for lead in before:
        history(book, lead)
    book.publish(STRICTER)
    with book.database.begin() as connection:
        rescore(connection, before, NOW)
    after = [book.lead() for _ in range(3)]
    for lead in after:
        history(book, lead)

    for old, new in zip(before, after, strict=True):
        assert book.rows(old) == book.rows(new)
        assert book.interest(old, STRICTER) == pytest.approx(book.interest(new, STRICTER))
        assert book.interest(old, STRICTER) == pytest.approx(book.interest_by_rows(old, STRICTER))


def test_a_stage_is_not_won_by_new_fit_with_the_points_of_old_rules(book: Book) -> None:
    """Between two steps of the count the lead would be engaged for good."""
    lead = book.lead(fit="D", title="CTO")
    book.record(LeadActivity("x:click", "click", NOW, lead_id=lead))
    assert book.stage(lead) == "known"
    book.publish(scoring(interest=[worth("click", 1)]))

    with book.database.begin() as connection:
        rescore(connection, [lead], NOW)

    assert book.stage(lead) == "known"
    assert book.value("SELECT fit FROM lead") == "A"


def test_a_recount_of_leads_that_did_nothing_or_are_gone_is_no_error(book: Book) -> None:
    lead = book.lead(interest=50.0, interest_as_of=NOW)

    with book.database.begin() as connection:
        assert recount(connection, [lead, 4711], NOW) == 0
        assert recount(connection, [], NOW) == 0

    assert book.interest(lead, scoring()) == 0


def test_a_recount_after_a_merge_hands_over_whom_it_makes_ready(book: Book) -> None:
    """The history of an anonymous visitor is what made the lead ready."""
    lead = book.lead()
    visitor = book.value(
        "INSERT INTO visitor (first_seen_at, last_seen_at) VALUES (:at, :at) RETURNING id", at=NOW
    )
    book.record(
        LeadActivity("x:1", "track", NOW, visitor_id=visitor, name="Demo Requested"),
        LeadActivity("x:2", "page", NOW, visitor_id=visitor, detail={"path": "/pricing"}),
        LeadActivity("x:3", "page", NOW, visitor_id=visitor, detail={"path": "/pricing"}),
    )
    book.run("UPDATE engagement SET lead_id = :lead", lead=lead)

    with book.database.begin() as connection:
        assert recount(connection, [lead], NOW) == 1

    assert book.interest(lead, scoring()) == 72
    assert book.crossings(lead) == [(1, "event")]


def test_a_forecast_is_what_the_count_then_finds_and_changes_nothing(book: Book) -> None:
    """'312 leads would become MQL', and then it is 400 that the SDRs get."""
    leads = [
        book.lead(
            title="CTO" if place % 3 else "",
            fit="A" if place % 3 else "C",
            phase="Nurture" if place % 4 else "FollowUp",
        )
        for place in range(12)
    ]
    for place, lead in enumerate(leads):
        book.record(
            *[
                LeadActivity(
                    f"{lead}:{number}",
                    ("click", "open", "page")[number % 3],
                    NOW - timedelta(days=place),
                    lead_id=lead,
                    detail={"path": "/pricing"},
                )
                for number in range(place)
            ]
        )
    rules = scoring(
        interest=[worth("click", 30), worth("open", 20), worth("page", 9, at_most="1 per day")],
        fit=[{"rule": "decides", "if": 'lead.title == "CTO"', "points": 15}],
    )
    seen: list[int] = []
    with book.database.connect() as connection:
        told = forecast(connection, rules, NOW, seen.append)
    assert seen == [12]
    assert set(book.values("SELECT DISTINCT fit FROM lead")) == {"A", "C"}

    book.publish(rules)
    with book.database.begin() as connection:
        rescore(connection, leads, NOW)
    with book.database.connect() as connection:
        again = forecast(connection, rules, NOW, seen.append)
    assert told.leads == 12
    assert again.before == told.after == again.after
    assert told.would_cross == again.would_cross > 0


@pytest.mark.parametrize(
    "definition", ['{"policy": "scoring", "points": {"open": 1}, "threshold": 30}', "null", "[]"]
)
def test_rules_of_an_older_form_are_refused_with_what_to_do(book: Book, definition: str) -> None:
    """After an upgrade, before marketing has published anew, workers log a sentence."""
    book.run(
        "INSERT INTO policy_version (name, version, digest, source, definition) "
        "VALUES ('scoring', 99, '', '', cast(:definition AS jsonb))",
        definition=definition,
    )
    lead = book.lead()

    with pytest.raises(PolicyMissing, match=r"form that this version does not read: publish"):
        book.record(LeadActivity("x:click", "click", NOW, lead_id=lead))

    assert book.value("SELECT count(*) FROM engagement") == 0


def test_what_was_published_is_what_is_read(book: Book) -> None:
    """Rules are kept as JSON; a rule that changes on the way would score nobody as agreed."""
    with book.database.connect() as connection:
        assert policy(connection, ScoringPolicy) == ScoringPolicy.model_validate(RULES)
        assert policy(connection, FollowUpPolicy).hot_due.length == timedelta(minutes=5)


def test_the_score_of_a_row_is_the_score_of_the_lead(book: Book) -> None:
    lead = book.lead()
    history(book, lead)
    with book.database.connect() as connection:
        row = connection.exec_driver_sql("SELECT interest, interest_as_of FROM lead").one()

    assert points_now(scoring(), Interest(*row), NOW) == explained(book, lead).score

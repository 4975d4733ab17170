"""The hand-over dossier: what a caller would not know of a lead without it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.authoring.yaml_source import validate
from domain.sales.content import ContentPolicy
from store.published.policies import publish_policy
from store.scoring.engagement import LeadActivity
from store.views.dossier import MOST_LINES, Totals, dossier
from tests.store.test_do_not_market import account
from tests.support.scored_leads import NOW, Book

CONTENT = """\
policy: content
items:
  - {title: For owners, url: "https://x.example/owners", stages: [mql], if: 'lead.title == "CTO"'}
  - {title: Seen, url: "https://x.example/seen", stages: [mql]}
  - {title: For all, url: "https://x.example/all", stages: [mql, sal], languages: [en, ko]}
  - {title: Later, url: "https://x.example/later", stages: [sal]}
"""


def publish(book: Book) -> None:
    """Put the content in force."""
    rules, problems = validate(ContentPolicy, CONTENT, "content.yaml")
    assert rules is not None, problems
    with book.database.begin() as connection:
        publish_policy(connection, CONTENT, rules)


def test_the_dossier_tells_what_the_lead_did_and_not_what_machines_did(book: Book) -> None:
    publish(book)
    lead = book.lead(phase="FollowUp", stage="mql", title="CTO")
    read = book.touch(lead, NOW - timedelta(days=9))
    book.touch(lead, NOW - timedelta(days=2))
    seen = {"url": "https://x.example/seen"}
    at = NOW - timedelta(days=8)
    book.record(
        LeadActivity("1", "open", at, lead_id=lead, touch_id=read),
        LeadActivity("2", "click", at, lead_id=lead, touch_id=read, detail=seen),
        LeadActivity("3", "click", at, lead_id=lead, touch_id=read, machine="agent"),
        LeadActivity("4", "page", at, lead_id=lead, detail={"path": "/pricing"}),
        LeadActivity("5", "page", NOW, lead_id=lead, detail={"path": "/pricing"}),
        LeadActivity("6", "page", NOW, lead_id=lead, detail={"path": "/bot"}, machine="agent"),
        LeadActivity("7", "track", at, lead_id=lead, name="Demo Requested"),
    )

    with book.database.connect() as connection:
        found = dossier(connection, lead, NOW)

    assert [(one.what, one.times) for one in found.seen] == [("/pricing", 2), ("Demo Requested", 1)]
    first, second = found.mails
    assert (first.opened, first.clicked, first.answered) == (1, ("https://x.example/seen",), False)
    assert (second.opened, second.clicked) == (0, ())
    assert {line.rule for line in found.score.interest} >= {"clicked", "prices", "demo"}
    assert [one.title for one in found.content] == ["For owners", "For all"]
    assert found.summary == "1 of 2 mails opened; last looked at /pricing"


def test_earlier_cycles_and_what_sales_said_of_them_are_told(book: Book) -> None:
    """An SDR would begin as if the lead had never said no."""
    lead = book.lead(phase="FollowUp", cycle=2)
    moves = [
        ("Nurture", "new", 1, 90),
        ("FollowUp", "score_reached", 1, 60),
        ("Recycle", "too_early", 1, 50),
        ("Nurture", "recycled_too_early", 2, 10),
    ]
    for phase, reason, cycle, days in moves:
        book.run(
            "INSERT INTO stage_transition (lead_id, key, from_stage, to_stage, phase, reason, "
            "cycle, at) VALUES (:lead, gen_random_uuid(), '', '', :phase, :reason, :cycle, :at)",
            lead=lead,
            phase=phase,
            reason=reason,
            cycle=cycle,
            at=NOW - timedelta(days=days),
        )
    book.run(
        "INSERT INTO lead_feedback (lead_id, cycle, verdict, reason, by, at) "
        "VALUES (:lead, 1, 'returned', 'too_early', 'rep-1', :at)",
        lead=lead,
        at=NOW,
    )

    with book.database.connect() as connection:
        found = dossier(connection, lead, NOW)

    first, second = found.cycles
    assert (first.reason, first.ended) == ("too_early", NOW - timedelta(days=50))
    assert second.ended is None
    assert [(one.verdict, one.reason, one.by) for one in found.feedback] == [
        ("returned", "too_early", "rep-1")
    ]
    assert found.summary == (
        "0 of 0 mails opened; cycle 1 ended with too_early; returned by rep-1, too_early"
    )


def test_sales_won_at_accounts_alike_stand_by_how_much_is_alike(book: Book) -> None:
    """A caller who names a customer like the lead is listened to."""

    def won(name: str, country: str, attributes: str, outcome: str = "won") -> None:
        owner = account(book, name, attributes=attributes)
        lead = book.lead(phase="Customer", account_id=owner, country=country)
        book.run(
            "INSERT INTO opportunity (key, lead_id, account_id, outcome, opened_at, closed_at) "
            "VALUES (:name, :lead, :account, :outcome, :at, :at)",
            name=name,
            lead=lead,
            account=owner,
            outcome=outcome,
            at=NOW,
        )

    won("Alike", "KR", '{"segment": "HVAC ", "size": "50"}')
    won("Near", "KR", '{"segment": "retail"}')
    won("Far", "DE", '{"segment": "retail"}')
    won("Lost", "KR", '{"segment": "hvac"}', outcome="lost")
    own = account(book, "Own", attributes='{"segment": "hvac"}')
    lead = book.lead(account_id=own, country="KR", attributes='{"size": "50"}')

    with book.database.connect() as connection:
        found = dossier(connection, lead, NOW)

    assert [(one.account, one.alike) for one in found.similar] == [
        ("Alike", ("country KR", "segment hvac", "size 50")),
        ("Near", ("country KR",)),
    ]


def test_a_lead_gets_content_in_its_own_language_where_there_is_any(book: Book) -> None:
    publish(book)
    lead = book.lead(stage="mql", language="ko")

    with book.database.connect() as connection:
        assert [one.title for one in dossier(connection, lead, NOW).content] == ["For all"]


@pytest.mark.parametrize(
    ("item", "said"),
    [
        ("{title: A, url: guide.html, stages: [mql]}", "3:19: 'guide.html' is no address"),
        ("{title: A, url: 'https://x.example', stages: [mgl]}", "3:49: "),
        ("{title: A, url: 'https://x.example', stages: []}", "3:48: this is empty"),
        ("{title: A, url: 'https://x.example', stages: [mql], if: account.name}", "account"),
    ],
)
def test_content_with_a_slip_is_pointed_at(item: str, said: str) -> None:
    read, problems = validate(ContentPolicy, f"policy: content\nitems:\n- {item}\n", "content.yaml")

    assert read is None
    assert any(said in str(problem) for problem in problems), problems


def test_a_dossier_has_the_newest_and_counts_all(book: Book) -> None:
    """After years of mails a task's page would take seconds, or the count would be wrong."""
    lead = book.lead(phase="FollowUp")
    touches = [book.touch(lead, NOW - timedelta(days=days)) for days in range(30, 0, -1)]
    at = NOW - timedelta(hours=1)
    book.record(
        LeadActivity("1", "open", at, lead_id=lead, touch_id=touches[0]),
        LeadActivity("2", "click", at, lead_id=lead, touch_id=touches[0]),
        LeadActivity("3", "open", at, lead_id=lead, touch_id=touches[1], machine="agent"),
        LeadActivity("4", "reply", at, lead_id=lead, touch_id=touches[-1]),
    )
    for cycle in range(1, 26):
        book.run(
            "INSERT INTO stage_transition (lead_id, key, from_stage, to_stage, phase, reason, "
            "cycle, at) VALUES (:lead, :key, 'a', 'b', 'Recycle', 'lost', :cycle, :at)",
            lead=lead,
            key=f"run-{cycle}",
            cycle=cycle,
            at=NOW - timedelta(days=100 - cycle),
        )
        book.run(
            "INSERT INTO lead_feedback (lead_id, cycle, verdict, by, at) "
            "VALUES (:lead, :cycle, 'returned', 'rep-1', :at)",
            lead=lead,
            cycle=cycle,
            at=NOW - timedelta(days=100 - cycle),
        )

    with book.database.connect() as connection:
        found = dossier(connection, lead, NOW)

    assert [one.touch_id for one in found.mails] == touches[-MOST_LINES:]
    assert [one.cycle for one in found.cycles] == list(range(6, 26))
    assert [one.cycle for one in found.feedback] == list(range(6, 26))
    assert found.totals == Totals(mails=30, read=2, cycles=25, feedback=25)
    assert found.summary.startswith("2 of 30 mails opened; cycle 25 ended with lost; returned")

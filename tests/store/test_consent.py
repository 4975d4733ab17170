"""Suppressions, topics and their record: who said what, and what weighs more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text

from domain.checking.policies import read_policy
from domain.consent.policy import LIFTED_BY_THE_LEAD, ConsentPolicy, SoftBounces
from domain.time.span import Span
from settings import ROOT
from store.consent.consent import (
    TroubleReport,
    choose_topics,
    consent_of,
    opt_in,
    opt_out,
    report_trouble,
    suppress,
)
from store.engine import engine
from store.published.policies import publish_policy

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
ADA = "ada@lovelace.example"
DAY = timedelta(days=1)


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """A database with one lead."""
    made = engine(database_url)
    with made.begin() as connection:
        connection.execute(
            text("INSERT INTO lead (email, email_key) VALUES (:email, :email)"), {"email": ADA}
        )
    yield made
    made.dispose()


def do(database: Engine, act: Callable[..., Any], **values: Any) -> Any:
    """One change of ADA's consent in a transaction of its own."""
    with database.begin() as connection:
        return act(connection, email_key=ADA, **{"at": NOW, **values})


def suppressed(database: Engine) -> str:
    with database.connect() as connection:
        return consent_of(connection, ADA).suppressed


def records(database: Engine) -> list[tuple[Any, ...]]:
    with database.connect() as connection:
        rows = connection.execute(
            text("SELECT topic, action, source, evidence FROM consent_record ORDER BY id")
        )
        return [tuple(row) for row in rows]


def bounced(connection: Connection, key: str, at: datetime) -> None:
    """A soft bounce that is on record."""
    connection.execute(
        text(
            "INSERT INTO engagement (key, lead_id, kind, at) "
            "SELECT :key, id, 'soft_bounce', :at FROM lead"
        ),
        {"key": key, "at": at},
    )


def soft(key: str, at: datetime) -> TroubleReport:
    return TroubleReport(key, ADA, "soft_bounce", at)


@pytest.mark.parametrize("order", list(permutations(["soft_bounced", "unsubscribed", "bounced"])))
def test_the_strongest_reason_stays_in_whatever_order_they_come(
    database: Engine, order: tuple[str, ...]
) -> None:
    """A full mailbox that replaced a hard bounce would let confirmations go to a dead address."""
    for reason in order:
        do(database, suppress, reason=reason)
    assert suppressed(database) == "bounced"


def test_a_no_is_recorded_once_and_again_after_a_yes(database: Engine) -> None:
    """Mail programs post the one-click twice; a lead may change its mind twice."""
    first = do(database, opt_out, source="unsubscribe_link")
    assert do(database, opt_out, source="unsubscribe_link") is None
    do(database, opt_in, source="preference_page", lifts=LIFTED_BY_THE_LEAD)
    second = do(database, opt_out, source="reply", evidence="<1@mail>")

    assert None not in (first, second)
    assert [row[1:3] for row in records(database)] == [
        ("opt_out", "unsubscribe_link"),
        ("opt_in", "preference_page"),
        ("opt_out", "reply"),
    ]
    assert suppressed(database) == "unsubscribed"


def test_a_no_said_twice_at_once_is_one_record(database: Engine) -> None:
    def say_no(_number: int) -> int | None:
        answer: int | None = do(database, opt_out, source="unsubscribe_link")
        return answer

    with ThreadPoolExecutor(4) as threads:
        answers = list(threads.map(say_no, range(8)))
    assert len([answer for answer in answers if answer is not None]) == 1
    assert len(records(database)) == 1


@pytest.mark.parametrize("reason", ["bounced", "complained"])
def test_what_may_not_be_lifted_stays_and_is_not_recorded(database: Engine, reason: str) -> None:
    """A click on a page must not undo a complaint: the next one costs our name."""
    do(database, suppress, reason=reason)
    lifted = do(database, opt_in, source="preference_page", lifts=LIFTED_BY_THE_LEAD)
    assert lifted is None
    assert suppressed(database) == reason
    assert records(database) == []


@pytest.mark.parametrize("reason", LIFTED_BY_THE_LEAD)
def test_a_yes_lifts_a_no(database: Engine, reason: str) -> None:
    do(database, suppress, reason=reason)
    lifted = do(
        database, opt_in, source="operator", lifts=LIFTED_BY_THE_LEAD, evidence="said so by phone"
    )
    assert lifted == reason
    assert suppressed(database) == ""
    assert records(database) == [("", "opt_in", "operator", "said so by phone")]


def test_topics_are_chosen_one_by_one(database: Engine) -> None:
    """Only changes are recorded, and topics that were not asked about stay as they are."""
    choose = {"source": "preference_page"}
    assert do(database, choose_topics, wanted={"nurture": False, "meetings": True}, **choose) == 1
    assert do(database, choose_topics, wanted={"nurture": False}, **choose) == 0
    assert do(database, choose_topics, wanted={"meetings": False}, **choose) == 1
    assert do(database, choose_topics, wanted={"nurture": True}, **choose) == 1
    with database.connect() as connection:
        assert consent_of(connection, ADA).refused == {"meetings"}
    assert [row[:2] for row in records(database)] == [
        ("nurture", "opt_out"),
        ("meetings", "opt_out"),
        ("nurture", "opt_in"),
    ]


@pytest.mark.parametrize(
    ("trouble", "reason"), [("hard_bounce", "bounced"), ("complaint", "complained")]
)
def test_the_policy_says_what_trouble_leads_to(database: Engine, trouble: Any, reason: str) -> None:
    report = TroubleReport("1", ADA, trouble, NOW)
    lenient = ConsentPolicy(policy="consent", hard_bounce="record", complaint="record")
    with database.begin() as connection:
        publish_policy(connection, "lenient", lenient)
        report_trouble(connection, [report])
    assert suppressed(database) == ""
    with database.begin() as connection:
        publish_policy(connection, "strict", ConsentPolicy(policy="consent"))
        report_trouble(connection, [report])
    assert suppressed(database) == reason


@pytest.mark.parametrize("split", [0, 1, 2])
@pytest.mark.parametrize("order", list(permutations([0, 6, 13])))
def test_three_soft_bounces_in_two_weeks_end_mail_however_they_arrive(
    database: Engine, order: tuple[int, ...], split: int
) -> None:
    """Webhooks come late, split and shuffled; the outcome must not depend on it."""
    reports = [soft(f"day-{day}", NOW + day * DAY) for day in order]
    for batch in (reports[:split], reports[split:]):
        assert suppressed(database) == ""
        with database.begin() as connection:
            report_trouble(connection, batch)
            for one in batch:
                bounced(connection, one.key, one.at)
    assert suppressed(database) == "soft_bounced"


def test_the_same_soft_bounce_counts_once(database: Engine) -> None:
    with database.begin() as connection:
        bounced(connection, "a", NOW)
        report_trouble(connection, [soft("a", NOW), soft("b", NOW + DAY), soft("b", NOW + DAY)])
    assert suppressed(database) == ""


def test_soft_bounces_from_before_a_yes_are_history(database: Engine) -> None:
    """One bounce after the mailbox was fixed would suppress the lead at once again."""
    with database.begin() as connection:
        for day in (0, 1, 2):
            bounced(connection, str(day), NOW + day * DAY)
    later = NOW + 3 * DAY
    do(database, opt_in, source="operator", lifts=(), evidence="fixed", at=later)
    with database.begin() as connection:
        report_trouble(connection, [soft("new", later + DAY)])
    assert suppressed(database) == ""


def test_two_batches_at_once_do_not_miss_each_others_soft_bounces(database: Engine) -> None:
    rules = ConsentPolicy(
        policy="consent", soft_bounces=SoftBounces(count=8, within=Span(14, "day"))
    )
    with database.begin() as connection:
        publish_policy(connection, "eight", rules)

    def batch(number: int) -> None:
        one = soft(str(number), NOW + number * timedelta(hours=1))
        with database.begin() as connection:
            report_trouble(connection, [one])
            bounced(connection, one.key, one.at)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(batch, range(8)))
    assert suppressed(database) == "soft_bounced"


def test_whoever_writes_takes_locks_in_one_order(database: Engine) -> None:
    """A webhook and a page that wait for each other end in an error for one of them."""

    def batch(number: int) -> None:
        at = NOW + number * timedelta(minutes=1)
        with database.begin() as connection:
            if number % 2:
                opt_out(connection, email_key=ADA, at=at, source="provider")
            reports = [soft(f"{number}-{one}", at) for one in range(3)]
            report_trouble(connection, reports)
            opt_in(connection, email_key=ADA, at=at, source="operator", lifts=LIFTED_BY_THE_LEAD)

    with ThreadPoolExecutor(6) as threads:
        list(threads.map(batch, range(60)))


def test_a_lead_that_left_and_says_yes_again_begins_its_next_cycle(database: Engine) -> None:
    """The page says that mail comes again, and none ever would."""
    recycle, problems = read_policy((ROOT / "cadences/recycle.yaml").read_text("utf-8"), "recycle")
    assert recycle, problems
    with database.begin() as connection:
        publish_policy(connection, "recycle", recycle)
        connection.execute(
            text("UPDATE lead SET phase = 'ended', phase_reason = 'unsubscribed', cycle = 2")
        )
    do(database, opt_out, source="unsubscribe_link")

    for _ in range(2):
        do(database, opt_in, source="preference_page", lifts=LIFTED_BY_THE_LEAD)

    with database.connect() as connection:
        message = connection.execute(text("SELECT kind, name, payload FROM relay_message")).one()
    assert (message.kind, message.name) == ("start_again", "Nurture")
    assert message.payload["cadence"] == "recycle-reentry"
    assert (message.payload["cycle"], message.payload["reason"]) == (3, "opted_in")

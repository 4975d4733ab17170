"""Consent and frequency caps at the moment of sending: the last word before the provider."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from domain.consent.policy import DEFAULT, ConsentPolicy, FrequencyCap, room_under
from domain.contracts.journey import Plan, RunStep
from domain.waits import said_of
from mail.channels.base import Channel, TryAgain
from store.consent.consent import choose_topics, opt_in, opt_out, suppress
from store.mail import ledger
from tests.activities.test_steps import due, enrolled
from tests.support.sending import NOW, Desk, Provider

MakeDesk = Callable[[Channel], Desk]
ADA = "ada@lovelace.example"
HOUR = timedelta(hours=1)
ONE_A_DAY = (FrequencyCap(1, "day"),)


def had_mail(here: Desk, *ages: timedelta, topic: str = "nurture", state: str = "sent") -> None:
    """The lead got mails so long ago."""
    for number, age in enumerate(ages):
        here.run(
            "INSERT INTO touch (key, lead_id, step, topic, channel, state, planned_at, sent_at) "
            "VALUES (:key, :lead, 'x', :topic, 'stand-in', :state, :at, "
            "CASE WHEN :state = 'sent' THEN cast(:at AS timestamptz) END)",
            key=f"earlier:{topic}:{state}:{number}",
            lead=here.lead_id,
            topic=topic,
            state=state,
            at=NOW - age,
        )


@contextmanager
def lead_locked(here: Desk) -> Iterator[Any]:
    """Somebody else works on the lead's row."""
    with here.database.begin() as connection:
        connection.execute(
            text("SELECT FROM lead WHERE id = :id FOR NO KEY UPDATE"), {"id": here.lead_id}
        )
        yield connection


def waiting(here: Desk, count: int = 1) -> None:
    """Until so many claims wait for the lock."""
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    for _ in range(600):
        if here.value(asleep) >= count:
            return
        threading.Event().wait(0.05)
    raise AssertionError("no claim waits for the lead")


@pytest.mark.parametrize("how", ["unsubscribes", "refuses the topic"])
def test_a_no_that_is_committed_while_the_claim_waits_wins(desk: MakeDesk, how: str) -> None:
    """A lead that unsubscribes a moment before its mail is due would get it nevertheless: the
    claim has begun, but must judge by what it finds once it has the lead."""
    company = Provider()
    here = desk(company)
    with ThreadPoolExecutor(1) as thread:
        with lead_locked(here) as connection:
            sending = thread.submit(here.deliver)
            waiting(here)
            if how == "unsubscribes":
                suppress(connection, email_key=ADA, reason="unsubscribed", at=NOW)
            else:
                choose_topics(
                    connection,
                    email_key=ADA,
                    wanted={"nurture": False},
                    at=NOW,
                    source="preference_page",
                )
        assert sending.result(30) == "suppressed"
    assert company.accepted == []


def test_of_two_mails_at_the_same_moment_one_waits_for_the_cap(desk: MakeDesk) -> None:
    """Two workers with two touches of one lead would each see that none was sent today."""
    company = Provider()
    here = desk(company)
    with ThreadPoolExecutor(2) as threads:
        with lead_locked(here):
            sending: list[Future[str]] = [
                threads.submit(here.deliver, key=f"enrollment-{number}:hello:1", caps=ONE_A_DAY)
                for number in (1, 2)
            ]
            waiting(here, 2)
        assert sorted(one.result(30) for one in sending) == ["capped", "sent"]
    assert len(company.accepted) == 1
    assert here.values("SELECT state FROM touch") == ["sent"], "a capped touch left a row"


def test_a_claim_is_one_request(desk: MakeDesk) -> None:
    """Each further one costs a round trip per touch: the rate of all sending."""
    here = desk(Provider())
    requests: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        requests.append(statement)

    statements = here.resources.statements
    with statements.connect() as connection:
        event.listen(statements, "before_cursor_execute", note)
        found = _claim(connection, here, "enrollment-1:hello:1", caps=DEFAULT.caps)
        event.remove(statements, "before_cursor_execute", note)
    assert found.mine
    assert len(requests) == 1


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ages=st.lists(st.integers(0, 9 * 24).map(lambda hours: hours * HOUR), max_size=9),
    caps=st.lists(
        st.builds(FrequencyCap, st.integers(1, 4), st.sampled_from(["day", "week"])), max_size=3
    ),
)
def test_the_database_and_the_policy_agree_on_what_is_capped(
    sql_desk: Desk, ages: list[timedelta], caps: list[FrequencyCap]
) -> None:
    """The one decides, the other says until when: at odds, a mail would be capped for ever."""
    here = sql_desk
    here.run("DELETE FROM touch")
    had_mail(here, *ages)
    with here.resources.statements.connect() as connection:
        found = _claim(connection, here, "enrollment-1:hello:1", caps=caps)
    assert found.room == room_under(caps, [NOW - age for age in ages], NOW)
    assert found.state == ("capped" if found.room else "claimed")


@pytest.fixture
def sql_desk(desk: MakeDesk) -> Desk:
    """A desk whose provider is never asked."""
    return desk(Provider())


def _claim(connection: Any, here: Desk, key: str, **changed: Any) -> ledger.Claim:
    values: dict[str, Any] = {
        "key": key,
        "claim": "run-1:7:1",
        "lead_id": here.lead_id,
        "enrollment_id": None,
        "template_version_id": here.template_id,
        "step": "hello",
        "topic": "nurture",
        "channel": "stand-in",
        "message_id": "1@perennial.example",
        "stops": (),
        "caps": (),
        "at": NOW,
    }
    return ledger.claim(connection, **values | changed)


def test_meeting_mail_counts_under_no_cap_and_waits_for_none(desk: MakeDesk) -> None:
    """A confirmation that comes tomorrow is none."""
    here = desk(Provider())
    had_mail(here, HOUR)
    assert here.deliver(topic="", key="meeting-1-1:confirmation") == "sent"
    here.run("DELETE FROM touch WHERE topic <> ''")
    assert here.deliver(caps=ONE_A_DAY) == "sent"


@pytest.mark.parametrize(("state", "outcome"), [("unknown", "capped"), ("failed", "sent")])
def test_what_may_have_arrived_counts(desk: MakeDesk, state: str, outcome: str) -> None:
    here = desk(Provider())
    had_mail(here, HOUR, state=state)
    assert here.deliver(caps=ONE_A_DAY) == outcome


def test_a_retry_does_not_count_itself(desk: MakeDesk) -> None:
    """A mail the provider asked us to send later would be put off by its own first attempt."""
    company = Provider(answers=deque([TryAgain(5.0, "Busy.")]))
    here = desk(company)
    with pytest.raises(Exception, match="Busy"):
        here.deliver(caps=ONE_A_DAY)
    assert here.deliver(attempt=2, caps=ONE_A_DAY) == "sent"
    assert here.deliver(attempt=3, caps=ONE_A_DAY) == "sent", "a sent touch became a capped one"
    assert len(company.accepted) == 1


def test_a_retry_over_a_cap_keeps_its_row_for_later(desk: MakeDesk) -> None:
    company = Provider(answers=deque([TryAgain(5.0, "Busy.")]))
    here = desk(company)
    with pytest.raises(Exception, match="Busy"):
        here.deliver(caps=ONE_A_DAY)
    had_mail(here, HOUR)
    assert here.deliver(attempt=2, caps=ONE_A_DAY) == "capped"
    here.run("DELETE FROM touch WHERE key LIKE 'earlier%'")
    assert here.deliver(attempt=3, caps=ONE_A_DAY) == "sent"


def test_a_capped_step_goes_when_there_is_room_and_the_rest_shifts(desk: MakeDesk) -> None:
    """The step would be lost, or the ones behind it would come in a heap."""
    company = Provider()
    here = desk(company)
    enrollment = enrolled(
        here, {"email": "one", "id": "one"}, {"wait": "1 day"}, {"email": "two", "id": "two"}
    )
    had_mail(here, HOUR, 3 * HOUR)
    room = NOW + 21 * HOUR

    capped = here.run_step(due(enrollment, "one"))

    assert (capped.kind, capped.step, capped.due) == ("send", "one", room.isoformat())
    assert "because this lead has had its 2 mails of the day" in said_of(capped.wait)
    assert company.accepted == []
    following = here.run_step(RunStep(enrollment, "one", capped.due), at=room)
    assert company.accepted == [f"enrollment-{enrollment}:one:1"]
    assert (following.step, following.due) == ("two", (room + 24 * HOUR).isoformat())


def test_a_capped_step_stays_in_its_window(desk: MakeDesk) -> None:
    """Room at four in the morning is no reason to write then."""
    here = desk(Provider())
    enrollment = enrolled(here, {"email": "one", "id": "one"}, window={"days": ["tue", "wed"]})
    had_mail(here, 6 * HOUR, 7 * HOUR)

    capped = here.run_step(due(enrollment, "one"))

    assert datetime.fromisoformat(capped.due) == NOW.replace(hour=9) + timedelta(days=1)


def test_new_caps_hold_from_the_next_mail_on(desk: MakeDesk) -> None:
    """Marketing publishes a cap when leads complain: not to have it wait for a restart."""
    here = desk(Provider())
    enrollment = enrolled(here, {"email": "one", "id": "one"}, {"email": "two", "id": "two"})
    here.publish(ConsentPolicy(policy="consent", caps=()))
    had_mail(here, *[HOUR] * 9)
    assert here.run_step(due(enrollment, "one")).step == "two"

    here.publish(ConsentPolicy(policy="consent", caps=ONE_A_DAY))

    assert "its mail of the day" in said_of(here.run_step(due(enrollment, "two")).wait)


def test_a_refused_topic_stops_its_mails_and_no_others(desk: MakeDesk) -> None:
    here = desk(Provider())
    with here.database.begin() as connection:
        choose_topics(
            connection,
            email_key=ADA,
            wanted={"nurture": False},
            at=NOW,
            source="preference_page",
        )
    assert here.deliver(topic="nurture") == "suppressed"
    assert here.deliver(topic="meetings", key="enrollment-2:hello:1") == "sent"
    assert here.deliver(topic="", key="meeting-1-1:confirmation") == "sent"
    assert here.values("SELECT topic FROM touch ORDER BY id") == ["nurture", "meetings", ""]


def test_who_comes_back_gets_the_next_mail_and_no_backlog(desk: MakeDesk) -> None:
    """Five weeks of mails on the day somebody says yes again is a reason to say no again."""
    company = Provider()
    here = desk(company)
    with here.database.begin() as connection:
        opt_out(connection, email_key=ADA, at=NOW, source="unsubscribe_link")
    assert here.deliver() == "suppressed"
    with here.database.begin() as connection:
        opt_in(
            connection,
            email_key=ADA,
            at=NOW,
            source="preference_page",
            lifts=("unsubscribed",),
        )

    assert here.deliver(attempt=2) == "suppressed"
    assert here.deliver(key="enrollment-1:next:1") == "sent"
    assert company.accepted == ["enrollment-1:next:1"]


def test_a_plan_says_nothing_of_caps_when_none_is_in_the_way(desk: MakeDesk) -> None:
    here = desk(Provider())
    enrollment = enrolled(here, {"email": "one", "id": "one"}, {"exit": "rested"})
    assert here.run_step(due(enrollment, "one")) == Plan("exit", reason="rested")

"""Limits on what a sender sends and a receiver gets, over all workers; and senders that are stopped
for what comes back."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from domain.contracts.journey import RunStep
from domain.contracts.waits import Obstacle
from domain.engagement.bounces import BounceMeaning
from domain.sending.guard import SenderState
from domain.sending.policy import SendingPolicy
from mail.channels.base import Channel
from store.mail import sender_standing
from store.mail.refused_mail import RefusedMail
from store.mail.sending import pause_of, record_refusals
from tests.activities.test_refusals import Campaign, Company, campaign, many
from tests.support.sending import NOW, Desk

MakeDesk = Callable[[Channel], Desk]
HOUR = timedelta(hours=1)


def limits(**said: object) -> SendingPolicy:
    """A policy that says no more than this."""
    return SendingPolicy.model_validate({"policy": "sending", **said})


def at_gmail(number: int) -> list[str]:
    """Addresses at one receiver."""
    return [f"vic{one}@gmail.com" for one in range(number)]


def first_mails(leads: Campaign) -> dict[int, str]:
    """Enrollment → the state of its first mail."""
    with leads.here.database.connect() as connection:
        rows = connection.execute(text("SELECT enrollment_id, state FROM touch WHERE step = 'one'"))
        return {row.enrollment_id: row.state for row in rows}


def test_workers_that_send_at_once_exceed_no_limit_and_lose_and_double_nothing(
    desk: MakeDesk,
) -> None:
    """Each would send as many as all may together, and Gmail would block us."""
    company = Company()
    rules = limits(
        receivers={"gmail.com": {"per_hour": 7}, "default": {"per_hour": 100}},
        warm_up=[{"sender": "lindenmoor.example", "begins": NOW.date(), "first_day": 12}],
    )
    leads = campaign(desk, company, [*at_gmail(20), *many(10)], rules)
    others = [Campaign(leads.here.with_channel(company)) for _ in range(6)]
    jobs = list(zip(leads.plans, itertools.cycle(others), strict=False))

    def send(job: tuple[int, Campaign]) -> None:
        enrollment, worker = job
        plan = leads.plans[enrollment]
        leads.plans[enrollment] = worker.here.run_step(
            RunStep(enrollment, plan.step, plan.due), at=NOW
        )

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(send, jobs))

    went = Counter(to.rpartition("@")[2] == "gmail.com" for to in company.accepted)
    assert went[True] <= 7
    assert went[True] + went[False] == 12
    states = first_mails(leads)
    assert Counter(states.values()) == {"sent": 12, "planned": 18}
    waits = {plan.wait.because for plan in leads.plans.values() if plan.step == "one"}
    assert waits == {Obstacle.LIMIT}

    leads.let_pass(timedelta(days=6))

    assert Counter(company.accepted) == dict.fromkeys((*at_gmail(20), *many(10)), 3)
    assert {plan.kind for plan in leads.plans.values()} == {"exit"}


def test_a_worker_that_dies_with_a_place_doubles_and_loses_nothing(desk: MakeDesk) -> None:
    """The mail would be gone with its place, or go twice."""
    company = Company()
    leads = campaign(desk, company, at_gmail(2), limits(receivers={"gmail.com": {"per_hour": 2}}))
    first, second = leads.plans
    plan = leads.plans[first]

    class Died(BaseException):
        """Killed."""

    def die(*_: object) -> None:
        raise Died

    company.refuses = die
    with pytest.raises(Died):
        leads.here.run_step(RunStep(first, plan.step, plan.due), at=NOW)
    assert first_mails(leads) == {first: "sending"}
    company.refuses = lambda _: None

    leads.wake(second)
    assert leads.here.value("SELECT in_hour FROM send_counter") == 2
    assert first_mails(leads)[second] == "sent"
    leads.here.run_step(RunStep(first, plan.step, plan.due), attempt=2, at=NOW)

    # Nobody can say whether it went: it is never sent again blindly.
    assert first_mails(leads)[first] == "unknown"
    assert company.accepted == ["vic1@gmail.com"]


def test_a_worker_that_dies_before_the_hand_over_leaves_the_mail_to_the_next(
    desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The claim and the place were its own; the mail is not lost with them."""
    company = Company()
    leads = campaign(desk, company, at_gmail(1), limits(receivers={"gmail.com": {"per_hour": 3}}))
    (only,) = leads.plans
    plan = leads.plans[only]

    class Died(BaseException):
        """Killed."""

    def die(place: str) -> None:
        if place == "email.claimed":
            raise Died

    monkeypatch.setattr("activities.email.crash_point", die)
    with pytest.raises(Died):
        leads.here.run_step(RunStep(only, plan.step, plan.due), at=NOW)
    assert first_mails(leads) == {only: "claimed"}
    monkeypatch.undo()
    leads.here.run_step(RunStep(only, plan.step, plan.due), attempt=2, at=NOW)
    assert company.accepted == ["vic0@gmail.com"]
    assert leads.here.value("SELECT in_hour FROM send_counter") == 2


def test_mail_that_somebody_waits_for_is_not_held_back(desk: MakeDesk) -> None:
    """A confirmed meeting would not reach the lead until tomorrow."""
    here = desk(Company())
    here.publish(limits(receivers={"default": {"per_day": 1}}))
    here.run("INSERT INTO send_counter VALUES ('receiver', 'lovelace.example', :at, :day, 9, 9, 0)",
             at=NOW, day=NOW.date())  # fmt: skip
    assert here.deliver(topic="") == "sent"
    assert here.deliver(key="call-1:after:1", topic="sales") == "sent"


def _send_many(leads: Campaign) -> None:
    for enrollment in list(leads.plans):
        leads.wake(enrollment)


def _complain(here: Desk, number: int, kind: str = "complaint") -> None:
    here.run(
        "INSERT INTO engagement (key, lead_id, touch_id, kind, at) "
        "SELECT :kind || '-' || id, lead_id, id, :kind, sent_at + interval '1 minute' FROM touch "
        "WHERE state = 'sent' ORDER BY id LIMIT :number",
        kind=kind,
        number=number,
    )


GUARD = {"judged_from": 20}


@pytest.mark.parametrize("kind", ["complaint", "bounce"])
def test_a_sender_whose_mail_comes_back_is_stopped_and_goes_on_slowly_by_order(
    desk: MakeDesk, kind: str
) -> None:
    """Receivers would block the domain, which takes weeks to mend; and mail would be lost."""
    company = Company()
    leads = campaign(desk, company, many(30), limits(guard=GUARD))
    here = leads.here
    _send_many(leads)
    assert len(company.accepted) == 30
    _complain(here, 3, kind)
    here.run(
        "INSERT INTO console_user (email, email_key, name, role) "
        "VALUES ('m@we.example', 'm@we.example', 'Mia', 'marketing')"
    )
    with here.database.begin() as connection:
        assert sender_standing.judge(connection, limits(guard=GUARD).guard, leads.at + HOUR / 2)
        (found,) = sender_standing.standings(connection)
    assert (found.domain, found.state) == ("lindenmoor.example", SenderState.STOPPED)
    assert (found.mails, found.bounced + found.complained) == (30, 3)
    assert here.values("SELECT kind FROM alert WHERE answered_at IS NULL") == ["sender_stopped"]
    assert here.values("SELECT kind FROM notification") == ["sender_stopped"]
    here.resources.send_limits._read_at = 0.0

    leads.let_pass(timedelta(days=2))
    assert len(company.accepted) == 30
    assert {plan.wait.because for plan in leads.plans.values()} == {Obstacle.SENDER_STOPPED}

    with here.database.begin() as connection:
        assert sender_standing.resume(connection, "lindenmoor.example", "mia", leads.at)
        assert sender_standing.resume(connection, "lindenmoor.example", "mia", leads.at) is None
    here.resources.send_limits._read_at = 0.0
    assert here.values("SELECT kind FROM alert WHERE answered_at IS NULL") == []
    assert len(here.values("SELECT id FROM relay_message WHERE payload->>'code' = 'replan'")) == 30
    leads.wake_those_told()
    leads.let_pass(timedelta(minutes=5))
    assert len(company.accepted) == 60
    (counter,) = here.values("SELECT scope || ' ' || in_day FROM send_counter")
    assert counter == "warm_up 30"
    # What was before is judged no more.
    with here.database.begin() as connection:
        sender_standing.judge(connection, limits(guard=GUARD).guard, leads.at + 2 * HOUR)
        assert sender_standing.standings(connection)[0].state is SenderState.GOOD
    leads.let_pass(timedelta(days=5))
    assert Counter(company.accepted) == dict.fromkeys(many(30), 3)


def test_reps_at_a_domain_that_receivers_refuse_write_as_the_company(desk: MakeDesk) -> None:
    """One unauthenticated domain of a few reps would stop all mail of the company."""
    company = Company()
    leads = campaign(desk, company, many(8))
    here = leads.here
    _send_many(leads)
    here.run(
        "UPDATE touch SET sender = jsonb_build_object('name', 'Ann', 'email', 'ann@reps.example', "
        "'code', 'ann', 'signature', '', 'phone', '') WHERE id % 2 = 0"
    )
    keys = here.values("SELECT key FROM touch WHERE sender <> '{}' ORDER BY id")
    ours = BounceMeaning.REPUTATION
    with here.database.begin() as connection:
        reports = [
            RefusedMail(f"r-{key}", key, ours, "550 5.7.26", NOW, reported=True) for key in keys
        ]
        record_refusals(connection, "stand-in", reports, NOW + HOUR / 4)
        assert pause_of(connection, "stand-in") is None
        (found,) = sender_standing.standings(connection)
    assert (found.domain, found.state) == ("reps.example", SenderState.REFUSED)
    assert here.values("SELECT key FROM touch WHERE state = 'planned' ORDER BY id") == keys

    here.resources.send_limits._read_at = 0.0
    leads.let_pass(timedelta(hours=1, minutes=30))
    assert Counter(here.values("SELECT state FROM touch WHERE step = 'one'")) == {"sent": 8}
    assert here.values("SELECT sender FROM touch WHERE sender <> '{}'") == []

    company_keys = here.values("SELECT key FROM touch WHERE step = 'one' ORDER BY id LIMIT 4")
    with here.database.begin() as connection:
        reports = [
            RefusedMail(f"s-{key}", key, ours, "550 5.7.1", leads.at) for key in company_keys
        ]
        record_refusals(connection, "stand-in", reports, leads.at)
        pause = pause_of(connection, "stand-in")
    assert pause is not None
    assert pause.reason == "reputation"


def test_a_limit_that_is_raised_lets_those_go_who_wait(desk: MakeDesk) -> None:
    """A slip of the hand would hold back a campaign for weeks after it was mended."""
    company = Company()
    leads = campaign(desk, company, at_gmail(20), limits(receivers={"gmail.com": {"per_day": 1}}))
    _send_many(leads)
    assert len(company.accepted) == 1
    last = leads.here.value("SELECT tail FROM send_counter")
    assert last > NOW + timedelta(days=18)

    leads.here.publish(limits(receivers={"gmail.com": {"per_day": 500}}))
    leads.wake_those_told()

    assert len(company.accepted) == 20

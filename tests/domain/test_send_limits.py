"""Limits on sending: how many mails go in an hour and a day, and when those over it have a turn."""

from __future__ import annotations

from collections import Counter as Counts
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.checking.policies import read_policy
from domain.sending.guard import SenderFigures, SenderState, SenderTrouble, verdict
from domain.sending.limits import Cap, Counter, Ladder, LimitScope, caps_of, hour_of, take
from domain.sending.policy import Guard, SendingPolicy

NOW = datetime(2026, 3, 3, 10, 20, tzinfo=UTC)
ZONE = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)


def fresh(at: datetime = NOW) -> Counter:
    """A counter under which nothing went."""
    return Counter(hour_of(at), at.astimezone(ZONE).date())


def policy(**said: object) -> SendingPolicy:
    """A policy that says no more than this."""
    return SendingPolicy.model_validate({"policy": "sending", **said})


@settings(max_examples=60, deadline=None)
@given(
    per_hour=st.none() | st.integers(1, 6),
    per_day=st.none() | st.integers(1, 20),
    ladder=st.none() | st.integers(1, 5),
    gaps=st.lists(st.integers(0, 90), min_size=1, max_size=150),
)
def test_no_limit_is_exceeded_and_everybody_has_a_turn(
    per_hour: int | None, per_day: int | None, ladder: int | None, gaps: list[int]
) -> None:
    """However mails come: else a receiver blocks us, or somebody never gets the mail."""
    caps = [Cap(LimitScope.RECEIVER, "gmail.com", per_hour, per_day or 20)]
    if ladder:
        caps.append(Cap(LimitScope.WARM_UP, "we.example", ladder=Ladder(NOW.date(), ladder, 40)))
    counters = [fresh() for _ in caps]
    at, due = NOW, []
    for mail, gap in enumerate(gaps):
        at += timedelta(minutes=gap)
        due.append((at, mail, False))
    went: list[tuple[datetime, int]] = []
    looks = 0
    while due:
        due.sort()
        now, mail, waited = due.pop(0)
        answer = take(caps, counters, now, ZONE, waited=waited)
        counters, looks = list(answer.counters), looks + 1
        if answer.until is None:
            went.append((now, mail))
        else:
            assert answer.until > now
            due.append((answer.until, mail, True))
    assert sorted(mail for _, mail in went) == list(range(len(gaps)))
    if per_hour:
        assert max(Counts(hour_of(at) for at, _ in went).values()) <= per_hour
    days = Counts(at.astimezone(ZONE).date() for at, _ in went)
    assert max(days.values()) <= (per_day or 20)
    if ladder:
        allowed = ladder
        for day in sorted(days):
            assert allowed >= 40 or days[day] <= allowed
            if 2 * days[day] >= allowed:
                allowed *= 2
    assert looks <= 6 * len(gaps), "who waits would come back again and again"


def test_ten_thousand_that_wait_come_back_one_after_the_other() -> None:
    """All at the next full hour would be ten thousand attempts each hour, for a hundred mails."""
    cap = Cap(LimitScope.RECEIVER, "gmail.com", per_hour=100)
    counters, untils = [fresh()], []
    for _ in range(1_000):
        answer = take([cap], counters, NOW, ZONE, waited=False)
        counters = list(answer.counters)
        if answer.until:
            untils.append(answer.until)
    assert len(untils) == 900
    assert max(Counts(hour_of(until) for until in untils).values()) <= 101


def test_a_ladder_climbs_only_by_days_on_which_it_was_used() -> None:
    """A sender that was silent over a weekend would begin Monday with eight times as many."""
    cap = Cap(LimitScope.WARM_UP, "we.example", ladder=Ladder(NOW.date(), 50, 10_000))
    one = Counter(hour_of(NOW), NOW.date(), in_day=50, began=NOW.date())
    used = one.at(cap, NOW + DAY, ZONE)
    assert used.room(cap) == 100
    silent = used.at(cap, NOW + 5 * DAY, ZONE)
    assert silent.room(cap) == 100
    warm = Counter(hour_of(NOW), NOW.date(), climbed=8, began=NOW.date())
    assert warm.room(cap) is None


def test_a_mail_is_under_the_limits_of_its_sender_and_its_receiver() -> None:
    """Each rep's address would send as if nobody else at the company did."""
    rules = policy(
        senders={"WE.example": {"per_day": 900}, "ann@we.example": {"per_day": 40}},
        receivers={"gmail.com": {"per_hour": 9}, "default": {"per_hour": 3}},
        warm_up=[{"sender": "we.example", "begins": date(2026, 3, 1)}],
    )
    found = caps_of(rules, sender="Ann@we.example", recipient="x@GMAIL.com", slowed_to=7)
    assert [(cap.code, cap.per_hour, cap.per_day) for cap in found] == [
        ("receiver gmail.com", 9, None),
        ("sender ann@we.example", None, 40),
        ("sender we.example", None, 900),
        ("slowed we.example", None, 7),
        ("warm_up we.example", None, None),
    ]
    others = caps_of(rules, sender="bo@they.example", recipient="x@other.example")
    assert [cap.code for cap in others] == ["receiver other.example"]
    assert caps_of(policy(), sender="ann@we.example", recipient="x@gmail.com") == []


@pytest.mark.parametrize(
    ("mails", "bounced", "complained", "state", "trouble"),
    [
        (199, 100, 50, SenderState.GOOD, None),
        (200, 1, 0, SenderState.GOOD, None),
        (200, 2, 0, SenderState.SLOWED, SenderTrouble.BOUNCES),
        (200, 4, 0, SenderState.STOPPED, SenderTrouble.BOUNCES),
        (10_000, 199, 0, SenderState.SLOWED, SenderTrouble.BOUNCES),
        (10_000, 200, 0, SenderState.STOPPED, SenderTrouble.BOUNCES),
        (999, 0, 2, SenderState.GOOD, None),
        (999, 0, 3, SenderState.STOPPED, SenderTrouble.COMPLAINTS),
        (1_000, 0, 1, SenderState.STOPPED, SenderTrouble.COMPLAINTS),
        (2_000, 0, 1, SenderState.SLOWED, SenderTrouble.COMPLAINTS),
        (10_000, 0, 10, SenderState.STOPPED, SenderTrouble.COMPLAINTS),
    ],
)
def test_a_sender_is_judged_by_shares_of_enough_mails(
    mails: int, bounced: int, complained: int, state: SenderState, trouble: SenderTrouble | None
) -> None:
    """One complaint among two hundred mails would stop a company, or thousands of bounces none."""
    found = verdict(Guard(), SenderFigures(mails, bounced, complained, days=10))
    assert (found.state, found.trouble) == (state, trouble)
    assert (found.per_day is not None) == (state is SenderState.SLOWED)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("senders: {nodomain: {per_day: 5}}", "is no domain"),
        ("senders: {'ann@': {per_day: 5}}", "neither an address nor a domain"),
        ("senders: {we.example: {}}", "limits nothing"),
        ("receivers: {gmail.com: {per_hour: 0}}", "greater than or equal to 1"),
        ("warm_up: [{sender: we.example, begins: 2026-01-01, until: 10}]", "less than first_day"),
        (
            "warm_up:\n- {sender: we.example, begins: 2026-01-01}\n"
            "- {sender: WE.example, begins: 2026-01-01}",
            "warmed up twice",
        ),
        ("guard: {bounces: 0}", "greater than 0"),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_stands(said: str, words: str) -> None:
    """A limit with a typing error would be none."""
    found, problems = read_policy(f"policy: sending\n{said}\n", "sending.yaml")
    assert found is None
    assert words in problems[0].message
    assert problems[0].line >= 2

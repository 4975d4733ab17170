"""The consent policy: what it gets wrong is a mail too many, too late, or to who said no."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.authoring.yaml_source import read
from domain.checking.policies import read_policy
from domain.consent.policy import (
    DEFAULT,
    ConsentPolicy,
    FrequencyCap,
    Room,
    SoftBounces,
    room_under,
)
from domain.time.span import Span
from domain.time.window import SendWindow, is_open, next_opening

CADENCES = Path(__file__).resolve().parents[2] / "cadences"
NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
CAPS = (FrequencyCap(2, "day"), FrequencyCap(4, "week"))
AGES = st.lists(st.floats(0, 7 * 24).map(lambda hours: hours * HOUR), max_size=12)
MOMENTS = st.timedeltas(timedelta(), timedelta(days=5 * 365)).map(
    lambda since: datetime(2024, 1, 1, tzinfo=UTC) + since
)
WINDOWS = [
    SendWindow.model_validate(read((CADENCES / name).read_text("utf-8"), name).data["window"])
    for name in ("welcome-nurture.yaml", "no-show-recovery.yaml", "recycle-reentry.yaml")
]  # fmt: skip


def problems_of(text: str) -> list[str]:
    return [str(problem) for problem in read_policy(text, "consent.yaml")[1]]


def sent_under(
    caps: tuple[FrequencyCap, ...], now: datetime, ages: list[timedelta]
) -> list[datetime]:
    """Mails of the last week that obeyed the caps when they went."""
    sent: list[datetime] = []
    for at in sorted(now - age for age in ages):
        if room_under(caps, sent, at) is None:
            sent.append(at)
    return sent


def test_a_lead_under_its_caps_waits_for_nothing() -> None:
    assert room_under(CAPS, [], NOW) is None
    assert room_under(CAPS, [NOW - HOUR, NOW - 24 * HOUR], NOW) is None
    assert room_under((), [NOW] * 9, NOW) is None


def test_the_cap_that_is_in_the_way_longest_is_named() -> None:
    """Ops read why a lead waits; a wrong reason sends them to the wrong setting."""
    today = [NOW - HOUR, NOW - 2 * HOUR]
    assert room_under(CAPS, today, NOW) == Room(NOW + 22 * HOUR, FrequencyCap(2, "day"))
    week = [*today, NOW - 50 * HOUR, NOW - 60 * HOUR]
    assert room_under(CAPS, week, NOW) == Room(NOW + (7 * 24 - 60) * HOUR, FrequencyCap(4, "week"))


@given(
    ages=AGES,
    caps=st.lists(st.builds(FrequencyCap, st.integers(1, 5), st.sampled_from(["day", "week"]))),
)
def test_room_is_the_first_instant_at_which_every_cap_holds(
    ages: list[timedelta], caps: list[FrequencyCap]
) -> None:
    """Too early is a mail too many, too late a mail for nobody."""

    def holds(at: datetime) -> bool:
        return all(sum(one > at - cap.span for one in sent) < cap.times for cap in caps)

    sent = [NOW - age for age in ages]
    room = room_under(caps, sent, NOW)
    assert (room is None) == holds(NOW)
    if room:
        assert holds(room.at)
        assert not holds(room.at - timedelta(microseconds=1))
        assert room.at - NOW <= timedelta(weeks=1)


@pytest.mark.parametrize("window", WINDOWS, ids=["welcome", "no-show", "reentry"])
@given(now=MOMENTS, ages=AGES, place=st.sampled_from(
    [("Asia/Seoul", "KR"), ("Europe/London", "GB"), ("America/Chicago", "US"), ("UTC", "")]
))  # fmt: skip
def test_a_capped_mail_goes_in_its_window_under_its_caps_and_soon(
    window: SendWindow, now: datetime, ages: list[timedelta], place: tuple[str, str]
) -> None:
    """A mail three weeks late answers a question nobody remembers. Six days for the caps, and the
    longest pause of the window; only holidays that close a whole week add to that."""
    sent = sent_under(CAPS, now, ages)
    room = room_under(CAPS, sent, now)
    if room is None:
        return
    slot = next_opening(window, room.at, *place)

    assert is_open(window, slot, *place)
    assert room_under(CAPS, sent, slot) is None
    assert slot - now < timedelta(days=18)
    without_holidays = next_opening(window, room.at, place[0], "")
    assert without_holidays - now < timedelta(days=11)


def test_the_shipped_policy_names_what_cadences_and_sales_send() -> None:
    policy, problems = read_policy((CADENCES / "consent.yaml").read_text("utf-8"), "consent.yaml")
    assert not problems
    assert isinstance(policy, ConsentPolicy)
    assert policy.topics.keys() == {"nurture", "meetings", "sales", "onboarding"}
    assert all(words.keys() == {"en", "ko", "zh"} for words in policy.topics.values())
    assert (policy.caps, policy.soft_bounces) == (DEFAULT.caps, DEFAULT.soft_bounces)
    assert policy.words_of_topics("ko-KR")["nurture"].name == "가이드와 아이디어"
    assert policy.words_of_topics("de")["nurture"].name == "Guides and ideas"


def test_a_published_policy_reads_back_as_it_was() -> None:
    policy = ConsentPolicy(policy="consent", caps=(FrequencyCap(1, "week"),), complaint="record")
    assert ConsentPolicy.model_validate(policy.model_dump(mode="json", by_alias=True)) == policy


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("caps: [2 a day]", "consent.yaml:2:8: '2 a day' is no frequency cap"),
        ("caps: [0 per day]", "consent.yaml:2:8: '0 per day' is no frequency cap"),
        ("hard_bounce: nothing", "consent.yaml:2:14: 'nothing' is not known here"),
        ("topics: {x: {ko: {name: a, description: b}}}", "Add en: {name: …, description: …}"),
        ("topics: {x: {en: {name: ' ', description: b}}}", "consent.yaml:2:"),
        ("soft_bounces: {count: 0, within: 1 day}", "consent.yaml:2:23"),
    ],
)
def test_a_mistake_is_shown_where_it_is(text: str, problem: str) -> None:
    (found,) = problems_of(f"policy: consent\n{text}\n")
    assert problem in found


@pytest.mark.parametrize(
    ("days", "reached"), [([0, 5, 13], True), ([0, 14, 5], True), ([0, 8, 15], False), ([1], False)]
)
def test_soft_bounces_count_within_the_window_in_any_order(days: list[int], reached: bool) -> None:
    """A mailbox that is full once a month must not lose its mail."""
    bounces = SoftBounces(count=3, within=Span(14, "day"))
    assert bounces.reached([NOW + timedelta(days=day) for day in days]) is reached

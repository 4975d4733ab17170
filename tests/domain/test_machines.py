"""Which opens and clicks no person made."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.engagement.bot_detection import (
    TouchTimes,
    TouchVisit,
    bursts,
    detect_bots,
    machine_of_request,
    prefetched,
    read_networks,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari"


def after(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "user_agent",
    [
        CHROME,
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile",
        # Loads the picture when the recipient opens the mail.
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
        "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
        "Mozilla/5.0 (Linux; Android 9; CUBOT NOTE 20) AppleWebKit/537.36 Chrome/120 Mobile",
        None,
    ],
)
def test_people_s_browsers_are_people_s(user_agent: str | None) -> None:
    """A lead that reads would look like a scanner, and nobody would call it."""
    assert machine_of_request(user_agent, "198.51.100.7") == ""


@pytest.mark.parametrize(
    "user_agent",
    [
        "BarracudaSentinel",
        "Mozilla/5.0 (compatible; Proofpoint URL Defense)",
        "Mimecast/1.0",
        "Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 HeadlessChrome/120.0 Safari/537.36",
        "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/534 (KHTML, like Gecko) BingPreview/1.0b",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        "python-requests/2.32",
        "curl/8.5.0",
        "Java/17.0.1",
        "Go-http-client/2.0",
        "",
        "  ",
    ],
)
def test_programs_that_say_so_are_machines(user_agent: str) -> None:
    assert machine_of_request(user_agent, None) == "agent"


def test_known_networks_and_the_deployment_s_own() -> None:
    own = read_networks("192.0.2.0/24, 2001:db8::/32")
    assert machine_of_request(CHROME, "209.222.82.7") == "network"
    assert machine_of_request(CHROME, "::ffff:209.222.82.7") == "network"
    assert machine_of_request(CHROME, "192.0.2.9") == ""
    assert machine_of_request(CHROME, "192.0.2.9", own) == "network"
    assert machine_of_request(CHROME, "2001:db8::1", own) == "network"
    for nonsense in ("", "unknown", "1.2.3", None):
        assert machine_of_request(CHROME, nonsense, own) == ""
    assert read_networks(" ") == ()


@pytest.mark.parametrize("entry", ["192.0.2.1/24", "barracuda", "192.0.2.0/33"])
def test_a_network_that_is_none_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match=entry):
        read_networks(f"192.0.2.0/24,{entry}")


def test_nobody_clicks_before_the_mail_is_there() -> None:
    assert prefetched(after(10), NOON, None)
    assert not prefetched(after(10.1), NOON, None)
    assert prefetched(after(-60), NOON, None)
    assert prefetched(after(9), None, NOON)
    assert not prefetched(after(11), None, NOON)
    assert not prefetched(NOON, None, None)
    # Held up for an hour by a greylist: what came in that hour came from a gateway.
    assert prefetched(after(1800), after(3600), NOON)
    assert prefetched(after(40), NOON, None, seconds=60)


def test_three_links_at_once_are_a_burst_and_one_link_thrice_is_not() -> None:
    """Double clicks are people's."""
    clicks = [(number, after(4 * number), f"/{number}") for number in range(3)]
    assert bursts(clicks) == {0, 1, 2}
    assert bursts([(number, at, "/same") for number, at, _ in clicks]) == set()
    assert bursts([(number, after(6 * number), url) for number, _, url in clicks]) == set()
    assert bursts([(number, after(6 * number), url) for number, _, url in clicks], 12) == {0, 1, 2}
    assert bursts(clicks[:2]) == set()


def test_what_one_request_gave_away_stays() -> None:
    """A proxy's open in the first seconds is shown as the proxy's."""
    marks = detect_bots(
        TouchTimes(NOON, NOON),
        [
            TouchVisit(1, "open", after(2), "", "privacy_proxy"),
            TouchVisit(2, "open", after(2), "", ""),
            TouchVisit(3, "click", after(3000), "/a", "agent"),
            TouchVisit(4, "click", after(3001), "/b", ""),
            TouchVisit(5, "click", after(3002), "/c", ""),
            TouchVisit(6, "open", after(3002), "", ""),
        ],
    )
    assert marks == {
        1: "privacy_proxy", 2: "prefetch", 3: "agent", 4: "all_links", 5: "all_links", 6: "",
    }  # fmt: skip


CLICKS = st.lists(
    st.tuples(st.integers(0, 120), st.sampled_from("abcd"), st.sampled_from(["open", "click"])),
    max_size=30,
)


@given(CLICKS, st.randoms(use_true_random=False))
def test_marks_do_not_depend_on_the_order_of_arrival(
    told: list[tuple[int, str, str]], dice: random.Random
) -> None:
    """SendGrid reports in any order; marks found piece by piece must be those found at once."""
    visits = [
        TouchVisit(number, kind, after(seconds), url, "")
        for number, (seconds, url, kind) in enumerate(told)
    ]
    touch = TouchTimes(after(-5), after(3))
    at_once = detect_bots(touch, visits)
    shuffled = dice.sample(visits, len(visits))
    assert detect_bots(touch, shuffled) == at_once

    marked: dict[int, str] = {}
    for end in range(len(shuffled) + 1):
        known = [
            TouchVisit(one.id, one.kind, one.at, one.url, marked.get(one.id, ""))
            for one in shuffled[:end]
        ]
        before = {number for number, mark in marked.items() if mark}
        marked = detect_bots(touch if end > 5 else TouchTimes(after(-5), None), known)
        assert before <= {number for number, mark in marked.items() if mark}
    if len(shuffled) > 5:
        assert marked == at_once


@given(CLICKS)
def test_a_burst_is_what_any_window_of_ten_seconds_shows(told: list[tuple[int, str, str]]) -> None:
    clicks = [(number, after(seconds), url) for number, (seconds, url, _) in enumerate(told)]
    expected = set()
    for _, began, _ in clicks:
        window = [one for one in clicks if 0 <= (one[1] - began).total_seconds() <= 10]
        if len({url for _, _, url in window}) >= 3:
            expected |= {number for number, _, _ in window}
    assert bursts(clicks) == expected

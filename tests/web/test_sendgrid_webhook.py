"""SendGrid's events: signed, in any order, as often as SendGrid likes."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from mail.channels.base import OutcomeUnknown
from store.consent.consent import lock_address
from tests.support.sendgrid_events import (
    KEY,
    PLANNED_AT,
    TOUCH,
    MakeSite,
    event,
    post,
    public,
    touch,
)
from tests.support.sending import Desk, Provider
from tests.web.conftest import Site, browse


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """A deployment that knows SendGrid's key."""
    return make_site(email_channel="sendgrid", sendgrid_webhook_public_key=public(KEY))


def state(site: Site) -> object:
    """The state of the one touch."""
    return site.rows("SELECT state FROM touch")[0][0]


def told(site: Site) -> list[tuple[object, ...]]:
    """Everything that events change, in no particular order of arrival."""
    return [
        *site.rows("SELECT key, kind, points, at, detail::text FROM engagement ORDER BY key"),
        *site.rows("SELECT key, state, error, sent_at FROM touch ORDER BY key"),
        *site.rows("SELECT email_key, reason, at FROM suppression ORDER BY email_key"),
        *site.rows("SELECT id, round(interest)::int, stage FROM lead ORDER BY id"),
    ]


@pytest.mark.parametrize(
    ("name", "more", "effects"),
    [
        ("processed", {}, (None, 0, None)),
        ("delivered", {"response": "250 OK"}, (None, 0, None)),
        ("deferred", {"response": "400 try again later", "attempt": "5"}, (None, 0, None)),
        ("dropped", {"reason": "Bounced Address", "status": "5.0.0"}, ("bounce", 0, "bounced")),
        ("dropped", {"reason": "Invalid"}, ("bounce", 0, "bounced")),
        ("dropped", {"reason": "Unsubscribed Address"}, ("unsubscribe", 0, "unsubscribed")),
        ("dropped", {"reason": "Spam Reporting Address"}, ("complaint", 0, "complained")),
        ("dropped", {"reason": "Spam Content"}, (None, 0, None)),
        ("bounce", {"type": "bounce", "status": "5.0.0"}, ("bounce", 0, "bounced")),
        ("bounce", {"type": "blocked", "status": "4.0.0"}, ("soft_bounce", 0, None)),
        ("bounce", {"status": None, "reason": None}, ("soft_bounce", 0, None)),
        ("bounce", {"type": "bounce", "status": "5.2.2"}, ("soft_bounce", 0, None)),
        (
            "bounce",
            {"type": "blocked", "status": "5.7.1", "reason": "550 5.7.1 jane: user unknown"},
            ("bounce", 0, "bounced"),
        ),
        ("bounce", {"bounce_classification": "Invalid Address"}, ("bounce", 0, "bounced")),
        ("bounce", {"bounce_classification": "Content"}, ("soft_bounce", 0, None)),
        ("bounce", {"type": "bounce", "reason": "550 too bad"}, ("soft_bounce", 0, None)),
        # The trouble is ours.
        ("bounce", {"status": "5.7.1", "reason": "550 5.7.1 blocked: Spamhaus"}, (None, 0, None)),
        ("bounce", {"type": "bounce", "status": "5.7.26"}, (None, 0, None)),
        ("bounce", {"bounce_classification": "Reputation"}, (None, 0, None)),
        ("open", {"useragent": "Mozilla/4.0", "ip": "192.0.2.1"}, ("open", 1, None)),
        ("open", {"sg_machine_open": False}, ("open", 1, None)),
        ("open", {"sg_machine_open": True}, ("open", 0, None)),
        ("click", {"url": "https://perennial.example/guide"}, ("click", 5, None)),
        ("spamreport", {}, ("complaint", 0, "complained")),
        ("unsubscribe", {}, ("unsubscribe", 0, "unsubscribed")),
        ("group_unsubscribe", {"asm_group_id": 10}, ("unsubscribe", 0, "unsubscribed")),
        ("group_resubscribe", {"asm_group_id": 10}, ("resubscribe", 0, None)),
    ],
)
async def test_what_each_event_does(
    site: Site,
    name: str,
    more: dict[str, Any],
    effects: tuple[str | None, int, str | None],
) -> None:
    """The kind of engagement on the lead's page, its points, and the reason of a suppression."""
    kind, points, suppressed = effects
    lead_id = touch(site)
    sent = event(name, **more)

    answer = await post(site, [sent])

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    at = datetime.fromtimestamp(sent["timestamp"], UTC)
    engagements = site.rows(
        "SELECT e.key, e.lead_id, t.key, e.kind, e.points, e.at FROM engagement e "
        "JOIN touch t ON t.id = e.touch_id"
    )
    key = f"sendgrid:{sent['sg_event_id']}"
    assert engagements == ([(key, lead_id, TOUCH, kind, points, at)] if kind else [])
    assert site.rows("SELECT round(interest)::int FROM lead") == [(points,)]
    expected = [("jane@acme.example", suppressed, at)] if suppressed else []
    assert site.rows("SELECT email_key, reason, at FROM suppression") == expected


@pytest.mark.parametrize("before", ["unknown", "sending", "planned"])
@pytest.mark.parametrize(
    "name", ["processed", "delivered", "deferred", "bounce", "open", "click", "spamreport"]
)
async def test_news_of_a_mail_on_its_way_settles_it_as_sent(
    site: Site, before: str, name: str
) -> None:
    """Else the lead's mail counts as lost, or goes out twice."""
    touch(site, before)
    sent = event(name)

    answer = await post(site, [sent])

    assert answer.json()["settled"] == 1
    # When it was opened does not tell when it was sent; the plan does, more or less.
    tells = name in ("processed", "delivered")
    at = datetime.fromtimestamp(sent["timestamp"], UTC) if tells else PLANNED_AT
    assert site.rows("SELECT state, sent_at, provider_message_id, error FROM touch") == [
        ("sent", at, "14c5d75ce93", "")
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("unknown", "failed"),
        ("sending", "failed"),
        ("planned", "planned"),
        ("sent", "failed"),
        ("failed", "failed"),
        ("suppressed", "suppressed"),
    ],
)
async def test_a_dropped_mail_was_not_sent(site: Site, before: str, after: str) -> None:
    """SendGrid answered 202 and queued it only; a touch that waits for its retry still gets it."""
    touch(site, before)
    await post(site, [event("processed"), event("dropped", reason="jane@acme.example is odd")])

    assert state(site) == after
    if (before, after) == ("unknown", "failed"):
        assert site.rows("SELECT error, sent_at FROM touch") == [
            ("dropped: SendGrid did not send it.", None)
        ]


async def test_a_dropped_mail_says_why(site: Site) -> None:
    touch(site, "unknown")
    await post(site, [event("dropped", reason="Unsubscribed Address")])
    assert site.rows("SELECT error FROM touch") == [
        ("dropped: SendGrid did not send it (Unsubscribed Address).",)
    ]


@pytest.mark.parametrize("before", ["failed", "suppressed"])
async def test_a_settled_touch_stays_settled(site: Site, before: str) -> None:
    touch(site, before)
    await post(site, [event("delivered")])
    assert state(site) == before


async def test_a_touch_settled_by_delivered_is_not_sent_again(site: Site) -> None:
    """The provider took the mail and gave no answer; the lead must not get it twice."""
    provider = Provider(name="sendgrid")
    provider.answers.append(OutcomeUnknown("no answer"))
    desk = Desk(site.database, provider)
    assert desk.deliver() == "unknown"

    await post(site, [event("delivered", touch_key="enrollment-1:hello:1")])

    assert desk.touch("state") == ("sent",)
    assert desk.deliver(attempt=2) == "sent"
    assert provider.accepted == []


async def test_a_touch_of_a_dead_worker_is_settled_before_anybody_asks(site: Site) -> None:
    provider = Provider(name="sendgrid", dies="after")
    desk = Desk(site.database, provider)
    desk.die()

    await post(site, [event("processed", touch_key="enrollment-1:hello:1")])

    assert desk.deliver(attempt=2) == "sent"
    assert provider.accepted == ["enrollment-1:hello:1"]


def a_busy_day() -> list[dict[str, Any]]:
    """Events of five touches, some of them reported twice."""
    start = int(time.time()) - 3600
    events = []
    for lead in range(5):
        names = ["processed", "delivered", "open", "open", "click"]
        names += [["unsubscribe"], ["spamreport"], ["bounce", "unsubscribe"], [], []][lead]
        for number, name in enumerate(names):
            values = {"touch_key": f"enrollment-{lead}:a:1", "timestamp": start + 60 * number}
            events.append({**event(name, 100 * lead + number), **values})
    return events


@pytest.mark.parametrize("seed", range(3))
async def test_order_repetition_and_batches_make_no_difference(
    site: Site, make_site: MakeSite, make_database: Callable[[], str], seed: int
) -> None:
    """A lead would be scored by how SendGrid happened to report it."""
    other = make_site(
        database_url=make_database(),
        email_channel="sendgrid",
        sendgrid_webhook_public_key=public(KEY),
    )
    for place in (site, other):
        for lead in range(5):
            touch(place, "sent", f"enrollment-{lead}:a:1", f"lead{lead}@x.example")
    clean = a_busy_day()
    assert (await post(site, clean)).json()["recorded"] == 19

    noisy = clean + random.Random(seed).sample(clean, 10)
    random.Random(seed).shuffle(noisy)
    recorded = 0
    for first in range(0, len(noisy), 7):
        answer = await post(other, noisy[first : first + 7])
        assert answer.status_code == 200
        recorded += answer.json()["recorded"]

    assert recorded == 19
    assert told(other) == told(site)
    other.database.dispose()


@pytest.mark.parametrize(
    ("more", "machine"),
    [
        ({}, ""),
        ({"sg_machine_open": True}, "privacy_proxy"),
        ({"useragent": "Mozilla/5.0 (via ggpht.com GoogleImageProxy)", "ip": "66.249.93.84"}, ""),
        ({"useragent": "BarracudaSentinel/1.0"}, "agent"),
        ({"useragent": ""}, "agent"),
        ({"useragent": "Mozilla/5.0 (Windows NT 10.0)", "ip": "209.222.82.7"}, "network"),
        ({"useragent": "Mozilla/5.0 (Windows NT 10.0)", "ip": "192.0.2.77"}, "network"),
        ({"useragent": "Mozilla/5.0 (Windows NT 10.0)", "ip": "no address"}, ""),
    ],
)
async def test_what_machines_open_does_not_score(
    make_site: MakeSite, more: dict[str, Any], machine: str
) -> None:
    """Sales would call leads whose mail scanner is curious."""
    site = make_site(
        email_channel="sendgrid",
        sendgrid_webhook_public_key=public(KEY),
        scanner_networks="192.0.2.64/26",
    )
    touch(site)
    await post(site, [event("open", **more)])
    assert site.rows("SELECT kind, machine, points FROM engagement") == [
        ("open", machine, 0 if machine else 1)
    ]


async def test_news_of_the_delivery_uncovers_what_was_clicked_at_once(site: Site) -> None:
    """SendGrid reports the click of a gateway before the delivery that the gateway held up."""
    touch(site)
    now = int(time.time()) - 60
    await post(site, [event("click", timestamp=now, url="https://perennial.example/a")])
    assert site.rows("SELECT machine, points FROM engagement") == [("", 5)]

    await post(site, [event("delivered", timestamp=now - 3)])

    assert site.rows("SELECT machine, points FROM engagement") == [("prefetch", 0)]
    assert site.rows("SELECT round(interest)::int FROM lead") == [(0,)]


async def test_who_clicks_every_link_at_once_is_no_reader(site: Site) -> None:
    """The first clicks counted when they came alone, and count no more."""
    touch(site)
    at = int(time.time()) - 600
    for number in range(3):
        link = f"https://perennial.example/{number}"
        await post(site, [event("click", number, timestamp=at + 4 * number, url=link)])
    assert set(site.rows("SELECT machine, points FROM engagement")) == {("all_links", 0)}
    assert site.rows("SELECT round(interest)::int FROM lead") == [(0,)]


async def test_a_mailbox_that_is_full_again_and_again_gets_no_more_mail(site: Site) -> None:
    """Soft bounces count over requests, each once."""
    touch(site)
    full = [event("bounce", number, type="blocked") for number in range(3)]
    await post(site, full[:2])
    await post(site, full[:2])
    assert site.rows("SELECT 1 FROM suppression") == []
    await post(site, full)
    assert site.rows("SELECT reason FROM suppression") == [("soft_bounced",)]


async def test_the_same_request_twice_counts_once(site: Site) -> None:
    """SendGrid repeats what it got no answer to."""
    touch(site)
    batch = [event("open"), event("click"), event("click"), event("delivered")]
    first = await post(site, batch)
    before = told(site)
    second = await post(site, batch)

    assert (first.json()["recorded"], first.json()["duplicates"]) == (2, 1)
    assert (second.json()["recorded"], second.json()["duplicates"]) == (0, 3)
    assert told(site) == before


async def test_a_repeated_unsubscribe_does_not_undo_a_new_permission(site: Site) -> None:
    touch(site)
    await post(site, [event("unsubscribe")])
    with site.database.begin() as connection:
        connection.execute(text("DELETE FROM suppression"))
    await post(site, [event("unsubscribe")])
    assert site.rows("SELECT 1 FROM suppression") == []


async def test_a_complaint_stops_more_than_the_unsubscribe_beside_it(site: Site) -> None:
    """Suppressed as unsubscribed only, the lead would still get operational mail."""
    touch(site)
    await post(site, [event("unsubscribe"), event("spamreport")])
    assert site.rows("SELECT reason FROM suppression") == [("complained",)]


async def test_the_journey_hears_of_it_once(site: Site) -> None:
    touch(site)
    for _ in range(2):
        await post(site, [event("spamreport"), event("open")])
    assert site.rows("SELECT name, payload ->> 'code' FROM relay_message") == [
        ("engagement", "unsubscribed")
    ]


async def test_clicks_on_our_own_links_count_where_they_lead(site: Site) -> None:
    """Else a click scores twice, and one on Unsubscribe scores at all."""
    touch(site, "unknown")
    answer = await post(site, [event("click", url=site.signer.unsubscribe(TOUCH))])
    assert answer.json()["recorded"] == 0
    assert state(site) == "sent"
    assert site.rows("SELECT 1 FROM engagement") == []


async def test_what_is_not_ours_is_counted_and_left_alone(site: Site) -> None:
    """Other mail of the account, other databases' touches, kinds that SendGrid adds."""
    touch(site)
    foreign = event("click", 2)
    del foreign["touch_key"]
    answer = await post(
        site,
        [
            event("click", 1, touch_key="enrollment-9999:welcome:1"),
            foreign,
            {"event": "account_status_change", "type": "compliance_suspend"},
            event("open"),
        ],
    )
    assert answer.status_code == 200
    assert answer.json() == {
        "received": 4,
        "recorded": 1,
        "settled": 0,
        "duplicates": 0,
        "unknown": 2,
        "ignored": 1,
        "refused": 0,
    }


async def test_nothing_counts_until_it_is_committed(site: Site) -> None:
    """A batch that breaks half-way is answered with 503, and SendGrid's repetition counts whole."""
    touch(site, "unknown")
    batch = [event("open"), event("unsubscribe")]
    with site.database.begin() as connection:
        connection.execute(text("ALTER TABLE relay_message RENAME TO hidden"))
    with capture_logs() as lines:
        answer = await post(site, batch)
    assert (answer.status_code, len(lines)) == (503, 1)
    assert answer.json()["detail"]
    assert state(site) == "unknown"
    assert site.rows("SELECT 1 FROM engagement") == []
    assert site.rows("SELECT 1 FROM suppression") == []
    with site.database.begin() as connection:
        connection.execute(text("ALTER TABLE hidden RENAME TO relay_message"))
    assert (await post(site, batch)).json()["recorded"] == 2


async def test_batches_at_once_wait_for_each_other(site: Site) -> None:
    """Batches and an unsubscribe page that touch the same leads must not stop each other."""
    events = []
    for lead in range(8):
        key = f"enrollment-{lead}:a:1"
        touch(site, "unknown", key, f"lead{lead}@x.example")
        events += [event(name, lead, touch_key=key) for name in ("open", "click", "unsubscribe")]
    batches = [random.Random(seed).sample(events, len(events)) for seed in range(6)]
    pages = [site.signer.unsubscribe(f"enrollment-{lead}:a:1") for lead in range(8)]
    async with browse(site) as client:
        answers = await asyncio.gather(
            *(post(site, batch) for batch in batches), *(client.post(page) for page in pages)
        )
    assert {answer.status_code for answer in answers} == {200}
    assert site.rows("SELECT count(*) FROM engagement") == [(8 * 4,)]
    assert site.rows("SELECT DISTINCT state FROM touch") == [("sent",)]


@pytest.mark.parametrize("first", ["provider", "page"])
async def test_who_says_no_at_two_doors_is_heard_at_both_in_any_order(
    site: Site, first: str
) -> None:
    """Which of the two came first by a hair decided what the lead's page shows, and whether the
    page that said "you are unsubscribed" had left any trace."""
    touch(site)
    page = site.signer.unsubscribe(TOUCH)
    with site.database.connect() as connection:
        lock_address(connection, "jane@acme.example")
        async with browse(site) as client:
            doors = {
                "provider": lambda: post(site, [event("unsubscribe")]),
                "page": lambda: client.post(page),
            }
            waiting = []
            for name in sorted(doors, key=lambda name: name != first):
                waiting.append(asyncio.create_task(doors[name]()))
                await asyncio.to_thread(until_waiting, site, len(waiting))
            connection.rollback()
            assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200}
            # Saying it once more at the same door is nothing new.
            assert (await client.post(page)).status_code == 200
    sources = site.rows("SELECT split_part(key, ':', 1) FROM engagement ORDER BY 1")
    assert sources == [("sendgrid",), ("unsubscribe",)]
    assert site.rows("SELECT count(*) FROM consent_record") == [(1,)]


def until_waiting(site: Site, sessions: int) -> None:
    """Until so many sessions wait for a lock."""
    deadline = time.monotonic() + 120
    while site.rows("SELECT count(*) FROM pg_locks WHERE NOT granted") != [(sessions,)]:
        assert time.monotonic() < deadline, "nobody waits for the lock"
        time.sleep(0.01)

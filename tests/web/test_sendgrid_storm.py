"""Ten thousand events, reported the way SendGrid may: repeated, shuffled, split."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import text

from domain.scoring.interest import Interest
from domain.scoring.policy import ScoringPolicy
from store.published.policies import publish_policy
from tests.support.sendgrid_events import KEY, MakeSite, event, post, public, touch
from tests.web.conftest import Site

LEADS = 300
EVENTS, DISTINCT = 10_000, 7_000
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0.0.0"
RULES = ScoringPolicy.model_validate(
    {
        "policy": "scoring",
        "half_life": "21 days",
        "interest": [
            {"rule": "opened", "on": "open", "points": 1, "at_most": "3 per week"},
            {"rule": "clicked", "on": "click", "points": 10, "at_most": "3 per day"},
            {"rule": "unsubscribed", "on": "unsubscribe", "points": -20},
        ],
        "levels": {1: 60, 2: 30, 3: 10},
        "letters": {"A": 30, "B": 15, "C": 0},
        "matrix": {letter: ["mql", "mql", "engaged", "known"] for letter in "ABCD"},
        "hot_within": "15 minutes",
    }
)

HALF_LIFE = RULES.half_life.length
LATER = datetime.now(UTC)
"""The time at which the two are compared."""


def a_campaign(seed: int) -> list[dict[str, Any]]:
    """What became of a mail to each lead, in the order in which it happened: scanners, people,
    full mailboxes, bounces, complaints."""
    dice = random.Random(seed)
    start = int(time.time()) - 6 * 86_400
    events: list[dict[str, Any]] = []
    for number in range(DISTINCT):
        lead = number % LEADS
        at = start + 60 * lead
        values: dict[str, Any] = {"touch_key": f"enrollment-{lead}:a:1", "useragent": BROWSER}
        if number < LEADS:
            name = "delivered"
        else:
            name = dice.choices(
                ["open", "click", "deferred", "bounce", "unsubscribe", "spamreport"],
                [40, 45, 10, 4, 0.5, 0.5],
            )[0]
            # Many follow upon each other within seconds: those are what machines are told by.
            at += dice.choice([0, 5, 11, 3_600, 90_000, 400_000]) + dice.randrange(60)
        if name == "click":
            values["url"] = f"https://perennial.example/{dice.randrange(6)}"
        if name in ("open", "click") and dice.random() < 0.1:
            values["useragent"] = "Mozilla/5.0 (compatible; Proofpoint)"
        if name == "open":
            values["sg_machine_open"] = dice.random() < 0.1
        if name == "bounce":
            values["type"] = dice.choice(["bounce"] + ["blocked"] * 20)
        events.append(event(name, number, timestamp=at, **values))
    return sorted(events, key=lambda one: (one["timestamp"], one["sg_event_id"]))


def told(site: Site) -> dict[str, list[tuple[object, ...]]]:
    """What the events have left behind."""
    with site.database.connect() as connection:
        query = text("SELECT id, interest, interest_as_of FROM lead ORDER BY id")
        scores: list[tuple[object, ...]] = [
            (row.id, round(Interest(row.interest, row.interest_as_of).at(LATER, HALF_LIFE), 6))
            for row in connection.execute(query)
        ]
    return {
        "engagements": site.rows(
            "SELECT key, lead_id, kind, machine, worth, points, at, detail->>'url' "
            "FROM engagement ORDER BY key"
        ),
        "scores": scores,
        "suppressions": site.rows("SELECT email_key, reason FROM suppression ORDER BY email_key"),
        "touches": site.rows("SELECT key, state, delivered_at FROM touch ORDER BY key"),
    }


async def test_ten_thousand_events_in_disorder_leave_what_they_leave_in_order(
    make_site: MakeSite, make_database: Callable[[], str]
) -> None:
    """Scores, and who is called or never mailed again, would depend on SendGrid's queues."""
    sites = [
        make_site(
            database_url=make_database(),
            email_channel="sendgrid",
            sendgrid_webhook_public_key=public(KEY),
        )
        for _ in range(2)
    ]
    for site in sites:
        with site.database.begin() as connection:
            publish_policy(connection, "storm", RULES)
        for lead in range(LEADS):
            state = ("sent", "unknown", "sending")[lead % 3]
            touch(site, state, f"enrollment-{lead}:a:1", f"lead{lead}@x.example")
    clean = a_campaign(7)
    noise = random.Random(8)
    storm = clean + noise.choices(clean, k=EVENTS - DISTINCT)
    noise.shuffle(storm)

    for site, events, sizes in ((sites[0], clean, [700]), (sites[1], storm, [1, 20, 150, 400])):
        position = 0
        while position < len(events):
            size = noise.choice(sizes)
            answer = await post(site, events[position : position + size])
            assert answer.status_code == 200
            position += size

    in_order, in_disorder = (told(site) for site in sites)
    for what, rows in in_order.items():
        assert in_disorder[what] == rows, what
    machines = {row[3] for row in in_order["engagements"]}
    assert machines == {"", "agent", "privacy_proxy", "prefetch", "all_links"}
    assert {row[1] for row in in_order["suppressions"]} == {
        "bounced",
        "complained",
        "soft_bounced",
        "unsubscribed",
    }
    for site in sites:
        site.database.dispose()

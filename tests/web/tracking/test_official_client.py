"""Segment's own client library, unmodified, against the running server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from segment.analytics.client import Client
from segment.analytics.request import APIError
from sqlalchemy import text

from store.tracking.tracking_use import Limit, TooMuch, TrackingLimits
from tests.web.tracking.conftest import Tracker

MakeClient = Callable[..., Any]


@pytest.fixture
def make_client(tracker: Tracker) -> Iterator[MakeClient]:
    """Makes clients that fail the test when a batch is not taken."""
    clients = []
    failures: list[Exception] = []

    def make(**options: Any) -> Any:
        options = {
            "write_key": tracker.key,
            "host": tracker.url,
            "on_error": lambda error, _batch: failures.append(error),
            "max_retries": 3,
        } | options
        clients.append(Client(**options))
        return clients[-1]

    yield make
    for client in clients:
        if not client.sync_mode:
            client.shutdown()
    assert failures == []


@pytest.mark.parametrize("gzip", [False, True])
def test_every_call_of_the_client_lands(
    tracker: Tracker, make_client: MakeClient, gzip: bool
) -> None:
    """A customer who points the library at us must not have to change a line of code."""
    client = make_client(gzip=gzip)
    client.page(
        anonymous_id="b-1",
        category="Docs",
        name="Prices",
        properties={"url": "https://x.example/pricing?a=1"},
    )
    client.track(anonymous_id="b-1", event="Demo Requested", properties={"seats": 40})
    client.identify(
        7, {"email": "Anna@Acme.example", "firstName": "Anna", "logins": 5}, anonymous_id="b-1"
    )
    client.screen(7, name="Home")
    client.group(7, "g-1", {"name": "Acme", "employees": 420})
    client.alias("old-7", 7)
    client.track("old-7", "Signed Up", timestamp=datetime.now(UTC) - timedelta(days=3))
    client.flush()

    assert tracker.rows(
        "SELECT kind, engagement.name, detail->>'path', email FROM engagement "
        "JOIN lead ON lead.id = lead_id ORDER BY engagement.name"
    ) == [
        ("track", "Demo Requested", None, "Anna@acme.example"),
        ("screen", "Home", None, "Anna@acme.example"),
        ("page", "Prices", "/pricing", "Anna@acme.example"),
        ("track", "Signed Up", None, "Anna@acme.example"),
    ]
    assert tracker.rows(
        "SELECT first_name, source, lead.attributes, account.name, external_id, "
        "account.attributes FROM lead JOIN account ON account.id = account_id"
    ) == [("Anna", "website", {"logins": "5"}, "Acme", "g-1", {"employees": "420"})]
    assert tracker.rows(
        "SELECT round(extract(epoch FROM now() - at) / 86400) FROM engagement "
        "WHERE name = 'Signed Up'"
    ) == [(3,)]


def test_a_thousand_messages_of_the_client_count_once_each(
    tracker: Tracker, make_client: MakeClient
) -> None:
    """The library batches by 100; nothing may fall between two batches."""
    client = make_client(gzip=True)
    for number in range(1000):
        client.track(f"u-{number % 50}", f"Event {number}")
    client.flush()

    assert len(tracker.events()) == 1000
    assert tracker.rows("SELECT count(*) FROM visitor") == [(50,)]


def test_the_client_hears_that_its_key_is_wrong(tracker: Tracker, make_client: MakeClient) -> None:
    """Else a deployment with a wrong key loses events for weeks before anybody notices."""
    client = make_client(write_key="wrong", sync_mode=True)
    with pytest.raises(APIError, match="unauthorized: The write key is unknown or revoked"):
        client.track("7", "Demo Requested")


def test_an_answer_of_200_means_committed(tracker: Tracker, make_client: MakeClient) -> None:
    """While the database refuses to commit, the client must hear that it has to try again."""
    with tracker.site.database.begin() as connection:
        connection.execute(text("ALTER TABLE engagement RENAME TO away"))
    client = make_client(sync_mode=True, max_retries=0)
    with pytest.raises(APIError, match="unavailable"):
        client.track("7", "Demo Requested", message_id="m-1")

    with tracker.site.database.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO engagement"))
    client.track("7", "Demo Requested", message_id="m-1")
    client.track("7", "Demo Requested", message_id="m-1")

    assert tracker.events() == ["Demo Requested"]


def test_what_is_turned_away_for_a_moment_is_sent_again(
    tracker: Tracker, make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library waits for as long as ``Retry-After`` says, and loses nothing; and one visitor
    that sends too much does not hold up the others of its batch."""
    turned_away: list[TooMuch] = []
    admit = TrackingLimits.admit

    def first_time_too_much(gate: TrackingLimits, *args: Any) -> Any:
        if not turned_away:
            turned_away.append(TooMuch(Limit(1, 2)))
            raise turned_away[0]
        return admit(gate, *args)

    monkeypatch.setattr(TrackingLimits, "admit", first_time_too_much)
    client = make_client()
    for number in range(20):
        client.track(f"u-{number}", f"Event {number}")
    client.flush()

    assert len(turned_away) == 1
    assert len(tracker.events()) == 20


def test_the_server_of_a_busy_site_is_never_turned_away(
    tracker: Tracker, make_client: MakeClient
) -> None:
    """All of its visitors come from one network, and it names each of them."""
    client = make_client(upload_size=100)
    for number in range(3000):
        client.identify(f"u-{number}", {"email": f"u{number}@acme.example"})
    client.flush()

    assert tracker.rows("SELECT count(*) FROM lead") == [(3000,)]

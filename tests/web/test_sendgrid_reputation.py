"""What SendGrid reports that is our own trouble: nobody's address ends, and sending pauses."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from store.mail import sending
from tests.support.sendgrid_events import KEY, MakeSite, event, post, public, touch
from tests.web.conftest import Site

LISTED = {"type": "blocked", "status": "5.7.1", "reason": "550 5.7.1 listed at bl.spamcop.net"}


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """A deployment that knows SendGrid's key."""
    return make_site(email_channel="sendgrid", sendgrid_webhook_public_key=public(KEY))


def returned(site: Site, number: int) -> dict[str, Any]:
    """The mail of lead ``number``, each at a company of its own, came back for a block list."""
    key = f"enrollment-{number}:a:1"
    touch(site, "sent", key, f"vic@lead{number}.example")
    return event("bounce", number, touch_key=key, **LISTED)


def pauses(site: Site) -> list[sending.PauseOfSending]:
    """The channels that send nothing."""
    with site.database.connect() as connection:
        return sending.open_pauses(connection)


async def test_a_block_list_pauses_sending_and_ends_no_address(site: Site) -> None:
    """If this failed, one day on a block list would end every lead whose server reads it, and
    SendGrid's repetition of an old report would pause sending anew."""
    batch = [returned(site, number) for number in range(3)]
    first = await post(site, batch[:2])
    assert (first.json()["recorded"], pauses(site)) == (2, [])

    await post(site, batch[:2])
    assert pauses(site) == []
    await post(site, batch)

    (pause,) = pauses(site)
    assert (pause.channel, pause.reason, pause.detail) == ("sendgrid", "reputation", "550 5.7.1")
    assert pause.reported
    assert site.rows("SELECT 1 FROM suppression") == []
    assert site.rows("SELECT 1 FROM engagement") == []
    with site.database.begin() as connection:
        sending.resume(connection, "ada", site.settings.clock().now())
    again = await post(site, batch)
    assert (again.json()["recorded"], again.json()["duplicates"]) == (0, 3)
    assert pauses(site) == []


async def test_credits_that_are_used_up_pause_sending_at_once(site: Site) -> None:
    """If this failed, every mail of the month's last days would be dropped and look sent."""
    touch(site)
    await post(site, [event("dropped", reason="Recipient List over Package Quota")])
    (pause,) = pauses(site)
    assert pause.reason == "set_up"
    assert site.rows("SELECT state FROM touch") == [("failed",)]


async def test_what_was_returned_is_due_again_and_old_news_of_it_changes_nothing(
    site: Site,
) -> None:
    """If this failed, the mails that a block list returned would be lost, or be taken for sent
    because of an event of their first journey."""
    batch = [returned(site, number) for number in range(3)]
    with site.database.begin() as connection:
        version = connection.execute(
            text(
                "INSERT INTO cadence_version (name, version, digest, definition, source, "
                "templates, published_at) VALUES ('a', 1, '', '{}', '', '{}', now()) RETURNING id"
            )
        ).scalar_one()
        connection.execute(
            text(
                "WITH made AS (INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, "
                "started_at) SELECT 'run-' || id, id, :version, 1, now() FROM lead "
                "RETURNING id, lead_id) UPDATE touch SET enrollment_id = made.id FROM made "
                "WHERE made.lead_id = touch.lead_id"
            ),
            {"version": version},
        )

    await post(site, batch)
    old = [event("processed", n, touch_key=one["touch_key"]) for n, one in enumerate(batch)]
    await post(site, [*old, *batch])

    assert site.rows("SELECT DISTINCT state, sent_at FROM touch") == [("planned", None)]

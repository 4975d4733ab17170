"""What a relay holds on to, for how long, and what becomes of it when the relay freezes."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from sqlalchemy import text
from temporalio.service import RPCError

from domain.contracts.journey import Phase, journey_id
from store.outbox import relay_messages, relay_queue
from store.outbox.relay_queue import Leased, RelayDelivery
from temporal import relay as relay_module
from temporal.relay import Relay
from tests.relay.post import DELIVERED, Post

pytestmark = pytest.mark.xdist_group("relay")


async def test_messages_of_a_relay_that_froze_are_delivered_by_another(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifty journeys stood still for as long as a worker that hung, though others were idle; and
    when it wakes up it must not undo what the others have recorded."""
    monkeypatch.setattr(relay_queue, "LEASE_SECONDS", 1)
    lead = post.lead()
    handle = await post.recorder(lead)
    post.tell(lead, "replied", "booked")
    (frozen,) = relay_queue.lease_due(post.database, 50)

    assert relay_queue.lease_due(post.database, 50) == []
    async with post.relaying():
        await post.reaches(DELIVERED, 2)
    relay_queue.settle(post.database, [(frozen, RelayDelivery("retry", "UNAVAILABLE", 60))])

    assert await post.heard(handle) == ["replied", "booked"]
    assert post.outcomes() == ["delivered", "delivered"]


async def test_a_lease_runs_from_before_it_was_given(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay that freezes right after its lease, and wakes when another has delivered, would take
    the lease for new: a journey that has ended meanwhile would be started a second time."""
    lead = post.lead()
    with post.database.begin() as connection:
        relay_messages.start_again(
            connection, lead, phase=Phase.NURTURE, cycle=2, reason="replied", cadence="again"
        )

    def freezes(*arguments: Any) -> list[Leased]:
        leased = relay_queue.lease_due(*arguments)
        time.sleep(2)
        return leased

    monkeypatch.setattr(relay_module, "LEASE_SECONDS", 1)
    monkeypatch.setattr(relay_module, "lease_due", freezes)
    await post.relay.deliver_due()

    with pytest.raises(RPCError, match="not found"):
        await post.client.get_workflow_handle(journey_id(lead)).describe()
    assert post.outcomes() == [""]


async def test_a_relay_that_is_told_to_stop_finishes_what_it_has_in_hand(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At each deployment the news of some journeys would wait until a lease runs out."""
    lead = post.lead()
    handle = await post.recorder(lead)
    deliver = Relay._bring

    async def slowly(relay: Relay, message: Leased) -> RelayDelivery:
        await asyncio.sleep(2)
        return await deliver(relay, message)

    monkeypatch.setattr(Relay, "_bring", slowly)
    post.tell(lead, "replied")
    async with post.relaying():
        await post.reaches("SELECT count(*) FROM relay_message WHERE lease <> ''", 1)

    assert post.outcomes() == ["delivered"]
    assert await post.heard(handle) == ["replied"]


async def test_nothing_is_locked_while_temporal_is_slow(post: Post) -> None:
    """Whoever touches the row of a message would wait as long as Temporal, and a worker that dies
    in the middle would leave the row to a transaction that nobody ends."""
    lead = post.lead()
    post.tell(lead, "replied")
    relay_queue.lease_due(post.database, 50)

    with post.database.begin() as connection:
        free = text("SELECT count(*) FROM (SELECT FROM relay_message FOR UPDATE SKIP LOCKED) AS it")
        assert connection.execute(free).scalar() == 1


async def test_a_slow_message_does_not_hold_up_the_rest(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One journey whose shard is away would delay everybody's news by the length of a call."""
    slow, quick = post.lead(), post.lead()
    handle = await post.recorder(quick)
    over = asyncio.Event()
    deliver = Relay._bring

    async def bring(relay: Relay, message: Leased) -> RelayDelivery:
        if message.workflow_id == journey_id(slow):
            await over.wait()
        return await deliver(relay, message)

    monkeypatch.setattr(Relay, "_bring", bring)
    post.tell(slow, "replied")
    async with post.relaying():
        await post.reaches("SELECT count(*) FROM relay_message WHERE lease <> ''", 1)
        post.tell(quick, "replied", "booked")
        await post.reaches(DELIVERED, 2)
        over.set()

    assert await post.heard(handle) == ["replied", "booked"]

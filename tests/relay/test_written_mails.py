"""A mail that a colleague writes to one lead, from the commit to the provider."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from domain.email.letter import compile_letter
from store.consent.consent import suppress
from store.lead_work.written_mails import Letter, send_letter
from tests.relay.post import Post
from tests.support.history_scan import in_history

pytestmark = pytest.mark.xdist_group("relay")

ANNA = "wilhelmina@third-party.example"
WORDS = "Hello Wilhelmina,\n\nthe prices: https://prices.example/list?a=1&b={{ lead.email }}"


def written(post: Post, lead: int, request: str) -> str:
    """Somebody writes to the lead; the workflow that is to send it."""
    compiled = compile_letter("The prices you asked for", WORDS, "en", {})
    letter = Letter("The prices you asked for", WORDS, compiled, None, "rep-1")
    with post.database.begin() as connection:
        return send_letter(connection, lead, letter, request, datetime.now(UTC)).workflow_id


async def test_a_written_mail_goes_out_once_and_is_tracked(post: Post) -> None:
    """Whatever dies between the database, Temporal and the provider, it is one mail; Temporal hears
    no word of it, and nobody is written to who has said no meanwhile."""
    insert = "INSERT INTO lead (email, email_key) VALUES (:email, :email) RETURNING id"
    lead = int(post.value(insert, email=ANNA))
    workflow = written(post, lead, "one")
    assert written(post, lead, "one") == workflow
    async with post.working():
        for _ in range(3):
            await post.relay.deliver_due()
            handle = post.client.get_workflow_handle(workflow)
            await asyncio.wait_for(handle.result(), 60)
            post.forget()
        with post.database.begin() as connection:
            suppress(connection, email_key=ANNA, reason="unsubscribed", at=datetime.now(UTC))
        late = written(post, lead, "two")
        await post.relay.deliver_due()
        await asyncio.wait_for(post.client.get_workflow_handle(late).result(), 60)

    assert post.values("SELECT concat_ws(' ', step, state, topic) FROM touch ORDER BY id") == [
        "written-mail sent sales",
        "written-mail suppressed sales",
    ]
    (mail,) = post.values("SELECT encode(raw, 'escape') FROM outbox_message")
    assert "List-Unsubscribe" in mail
    assert "/c/" in mail or "/l/" in mail
    assert in_history(await handle.fetch_history(), [ANNA, "Wilhelmina", "prices"]) == []

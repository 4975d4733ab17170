"""The mail that asks an address to confirm itself, from a browser's word to the first journey."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest

from domain.contracts.confirmation import AskToConfirm
from domain.identities import TrackingCall
from store.access.write_keys import create_write_key, find_source
from store.consent.consent import opt_in
from store.tracking.visitors import record_batch
from tests.relay.post import Post
from tests.support.entered import enter
from tests.support.history_scan import in_history

pytestmark = pytest.mark.xdist_group("relay")

VICTIM = "wilhelmina@third-party.example"


def bring(post: Post) -> AskToConfirm:
    """A browser names a stranger, with words for them; the mail that is to go out."""
    # Marketing may have written whatever it likes into the template.
    body = (
        "{{ lead.first_name }} {{ lead.company }} {{ lead.attributes.note|fallback('') }} "
        "{{ links.confirmation }}"
    )
    post.run(
        "INSERT INTO template_version (name, language, digest, source, compiled) "
        "VALUES ('address-confirmation', 'en', 'x', '', cast(:compiled AS jsonb))",
        compiled=json.dumps({"subject": body, "preheader": "", "html": body, "text": body}),
    )
    with post.database.begin() as connection:
        key = create_write_key(connection, "website", "welcome-nurture")
        source = find_source(connection, key or "")
    assert source
    facts = {
        "email": VICTIM,
        "email_key": VICTIM,
        "first_name": "Evil",
        "company": "Evil",
        "attributes": {"note": "Evil"},
    }
    message = TrackingCall("identify", "m1", datetime.now(UTC), user_id="u1", facts=facts)
    record_batch(post.database, [message], source, datetime.now(UTC))
    return AskToConfirm(int(post.value("SELECT id FROM lead")), 1)


async def test_a_stranger_gets_one_mail_without_a_word_of_whoever_named_them(post: Post) -> None:
    """Whatever dies between the database, Temporal and the provider, it is one mail; and the name
    of the workflow is all that Temporal hears of it."""
    asking = bring(post)
    async with post.working():
        for _ in range(3):
            await post.relay.deliver_due()
            handle = post.client.get_workflow_handle(asking.workflow_id)
            await asyncio.wait_for(handle.result(), 60)
            post.forget()

    assert post.values("SELECT concat_ws(' ', key, state, topic) FROM touch") == [
        f"{asking.key} sent "
    ]
    (mail,) = post.values("SELECT encode(raw, 'escape') FROM outbox_message")
    assert "/c/" in mail
    assert "Evil" not in mail
    assert in_history(await handle.fetch_history(), [VICTIM, "Evil", "third-party"]) == []
    assert post.value("SELECT phase FROM lead") == ""


async def test_who_confirms_begins_the_cadence_and_is_asked_no_more(post: Post) -> None:
    """The yes may come from elsewhere before the mail goes out."""
    asking = bring(post)
    with post.database.begin() as connection:
        opt_in(connection, email_key=VICTIM, at=datetime.now(UTC), source="confirmation", lifts=())
    enter(post.database)
    async with post.working(), post.relaying():
        await post.reaches("SELECT phase FROM lead", "Nurture")
        handle = post.client.get_workflow_handle(asking.workflow_id)
        await asyncio.wait_for(handle.result(), 60)

    assert post.value("SELECT count(*) FROM touch WHERE key LIKE 'confirmation-%'") == 0

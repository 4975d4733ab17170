"""``starter.py tokens``, ``keys`` and ``starter.py webhooks``: who gets in, and who is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, insert

from cli import keys, tokens, webhooks
from cli.errors import UserError
from store.access.api_tokens import find_caller
from store.access.write_keys import find_source
from store.outbox.outgoing import announce
from store.tables import Lead, Meeting
from tests.cli.terminal import run

pytestmark = pytest.mark.usefixtures("rep")

URL = "https://crm.example/hook"


def test_a_token_is_shown_once_works_and_is_revoked(database: Engine) -> None:
    """A token that can be shown again is one that can be copied by whoever passes."""
    token = run(tokens.app, "create", "hana", "--role", "sdr", "--rep", "rep-1").splitlines()[-1]

    with database.begin() as connection:
        caller = find_caller(connection, token)
    assert caller is not None
    assert (caller.by, caller.team) == ("rep-1", "emea")
    listed = run(tokens.app, "list", "--json")
    assert token not in listed
    assert json.loads(listed)["tokens"][0]["role"] == "sdr"
    run(tokens.app, "revoke", "hana")
    with database.begin() as connection:
        assert find_caller(connection, token) is None


def test_a_write_key_is_for_browsers_unless_said_otherwise(database: Engine) -> None:
    """Whoever follows the snippet puts it into a page."""
    website = run(keys.app, "create", "website").splitlines()[-1]
    backend = run(keys.app, "create", "backend", "--kind", "server").splitlines()[-1]

    with database.begin() as connection:
        found = [find_source(connection, key) for key in (website, backend)]
    assert [one and one.kind for one in found] == ["browser", "server"]
    listed = json.loads(run(keys.app, "list", "--json"))["keys"]
    assert {one["name"]: one["kind"] for one in listed} == {
        "backend": "server",
        "website": "browser",
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["x", "--role", "sdr"], "say which"),
        (["x", "--role", "sdr", "--rep", "rep-7"], "no rep 'rep-7'"),
        (["x", "--role", "ops", "--rep", "rep-1"], "leave the rep out"),
        ([" ", "--role", "ops"], "Give it a name"),
    ],
)
def test_a_token_nobody_could_use_is_not_made(
    database: Engine, arguments: list[str], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        run(tokens.app, "create", *arguments)


def test_an_endpoint_is_added_with_its_log_and_removed(
    database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = run(webhooks.app, "add", URL, "--events", "meeting.booked, task.opened")
    assert secret.splitlines()[-1].startswith("whsec_")
    with pytest.raises(UserError, match="already"):
        run(webhooks.app, "add", URL)
    with pytest.raises(UserError, match=r"no event lead\.x"):
        run(webhooks.app, "add", f"{URL}2", "--events", "lead.x")
    with pytest.raises(UserError, match="private network"):
        run(webhooks.app, "add", "https://10.1.2.3/hook")
    with database.begin() as connection:
        lead = connection.scalar(insert(Lead).values(email="", email_key="").returning(Lead.id))
        meeting = connection.scalar(
            insert(Meeting)
            .values(lead_id=lead, starts_at=datetime.now(UTC), state="booked")
            .returning(Meeting.id)
        )
        assert meeting is not None
        assert announce(connection, "meeting.booked", meeting) == 1
        assert announce(connection, "meeting.booked", meeting) == 0
        assert announce(connection, "meeting.held", meeting) == 0

    (delivery,) = json.loads(run(webhooks.app, "log", "--json"))["deliveries"]
    assert (delivery["state"], delivery["event_type"]) == ("waiting", "meeting.booked")
    assert "Nothing has failed" in run(webhooks.app, "log", "--failed")
    assert "is sent again" in run(webhooks.app, "resend", str(delivery["id"]))
    monkeypatch.setattr(webhooks, "LONGEST_SECONDS", 0.0)
    with pytest.raises(UserError, match="does a worker run"):
        run(webhooks.app, "test", URL)
    run(webhooks.app, "remove", URL)
    with pytest.raises(UserError, match="Nothing goes to"):
        run(webhooks.app, "test", URL)
    with pytest.raises(UserError, match="add the endpoint again"):
        run(webhooks.app, "resend", str(delivery["id"]))
    (endpoint,) = json.loads(run(webhooks.app, "list", "--json"))["endpoints"]
    assert endpoint["active"] is False

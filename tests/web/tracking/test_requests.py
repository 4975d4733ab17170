"""Requests as browsers, scripts and attackers send them."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx
import pytest
from typer.testing import CliRunner

import settings
from cli import keys
from cli.errors import UserError
from tests.web.tracking.conftest import Tracker

GOOD = {"type": "track", "userId": "7", "event": "Good"}
DEEP = json.loads('{"a":' * 90 + "1" + "}" * 90)
WRONG: list[tuple[str, Any]] = [
    ("", "text"),
    ("type", GOOD | {"type": "trick"}),
    ("type", GOOD | {"type": ["track"]}),
    ("userId", GOOD | {"userId": None}),
    ("userId", GOOD | {"userId": {"a": 1}}),
    ("userId", GOOD | {"userId": True}),
    ("userId", GOOD | {"userId": "7" * 501}),
    ("userId", GOOD | {"userId": "7\0"}),
    ("event", GOOD | {"event": "  "}),
    ("event", GOOD | {"event": 5}),
    ("event", GOOD | {"event": "e" * 501}),
    ("messageId", GOOD | {"messageId": []}),
    ("timestamp", GOOD | {"timestamp": 1_700_000_000}),
    ("timestamp", GOOD | {"timestamp": "yesterday"}),
    ("timestamp", GOOD | {"timestamp": "2999-01-01T00:00:00Z"}),
    ("sentAt", GOOD | {"sentAt": {}}),
    ("properties", GOOD | {"properties": [1]}),
    ("properties.price", GOOD | {"properties": {"price": float("nan")}}),
    ("properties.price", GOOD | {"properties": {"price": float("inf")}}),
    ("properties.note", GOOD | {"properties": {"note": "a\0b"}}),
    ("properties.notes[1]", GOOD | {"properties": {"notes": ["a", "\ud83d"]}}),
    ("properties", GOOD | {"properties": {"\udc00": 1}}),
    ("properties.deep" + ".a" * 29, GOOD | {"properties": {"deep": DEEP}}),
    ("context.page", GOOD | {"context": {"page": {"url": "\0"}}, "properties": {}}),
    ("context", GOOD | {"context": "home"}),
    ("", GOOD | {"properties": {"long": "x" * 33_000}}),
    ("traits", {"type": "identify", "userId": "7", "traits": "none"}),
    ("groupId", {"type": "group", "userId": "7"}),
    ("traits.name", {"type": "group", "userId": "7", "groupId": 1, "traits": {"name": "n" * 301}}),
    ("previousId", {"type": "alias", "userId": "7"}),
    ("userId", {"type": "alias", "anonymousId": "7", "previousId": "6"}),
]  # fmt: skip


def test_a_bad_message_is_named_and_the_good_ones_count(tracker: Tracker) -> None:
    """One broken page must not cost a site all its events, nor break unnoticed."""
    unlike: list[Any] = []
    for number, (field, wrong) in enumerate(WRONG):
        good = [GOOD | {"messageId": f"{number}-{place}"} for place in range(2)]
        answer = tracker.post("batch", {"batch": [good[0], wrong, good[1]]})
        alone = tracker.post("batch", {"batch": [wrong]})

        told = answer.json().get("rejected", [{"index": 1, "field": "nothing refused"}])
        path = f".{field}" if field else ""
        # The path of deep things is told as far as it was followed.
        as_told = [(1, told[0]["field"].startswith(f"batch[1]{path}"))]
        if (answer.status_code, [(one["index"], True) for one in told]) != (200, as_told):
            unlike.append((field, wrong, answer.text))
        errors = alone.json().get("errors", [{"field": "nothing refused"}])
        if alone.status_code != 400 or not errors[0]["field"].startswith(f"batch[0]{path}"):
            unlike.append((field, wrong, alone.text))

    assert unlike == []
    assert tracker.events() == ["Good"] * 2 * len(WRONG)


BOMB = gzip.compress(b"[" + b" " * 50_000_000 + b"]")


BAD_BODIES: list[tuple[bytes, dict[str, str], int, str, str]] = [
    (b"{", {}, 400, "invalid_json", "body"),
    (b"", {}, 400, "invalid_json", "body"),
    (b"[]", {}, 400, "invalid_json", "body"),
    (b'{"batch": "\xff"}', {}, 400, "invalid_json", "body"),
    (b'{"batch": ' + b"[" * 200_000 + b"]" * 200_000 + b"}", {}, 400, "invalid_json", "body"),
    (b'{"batch": []}', {}, 400, "invalid_request", "batch"),
    (b'{"batch": {}}', {}, 400, "invalid_request", "batch"),
    (b'{"batch": [{}], "sentAt": "now"}', {}, 400, "invalid_request", "sentAt"),
    (b'{"batch": [{}], "context": 1}', {}, 400, "invalid_request", "context"),
    (b" " * (500 * 1024 + 1), {}, 400, "payload_too_large", "body"),
    (BOMB, {"Content-Encoding": "gzip"}, 400, "payload_too_large", "body"),
    (BOMB[:100], {"Content-Encoding": "gzip"}, 400, "invalid_gzip", "body"),
    (b"{}", {"Content-Encoding": "gzip"}, 400, "invalid_gzip", "body"),
    (b"{}", {"Content-Encoding": "br"}, 415, "unsupported_encoding", "Content-Encoding"),
]


def test_a_bad_body_is_refused_whole(tracker: Tracker) -> None:
    """Whatever is thrown at the server, it answers what is wrong, in Segment's shape."""
    for body, headers, status, code, field in BAD_BODIES:
        answer = tracker.post("batch", body, headers=headers)

        told = answer.json()
        assert (answer.status_code, told["code"], body[:30]) == (status, code, body[:30])
        assert told["success"] is False
        assert told["errors"][0]["field"] == field
        assert told["message"]
    assert tracker.events() == []


def test_a_single_call_has_its_limit(tracker: Tracker) -> None:
    """Segment's limit: 32 KB a call; its answer names the field that is wrong."""
    long = GOOD | {"properties": {"long": "x" * 33_000}}
    assert tracker.post("track", long).json()["code"] == "payload_too_large"
    nameless = tracker.post("track", {"userId": 7})
    assert nameless.status_code == 400
    assert nameless.json()["errors"][0]["field"] == "event"
    assert tracker.post("trick", GOOD).status_code == 404


def test_a_batch_longer_than_the_limit_is_taken_up_to_it(tracker: Tracker) -> None:
    """Segment takes 2,500 messages at once."""
    batch = [GOOD | {"messageId": str(number)} for number in range(2501)]
    answer = tracker.post("batch", {"batch": batch}, gzip=True)

    assert [one["index"] for one in answer.json()["rejected"]] == [2500]
    assert len(tracker.events()) == 2500


def test_a_browser_may_call_from_any_site(tracker: Tracker) -> None:
    """analytics.js posts JSON as text/plain to one-letter paths, the key in the body."""
    body = {"userId": None, "anonymousId": "b-1", "event": "Seen", "writeKey": tracker.key}
    origin = {"Content-Type": "text/plain", "Origin": "https://x.example"}
    answer = tracker.post("t", body, key="", headers=origin)
    wants = "authorization,content-type,anonymousid,rsa-since-last-attempt"
    asked = httpx.options(
        f"{tracker.url}/v1/p",
        headers={"Origin": "https://x.example", "Access-Control-Request-Headers": wants},
    )

    assert (answer.status_code, answer.json()) == (200, {"success": True})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Headers"] == wants
    assert tracker.events() == ["Seen"]


def test_a_wrong_clock_is_put_right(tracker: Tracker) -> None:
    """A phone whose clock is years ahead must not earn points in the future."""
    ahead = datetime.now(UTC) + timedelta(days=1000)
    late = {"timestamp": (ahead - timedelta(hours=2)).isoformat()}
    batch = [GOOD | late]
    assert tracker.post("batch", {"batch": batch, "sentAt": ahead.isoformat()}).status_code == 200
    soon = {"timestamp": (datetime.now(UTC) + timedelta(minutes=30)).isoformat()}
    assert tracker.post("track", GOOD | soon).status_code == 200
    # Put right between the event and its sending.
    right = {"timestamp": ahead.isoformat(), "sentAt": datetime.now(UTC).isoformat()}
    assert tracker.post("track", GOOD | right).status_code == 200

    assert tracker.rows(
        "SELECT round(extract(epoch FROM now() - at) / 3600) FROM engagement ORDER BY at"
    ) == [(2,), (0,), (0,)]


def test_a_time_before_there_were_such_events_is_refused(tracker: Tracker) -> None:
    """What a page says may be anything; a month is a table, and the sender must hear of it."""
    for year in (1, 500, 2008):
        answer = tracker.post("track", GOOD | {"timestamp": f"{year:04}-12-31T00:00:00Z"})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "timestamp")
    # A clock that was never set, as its sentAt tells.
    never = {"timestamp": "1970-01-01T00:00:05Z", "sentAt": "1970-01-01T00:00:09Z"}
    assert tracker.post("track", GOOD | never).status_code == 200
    assert len(tracker.events()) == 1


def test_a_message_without_id_counts_once_when_sent_again(tracker: Tracker) -> None:
    """curl scripts send no messageId, but their retries are retries."""
    message = GOOD | {"timestamp": datetime.now(UTC).isoformat()}
    for _ in range(3):
        assert tracker.post("track", message).status_code == 200
    tracker.post("track", message | {"event": "Other"})

    assert tracker.events() == ["Good", "Other"]


@pytest.mark.parametrize(
    ("key", "headers"),
    [
        ("", {}),
        ("wrong", {}),
        ("k\u00e9y", {}),
        ("", {"Authorization": "Basic !!"}),
        ("", {"Authorization": "Bearer abc"}),
    ],
)
def test_nobody_writes_without_a_key(tracker: Tracker, key: str, headers: dict[str, str]) -> None:
    """Else anybody fills the lead list."""
    answer = tracker.post("track", GOOD, key=key, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert tracker.events() == []


def test_a_key_is_made_listed_and_revoked(
    tracker: Tracker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that leaked is useless within seconds of its being revoked."""
    url = tracker.site.database.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:1")
    settings.get.cache_clear()

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(keys.app, list(arguments))
        if isinstance(result.exception, UserError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.stdout.strip()

    try:
        key = run("create", "app")
        assert tracker.post("track", GOOD, key=key).status_code == 200
        with pytest.raises(UserError, match="choose another name"):
            run("create", "app")
        with pytest.raises(UserError, match="'none' is not published"):
            run("create", "other", "--cadence", "none")
        run("revoke", "app")
        with pytest.raises(UserError, match="no write key 'app' in use"):
            run("revoke", "app")
        listed = json.loads(run("list", "--json"))["keys"]
    finally:
        settings.get.cache_clear()

    assert [(one["name"], one["revoked_at"] is None) for one in listed] == [
        ("app", False),
        ("website", True),
    ]
    assert key not in json.dumps(listed)
    assert _until_refused(tracker, key)


def _until_refused(tracker: Tracker, key: str) -> bool:
    deadline = datetime.now(UTC) + timedelta(seconds=60)
    while datetime.now(UTC) < deadline:
        if tracker.post("track", GOOD, key=key).status_code == 401:
            return True
    return False

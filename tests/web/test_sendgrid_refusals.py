"""What isn't SendGrid's, or can't be read: refused, named, and without effect."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import text
from structlog.testing import capture_logs

from tests.support.sendgrid_events import (
    KEY,
    OTHER_KEY,
    PATH,
    SIGNATURE,
    TIMESTAMP,
    TOUCH,
    MakeSite,
    event,
    post,
    public,
    signed,
    touch,
)
from tests.web.conftest import Site, browse, field_of


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """A deployment that knows SendGrid's key."""
    return make_site(email_channel="sendgrid", sendgrid_webhook_public_key=public(KEY))


BAD_ITEMS: Sequence[tuple[object, str]] = [
    (None, "event"),
    ("open", "event"),
    ([], "event"),
    ({}, "event"),
    (event("open", event=7), "event"),
    (event("open", event=""), "event"),
    (event("open", event="op\0en"), "event"),
    (event("open", sg_event_id=None), "sg_event_id"),
    (event("open", sg_event_id=5), "sg_event_id"),
    (event("open", sg_event_id="a\0b"), "sg_event_id"),
    (event("open", sg_event_id="x" * 501), "sg_event_id"),
    (event("open", timestamp="now"), "timestamp"),
    (event("open", timestamp=True), "timestamp"),
    (event("open", timestamp=1.5), "timestamp"),
    (event("open", timestamp=-1), "timestamp"),
    (event("open", timestamp=int(time.time()) + 86_400), "timestamp"),
    (event("open", timestamp=int(time.time()) * 1000), "timestamp"),
    (event("open", timestamp=10**300), "timestamp"),
    (event("open", touch_key=[TOUCH]), "touch_key"),
    (event("open", touch_key="\ud800"), "touch_key"),
    (event("open", touch_key="a\0b"), "touch_key"),
    (event("open", sg_machine_open="true"), "sg_machine_open"),
    (event("open", useragent=7), "useragent"),
    (event("open", useragent="\udfff"), "useragent"),
    (event("open", ip=["192.0.2.1"]), "ip"),
    (event("bounce", type={"a": {"b": {}}}), "type"),
    (event("click", url="https://perennial.example/\udfff"), "url"),
    (event("click", url="https://perennial.example/\0"), "url"),
    (event("click", url="x" * 8001), "url"),
]


@pytest.mark.parametrize(("item", "field"), BAD_ITEMS)
async def test_a_bad_event_is_named_and_the_good_ones_count(
    site: Site, item: object, field: str
) -> None:
    touch(site)
    with capture_logs() as lines:
        answer = await post(site, [event("open", 2), item, event("click", 2)])

    assert answer.status_code == 400
    (error,) = answer.json()["errors"]
    assert error["field"] == f"[1].{field}"
    assert error["message"].endswith(".")
    assert site.rows("SELECT kind FROM engagement ORDER BY kind") == [("click",), ("open",)]
    assert [(line["log_level"], line["fields"]) for line in lines] == [("warning", [field])]


async def test_a_batch_in_which_all_is_wrong_is_answered_shortly(site: Site) -> None:
    answer = await post(site, [0] * 5000)
    assert answer.status_code == 400
    assert answer.json()["refused"] == 5000
    assert len(answer.json()["errors"]) == 20


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"{}", 400),
        (b'"open"', 400),
        (b"null", 400),
        (b"\xff\xfe[]", 400),
        (b"[" * 100_000 + b"]" * 100_000, 400),
        (b'{"a":' * 100_000, 400),
        (b"[" + b"1" * 5000 + b"]", 400),
    ],
    ids=["empty", "cut", "object", "string", "null", "utf-16", "deep", "deep-2", "huge"],
)
async def test_a_body_that_is_no_batch_is_refused(site: Site, body: bytes, status: int) -> None:
    answer = await post(site, body)
    assert answer.status_code == status
    assert field_of(answer) == "body"
    assert answer.json()["detail"]


async def test_a_body_beyond_reason_is_refused(site: Site) -> None:
    """Before it is read: it would fill the memory of the web app."""
    answer = await post(site, b" " * (2 * 1024 * 1024) + b"[]")

    assert (answer.status_code, answer.json()["status"]) == (413, 413)


async def test_an_empty_batch_is_fine(site: Site) -> None:
    assert (await post(site, [])).status_code == 200


async def test_only_sendgrid_is_heard(site: Site) -> None:
    """Anybody could unsubscribe anybody, or make any lead hot."""
    touch(site)
    body = json.dumps([event("unsubscribe")]).encode()
    good = signed(body)
    now = int(time.time())
    attempts = [
        ({}, 401, SIGNATURE),
        ({TIMESTAMP: good[TIMESTAMP]}, 401, SIGNATURE),
        ({SIGNATURE: good[SIGNATURE]}, 401, TIMESTAMP),
        (signed(body, OTHER_KEY), 403, SIGNATURE),
        (signed(body + b" "), 403, SIGNATURE),
        ({**good, TIMESTAMP: str(now - 7)}, 403, SIGNATURE),
        ({**good, SIGNATURE: "no base64!"}, 403, SIGNATURE),
        ({**good, SIGNATURE: "AAAA"}, 403, SIGNATURE),
        ({**good, TIMESTAMP: "soon"}, 403, TIMESTAMP),
        ({**good, TIMESTAMP: "9" * 5000}, 403, TIMESTAMP),
        (signed(body, at=now + 400), 403, TIMESTAMP),
    ]
    for headers, status, field in attempts:
        with capture_logs() as lines:
            async with browse(site) as client:
                answer = await client.post(PATH, content=body, headers=headers)
        assert (answer.status_code, field_of(answer)) == (status, field)
        assert [one["event"] for one in lines if one["event"] != "authentication"] == [
            "a request of a program was refused"
        ]
        assert "jane" not in str(lines)
    assert site.rows("SELECT 1 FROM engagement") == []
    assert site.rows("SELECT 1 FROM suppression") == []
    assert (await post(site, [event("unsubscribe")], at=now + 240)).status_code == 200


@pytest.mark.parametrize("ago", [310, 86_400, 30 * 86_400])
async def test_a_late_repetition_is_taken_and_counts_once(site: Site, ago: int) -> None:
    """SendGrid repeats a batch for a day under its first signature: refused, everything that
    happened while we were away would be lost. Replayed by somebody else it changes nothing, even
    after what it once brought was taken back."""
    touch(site)
    then = int(time.time()) - ago
    batch = [event("unsubscribe", timestamp=then), event("click", timestamp=then)]
    first = await post(site, batch, at=then)
    assert (first.status_code, first.json()["recorded"]) == (200, 2)
    with site.database.begin() as connection:
        connection.execute(text("DELETE FROM suppression"))

    again = await post(site, batch, at=then)

    assert (again.status_code, again.json()["recorded"], again.json()["duplicates"]) == (200, 0, 2)
    assert site.rows("SELECT 1 FROM suppression") == []
    assert site.rows("SELECT count(*) FROM engagement") == [(2,)]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("", "is not set"),
        ("no key", "is no ECDSA public key"),
        (public(rsa.generate_private_key(65537, 2048)), "is no ECDSA public key"),
    ],
    ids=["none", "nonsense", "rsa"],
)
async def test_without_a_key_nothing_is_taken_and_ops_learn_why(
    make_site: MakeSite, key: str, words: str
) -> None:
    with capture_logs() as lines:
        site = make_site(email_channel="sendgrid", sendgrid_webhook_public_key=key)
    assert [words in line["event"] for line in lines] == [True]
    touch(site)
    answer = await post(site, [event("open")])
    assert answer.status_code == 503
    assert "SENDGRID_WEBHOOK_PUBLIC_KEY" in answer.json()["detail"]
    assert site.rows("SELECT 1 FROM engagement") == []


def test_who_sends_by_other_means_hears_nothing_of_sendgrids_key(make_site: MakeSite) -> None:
    with capture_logs() as lines:
        make_site(email_channel="outbox")
    assert lines == []


async def test_programs_get_json_when_they_ask_wrongly(site: Site) -> None:
    async with browse(site) as client:
        answer = await client.get(PATH)
    assert answer.status_code == 405
    assert answer.json()["detail"]

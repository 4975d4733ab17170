"""The outbox over the API: what marketing looks at, and what programs follow."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from starlette.routing import Mount

from domain.email.links import LinkClaim
from domain.email.message import CalendarPart
from mail.channels.base import EmailMessage
from mail.channels.outbox import OutboxChannel
from mail.links import link_signer
from tests.web.api.conftest import Api


def touch(api: Api) -> str:
    """A touch that was sent to a lead; its key."""
    key = "enrollment-1:welcome:1"
    api.value(
        "INSERT INTO touch (key, lead_id, step, channel, state, planned_at) "
        "VALUES (:key, :lead, 'welcome', 'outbox', 'sent', :at) RETURNING id",
        key=key,
        lead=api.lead("jane@acme.example"),
        at=datetime.now(UTC),
    )
    return key


def send(api: Api, key: str, **changed: Any) -> None:
    """Put the touch's mail into the outbox, with one link of each kind."""
    link = link_signer(api.settings)
    message = EmailMessage(
        touch_key=key,
        message_id=f"{key.replace(':', '.')}@perennial.example",
        sender_name="Perennial",
        sender_email="hello@perennial.example",
        recipient_name="김민준",
        recipient_email="Jane@Acme.example",
        subject="Hello & 안녕",
        text="Hello",
        html=(
            "<!doctype html><html><head></head><body><script>alert(1)</script>"
            f'<a href="{link.click(key, "https://perennial.example/guide?a=1&b=2")}">Guide</a>'
            f'<a class="x" href="{link.booking(key)}">Book</a>'
            f'<a href="{link.unsubscribe(key)}">Stop</a>'
            f'<a href="{link.unsubscribe(key)}">Stop, again</a>'
            '<a href="https://elsewhere.example/">Elsewhere</a></body></html>'
        ),
    )
    OutboxChannel(api.database, api.settings.clock()).send(dataclasses.replace(message, **changed))


async def test_list_search_and_pages(api: Api) -> None:
    for number in range(6):
        send(
            api,
            f"enrollment-{number}:welcome:1",
            recipient_email=f"Lead{number}@Acme.example",
            subject=f"Mail {number} of 100%",
        )

    async def subjects(query: str) -> list[str]:
        answer = await api.ask("marketing", "GET", f"/mails?{query}")
        return [one["subject"][5:6] for one in answer.json()["items"]]

    first = (await api.ask("marketing", "GET", "/mails?limit=4")).json()
    assert [one["subject"][5:6] for one in first["items"]] == ["5", "4", "3", "2"]
    assert await subjects(f"limit=4&cursor={first['next_cursor']}") == ["1", "0"]
    assert await subjects("search=LEAD3@acme") == ["3"]
    assert len(await subjects("search=100%25")) == 6
    assert await subjects("search=100_") == []
    assert await subjects("since=2099-01-01T00:00:00Z") == []
    assert len(await subjects("until=2099-01-01T00:00:00Z")) == 6


async def test_a_mail_is_told_with_its_parts_links_and_lead(api: Api) -> None:
    """Whoever tries meetings without a mail server also sees what a calendar would get."""
    calendar = CalendarPart("REQUEST", b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n")
    key = touch(api)
    send(api, key, calendar=calendar)

    mail = (await api.ask("marketing", "GET", "/mails/1")).json()
    source = await api.ask("marketing", "GET", "/mails/1/source")

    assert (mail["subject"], mail["touch_key"]) == ("Hello & 안녕", key)
    assert mail["lead_id"] == api.value("SELECT id FROM lead")
    assert {"name": "To", "value": "김민준 <Jane@Acme.example>"} in mail["headers"]
    assert [(link["kind"], link["leads_to"]) for link in mail["links"]] == [
        ("click", "https://perennial.example/guide?a=1&b=2"),
        ("booking", ""),
        ("unsubscribe", ""),
        ("", ""),
    ]
    assert mail["attachments"][0]["name"] == "invite.ics"
    assert "METHOD:REQUEST" in mail["attachments"][0]["text"]
    assert source.headers["content-type"] == "message/rfc822"
    assert source.content.startswith(b"From: Perennial <hello@perennial.example>\r\n")


async def test_a_mail_can_run_and_load_nothing(api: Api) -> None:
    """A template with a script must not act in the name of whoever reads the outbox."""
    send(api, "enrollment-1:welcome:1")

    answer = await api.ask("marketing", "GET", "/mails/1/html")

    rules = answer.headers["content-security-policy"]
    assert "default-src 'none'" in rules
    assert "script-src" not in rules
    assert "allow-scripts" not in rules
    assert "allow-same-origin" not in rules
    assert answer.text.startswith('<!doctype html><base target="_blank"><html>')


async def test_a_reply_counts_once(api: Api) -> None:
    send(api, touch(api))

    for _ in range(2):
        answer = await api.ask("marketing", "POST", "/mails/1/reply", text=" Tell me more ")
        assert answer.status_code == 200

    with api.database.connect() as connection:
        kept = connection.execute(text("SELECT kind, detail ->> 'text' FROM engagement")).all()
    assert [tuple(row) for row in kept] == [("reply", "Tell me more")]
    assert (await api.ask("marketing", "GET", "/mails/1")).json()["replied_at"]


async def test_a_mail_of_no_touch_has_nobody_to_reply(api: Api) -> None:
    send(api, "test:mail:1")

    answer = await api.ask("marketing", "POST", "/mails/1/reply", text="Yes")

    assert (answer.status_code, "no lead" in answer.text) == (409, True)


async def test_nobody_replies_for_a_lead_once_mails_go_to_real_people(api: Api) -> None:
    send(api, touch(api))
    (mounted,) = (
        one.app for one in api.app.routes if isinstance(one, Mount) and one.path == "/api"
    )
    application: Any = mounted
    application.state.context.settings = api.settings.model_copy(update={"email_channel": "smtp"})

    answer = await api.ask("marketing", "POST", "/mails/1/reply", text="Yes")

    assert (answer.status_code, "real people" in answer.text) == (409, True)


async def test_programs_read_links_in_order(api: Api) -> None:
    keys = [f"enrollment-{number}:welcome:1" for number in range(3)]
    for key in keys:
        send(api, key)

    answer = (await api.ask("marketing", "GET", "/mails/follow?limit=1")).json()
    (mail,) = answer["items"]
    rest = (
        await api.ask("marketing", "GET", f"/mails/follow?cursor={answer['next_cursor']}")
    ).json()

    signer = link_signer(api.settings)
    assert (mail["touch_key"], mail["recipient"]) == (keys[0], "Jane@Acme.example")
    assert [link["kind"] for link in mail["links"]] == ["click", "booking", "unsubscribe"]
    assert [signer.read(link["url"].rpartition("/")[2]) for link in mail["links"]] == [
        LinkClaim("click", keys[0], "https://perennial.example/guide?a=1&b=2"),
        LinkClaim("booking", keys[0]),
        LinkClaim("unsubscribe", keys[0]),
    ]
    assert [one["touch_key"] for one in rest["items"]] == keys[1:]


async def test_following_never_misses_a_mail(api: Api) -> None:
    """Ids can be seen out of order: a prospect of the demo would never answer the skipped mail."""
    seen: list[str] = []
    last = ""
    with ThreadPoolExecutor(8) as pool:
        sent = [pool.submit(send, api, f"enrollment-{number}:a:1") for number in range(300)]
        finished = False
        while True:
            answer = await api.ask("ops", "GET", f"/mails/follow?limit=100{last}")
            mails = answer.json()["items"]
            seen += [mail["touch_key"] for mail in mails]
            last = f"&cursor={answer.json()['next_cursor']}"
            if finished and not mails:
                break
            finished = all(future.done() for future in sent)
    assert len(seen) == len(set(seen)) == 300


@pytest.mark.parametrize("path", ["/mails", "/mails/follow", "/mails/1", "/mails/1/html"])
async def test_who_is_not_signed_in_reads_no_mail(api: Api, path: str) -> None:
    """In production the app faces the internet: mails must not be readable there."""
    send(api, "enrollment-1:welcome:1")

    assert (await api.ask("", "GET", path)).status_code == 401

"""Mails that leads send back, as SendGrid's Inbound Parse posts them."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
from collections.abc import AsyncIterator
from email.message import EmailMessage

import httpx2 as httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import text
from structlog.testing import capture_logs

from domain.inbound.html import text_of_html
from tests.support.sendgrid_events import MakeSite, touch
from tests.web.conftest import Site, browse, field_of
from web.body_limits import MB, allowance
from web.webhooks.inbound_mail import Form, read_mail
from web.webhooks.sendgrid_inbound import KEPT

PATH = "/webhooks/sendgrid/inbound"
PASSWORD = "tr0ub4dor-and-three"
OURS = "our-mail-1@lindenmoor.example"
BOUNDARY = "xYzZY"
FIXED = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture
def site(make_site: MakeSite) -> Site:
    """A deployment that takes received mail."""
    return make_site(sendgrid_inbound_password=SecretStr(PASSWORD))


@pytest.fixture
def lead_id(site: Site) -> int:
    """Jane, to whom we wrote the mail ``OURS``."""
    lead = touch(site)
    with site.database.begin() as connection:
        connection.execute(text("UPDATE touch SET message_id = :id"), {"id": OURS})
    return lead


def parsed(**changed: str | bytes | None) -> dict[str, str | bytes | None]:
    """The fields that SendGrid documents, of Jane's answer. ``more`` adds headers."""
    more = changed.pop("more", "")
    headers = (
        "Received: by mx0047p1mdw1.sendgrid.net with SMTP id 6WCVv7KAWn\n"
        f"Message-ID: <answer-1@acme.example>\nIn-Reply-To: <{OURS}>\n"
        f"References: <elsewhere@x.example>\n <{OURS}>\nFrom: Jane <jane@acme.example>\n"
        f"Subject: Re: Hello\n{more!s}"
    )
    return {
        "headers": headers,
        "dkim": "{@acme.example : pass}",
        "to": "clara@reply.lindenmoor.example",
        "from": "Jane <Jane@Acme.example>",
        "text": "Yes, call me.\n\nOn Mon Clara wrote:\n> Shall we?\n",
        "html": "<p>Yes, call me.</p>",
        "sender_ip": "192.0.2.7",
        "envelope": '{"to":["clara@reply.lindenmoor.example"],"from":"jane@acme.example"}',
        "attachments": "0",
        "subject": "Re: Hello",
        "charsets": '{"to":"UTF-8","html":"UTF-8","subject":"UTF-8","from":"UTF-8","text":"UTF-8"}',
        "SPF": "pass",
        **changed,
    }


async def post(
    site: Site,
    fields: dict[str, str | bytes | None],
    *attachments: tuple[str, bytes, str],
    password: str = PASSWORD,
) -> httpx.Response:
    """SendGrid's request; a field that is None is left out, attachments are name, bytes, type."""
    files: list[tuple[str, tuple[str | None, str | bytes, str | None]]] = [
        (name, (None, value, None)) for name, value in fields.items() if value is not None
    ]
    files += [
        (f"attachment{number}", (name, content, kind))
        for number, (name, content, kind) in enumerate(attachments, 1)
    ]
    async with browse(site) as client:
        return await client.post(PATH, files=files, auth=("sendgrid", password))


def kept(site: Site) -> list[tuple[object, ...]]:
    """Kind and owner of the mails that were stored."""
    return site.rows("SELECT kind, lead_id, touch_id IS NOT NULL FROM inbound_message ORDER BY id")


def engaged(site: Site) -> list[tuple[object, ...]]:
    """Kind, key, points and detail of the engagements."""
    return site.rows("SELECT kind, key, points, detail::text FROM engagement ORDER BY id")


async def test_an_answer_reaches_the_lead_the_score_and_the_journey(
    site: Site, lead_id: int
) -> None:
    with capture_logs() as lines:
        answer = await post(site, parsed())

    assert (answer.status_code, answer.json()) == (200, {"kind": "reply", "new": True})
    assert kept(site) == [("reply", lead_id, True)]
    query = "SELECT sender, subject, split_part(text, chr(10), 1) FROM inbound_message"
    assert site.rows(query) == [("Jane <Jane@Acme.example>", "Re: Hello", "Yes, call me.")]
    assert engaged(site) == [("reply", "inbound:answer-1@acme.example", 20, "{}")]
    assert site.rows("SELECT payload ->> 'code' FROM relay_message") == [("replied",)]
    private = str(lines) + str(site.rows("SELECT payload::text FROM relay_message"))
    assert "call me" not in private
    assert "acme" not in private.casefold()


async def test_the_same_mail_again_counts_once(site: Site, lead_id: int) -> None:
    """SendGrid repeats what it got no answer to, also while the first is still worked on."""
    answers = await asyncio.gather(*(post(site, parsed()) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert [answer.json()["new"] for answer in answers].count(True) == 1
    assert len(kept(site)) == len(engaged(site)) == 1

    nameless = parsed(headers="From: x")
    for _ in range(2):
        await post(site, nameless)
    assert len(kept(site)) == 2


@pytest.mark.parametrize(
    ("headers", "sender", "expected"),
    [
        (f"References: <a@x> <{OURS}> <b@x>", "Jane <jane+crm@acme.example>", ("reply", "", True)),
        (f"References: <a@x> <{OURS}> <b@x>", "jane@acme.example", ("reply", "", True)),
        ("In-Reply-To: <unknown@x>", "JANE@acme.example", ("reply", "", False)),
        ("", "=?utf-8?q?J=C3=A4ne?= <jane@ACME.example>", ("reply", "", False)),
        (f"In-Reply-To: < {OURS} >", "other@acme.example", ("reply", "unmatched", None)),
        (f"In-Reply-To: < {OURS} >", "", ("unclear", "unclear", None)),
        ("", "stranger@acme.example", ("reply", "unmatched", None)),
        ("", "no address", ("unclear", "unclear", None)),
    ],
)
async def test_whose_answer_it_is(
    site: Site, lead_id: int, headers: str, sender: str, expected: tuple[str, str, bool | None]
) -> None:
    """By its sender, and in the thread of our mail if that went to them. A stranger's waits in the
    tray: nothing of it may count for the lead whose mail got around."""
    kind, tray, in_thread = expected
    answer = await post(site, parsed(headers=headers, **{"from": sender}))
    assert answer.status_code == 200
    known = in_thread is not None
    assert kept(site) == [(kind, lead_id if known else None, bool(in_thread))]
    assert site.rows("SELECT tray FROM inbound_message") == [(tray,)]
    assert bool(engaged(site)) == known


@pytest.mark.parametrize(
    ("more", "text", "kind"),
    [
        ("Auto-Submitted: auto-replied\n", "Yes.", "auto_reply"),
        ("Precedence: bulk\n", "We have received your mail. Do not reply to it.", "auto_reply"),
        ("Precedence: bulk\n", "Yes, call me.", "reply"),
    ],
)
async def test_automatic_answers_score_nothing_and_wake_nobody(
    site: Site, lead_id: int, more: str, text: str, kind: str
) -> None:
    """A list that a person's mail went through makes it no program's."""
    answer = await post(site, parsed(more=more, subject="[Ticket 7] Hello", text=text))
    assert answer.json()["kind"] == kind
    points = 20 if kind == "reply" else 0
    assert engaged(site) == [(kind, "inbound:answer-1@acme.example", points, "{}")]
    assert bool(site.rows("SELECT 1 FROM relay_message")) == (kind == "reply")


async def test_who_answers_stop_gets_no_more_mail(site: Site, lead_id: int) -> None:
    await post(site, parsed(text="수신거부\n\n> 안녕하세요"))
    assert site.rows("SELECT email_key, reason FROM suppression") == [
        ("jane@acme.example", "unsubscribed")
    ]
    assert engaged(site)[0][0] == "unsubscribe"
    assert site.rows("SELECT action, source FROM consent_record") == [("opt_out", "reply")]
    assert site.rows("SELECT payload ->> 'code' FROM relay_message") == [("unsubscribed",)]


async def test_a_stranger_s_stop_is_kept_for_the_day_it_is_imported(site: Site) -> None:
    await post(site, parsed(text="unsubscribe", **{"from": "New@Acme.example"}))
    assert site.rows("SELECT email_key FROM suppression") == [("new@acme.example",)]


def report(status: str) -> list[tuple[str, bytes, str]]:
    """The parts of a delivery report."""
    told = f"Reporting-MTA: dns; mx\n\nAction: failed\nStatus: {status}\n".encode()
    returned = f"Message-ID: <{OURS}>\nTo: jane@acme.example\n\nHello".encode()
    return [("report", told, "message/delivery-status"), ("mail.eml", returned, "message/rfc822")]


BOUNCED = {
    "headers": "Message-ID: <dsn@mx>\nFrom: MAILER-DAEMON@mx\n"
    "Content-Type: multipart/report; report-type=delivery-status; boundary=x",
    "from": "MAILER-DAEMON@mx.acme.example",
    "subject": "Undelivered Mail Returned to Sender",
    "text": "I am sorry.",
}


@pytest.mark.parametrize(
    ("status", "kind", "suppressed"),
    [("5.1.1", "bounce", [("bounced",)]), ("4.2.2", "soft_bounce", [])],
)
async def test_a_mail_that_came_back_ends_the_address_or_not_yet(
    site: Site, lead_id: int, status: str, kind: str, suppressed: list[tuple[str]]
) -> None:
    answer = await post(site, parsed(**BOUNCED), *report(status))
    assert answer.json()["kind"] == "bounce"
    assert kept(site) == [("bounce", lead_id, True)]
    assert engaged(site)[0][0] == kind
    assert site.rows("SELECT reason FROM suppression") == suppressed


async def test_only_our_own_mail_can_bounce(site: Site, lead_id: int) -> None:
    """Anybody could end mail to anybody with a report that is made up."""
    made_up = [
        (name, part.replace(OURS.encode(), b"x@y"), kind) for name, part, kind in report("5.1.1")
    ]
    await post(site, parsed(**{**BOUNCED, "from": "jane@acme.example"}), *made_up)
    assert kept(site) == [("bounce", None, False)]
    assert site.rows("SELECT 1 FROM suppression") == []


@pytest.mark.parametrize("kind", ["abuse", "opt-out"])
async def test_a_complaint_that_anybody_can_write_waits_for_a_person(
    site: Site, lead_id: int, kind: str
) -> None:
    """Whoever knows a lead's address could end all mail to it, of appointments too."""
    told = f"Feedback-Type: {kind}\nOriginal-Rcpt-To: jane@acme.example\n".encode()
    made_up = parsed(headers="Message-ID: <arf@x>", **{"from": "anybody@x.example"}, subject="FW:")
    await post(site, made_up, ("report", told, "message/feedback-report"))
    assert site.rows("SELECT tray, lead_id, thread_lead_id FROM inbound_message") == [
        ("unmatched", None, lead_id)
    ]
    assert site.rows("SELECT 1 FROM suppression") == []
    assert engaged(site) == []


def raw_mail(**changed: str) -> EmailMessage:
    """Jane's answer as a MIME message."""
    mail = EmailMessage()
    mail["From"] = "Jäne <jane@acme.example>"
    mail["Subject"] = "Re: 안녕하세요"
    mail["Message-ID"] = "<raw-1@acme.example>"
    mail["In-Reply-To"] = f"<{OURS}>"
    mail.set_content(changed.get("text", "네, 좋아요."), charset="utf-8")
    mail.add_alternative("<p>HTML</p>", subtype="html")
    mail.add_attachment(b"x" * 100_000, maintype="application", subtype="pdf", filename="a.pdf")
    return mail


async def test_the_raw_message_says_the_same(site: Site, lead_id: int) -> None:
    """With "POST the raw, full MIME message" there is no headers field and no text."""
    fields = {"email": raw_mail().as_bytes(), "from": "jane@acme.example", "subject": None}
    answer = await post(site, {**fields, "charsets": "{}"})
    assert answer.json() == {"kind": "reply", "new": True}
    assert kept(site) == [("reply", lead_id, True)]
    assert site.rows("SELECT subject, text, message_id FROM inbound_message") == [
        ("Re: 안녕하세요", "네, 좋아요.\n", "raw-1@acme.example")
    ]


async def test_words_come_in_the_character_set_that_is_told(site: Site, lead_id: int) -> None:
    fields = parsed(
        text="네, 좋아요".encode("euc-kr"), charsets=json.dumps({"text": "euc-kr", "to": "UTF-8"})
    )
    await post(site, fields)
    assert site.rows("SELECT text FROM inbound_message") == [("네, 좋아요",)]


async def test_a_mail_in_html_only_has_words_too(site: Site, lead_id: int) -> None:
    page = "<style>p{}</style><p>Yes &amp; soon</p><blockquote><p>old</p></blockquote>"
    await post(site, parsed(text=None, html=page))
    assert site.rows("SELECT text FROM inbound_message") == [("Yes & soon\n> old",)]


@pytest.mark.parametrize(
    "changed",
    [
        {"text": b"\xff\xfe\0\xed\xa0\x80"},
        {"text": "\\ud800", "charsets": '{"text":"unicode_escape"}'},
        {"text": "x", "charsets": '{"text":"rot13","subject":"no-such","from":7}'},
        {"text": "x", "charsets": "[" * 5000},
        {"charsets": "not json"},
        {"from": "(" * 900},
        {"subject": "=?utf-8?b?gA==?= =?x?q?a?= \0", "from": "=?euc-kr?b?!!!?= <jane@x.example>"},
        {"headers": b"\xff\xfe: \0\nMessage-ID: <\0\xff>\n\n"},
        {"headers": "Message-ID: <" + "x" * 5000 + ">"},
        {"headers": None, "text": None, "html": None, "subject": None, "from": None},
        {"html": "<" * 5000 + "<![if", "text": ""},
        {"email": b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\n" * 3000},
        {"email": b"Content-Type: message/rfc822\n\n" * 3000},
        {"email": b"Content-Type: text/plain; charset=x\nContent-Transfer-Encoding: base64\n\n!"},
        {"email": b""},
    ],
)  # fmt: skip
async def test_mails_that_nobody_should_have_written_are_kept(
    site: Site, lead_id: int, changed: dict[str, str | bytes | None]
) -> None:
    """A mail can't be sent back, and SendGrid would repeat it for three days."""
    answer = await post(site, parsed(**changed))
    assert answer.status_code == 200
    assert len(kept(site)) == 1


@pytest.mark.parametrize("piece", ["<!--", "<a", "<a x='", "&#", "<style>", "<blockquote>", "<br"])
def test_a_hostile_page_is_read_no_slower(piece: str) -> None:
    """A reader that takes for ever would stop the web app; this ends, or the suite's clock says."""
    assert len(text_of_html(piece * 100_000)) <= 600_000


@FIXED
@given(st.binary(max_size=400), st.sampled_from(["headers", "email", "charsets", "from", "html"]))
def test_any_bytes_are_a_mail(site: Site, junk: bytes, name: str) -> None:
    mail = read_mail(Form({name: junk}), site.settings.clock().now())
    for value in (mail.message_id, mail.sender, mail.subject, mail.text, *mail.answers):
        assert "\0" not in value
        value.encode()


async def test_only_sendgrid_is_heard(site: Site, lead_id: int) -> None:
    """Anybody could unsubscribe anybody."""
    for auth in (("sendgrid", "wrong"), ("sendgrid", ""), ("sendgrid", "wröng"), ("", "")):
        with capture_logs() as lines:
            async with browse(site) as client:
                answer = await client.post(PATH, files={"text": (None, "stop")}, auth=auth)
        assert (answer.status_code, field_of(answer)) == (401, "authorization")
        assert answer.headers["www-authenticate"] == "Basic"
        assert [one["log_level"] for one in lines if one["event"] != "authentication"] == [
            "warning"
        ]
    async with browse(site) as client:
        for headers in ({}, {"authorization": "Basic !!!"}, {"authorization": "Bearer x"}):
            assert (await client.post(PATH, headers=headers)).status_code == 401
    assert kept(site) == []


async def test_without_a_password_nothing_is_taken(make_site: MakeSite) -> None:
    site = make_site()
    answer = await post(site, parsed())
    assert answer.status_code == 503
    assert "SENDGRID_INBOUND_PASSWORD" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("content_type", "body", "field"),
    [
        ("application/json", b"{}", "content-type"),
        ("multipart/form-data", b"", "content-type"),
        ("", b"", "content-type"),
        (f"multipart/form-data; boundary={BOUNDARY}", b"", "body"),
        (f"multipart/form-data; boundary={BOUNDARY}", b"no form", "body"),
        (
            f"multipart/form-data; boundary={BOUNDARY}",
            b'--xYzZY\r\nContent-Disposition: form-data; name="text"\r\n\r\nhalf',
            "body",
        ),
        (
            f"multipart/form-data; boundary={BOUNDARY}",
            b"--xYzZY\r\n\r\n\r\n" * 1001 + b"--xYzZY--",
            "body",
        ),
    ],
)  # fmt: skip
async def test_what_is_no_form_is_refused(
    site: Site, content_type: str, body: bytes, field: str
) -> None:
    headers = {"content-type": content_type} if content_type else {}
    with capture_logs() as lines:
        async with browse(site) as client:
            answer = await client.post(
                PATH, content=body, headers=headers, auth=("sendgrid", PASSWORD)
            )
    assert (answer.status_code, field_of(answer)) == (400, field)
    assert len(lines) == 1


async def stream(megabytes: int) -> AsyncIterator[bytes]:
    """A form with one attachment of this size, before the text."""
    yield (
        b'--xYzZY\r\nContent-Disposition: form-data; name="attachment1"; filename="film.mp4"\r\n'
        b"Content-Type: video/mp4\r\n\r\n"
    )
    for _ in range(megabytes):
        yield b"x" * 1024 * 1024
    yield (
        b'\r\n--xYzZY\r\nContent-Disposition: form-data; name="text"\r\n\r\n'
        b"Yes" + b" and more" * KEPT["text"] + b"\r\n--xYzZY--\r\n"
    )


async def post_film(site: Site, megabytes: int) -> httpx.Response:
    """A mail with a film in it."""
    async with browse(site) as client:
        return await client.post(
            PATH,
            content=stream(megabytes),
            headers={"content-type": f"multipart/form-data; boundary={BOUNDARY}"},
            auth=("sendgrid", PASSWORD),
        )


async def test_large_attachments_are_let_go_as_they_come(site: Site) -> None:
    """A few films at once would take the web app's memory."""
    await post_film(site, 1)
    tracemalloc.start()
    try:
        answer = await post_film(site, 30)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert answer.status_code == 200
    assert peak < 20 * 1024 * 1024
    assert site.rows("SELECT max(length(text)) FROM inbound_message") == [(100_000,)]

    assert (await post_film(site, allowance(PATH).size // MB)).status_code == 413


async def test_a_mail_waits_while_the_database_is_away(site: Site, lead_id: int) -> None:
    """Answered with 503, SendGrid brings it again; half of it must not be there by then."""
    with site.database.begin() as connection:
        connection.execute(text("ALTER TABLE relay_message RENAME TO hidden"))
    assert (await post(site, parsed())).status_code == 503
    assert kept(site) == []
    with site.database.begin() as connection:
        connection.execute(text("ALTER TABLE hidden RENAME TO relay_message"))
    assert (await post(site, parsed())).json()["new"] is True

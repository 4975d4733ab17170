"""RFC 5322 messages, read back by Python's own parser."""

from __future__ import annotations

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.email import message as mail

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
LINES = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")))


def build(**changed: Any) -> bytes:
    parts: dict[str, Any] = {
        "sender": ("Perennial", "hello@perennial.example"),
        "recipient": ("Jane Doe", "jane@acme.example"),
        "subject": "Hello",
        "text": "Hello",
        "html": "<p>Hello</p>",
        "message_id": "touch.1@perennial.example",
        "at": AT,
        "headers": {},
    }
    return mail.build(**(parts | changed))


def parse(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, _class=EmailMessage, policy=policy.default)


def content(raw: bytes, subtype: str) -> str:
    part = parse(raw).get_body((subtype,))
    assert part is not None
    return str(part.get_content())


@given(subject=st.text(), name=st.text(), text=st.text())
def test_no_input_adds_a_header_or_breaks_a_line(subject: str, name: str, text: str) -> None:
    """A lead's name comes from somebody's CSV: it must not be able to add a recipient."""
    raw = build(subject=subject, recipient=(name, "jane@acme.example"), text=text, html=text)
    assert raw.isascii()
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")
    assert max(map(len, raw.split(b"\r\n"))) <= mail.LINE_LIMIT
    assert parse(raw).keys() == [
        "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    ]  # fmt: skip


@given(text=LINES, name=LINES)
def test_subject_and_name_are_read_back_as_written(text: str, name: str) -> None:
    """A mail program must show what marketing wrote, in any script."""
    message = parse(build(subject=text, recipient=(name, "jane@acme.example")))
    assert "".join(str(message["Subject"]).split()) == "".join(text.split())
    (address,) = message["To"].addresses
    assert address.addr_spec == "jane@acme.example"
    # Python 3.11 shows a space between the encoded words of a name; RFC 2047 6.2 wants none.
    assert "".join(address.display_name.split()) == "".join(name.split())


@pytest.mark.parametrize(
    ("body", "encoding"),
    [
        ("<p>Hello</p>\n" * 100, "7bit"),
        ("<p>" + "long " * 400 + "</p>", "quoted-printable"),
        ("<p>Grüß Gott</p>\n=20 stays\n" * 50, "quoted-printable"),
        ("<p>안녕하세요</p>\n" * 100, "base64"),
    ],
)
def test_bodies_travel_in_lines_every_server_takes(body: str, encoding: str) -> None:
    raw = build(html=body)
    part = parse(raw).get_body(("html",))
    assert part is not None
    assert part["Content-Transfer-Encoding"] == encoding
    assert content(raw, "html").replace("\r\n", "\n").strip() == body.strip()


def test_a_long_unsubscribe_url_stays_one_readable_line() -> None:
    """As encoded words no mail program would find it, and offer no unsubscribe button."""
    url = f"<https://go.perennial.example/u/{'x' * 200}>"
    assert f"\r\nList-Unsubscribe: {url}\r\n".encode() in build(headers={"List-Unsubscribe": url})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-A", "a\r\nBcc: x@y"),
        ("X-A", "a\nb"),
        ("X-A", "한"),
        ("X A", "a"),
        ("X-A\r\nB", "a"),
        ("X-A", "a" * 1000),
    ],
)
def test_a_header_that_would_break_the_message_is_refused(name: str, value: str) -> None:
    with pytest.raises(mail.MailError):
        build(headers={name: value})


@pytest.mark.parametrize(("written", "named"), [(0, 0), (2, 2), (5, 3), (9, 3)])
def test_a_long_conversation_is_named_as_far_as_it_fits(written: int, named: int) -> None:
    """Some servers' Message-IDs are so long that a few of them fill a line: the rep's mail must go
    out, beneath the latest."""
    ids = [f"{number}{'x' * 240}@mail.example" for number in range(written)]
    headers = mail.thread_headers(ids)
    message = parse(build(headers=headers))
    kept = [f"<{one}>" for one in ids[written - named :]]
    assert str(message.get("References", "")).split() == kept
    assert str(message.get("In-Reply-To", "")).split() == kept[-1:]


def test_the_same_touch_gives_the_same_bytes() -> None:
    assert build() == build()


def test_a_mailbox_keeps_its_local_part_and_gets_a_host_name() -> None:
    assert mail.mailbox(" Jane.Doe+x@ACME.example ") == "Jane.Doe+x@ACME.example"
    assert mail.mailbox("jane@bücher.example") == "jane@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "address",
    [
        "a@b\r\nBcc: c@d",
        "a@b>,<c@d",
        '"a b"@c.example',
        "a@b@c",
        "@b",
        "a@",
        "a b@c",
        f"a@{'x' * 64}.example",
    ],
)
def test_what_is_no_mailbox_is_refused(address: str) -> None:
    with pytest.raises(mail.MailError):
        mail.mailbox(address)

"""Mails made to keep their reader busy."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from web.webhooks.inbound_mail import Form, read_mail


def test_a_mail_of_parameters_is_read_in_a_moment() -> None:
    """1.5 MB of parameters took 44 seconds: they are compared with each other."""
    raw = b"From: a@b.example\r\nContent-Type: text/plain" + b"; a=b" * 300_000 + b"\r\n\r\nHello"
    began = time.monotonic()

    mail = read_mail(Form({"email": raw}), datetime.now(UTC))

    assert (mail.text, time.monotonic() - began < 5) == ("Hello", True)


def test_a_mail_of_very_many_parts_is_read_in_a_moment() -> None:
    """Whoever writes to us may send any of them."""
    raw = b"From: a@b.example\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + (
        b"--x\r\n\r\nHello\r\n" * 50_000
    )
    began = time.monotonic()

    read_mail(Form({"email": raw}), datetime.now(UTC))

    assert time.monotonic() - began < 15

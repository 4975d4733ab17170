"""Whom a mail is from that no rep sends."""

from __future__ import annotations

from typing import cast

import pytest
from sqlalchemy import Connection

import mail.senders
from domain.brand.policy import DEFAULT, BrandSender
from domain.email.sender import BRAND
from mail.senders import choose_sender
from settings import Settings


def test_the_company_s_sender_stands_in_for_a_topic_s_that_we_cannot_send_from(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else those mails come from an address and a name that marketing has replaced."""
    settings = Settings(email_from="us@we.example", email_domains="")
    ours = BrandSender(name="Guides", email="guides@we.example")
    topics = {"news": BrandSender(name="News", email="news@elsewhere.example")}
    looks = DEFAULT.model_copy(update={"sender": ours, "senders": topics})
    monkeypatch.setattr(mail.senders, "brand_policy", lambda _connection: looks)

    sender = choose_sender(cast(Connection, None), settings, BRAND, None, "news")
    assert sender is not None
    assert sender.email == "guides@we.example"

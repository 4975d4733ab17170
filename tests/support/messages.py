"""Messages the channel tests send."""

from __future__ import annotations

import dataclasses

from mail.channels.base import EmailMessage

PLAIN = EmailMessage(
    touch_key="enrollment-7:welcome:1",
    message_id="enrollment-7.welcome.1@perennial.example",
    sender_name="Perennial",
    sender_email="hello@perennial.example",
    recipient_name="Jane Doe",
    recipient_email="jane.doe@acme.example",
    subject="A first hello",
    text="Hello Jane\n.\n..and a line that starts with dots\n",
    html="<html><head></head><body><p>Hello Jane</p></body></html>",
    headers={
        "List-Unsubscribe": f"<https://go.perennial.example/u/{'x' * 90}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    },
)

KOREAN = dataclasses.replace(
    PLAIN,
    recipient_name="김민준",
    subject="안녕하세요, 처음 인사드립니다. " * 4,
    text="안녕하세요\n",
    html="<p>안녕하세요, 김민준 님</p>" * 40,
)

SECRETS = ("jane", "Jane", "acme", "SG.key", "A first hello")
"""What must show up in no error and no log line."""


def holds_no_secret(text: str) -> bool:
    """Whether a line may stand in a log."""
    return not any(secret in text for secret in SECRETS)

"""The e-mail channel a deployment has chosen."""

from __future__ import annotations

from pydantic import SecretStr
from sqlalchemy import Engine

from mail.channels.base import Channel
from mail.channels.outbox import OutboxChannel
from mail.channels.smtp import SmtpChannel
from settings import Settings


def channel_from(settings: Settings, engine: Engine) -> Channel:
    """The channel that ``EMAIL_CHANNEL`` names, ready to send.

    Raises:
        ValueError: a setting it needs is missing; the sentence says which.
    """
    match settings.email_channel:
        case "outbox":
            return OutboxChannel(engine, settings.clock())
        case "smtp":
            return SmtpChannel(
                host=settings.smtp_host,
                port=settings.smtp_port,
                encryption=settings.smtp_tls,
                username=settings.smtp_username,
                password=_revealed(settings.smtp_password),
                timeout_seconds=settings.provider_timeout_seconds,
                clock=settings.clock(),
            )
        case "sendgrid":
            # Its library is large, and only for those who use it.
            from mail.channels.sendgrid import SendGridChannel  # noqa: PLC0415

            return SendGridChannel(
                _revealed(settings.sendgrid_api_key),
                settings.sendgrid_host,
                settings.provider_timeout_seconds,
            )


def _revealed(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""

"""One attempt of a worker to bring a user what waits, without a Temporal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Engine, text
from temporalio.testing import ActivityEnvironment

from activities.notifications import NotificationActivities
from activities.resources import Resources
from domain.contracts.notifications import SIGN_IN, NotifyUser
from mail.channels.base import Channel
from mail.channels.registry import channel_from
from mail.links import link_signer
from settings import Settings


def bring(
    settings: Settings, database: Engine, user_id: int, way: str, channel: Channel | None = None
) -> str:
    """What became of it, in the words of the activity; ``channel`` is that of the settings."""
    environment = ActivityEnvironment()
    environment.info = replace(ActivityEnvironment.default_info(), started_time=datetime.now(UTC))
    channel = channel or channel_from(settings, database)
    resources = Resources(database, channel, link_signer(settings), settings)
    request = NotifyUser(user_id, way)
    return environment.run(NotificationActivities(resources).notify_user, request).details


def let_in(settings: Settings, database: Engine) -> None:
    """Bring every user the mail that lets them in, if one waits."""
    with database.connect() as connection:
        users = connection.scalars(text("SELECT user_id FROM sign_in_mail ORDER BY 1")).all()
    for user in users:
        bring(settings, database, user, SIGN_IN)

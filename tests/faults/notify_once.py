"""One attempt to tell user 1 what waits, as a worker makes it: ``python -m tests.faults.notify_once
WAY``; the settings come from the environment."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime

from temporalio.testing import ActivityEnvironment

from activities.notifications import NotificationActivities
from activities.resources import Resources
from domain.contracts.notifications import NotifyUser
from mail.channels.registry import channel_from
from mail.links import link_signer
from settings import Settings
from store.engine import engine


def notify_once(settings: Settings, way: str) -> str:
    """What became of it, in the words of the activity."""
    database = engine(settings.database_url)
    environment = ActivityEnvironment()
    environment.info = replace(ActivityEnvironment.default_info(), started_time=datetime.now(UTC))
    resources = Resources(
        database, channel_from(settings, database), link_signer(settings), settings
    )
    try:
        told = environment.run(NotificationActivities(resources).notify_user, NotifyUser(1, way))
        return told.details
    finally:
        database.dispose()


if __name__ == "__main__":
    sys.stdout.write(notify_once(Settings(), sys.argv[1]))

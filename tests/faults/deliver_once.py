"""A worker's attempt at one mail, as a process of its own that can be killed or frozen.

``python -m tests.faults.deliver_once ATTEMPT`` with the settings of a worker; the lead is number 1.
Prints what became of the touch.
"""

from __future__ import annotations

import sys

from activities.email import Email, deliver
from activities.resources import Resources
from domain.email.rendering import CompiledTemplate
from mail.channels.registry import channel_from
from mail.links import link_signer
from settings import Settings
from store.engine import engine
from tests.support.sending import NOW, attempt_number

EMAIL = Email(
    key="enrollment-1:hello:1",
    lead_id=1,
    recipient="ada@lovelace.example",
    recipient_name="Ada",
    step="hello",
    template_version_id=1,
    template=CompiledTemplate(subject="Hello", preheader="", html="Hello", text="Hello"),
    fields={"lead": {"first_name": "Ada"}},
    topic="nurture",
)


def deliver_once(settings: Settings, number: int) -> str:
    """What becomes of the touch in attempt ``number``."""
    database = engine(settings.database_url)
    channel = channel_from(settings, database)
    resources = Resources(database, channel, link_signer(settings), settings)
    try:
        return str(attempt_number(number).run(deliver, resources, EMAIL, NOW).state)
    finally:
        database.dispose()


if __name__ == "__main__":
    sys.stdout.write(deliver_once(Settings(), int(sys.argv[1])))

"""Judges in the background, in every worker, how our senders stand: one worker at a time."""

from __future__ import annotations

from activities.background import in_background
from activities.resources import Resources
from domain.sending.policy import DEFAULT
from store.bounded import allow_long_work
from store.mail.send_limits import tidy_queues
from store.mail.sender_standing import judge
from store.published.policies import policy_or


class SenderGuard:
    """What a worker does about them."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    async def run(self) -> None:
        """Judge them, until cancelled."""
        await in_background(self.look, "senders are not judged")

    def look(self) -> bool:
        """Judge senders if that is due; there is never more at once."""
        now = self.resources.settings.clock().now()
        with self.resources.engine.begin() as connection:
            allow_long_work(connection)
            if judge(connection, policy_or(connection, DEFAULT).guard, now):
                tidy_queues(connection, now)
        return False

"""Judges in the background, in every worker, who is a member of which segment: one worker at a
time."""

from __future__ import annotations

from activities.background import in_background
from activities.resources import Resources
from store.bounded import allow_long_work
from store.segments.membership import judge_all, judge_changed, keep_sizes


class FreshSegments:
    """What a worker does about them."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    async def run(self) -> None:
        """Judge what is due, until cancelled."""
        await in_background(self.judge_some, "segments wait")

    def judge_some(self) -> bool:
        """Judge the leads that changed first, then some more of those whom a segment has yet to
        judge; whether there are more at once. A few changes wait for the next look: to judge many
        costs hardly more than to judge one, and who records events needs the database."""
        now = self.resources.settings.clock().now()
        with self.resources.engine.begin() as connection:
            allow_long_work(connection)
            changed = judge_changed(connection, now)
        with self.resources.engine.begin() as connection:
            allow_long_work(connection)
            more = judge_all(connection, now)
        with self.resources.engine.begin() as connection:
            keep_sizes(connection, now)
        return changed.more or more

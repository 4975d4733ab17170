"""What operators see of mails that did not simply go out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import create_engine, text

from store.touch_counts import HourOfTouches, unsettled

NOW = datetime(2026, 3, 3, 10, 30, tzinfo=UTC)


def test_what_is_not_sent_is_counted_by_the_hour(database_url: str) -> None:
    """Else leads miss mails and nobody is told; what went out, or is long past, is no news."""
    database = create_engine(database_url)
    with database.begin() as connection:
        lead = connection.scalar(
            text("INSERT INTO lead (email, email_key) VALUES ('a@x.example', 'a@x.example') "
                 "RETURNING id")
        )  # fmt: skip
        for number, (state, hours) in enumerate(
            [
                ("unknown", 1), ("unknown", 1), ("failed", 1), ("claimed", 2), ("sending", 2),
                ("planned", 2), ("sent", 1), ("suppressed", 1), ("unknown", 25),
            ]
        ):  # fmt: skip
            connection.execute(
                text(
                    "INSERT INTO touch (key, lead_id, step, channel, state, planned_at) "
                    "VALUES (:key, :lead, 's', 'smtp', :state, :at)"
                ),
                {
                    "key": f"t:{number}",
                    "lead": lead,
                    "state": state,
                    "at": NOW - timedelta(hours=hours),
                },
            )
        counts = unsettled(connection, NOW)
    database.dispose()

    nine, eight = NOW.replace(hour=9, minute=0), NOW.replace(hour=8, minute=0)
    assert counts == [
        HourOfTouches(eight, "claimed", 1),
        HourOfTouches(eight, "planned", 1),
        HourOfTouches(eight, "sending", 1),
        HourOfTouches(nine, "failed", 1),
        HourOfTouches(nine, "unknown", 2),
    ]

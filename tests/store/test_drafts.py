"""What people are writing: nothing is lost, and nobody writes over anybody."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from domain.access import Role
from store.access.users import add_user
from store.engine import engine
from store.published.drafts import drafts_of, drop_draft, keep_draft, list_drafts

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def write(connection: Connection, user: int, text: str, minutes: int = 0) -> None:
    """Somebody types."""
    keep_draft(
        connection,
        kind="cadence",
        name="welcome",
        user_id=user,
        text=text,
        based_on=7,
        at=NOW + timedelta(minutes=minutes),
    )


def test_two_who_write_the_same_keep_what_they_typed_and_see_whose_is_newer(
    database_url: str,
) -> None:
    """One draft for both would lose the work of whoever typed first."""
    database = engine(database_url)
    with database.begin() as connection:
        clara = add_user(connection, "clara@a.example", "Clara", Role.MARKETING)
        mei = add_user(connection, "mei@a.example", "Mei", Role.ADMIN)
        write(connection, clara, "cadence: [broken\0")
        write(connection, mei, "cadence: welcome", minutes=5)
        write(connection, clara, "cadence: [broken, still", minutes=1)

    with database.begin() as connection:
        found = drafts_of(connection, "cadence", "welcome")
        assert [(one.by, one.text, one.based_on) for one in found] == [
            ("Mei", "cadence: welcome", 7),
            ("Clara", "cadence: [broken, still", 7),
        ]
        drop_draft(connection, "cadence", "welcome", mei)
        assert list_drafts(connection, mei) == []
        assert [one.text for one in list_drafts(connection, clara)] == ["cadence: [broken, still"]
    database.dispose()

"""How a worker begins while its servers come and go."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

import runtime
from runtime import once_database_answers


def test_a_database_that_goes_away_between_two_looks_is_waited_for(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker would end at its start, and with no supervisor nobody would get a mail."""
    monkeypatch.setattr(runtime, "RETRY_SECONDS", 0.01)
    failures = [OperationalError("SELECT 1", {}, Exception("killed")) for _ in range(2)]

    def act() -> str:
        if failures:
            raise failures.pop()
        return "begun"

    assert once_database_answers(database_url, act) == "begun"
    assert failures == []

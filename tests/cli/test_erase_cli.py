"""``lead erase`` at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from cli import lead
from cli.errors import UserError
from store.published.policies import publish_policy
from tests.cli.terminal import outcome
from tests.support.scoring_policy import simple_scoring


def test_lead_erase_wants_the_address_and_prints_a_receipt(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One number mistyped would erase somebody else."""
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path))
    with database.begin() as connection:
        connection.execute(
            text("INSERT INTO lead (email, email_key) VALUES ('a@b.example', 'a@b.example')")
        )
        publish_policy(connection, "scoring", simple_scoring(click=1))

    with pytest.raises(UserError, match="nothing was erased"):
        outcome(lead.app, "erase", "1", typed="c@b.example\n")
    done = outcome(lead.app, "erase", "a@b.example", "--address", "a@b.example", "--json")

    assert json.loads(done.stdout)["counts"] == {"lead": 1}
    with database.connect() as connection:
        assert connection.scalar(text("SELECT email FROM lead")) == "erased-1"

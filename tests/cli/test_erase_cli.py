"""``lead erase`` at the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

import settings
from cli import lead
from cli.errors import UserError
from store.engine import engine


def test_lead_erase_wants_the_address_and_prints_a_receipt(
    published_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One number mistyped would erase somebody else."""
    monkeypatch.setenv("DATABASE_URL", published_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:9")
    monkeypatch.setenv("PERENNIAL_HOME", str(tmp_path))
    settings.get.cache_clear()
    database = engine(published_url)
    with database.begin() as connection:
        connection.execute(
            text("INSERT INTO lead (email, email_key) VALUES ('a@b.example', 'a@b.example')")
        )
    run = CliRunner().invoke

    wrong = run(lead.app, ["erase", "1"], input="c@b.example\n")
    done = run(lead.app, ["erase", "a@b.example", "--address", "a@b.example", "--json"])

    assert isinstance(wrong.exception, UserError)
    assert "nothing was erased" in str(wrong.exception)
    assert json.loads(done.stdout)["counts"] == {"lead": 1}
    with database.connect() as connection:
        assert connection.scalar(text("SELECT email FROM lead")) == "erased-1"
    database.dispose()
    settings.get.cache_clear()

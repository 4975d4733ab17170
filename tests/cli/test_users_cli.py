"""``starter.py users``, and the link that ``up`` prints: the way in for whoever has a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, insert
from typer.testing import CliRunner

import settings
from cli import users
from cli.errors import UserError
from store.engine import engine
from store.tables import Rep
from store.users import FIRST_ADMIN, find_user, use_link

ADA = "ada@lindenmoor.example"


@pytest.fixture
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """A database that the command line finds, with one rep."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", "127.0.0.1:9")
    monkeypatch.setenv("PUBLIC_URL", "https://go.test/")
    settings.get.cache_clear()
    found = engine(database_url)
    with found.begin() as connection:
        connection.execute(
            insert(Rep).values(code="rep-1", name="Hana Lindqvist", email="", team="emea")
        )
    yield found
    settings.get.cache_clear()
    found.dispose()


def run(*arguments: str) -> str:
    """What the command prints on stdout; a refusal is raised."""
    result = CliRunner().invoke(users.app, list(arguments))
    if isinstance(result.exception, UserError):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.stdout.strip()


def listed() -> dict[str, dict[str, Any]]:
    """Address → user, as ``list --json`` says."""
    return {user["email"]: user for user in json.loads(run("list", "--json"))["users"]}


def entered(database: Engine, link: str, web_url: str) -> int | None:
    """The user whom the link lets in."""
    start = f"{web_url}/enter/"
    assert link.startswith(start)
    with database.begin() as connection:
        return use_link(connection, link.removeprefix(start), datetime.now(UTC))


def test_a_user_is_added_brought_in_and_put_out(database: Engine) -> None:
    assert "No users" in run("list")
    run("add", ADA, "--name", "Ada", "--role", "admin")
    run("add", "Hana@lindenmoor.example", "--name", "Hana", "--role", "sdr", "--rep", "rep-1")

    link = run("link", ADA.upper()).splitlines()[-1]

    assert entered(database, link, "https://go.test") == listed()[ADA]["id"]
    run("role", "hana@lindenmoor.example", "manager")
    assert listed()["Hana@lindenmoor.example"]["role"] == "manager"
    assert listed()["Hana@lindenmoor.example"]["rep"] == "rep-1"
    run("disable", "hana@lindenmoor.example")
    with pytest.raises(UserError, match="not disabled"):
        run("link", "hana@lindenmoor.example")
    run("enable", "hana@lindenmoor.example")
    assert listed()["Hana@lindenmoor.example"]["disabled_at"] is None
    for arguments, sentence in (
        (("disable", ADA), "only admin"),
        (("link", "nobody@lindenmoor.example"), "users list"),
        (("add", ADA, "--name", "Ada", "--role", "ops"), "already"),
        (("role", ADA, "sdr"), "say which"),
    ):
        with pytest.raises(UserError, match=sentence):
            run(*arguments)


def test_a_new_stack_has_an_admin_and_each_start_a_link(
    database: Engine, database_url: str
) -> None:
    """Whoever starts Perennial for the first time could not get in, or anybody could later on."""
    web_url = "http://127.0.0.1:8080"
    first, second = (users.first_link(database_url, web_url) for _ in range(2))

    assert entered(database, first, web_url) is None
    with database.connect() as connection:
        admin = find_user(connection, FIRST_ADMIN)
    assert admin is not None
    assert entered(database, second, web_url) == admin.id
    run("add", ADA, "--name", "Ada", "--role", "admin")
    run("disable", FIRST_ADMIN)
    assert users.first_link(database_url, web_url) == f"{web_url}/sign-in"
    assert list(listed()) == [ADA, FIRST_ADMIN]

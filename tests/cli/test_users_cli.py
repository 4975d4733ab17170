"""``starter.py users``, and the link that ``up`` prints: the way in for whoever has a terminal."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import Engine, text

import settings
from cli import users
from cli.errors import UserError
from store.access.second_factor import SecretBox, add_second_factor
from store.access.users import FIRST_ADMIN, find_user, use_link
from store.accounts.company_accounts import user_of_provider
from tests.cli.terminal import run as run_command
from tests.support.telling import let_in

ADA = "ada@lindenmoor.example"


@pytest.fixture(autouse=True)
def public_url(rep: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links lead to an address that somebody wrote with a stroke at its end."""
    monkeypatch.setenv("PUBLIC_URL", "https://go.test/")
    settings.get.cache_clear()


def run(*arguments: str) -> str:
    """What a command of ``users`` prints."""
    return run_command(users.app, *arguments).strip()


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


def test_who_lost_the_second_factor_is_let_in_without_it(database: Engine) -> None:
    """The only admin, with phone and recovery codes gone, has nobody else to ask."""
    run("add", ADA, "--name", "Ada", "--role", "admin")
    with pytest.raises(UserError, match="no second factor"):
        run("reset-second-factor", ADA)
    user = listed()[ADA]["id"]
    with database.begin() as connection:
        sealed = SecretBox("a secret of the tests, 0123456789").new(user)
        add_second_factor(connection, user, sealed, 0, datetime.now(UTC))
    assert listed()[ADA]["has_second_factor"] is True

    run("reset-second-factor", ADA.upper())

    assert listed()[ADA]["has_second_factor"] is False
    with database.connect() as connection:
        path = connection.scalar(text("SELECT path FROM api_change ORDER BY id DESC LIMIT 1"))
    assert path == f"/api/users/{user}/second-factor"


def test_a_user_is_freed_for_a_new_company_account(database: Engine) -> None:
    """After a change of provider nobody else could let the only admin in."""
    run("add", ADA, "--name", "Ada", "--role", "admin")
    with pytest.raises(UserError, match="not signed in with a company account"):
        run("forget-company-account", ADA)
    with database.begin() as connection:
        assert user_of_provider(connection, "iss 1", ADA, doubt="").user_id
        assert user_of_provider(connection, "iss 2", ADA, doubt="").user_id is None

    run("forget-company-account", ADA.upper())

    with database.begin() as connection:
        assert user_of_provider(connection, "iss 2", ADA, doubt="").user_id


def test_a_user_is_invited_in_their_language(database: Engine) -> None:
    """Whoever adds twenty colleagues would have to hand over twenty links."""
    run("add", ADA, "--name", "Ada", "--role", "admin", "--language", "ko")

    assert "is on its way" in run("invite", ADA)

    let_in(settings.get(), database)
    with database.connect() as connection:
        subject, raw = connection.execute(text("SELECT subject, raw FROM outbox_message")).one()
    assert "계정" in subject
    mail = message_from_bytes(bytes(raw), policy=policy.default).get_body(("plain",))
    assert mail is not None
    link = next(one for one in mail.get_content().split() if one.startswith("https://"))
    assert entered(database, link, "https://go.test") == listed()[ADA]["id"]

"""The web app or a worker is killed over a mail that lets somebody in: it comes all the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx2 as httpx
import pytest
from sqlalchemy import Engine, text

from domain.access import Role
from domain.contracts.notifications import SIGN_IN
from settings import ROOT, Settings
from store.access.passwords import set_password
from store.access.users import add_user
from store.engine import engine
from store.notifications.sign_in_mails import (
    SignInMailKind,
    ask_for_mail,
    mark,
    waiting_mail,
)
from tests.faults.notify_once import notify_once
from tests.faults.test_doors_visits import served, until_up
from tests.support.telling import let_in
from tests.support.waiting import LONGEST_SECONDS
from tests.web.conftest import Site

EMAIL = "ada@lindenmoor.example"
MAILS = "SELECT count(*) FROM outbox_message"


def test_who_asked_for_a_way_back_gets_it_though_the_web_app_died(
    make_site: Callable[..., Site],
) -> None:
    """They wait before a closed door, and after three tries may not ask again for an hour."""
    site = make_site()
    with site.database.begin() as connection:
        add_user(connection, EMAIL, "Ada", Role.OPS)
    point = "kill:door.way_back_asked"
    with served(site.settings, site.settings.database_url, point) as (process, address):
        until_up(process, address)
        with pytest.raises(httpx.HTTPError):
            httpx.post(f"{address}/forgotten", data={"email": EMAIL}, timeout=60)
        assert process.wait(LONGEST_SECONDS) == -signal.SIGKILL

    assert site.rows("SELECT name FROM relay_message") == [("NotifyUser",)]
    let_in(site.settings, site.database)

    assert site.rows(MAILS) == [(1,)]


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """Somebody is invited."""
    made = engine(database_url)
    with made.begin() as connection:
        add_user(connection, EMAIL, "Ada", Role.OPS)
        ask_for_mail(connection, SignInMailKind.INVITATION, EMAIL, web_url="https://go.test")
    yield made
    made.dispose()


@pytest.mark.parametrize("point", ["sign_in_mail.marked", "sign_in_mail.handed_over"])
def test_killed_while_somebody_is_invited_one_mail_comes(database: Engine, point: str) -> None:
    """Without one, a colleague waits outside; with two, the link of the first is dead."""
    variables = {
        "DATABASE_URL": database.url.render_as_string(hide_password=False),
        "SECRET_KEY": "a secret of the tests, 0123456789",
    }
    child = subprocess.run(
        [sys.executable, "-m", "tests.faults.notify_once", SIGN_IN],
        cwd=ROOT,
        env={**os.environ, **variables, "PERENNIAL_FAULT": f"kill:{point}"},
        timeout=LONGEST_SECONDS,
        check=False,
    )
    assert child.returncode == -signal.SIGKILL

    settings = Settings.model_validate({name.lower(): value for name, value in variables.items()})
    for _ in range(2):
        notify_once(settings, SIGN_IN)

    with database.connect() as connection:
        assert connection.scalar(text(MAILS)) == 1
        assert connection.scalar(text("SELECT state FROM sign_in_mail")) == "sent"


def test_who_has_come_in_gets_no_mail_of_an_attempt_that_was_not_heard_of(
    database: Engine,
) -> None:
    """The link of another one would open the door once more, after the way back was over."""
    now = datetime.now(UTC)
    with database.begin() as connection:
        user = connection.execute(text("SELECT id FROM console_user")).scalar_one()
        mail = waiting_mail(connection, user)
        assert mail is not None
        assert mark(connection, user, mail, now) is not None
    with database.begin() as connection:
        set_password(connection, user, "twelve green bottles on a wall", now)

    settings = Settings.model_validate(
        {
            "database_url": database.url.render_as_string(hide_password=False),
            "secret_key": "a secret of the tests, 0123456789",
        }
    )
    notify_once(settings, SIGN_IN)

    with database.connect() as connection:
        assert connection.scalar(text(MAILS)) == 0
        assert connection.scalar(text("SELECT count(*) FROM login_link")) == 0

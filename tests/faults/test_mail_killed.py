"""A worker is killed or frozen at each step of a mail, before real servers over real sockets."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import pytest
from aiosmtpd.smtp import SMTP

from settings import Settings
from store.engine import engine
from store.mail.ledger import Evidence, settle_by_evidence
from tests.channels.test_smtp import Handler, LocalServer
from tests.faults.deliver_once import deliver_once
from tests.support.programs import python
from tests.support.sendgrid_server import stand_in
from tests.support.sending import NOW, Desk, Provider
from tests.support.waiting import LONGEST_SECONDS


@dataclass
class Post:
    """A mail server: what it has taken, and the settings that lead there."""

    arrived: Callable[[], int]
    environment: dict[str, str]


@contextmanager
def smtp(**replies: str) -> Iterator[Post]:
    handler = Handler(**replies)
    server = LocalServer(handler, SMTP)
    server.start()
    try:
        yield Post(
            lambda: len(handler.mails),
            {"EMAIL_CHANNEL": "smtp", "SMTP_PORT": str(server.port), "SMTP_TLS": "none"},
        )
    finally:
        server.stop()


@contextmanager
def sendgrid() -> Iterator[Post]:
    with stand_in() as company:
        yield Post(
            lambda: len(company.requests),
            {
                "EMAIL_CHANNEL": "sendgrid",
                "SENDGRID_API_KEY": "SG.test",
                "SENDGRID_HOST": company.host,
            },
        )


COMPANIES = {"smtp": smtp, "sendgrid": sendgrid}


@pytest.fixture(params=COMPANIES)
def post(request: pytest.FixtureRequest) -> Iterator[Post]:
    """Each of them."""
    with COMPANIES[request.param]() as running:
        yield running


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """The ledger and its lead."""
    database = engine(database_url)
    yield Desk(database, Provider())
    database.dispose()


def environment(desk: Desk, post: Post) -> dict[str, str]:
    """The variables of a worker."""
    return {
        **post.environment,
        "DATABASE_URL": desk.database.url.render_as_string(hide_password=False),
        "SECRET_KEY": "a secret of the tests, 0123456789",
    }


def attempt(desk: Desk, post: Post, number: int) -> str:
    """What becomes of the touch in attempt ``number``."""
    variables = {name.lower(): value for name, value in environment(desk, post).items()}
    return deliver_once(Settings.model_validate(variables), number)


def first_attempt(
    desk: Desk, post: Post, fault: str
) -> AbstractContextManager[subprocess.Popen[str]]:
    """The first attempt begins, in a worker of its own to which this happens."""
    return python(
        *("-m", "tests.faults.deliver_once", "1"),
        environment={**os.environ, **environment(desk, post), "PERENNIAL_FAULT": fault},
        stdout=subprocess.PIPE,
    )


def state_after(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=LONGEST_SECONDS)
    assert process.returncode == 0
    return out


def kill_at(desk: Desk, post: Post, point: str) -> None:
    with first_attempt(desk, post, f"kill:{point}") as killed:
        killed.communicate(timeout=LONGEST_SECONDS)
        assert killed.returncode == -signal.SIGKILL


def test_killed_while_the_mail_is_written_it_arrives_once(desk: Desk, post: Post) -> None:
    """The lead would miss it for good, though nothing was handed over."""
    kill_at(desk, post, "email.claimed")
    assert (post.arrived(), desk.touch("state")) == (0, ("claimed",))

    assert [attempt(desk, post, n) for n in (2, 3)] == ["sent", "sent"]

    assert post.arrived() == 1


@pytest.mark.parametrize(("point", "arrived"), [("email.marked", 0), ("email.handed_over", 1)])
def test_killed_around_the_hand_over_it_arrives_once_at_most(
    desk: Desk, post: Post, point: str, arrived: int
) -> None:
    """Nobody here can tell whether it went out, so only the provider's events settle it."""
    kill_at(desk, post, point)

    assert [attempt(desk, post, n) for n in (2, 3)] == ["unknown", "unknown"]

    assert post.arrived() == arrived
    if arrived:
        with desk.database.begin() as connection:
            settle_by_evidence(connection, [Evidence("enrollment-1:hello:1", "sent", NOW, NOW)])
        assert desk.touch("state") == ("sent",)


def test_killed_with_a_refusal_in_hand_the_next_attempt_is_refused_again(desk: Desk) -> None:
    """The touch would be in the air for ever, and the dead address be written to again."""
    with smtp(RCPT="550 5.1.1 nobody here") as post:
        kill_at(desk, post, "email.refused")
        assert desk.touch("state") == ("claimed",)

        assert attempt(desk, post, 2) == "failed"
    assert desk.values("SELECT reason FROM suppression") == ["bounced"]


def test_frozen_while_the_mail_is_written_its_replacement_sends_the_only_one(
    desk: Desk, post: Post
) -> None:
    """A paused machine wakes after Temporal has given the touch to another worker."""
    with first_attempt(desk, post, "stop:email.claimed") as sleeper:
        _, status = os.waitpid(sleeper.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        assert attempt(desk, post, 2) == "sent"
        (claim,) = desk.touch("claim")

        sleeper.send_signal(signal.SIGCONT)
        sleeper.communicate(timeout=LONGEST_SECONDS)

    assert sleeper.returncode == 1, "it must end with an error, and Temporal does not listen"
    assert post.arrived() == 1
    assert desk.touch("state", "claim") == ("sent", claim)


def test_frozen_at_the_hand_over_it_is_late_and_alone(desk: Desk, post: Post) -> None:
    with first_attempt(desk, post, "stop:email.marked") as sleeper:
        os.waitpid(sleeper.pid, os.WUNTRACED)
        assert attempt(desk, post, 2) == "unknown"

        sleeper.send_signal(signal.SIGCONT)

        assert state_after(sleeper) == "sent"
    assert post.arrived() == 1
    assert desk.touch("state") == ("sent",), "who handed it over knows better"

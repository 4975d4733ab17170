"""Tries to sign in by the hundred: they are refused at once, and everybody else works on."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx
import pyotp
import pytest
from sqlalchemy import text

from domain.access import Role
from store.access.api_tokens import create_token
from store.access.passwords import set_password
from store.access.second_factor import SecretBox, add_second_factor
from store.access.sessions import TRIES_OF_ADDRESS, TRIES_OF_ALL, TRIES_OF_EMAIL, begin_try
from store.access.users import add_user, find_user
from tests.security.conftest import SECRET, Target
from tests.security.flood import SAME_ORIGIN, flood
from web.networks import network_of

pytestmark = pytest.mark.xdist_group("floods")

EMAIL = "ada@lindenmoor.example"
PASSWORD = "orchard lane in march"
AT_ONCE = 160


def add_ada(target: Target) -> None:
    """Somebody who has a password."""
    with target.database.begin() as connection:
        user = add_user(connection, EMAIL, "Ada", Role.ADMIN)
        set_password(connection, user, PASSWORD, datetime.now(UTC))


def stranger(number: int, address: str) -> dict[str, Any]:
    """A try with a name of its own, from an address."""
    return {
        "data": {"email": f"user{number}@x.example", "password": "not the password"},
        "headers": {**SAME_ORIGIN, "X-Forwarded-For": address},
    }


def test_a_flood_from_one_network_is_turned_away_and_nobody_else_waits(target: Target) -> None:
    """160 tries at once held everybody's pages up for 14 seconds, and all were let try: each came
    from another address of one /64, which anybody rents by the million."""
    toll = flood(target.base, AT_ONCE, lambda n: stranger(n, f"2001:db8::{n + 1:x}"))

    assert set(toll.answers) <= {401, 429, 503}, toll.answers
    assert toll.answers[401] <= TRIES_OF_ADDRESS
    assert toll.answers[503] > AT_ONCE / 2
    assert max(toll.looks) < 5, toll
    # One after the other they don't come any further.
    with httpx.Client(base_url=target.base, timeout=60) as one:
        for number in range(2 * TRIES_OF_ADDRESS):
            address = f"2001:db8::{number:x}:1"
            last = one.post("/sign-in", **stranger(1000 + number, address))
            toll.answers[last.status_code] += 1
        assert last.status_code == 429
    assert toll.answers[401] <= TRIES_OF_ADDRESS
    failures = [line for line in target.lines() if "authentication" in line]
    assert failures
    assert len(failures) < 250
    assert not any("x.example" in line or "2001:db8" in line for line in target.lines())


def test_a_flood_from_many_networks_locks_no_colleague_out(target: Target) -> None:
    """A botnet that tries one colleague's address keeps her out of a new browser for a while, and
    not out of the one she uses."""
    add_ada(target)
    form = {"email": EMAIL, "password": PASSWORD}
    with httpx.Client(base_url=target.base, headers=SAME_ORIGIN, timeout=60) as own:
        assert own.post("/sign-in", data=form).status_code == 303
        own.post("/sign-out")

        def attempt(number: int) -> dict[str, Any]:
            made = stranger(number, f"2001:db8:{number + 1:x}::1")
            return {**made, "data": {"email": EMAIL, "password": "not the password"}}

        results: list[int] = []

        def come_in() -> None:
            time.sleep(1)
            results.append(own.post("/sign-in", data=form).status_code)

        person = threading.Thread(target=come_in)
        person.start()
        toll = flood(target.base, AT_ONCE, attempt)
        person.join()

    assert toll.answers[401] <= 5
    assert max(toll.looks) < 5, toll
    assert results == [303]


def test_whoever_hires_ever_more_networks_meets_a_brake_for_all(target: Target) -> None:
    """Spraying one password over all names from all the networks of a botnet is no way in; and it
    shuts out nobody who uses a browser that is known, and nobody for longer than a minute."""
    add_ada(target)
    form = {"email": EMAIL, "password": PASSWORD}
    with (
        httpx.Client(base_url=target.base, headers=SAME_ORIGIN, timeout=60) as own,
        httpx.Client(base_url=target.base, timeout=60) as botnet,
    ):
        assert own.post("/sign-in", data=form).status_code == 303
        # All but one of the tries of this minute, and many that are older, without their hashing.
        with target.database.begin() as connection:
            connection.execute(text("DELETE FROM login_failure"))
            now = datetime.now(UTC)
            for number in range(TRIES_OF_ALL - 1):
                assert begin_try(connection, f"user{number}@x.example", f"n{number}", now) is None
            connection.execute(
                text(
                    "INSERT INTO login_failure (email_key, address, at) "
                    "SELECT 'old' || n, 'old' || n, :then FROM generate_series(1, 100) AS n"
                ),
                {"then": now - timedelta(minutes=2)},
            )
        seen = [
            botnet.post("/sign-in", **stranger(1000 + number, f"10.{number}.0.1"))
            for number in range(3)
        ]
        assert [answer.status_code for answer in seen] == [401, 429, 429]
        assert 0 < int(seen[-1].headers["retry-after"]) <= 60
        new = botnet.post("/sign-in", data=form, headers=SAME_ORIGIN)
        assert (new.status_code, own.post("/sign-in", data=form).status_code) == (429, 303)
        with target.database.begin() as connection:
            connection.execute(text("UPDATE login_failure SET at = at - interval '1 minute'"))
        assert botnet.post("/sign-in", data=form, headers=SAME_ORIGIN).status_code == 303


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/password", 303),
        ("/enter/no-such-link", 410),
        ("/api/users", 401),
        ("/second-factor", 401),
        ("/second-factor/set-up", 303),
        ("/second-factor/remove", 303),
    ],
)
def test_floods_of_other_doors_stall_nobody(target: Target, path: str, refusal: int) -> None:
    """Links, tokens, and cookies of sessions and half-open doors that are guessed cost a look at an
    index each, no more, and open nothing."""
    headers = {
        **SAME_ORIGIN,
        "Authorization": "Bearer prn_guessed",
        "Cookie": "perennial_session=guessed; perennial_half=guessed",
    }
    toll = flood(
        target.base,
        AT_ONCE,
        lambda n: {
            "data": {"new": "x" * 20, "again": "x" * 20, "code": f"{n:06}"},
            "headers": headers,
        },
        path,
    )

    assert set(toll.answers) == {refusal}, toll.answers
    assert max(toll.looks) < 5, toll


def test_a_flood_of_codes_is_stopped_and_the_owner_comes_in(target: Target) -> None:
    """Who knows the password could try all codes of the next 30 seconds at once, from as many
    networks as there are."""
    add_ada(target)
    box = SecretBox(SECRET)
    with target.database.begin() as connection:
        ada = find_user(connection, EMAIL)
        assert ada is not None
        sealed = box.new(ada.id)
        add_second_factor(connection, ada.id, sealed, 0, datetime.now(UTC))
    codes = pyotp.TOTP(box.open(sealed, ada.id))
    form = {"email": EMAIL, "password": PASSWORD}

    def code(steps: int) -> dict[str, str]:
        return {"code": codes.at(datetime.now(UTC) + timedelta(seconds=30 * steps))}

    with httpx.Client(base_url=target.base, headers=SAME_ORIGIN, timeout=60) as own:
        own.post("/sign-in", data=form)
        assert own.post("/second-factor", data=code(-1)).headers["location"] == "/console"
        own.post("/sign-out")
        with httpx.Client(base_url=target.base, headers=SAME_ORIGIN, timeout=60) as thief:
            thief.post("/sign-in", data=form)
            half = thief.cookies["perennial_half"]
        wrong = {code(steps)["code"] for steps in range(-2, 4)}
        guesses = [guess for n in range(AT_ONCE + 6) if (guess := f"{n:06}") not in wrong]

        toll = flood(
            target.base,
            AT_ONCE,
            lambda n: {
                "data": {"code": guesses[n]},
                "headers": {
                    **SAME_ORIGIN,
                    "Cookie": f"perennial_half={half}",
                    "X-Forwarded-For": f"2001:db8:{n + 1:x}::1",
                },
            },
            "/second-factor",
        )

        assert set(toll.answers) <= {401, 429, 503}, toll.answers
        assert 1 <= toll.answers[401] <= TRIES_OF_EMAIL
        assert max(toll.looks) < 5, toll
        own.post("/sign-in", data=form)
        assert own.post("/second-factor", data=code(1)).headers["location"] == "/console"


def test_the_queue_of_those_who_are_known_is_not_for_strangers(target: Target) -> None:
    """A forged cookie must not take a colleague's place."""
    add_ada(target)
    headers = {**SAME_ORIGIN, "Cookie": "perennial_known=WyJ4IiwieSJd.aaaaaa.bbbbbbbbbbbbbbb"}

    def attempt(number: int) -> dict[str, Any]:
        made = stranger(number, f"2001:db8::{number + 1:x}")
        return {**made, "headers": {**made["headers"], **headers}}

    assert flood(target.base, 40, attempt).answers[503] >= 10


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("64:ff9b::c000:207", "192.0.2.7"),
        ("2001:db8:0:1::7", "2001:db8:0:1::/64"),
        ("2001:0DB8:0:1:ffff::1", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("testclient", "testclient"),
        ("", ""),
    ],
)
def test_a_network_counts_as_one_however_its_addresses_are_written(host: str, network: str) -> None:
    assert network_of(host) == network


def test_a_token_is_not_guessed_faster_by_asking_often(target: Target) -> None:
    """And one that is right goes on to work during the flood."""
    with target.database.begin() as connection:
        token = create_token(connection, "crm", Role.OPS)
    flood(
        target.base,
        AT_ONCE,
        lambda n: {"headers": {"Authorization": f"Bearer prn_{n}"}, "json": {}},
        "/api/leads/1/pause",
    )
    right = httpx.get(f"{target.base}/api/me", headers={"Authorization": f"Bearer {token}"})
    assert right.status_code == 200

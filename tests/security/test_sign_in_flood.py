"""Tries to sign in by the hundred: they are refused at once, and everybody else works on."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

import httpx2 as httpx
import pytest

from domain.access import Role
from store.api_tokens import create_token
from store.passwords import set_password
from store.sessions import TRIES_OF_ADDRESS
from store.users import add_user
from tests.security.conftest import Target
from tests.security.flood import SAME_ORIGIN, flood
from web.networks import network_of

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
    """Spraying one password over all names from all the networks of a botnet is no way in."""
    seen = []
    with httpx.Client(base_url=target.base, timeout=60) as one:
        for number in range(70):
            made = stranger(number, f"10.{number}.0.1")
            seen.append(one.post("/sign-in", **made).status_code)
            if seen[-1] == 429:
                break
    # On a machine so slow that the tries took more than a minute there was nothing to brake.
    assert 429 in seen or len(seen) == 70
    assert seen.count(401) <= 60 or 429 not in seen


@pytest.mark.parametrize(
    "path", ["/password", "/enter/no-such-link", "/api/users", "/second-factor"]
)
def test_floods_of_other_doors_stall_nobody(target: Target, path: str) -> None:
    """Links, tokens and passwords that are guessed cost a look at an index each, no more."""
    headers = {
        **SAME_ORIGIN,
        "Authorization": "Bearer prn_guessed",
        "Cookie": "perennial_session=guessed; perennial_half=guessed",
    }
    toll = flood(
        target.base,
        AT_ONCE,
        lambda _n: {"data": {"new": "x" * 20, "again": "x" * 20}, "headers": headers},
        path,
    )

    assert max(toll.answers) < 500, toll.answers
    assert max(toll.looks) < 5, toll


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

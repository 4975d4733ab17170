"""What people choose to be told: their own, and by nobody else's hand."""

from __future__ import annotations

import pytest

from store.notifications.choices import CHAT_ADDRESSES
from tests.web.api.conftest import Api

SETTINGS = "/me/notification-settings"
CHOSEN = {
    "mail": ["hot_lead", "digest"],
    "time_zone": "Asia/Seoul",
    "days": ["tue", "mon"],
    "begins": "09:00",
    "ends": "18:00",
    "digest_at": "08:30",
}
SLACK = "https://hooks.slack.com/services/T000/B000/very-secret-1234"


async def test_a_user_chooses_and_reads_it_back(api: Api) -> None:
    """What a program sets would be something else than what the console shows."""
    first = (await api.ask_signed_in("sdr", "GET", SETTINGS)).json()
    assert first["mail"]["kinds"] == []
    assert "hot_lead" in first["desktop"]["kinds"]

    chosen = await api.ask_signed_in("sdr", "PUT", SETTINGS, **CHOSEN)

    assert chosen.status_code == 200, chosen.text
    kept = (await api.ask_signed_in("sdr", "GET", SETTINGS)).json()
    assert kept == chosen.json()
    assert kept["mail"]["kinds"] == ["hot_lead", "digest"]
    assert kept["desktop"] == first["desktop"]
    assert (kept["days"], kept["begins"], kept["digest_at"]) == (
        ["mon", "tue"],
        "09:00:00",
        "08:30:00",
    )
    other = (await api.ask_signed_in("manager", "GET", SETTINGS)).json()
    assert other["mail"]["kinds"] == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"begins": None}, "begins"),
        ({"ends": "09:00"}, "ends"),
        ({"desktop": ["digest"]}, "desktop"),
        ({"mail": ["test"]}, "mail"),
    ],
)
async def test_a_mistake_is_told_at_its_field(
    api: Api, wrong: dict[str, object], field: str
) -> None:
    answer = await api.ask_signed_in("sdr", "PUT", SETTINGS, **CHOSEN | wrong)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


async def test_the_address_of_a_chat_is_a_secret(api: Api) -> None:
    """Whoever reads a backup, the record or an answer could write in the company's channels."""
    put = await api.ask_signed_in("sdr", "PUT", f"{SETTINGS}/chat", service="slack", url=SLACK)

    assert put.json() == {"service": "slack", "address": "hooks.slack.com/…1234"}
    shown = await api.ask_signed_in("sdr", "GET", SETTINGS)
    assert shown.json()["chat"]["address"] == "hooks.slack.com/…1234"
    assert "hot_lead" in shown.json()["chat"]["kinds"]
    kept = api.value(
        "SELECT concat((SELECT string_agg(one::text, '') FROM notification_way AS one), "
        "(SELECT string_agg(one::text, '') FROM api_change AS one))"
    )
    assert "very-secret" not in kept
    assert CHAT_ADDRESSES not in kept
    assert (await api.ask_signed_in("sdr", "DELETE", f"{SETTINGS}/chat")).status_code == 200
    assert (await api.ask_signed_in("sdr", "DELETE", f"{SETTINGS}/chat")).status_code == 404


@pytest.mark.parametrize("url", ["http://hooks.slack.com/x", "https://10.0.0.1/x", "nothing"])
async def test_nothing_is_sent_to_private_or_open_addresses(api: Api, url: str) -> None:
    answer = await api.ask_signed_in("sdr", "PUT", f"{SETTINGS}/chat", service="teams", url=url)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "url"


async def test_a_test_goes_out_by_one_way_and_needs_an_address(api: Api) -> None:
    refused = await api.ask_signed_in("sdr", "POST", f"{SETTINGS}/test", way="chat")
    assert refused.status_code == 404

    sent = await api.ask_signed_in("sdr", "POST", f"{SETTINGS}/test", way="mail")

    assert sent.status_code == 200
    assert api.value("SELECT way || ' ' || state FROM notification_delivery") == "mail waiting"


async def test_a_token_is_told_nothing(api: Api) -> None:
    """A program has the webhooks; nobody would read what it is told here."""
    assert (await api.ask("sdr", "PUT", SETTINGS, **CHOSEN)).status_code == 409
    assert (await api.ask("sdr", "GET", "/me/notifications")).json()["items"] == []


async def test_what_was_seen_counts_no_more(api: Api) -> None:
    api.value(
        "INSERT INTO notification (user_id, key, kind, raised_at) "
        "SELECT id, 'x', 'sending_stopped', now() FROM console_user WHERE role = 'sdr' RETURNING 1"
    )
    (one,) = (await api.ask_signed_in("sdr", "GET", "/me/notifications")).json()["items"]
    assert (one["text"], one["seen"]) == ("No mail goes out: our mail is refused", False)

    await api.ask_signed_in("sdr", "POST", "/me/notifications/seen")

    (one,) = (await api.ask_signed_in("sdr", "GET", "/me/notifications")).json()["items"]
    assert one["seen"]

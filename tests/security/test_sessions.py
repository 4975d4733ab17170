"""Sessions and tokens end: by their owner, by an admin, and by themselves."""

from __future__ import annotations

from datetime import UTC, datetime

from store.access.sessions import begin_session, find_session
from tests.web.api.conftest import Api, api

__all__ = ["api"]


async def test_a_session_is_seen_and_ended_by_its_user_alone(api: Api) -> None:
    """Who forgot a browser at a customer's could not close it; nobody closes another's."""
    (mine,) = (await api.ask_signed_in("ops", "GET", "/me/sessions")).json()["items"]
    other = await api.ask_signed_in("sdr", "DELETE", f"/me/sessions/{mine['id']}")
    assert other.status_code == 404
    assert (await api.ask_signed_in("ops", "DELETE", f"/me/sessions/{mine['id']}")).is_success
    assert (await api.ask_signed_in("ops", "GET", "/me")).status_code == 401


async def test_a_user_ends_all_sessions_but_this_one(api: Api) -> None:
    """Who fears that somebody is in with their password would have to sign out to put them out."""
    here = api.sessions["ops"]
    with api.database.begin() as connection:
        user = find_session(connection, here, datetime.now(UTC))
        sdr = find_session(connection, api.sessions["sdr"], datetime.now(UTC))
        assert user is not None
        assert sdr is not None
        elsewhere = begin_session(
            connection, user.user_id, datetime.now(UTC), "link", "Firefox on Linux"
        )
    listed = (await api.ask_signed_in("ops", "GET", "/me/sessions")).json()["items"]
    assert [(one["current"], one["browser"]) for one in listed] == [
        (False, "Firefox on Linux"),
        (True, ""),
    ]

    assert (await api.ask_signed_in("ops", "DELETE", "/me/sessions?others=true")).is_success

    (left,) = (await api.ask_signed_in("ops", "GET", "/me/sessions")).json()["items"]
    assert (left["id"], left["current"]) == (user.session_id, True)
    with api.database.begin() as connection:
        assert find_session(connection, elsewhere, datetime.now(UTC)) is None
        assert find_session(connection, api.sessions["sdr"], datetime.now(UTC)) == sdr
    # A token is in no session, and ends none.
    assert (await api.ask("ops", "GET", "/me/sessions")).json()["items"] == []
    assert (await api.ask("ops", "DELETE", "/me/sessions?others=true")).is_success
    assert (await api.ask_signed_in("ops", "GET", "/me")).status_code == 200


async def test_an_admin_signs_a_user_out_everywhere(api: Api) -> None:
    """A stolen laptop would be a way in until the evening."""
    user = api.value("SELECT id FROM console_user WHERE role = 'ops'")
    assert (await api.ask("manager", "DELETE", f"/users/{user}/sessions")).status_code == 403
    assert (await api.ask("admin", "DELETE", f"/users/{user}/sessions")).is_success
    assert (await api.ask_signed_in("ops", "GET", "/me")).status_code == 401


async def test_a_token_is_taken_until_it_expires(api: Api) -> None:
    """One that was forgotten in a script would let in for ever."""
    new = {"name": "crm", "role": "ops"}
    assert (await api.ask("admin", "POST", "/tokens", **new, days=9999)).status_code == 422
    assert (await api.ask("admin", "POST", "/tokens", **new, days=7)).status_code == 201
    listed = (await api.ask("admin", "GET", "/tokens")).json()["items"]
    assert all(one["expires_at"] for one in listed)
    api.value("UPDATE api_token SET expires_at = now() WHERE role = 'sdr' RETURNING id")
    over = await api.ask("sdr", "GET", "/me")
    assert (over.status_code, "expired" in over.json()["detail"]) == (401, True)

"""Whether mail goes out, asked and ordered by programs."""

from __future__ import annotations

from tests.web.api.conftest import Api

PAUSE = (
    "INSERT INTO sending_pause (channel, reason, detail, reported, opened_at, probe_at) "
    "VALUES ('smtp', 'reputation', '550 5.7.26', false, now(), now()) RETURNING id"
)


async def test_a_pause_is_shown_with_its_reason_and_ended_by_an_order(api: Api) -> None:
    """If this failed, mail would wait for the next probe though the cause has been fixed, or a
    program that watches us would see nothing."""
    assert (await api.ask("ops", "GET", "/system/sending")).json() == {"paused": []}
    api.value(PAUSE)
    (paused,) = (await api.ask("ops", "GET", "/system/sending")).json()["paused"]
    assert (paused["channel"], paused["reason"], paused["detail"]) == (
        "smtp",
        "reputation",
        "550 5.7.26",
    )

    answer = await api.ask("ops", "POST", "/system/sending/resume")

    assert (answer.status_code, answer.json()["detail"]) == (200, "Mail goes on.")
    assert (await api.ask("ops", "GET", "/system/sending")).json() == {"paused": []}
    assert api.value("SELECT ended_by <> '' FROM sending_pause")
    again = await api.ask("ops", "POST", "/system/sending/resume")
    assert again.json()["detail"] == "Sending is not paused."

"""Reading the calendars of reps: in the background, within bounds, and nowhere it must not go."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import Engine

from activities import public_get
from activities.busy_calendars import BusyCalendars
from activities.public_get import NotRead, get_publicly
from mail.channels.base import Channel
from store.routing import busy_calendars
from store.routing.busy_calendars import calendar_state
from store.routing.rep_times import free_slots
from tests.support.sending import Desk, Provider

NOW = datetime.now(UTC)
TOMORROWS = f"""BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:all-week
DTSTART;VALUE=DATE:{NOW:%Y%m%d}
DTEND;VALUE=DATE:{NOW + timedelta(days=3):%Y%m%d}
SUMMARY:Secret
END:VEVENT
END:VCALENDAR
"""


@dataclass
class Server:
    """A calendar service: answers with ``status`` and ``body``, or 304 to who knows its ETag."""

    status: int = 200
    body: bytes = TOMORROWS.encode()
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"1"'})
    asked: list[str] = field(default_factory=list)
    """``If-None-Match`` of each request."""
    url: str = ""


@contextmanager
def serving() -> Iterator[Server]:
    """A server on any free port of this machine."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = self.headers.get("If-None-Match", "")
            server.asked.append(known)
            same = known and known == server.headers.get("ETag")
            self.send_response(304 if same else server.status)
            for name, value in server.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if not same:
                self.wfile.write(server.body)

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{http.server_port}/private-1f8e.ics"
    thread = threading.Thread(target=http.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


def due(database: Engine) -> None:
    """Have every calendar be due."""
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE busy_calendar SET look_at = now() - interval '1 second'")


def test_a_busy_day_is_offered_to_nobody_until_it_is_known_no_more(
    desk: Callable[[Channel], Desk], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two would sit in one half hour; and a rep whose calendar is gone would have no free time."""
    here = desk(Provider())
    here.run("INSERT INTO rep (code, name, email) VALUES ('r', 'Hana', 'hana@x.example')")
    settings = here.resources.settings.model_copy(update={"webhooks_allow_private": True})
    monkeypatch.setitem(here.resources.__dict__, "settings", settings)
    reader = BusyCalendars(here.resources)

    def state() -> tuple[str, str]:
        with here.database.connect() as connection:
            found = calendar_state(connection, "r", datetime.now(UTC))
        assert found is not None
        return found.state, found.trouble

    def offered() -> set[str]:
        with here.database.connect() as connection:
            free = free_slots(connection, "r", "UTC", "", NOW)
        return {day.isoformat() for day in free}

    before = offered()
    with serving() as server:
        with here.database.begin() as connection:
            assert busy_calendars.set_calendar(connection, "r", server.url, NOW)
        assert state() == ("new", "")
        assert reader.read_one()
        assert not reader.read_one()
        taken = {(NOW + timedelta(days=days)).date().isoformat() for days in range(3)}
        assert offered() == before - taken
        assert state() == ("read", "")

        due(here.database)
        reader.read_one()
        assert server.asked == ["", '"1"']
        assert here.value("SELECT count(*) FROM busy_time") == 1

        server.status, server.headers = 404, {}
        due(here.database)
        reader.read_one()
        assert state() == ("read", "http_404")
    here.run("UPDATE busy_calendar SET read_at = now() - interval '1 day'")
    assert (state(), offered()) == (("stale", "http_404"), before - taken)
    here.run("UPDATE busy_calendar SET read_at = now() - interval '4 days'")
    assert (state(), offered()) == (("lost", "http_404"), before)
    due(here.database)
    reader.read_one()
    assert state() == ("lost", "unreachable")
    assert here.value("SELECT look_at > now() + interval '15 minutes' FROM busy_calendar")


def test_what_is_too_large_leads_elsewhere_or_into_our_network_is_not_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever types an address in would read our own servers by it, or keep a worker busy."""

    def told(url: str, *, allow_private: bool = True) -> str:
        with pytest.raises(NotRead) as refused:
            get_publicly(url, "", allow_private=allow_private)
        return refused.value.code

    monkeypatch.setattr(public_get, "LARGEST", 100)
    with serving() as server:
        assert told(server.url) == "too_large"
        assert told(server.url, allow_private=False) == "private"
        assert told(server.url.replace("http://127.0.0.1", "https://localhost")) == "unreachable"
        server.status, server.headers = 302, {"Location": server.url}
        assert told(server.url) == "redirects"
        server.headers = {"Location": "file:///etc/passwd"}
        assert told(server.url) == "private"
    assert told(server.url) == "unreachable"

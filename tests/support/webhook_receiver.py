"""Another company's server: a real HTTP server that verifies what it gets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks.webhooks import Webhook

SILENCE = 0
"""An answer that does not come."""


@dataclass
class Receiver:
    """Answers with ``answers`` in turn, the last of them for ever; keeps what was verified."""

    secret: str = ""
    answers: list[int] = field(default_factory=lambda: [204])
    got: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    """``webhook-id``, body, ``webhook-timestamp`` of each attempt."""
    url: str = ""

    @property
    def ids(self) -> list[str]:
        """The ``webhook-id`` of each attempt."""
        return [one for one, _, _ in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on any free port of this machine."""
    receiver = Receiver()
    closing = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            event = Webhook(receiver.secret).verify(body, dict(self.headers))
            receiver.got.append(
                (self.headers["webhook-id"], event, self.headers["webhook-timestamp"])
            )
            status = receiver.answers[min(len(receiver.got), len(receiver.answers)) - 1]
            if status == SILENCE:
                closing.wait(120)
                return
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", receiver.url)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook?source=perennial"
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    try:
        yield receiver
    finally:
        closing.set()
        server.shutdown()
        serving.join()
        server.server_close()

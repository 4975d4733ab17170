"""Slack's or Teams' side of an incoming webhook: a real HTTP server that keeps what it gets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Chat:
    """Answers with ``answers`` in turn, the last of them for ever."""

    answers: list[int] = field(default_factory=lambda: [200])
    got: list[dict[str, Any]] = field(default_factory=list)
    at: list[float] = field(default_factory=list)
    """When each came, as ``time.time()`` has it."""
    url: str = ""

    def told(self) -> str:
        """All that was posted."""
        return json.dumps(self.got, ensure_ascii=False)


@contextmanager
def chatting() -> Iterator[Chat]:
    """A chat on any free port of this machine."""
    chat = Chat()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/json"
            chat.at.append(time.time())
            chat.got.append(json.loads(body))
            status = chat.answers[min(len(chat.got), len(chat.answers)) - 1]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    chat.url = f"http://127.0.0.1:{server.server_port}/services/T0/B0/secret-1234"
    serving = threading.Thread(target=server.serve_forever, args=(0.05,))
    serving.start()
    try:
        yield chat
    finally:
        server.shutdown()
        serving.join()
        server.server_close()

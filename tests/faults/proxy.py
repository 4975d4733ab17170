"""A TCP proxy that can lose packets without a word, as a forgetful firewall does."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

CHUNK = 65536


class Proxy:
    """Passes connections on to ``target`` (a port of this machine) until told to swallow.

    While it swallows, whatever arrives is taken and forgotten, and new connections are accepted
    and never answered. After :meth:`heal` new connections pass; those from before stay open and
    silent for good: neither side gets a FIN or a RST.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._swallowing = False
        self._generation = 0
        self._sockets: list[socket.socket] = []
        self.accepted = 0
        self.swallowed = 0
        """Bytes that were lost."""
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def swallow(self) -> None:
        """Lose everything from now on."""
        self._swallowing = True

    def heal(self) -> None:
        """Let new connections pass; old ones stay silent."""
        self._generation += 1
        self._swallowing = False

    def close(self) -> None:
        """Close all connections."""
        for one in (self._listener, *self._sockets):
            with suppress(OSError):
                one.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            self._sockets.append(near)
            far: socket.socket | None = None
            if not self._swallowing:
                try:
                    far = socket.create_connection(("127.0.0.1", self._target), timeout=10)
                    far.settimeout(None)
                except OSError:
                    near.close()
                    continue
                self._sockets.append(far)
                self._pump(far, near)
            self._pump(near, far)

    def _pump(self, source: socket.socket, sink: socket.socket | None) -> None:
        threading.Thread(
            target=self._pass_on, args=(source, sink, self._generation), daemon=True
        ).start()

    def _pass_on(self, source: socket.socket, sink: socket.socket | None, born: int) -> None:
        """Until one side ends; an end is lost too while packets are."""
        with suppress(OSError):
            while data := source.recv(CHUNK):
                if sink is None or self._swallowing or born != self._generation:
                    self.swallowed += len(data)
                else:
                    sink.sendall(data)
        if sink is not None and not self._swallowing and born == self._generation:
            with suppress(OSError):
                sink.shutdown(socket.SHUT_RDWR)

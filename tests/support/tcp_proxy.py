"""A TCP proxy that can lose packets without a word, as a forgetful firewall does, or cut lines."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

CHUNK = 65536
FOUND_OUT_SECONDS = 20.0
"""How long a server keeps a connection whose client has gone without a word: its TCP would find
out, which it can't through a proxy whose kernel answers."""

Direction = Literal["up", "down"]
BOTH: tuple[Direction, ...] = ("up", "down")
"""From who connects to the server, and back."""


class Proxy:
    """Passes connections on to ``target`` (a port of this machine) until told otherwise.

    While it swallows, whatever arrives is taken and forgotten, in one direction or both, and new
    connections are accepted and never answered. After :meth:`heal` new connections pass; those
    from before stay open and silent for good: neither side gets a FIN or a RST.
    """

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._silent: tuple[Direction, ...] = ()
        self._refusing = False
        self._generation = 0
        self._sockets: set[socket.socket] = set()
        self.accepted = 0
        self.last_accepted = 0.0
        """When, in ``time.monotonic()``."""
        self.swallowed = 0
        """Bytes that were lost."""
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def swallow(self, directions: tuple[Direction, ...] = BOTH) -> None:
        """Lose everything that goes in these directions from now on."""
        self._silent = directions

    def sever(self) -> None:
        """End all connections, and each new one until :meth:`heal`."""
        self._refusing = True
        for one in tuple(self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def heal(self) -> None:
        """Let new connections pass; old ones stay silent."""
        self._generation += 1
        self._silent = ()
        self._refusing = False

    def close(self) -> None:
        """Close all connections."""
        self._close(self._listener, *tuple(self._sockets))

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
            self.last_accepted = time.monotonic()
            self._sockets.add(near)
            if self._refusing:
                self._close(near)
                continue
            far: socket.socket | None = None
            if not self._silent:
                try:
                    far = socket.create_connection(("127.0.0.1", self._target), timeout=10)
                    far.settimeout(None)
                except OSError:
                    self._close(near)
                    continue
                self._sockets.add(far)
                self._pump(far, near, "down")
            self._pump(near, far, "up")

    def _pump(self, source: socket.socket, sink: socket.socket | None, way: Direction) -> None:
        born = self._generation
        threading.Thread(target=self._pass_on, args=(source, sink, way, born), daemon=True).start()

    def _pass_on(
        self, source: socket.socket, sink: socket.socket | None, way: Direction, born: int
    ) -> None:
        """Until one side ends; an end is lost too while packets are."""

        def lost() -> bool:
            return sink is None or way in self._silent or born != self._generation

        with suppress(OSError):
            while data := source.recv(CHUNK):
                if sink is None or lost():
                    self.swallowed += len(data)
                else:
                    sink.sendall(data)
        if lost() and way == "down":
            return  # Nobody tells who connected; it may end by itself.
        if sink is not None:
            if lost():
                time.sleep(FOUND_OUT_SECONDS)
            with suppress(OSError):
                sink.shutdown(socket.SHUT_RDWR)
        if way == "up":
            self._close(source, *([sink] if sink else []))

    def _close(self, *sockets: socket.socket) -> None:
        for one in sockets:
            self._sockets.discard(one)
            with suppress(OSError):
                one.close()

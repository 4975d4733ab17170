"""What goes wrong in the campaign: processes die or freeze, lines are cut, packets vanish."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from tests.faults.deployment import Deployment, Program, Server, wake
from tests.faults.proxy import BOTH, Direction, Proxy

EVERY = (1.0, 6.0)
"""Seconds from one fault's beginning to the next one's: 17 a minute, less those that find too many
under way."""
DEAD_FOR = (0.5, 3.0)
HANGS_FOR = (3.0, 45.0, 3.0)
"""Shortest, longest, and the likeliest."""
SPARED_FOR = 20.0
"""Seconds after its start in which a program is left alone, to get through it on a busy machine."""
MOST_AT_ONCE = 3
SERVERS: tuple[Server, ...] = ("postgres", "temporal")
LINES: dict[str, tuple[Direction, ...]] = {
    "silent": BOTH,
    "silent to the server": ("up",),
    "silent from the server": ("down",),
    "cut": (),
}
"""What becomes of a line → the directions in which packets vanish."""


@dataclass
class Fault:
    """One fault; times are ``time.time()``, ``ended`` infinite while it lasts."""

    what: str
    how: str
    begun: float
    ended: float = float("inf")


class Faults(threading.Thread):
    """Makes one fault after the other until told to stop; all are over after :meth:`stop`."""

    def __init__(
        self, here: Deployment, programs: dict[str, Program], lines: dict[str, Proxy], seed: int
    ) -> None:
        super().__init__(daemon=True)
        self._here, self._programs, self._lines = here, programs, lines
        self._random = random.Random(seed)
        self._over = threading.Event()
        self._under_way: dict[str, threading.Thread] = {}
        self.log: list[Fault] = []
        self.failures: list[BaseException] = []

    def run(self) -> None:
        """Until :meth:`stop`."""
        while not self._over.wait(self._random.uniform(*EVERY)):
            busy = {what for what, one in self._under_way.items() if one.is_alive()}
            # Two choices in seven are lines, one is each program and each server.
            lines = self._random.sample(list(self._lines), 2)
            now = time.monotonic()
            spared = [
                name
                for name, program in self._programs.items()
                if now - program.started < SPARED_FOR
            ]
            free = [
                one
                for one in (*self._programs, *SERVERS, *lines)
                if one not in busy and one not in spared
            ]
            if len(busy) < MOST_AT_ONCE:
                self._begin(self._random.choice(free))

    def stop(self) -> None:
        """Make no more, and wait until all is mended."""
        self._over.set()
        self.join()
        for one in self._under_way.values():
            one.join()

    def counts(self) -> dict[str, int]:
        """How many of each kind."""
        return dict(sorted(Counter(f"{one.what} {one.how}" for one in self.log).items()))

    def _begin(self, what: str) -> None:
        how = self._random.choice(
            list(LINES) if what in self._lines else ["kill", "kill", "freeze"]
        )
        hangs = how != "kill"
        seconds = self._random.triangular(*HANGS_FOR) if hangs else self._random.uniform(*DEAD_FOR)
        fault = Fault(what, how, time.time())
        self.log.append(fault)

        def happen() -> None:
            try:
                self._act(what, how)(seconds)
            except BaseException as failure:
                self.failures.append(failure)
            fault.ended = time.time()

        self._under_way[what] = threading.Thread(target=happen, daemon=True)
        self._under_way[what].start()

    def _act(self, what: str, how: str) -> Callable[[float], None]:
        match what, how:
            case ("postgres" | "temporal") as server, "kill":
                return lambda seconds: self._kill_server(server, seconds)
            case ("postgres" | "temporal") as server, _:
                return lambda seconds: self._freeze_server(server, seconds)
            case _, "kill":
                return lambda seconds: self._kill(self._programs[what], seconds)
            case _, "freeze":
                return lambda seconds: self._freeze(self._programs[what], seconds)
        return lambda seconds: self._break(self._lines[what], how, seconds)

    def _break(self, line: Proxy, how: str, seconds: float) -> None:
        if how == "cut":
            line.sever()
        else:
            line.swallow(LINES[how])
        self._over.wait(seconds)
        line.heal()

    def _kill_server(self, server: Server, seconds: float) -> None:
        self._here.kill_server(server)
        time.sleep(seconds)
        self._here.start_server(server)

    def _freeze_server(self, server: Server, seconds: float) -> None:
        pids = self._here.freeze_server(server)
        self._over.wait(seconds)
        wake(pids)

    def _kill(self, program: Program, seconds: float) -> None:
        program.kill()
        time.sleep(seconds)
        # One that had ended by itself may have been started again meanwhile.
        if program.returncode is not None:
            program.start()

    def _freeze(self, program: Program, seconds: float) -> None:
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            program.freeze()
            self._over.wait(seconds)
            program.wake()


def keep_running(programs: dict[str, Program]) -> int:
    """Start what ended by itself again, as an operator's supervisor does; how many did."""
    ended = [one for one in programs.values() if one.returncode not in (None, -9)]
    for one in ended:
        one.start()
    return len(ended)

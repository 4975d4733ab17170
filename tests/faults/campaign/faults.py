"""What goes wrong in the campaign: processes die or freeze, lines are cut, packets vanish."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import psutil

from tests.support.deployment import Deployment, Program, Server, wake
from tests.support.tcp_proxy import BOTH, Direction, Proxy

EVERY = (1.0, 6.0)
"""Seconds from one fault's beginning to the next one's: 17 a minute, less those that find too many
under way."""
DEAD_FOR = (0.5, 3.0)
HANGS_FOR = (2.0, 30.0, 2.0)
"""Shortest, longest, and the likeliest."""
SPARED = 2.0
"""What was started is left alone until it has been up for so many times as long as its start took:
on a busy machine nothing would ever get through its start."""
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
        self._up: dict[str, tuple[float, float]] = {}
        """When a program or server began its last start, and when it was through, or seen to be."""
        self.log: list[Fault] = []
        self.failures: list[BaseException] = []

    def run(self) -> None:
        """Until :meth:`stop`."""
        while not self._over.wait(self._random.uniform(*EVERY)):
            busy = {what for what, one in self._under_way.items() if one.is_alive()}
            # Five choices in ten are lines, one is each program and each server.
            lines = self._random.sample(list(self._lines), 5)
            free = [
                one
                for one in (*self._programs, *SERVERS, *lines)
                if one not in busy and not self._is_spared(one)
            ]
            if len(busy) < MOST_AT_ONCE:
                self._begin(self._random.choice(free))

    def stop(self) -> None:
        """Make no more, and wait until all is fixed."""
        self._over.set()
        self.join()
        for one in self._under_way.values():
            one.join()

    def _is_spared(self, what: str) -> bool:
        """Whether it has been up for a short time only, by the time it took to start."""
        now = time.monotonic()
        if what in self._programs and self._programs[what].started > self._up.get(what, (0, 0))[0]:
            began = self._programs[what].started
            lines = [line for of, line in self._lines.items() if of.startswith(what)]
            # It is up when it asks for a server.
            if not any(line.last_accepted > began for line in lines):
                return True
            self._up[what] = (began, now)
        began, up = self._up.get(what, (0.0, 0.0))
        return now - up < SPARED * (up - began)

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
        began = time.monotonic()
        self._here.start_server(server)
        self._up[server] = (began, time.monotonic())

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

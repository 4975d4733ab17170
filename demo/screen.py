"""What the demo shows while it runs: a live screen, or plain lines without a terminal."""

from __future__ import annotations

import textwrap
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from demo.players import Happening
from demo.sales import Task
from demo.trial import Desk
from domain.contracts.journey import Stage
from domain.time.shown import in_english
from store.views.figures import NOT_STARTED, LoopFigures

HAPPENINGS_SHOWN = 6
OTHER_LINES = 19
"""Lines of the screen that are neither happenings nor advice, and one for the cursor."""
BAR_CELLS = 22
WIDEST = 100
PLAIN_SECONDS = 5.0

STAGE_COLOURS = {
    NOT_STARTED: "bright_black",
    Stage.KNOWN: "cyan",
    Stage.ENGAGED: "bright_cyan",
    Stage.MQL: "blue",
    Stage.SAL: "bright_blue",
    Stage.SQL: "magenta",
    Stage.OPPORTUNITY: "bright_magenta",
    Stage.CUSTOMER: "green",
    Stage.RECYCLED: "yellow",
    Stage.DISQUALIFIED: "red",
}
FIGURE_NAMES = {
    "touches_sent": "mails sent",
    "escalated": "handed to sales",
    "tasks_done": "tasks done",
    "calls": "calls",
    "meetings": "meetings booked",
    "no_shows": "no-shows",
    "rescheduled": "booked again",
    "won": "sales won",
    "recycled": "recycled",
    "reentered": "back from recycle",
    "disqualified": "disqualified",
}


@dataclass(frozen=True)
class ScreenHeader:
    """What stays the same on the screen."""

    leads: int
    day_seconds: float
    temporal_ui: str
    outbox: str


@dataclass(frozen=True)
class Moment:
    """What changes: journey time and day, stage → leads, figures, and the line at the bottom."""

    now: datetime
    day: float
    stages: dict[str, int]
    figures: LoopFigures
    advice: str


class Screen:
    """Shows the demo on ``console``; use as a context manager."""

    def __init__(self, console: Console, header: ScreenHeader) -> None:
        self._console = console
        self._header = header
        self._happenings: deque[Happening] = deque(maxlen=HAPPENINGS_SHOWN)
        self._said_at = 0.0
        self._advised = ""
        self._live = Live(console=console, auto_refresh=False)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        else:
            self._say(
                f"{self._header.leads} leads, a journey day is {self._header.day_seconds:.1f} s. "
                f"Temporal UI: {self._header.temporal_ui} Mail outbox: {self._header.outbox}"
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def happened(self, happening: Happening) -> None:
        """Note something to show with the next moment; may be called from another thread."""
        self._happenings.append(happening)

    def show(self, moment: Moment) -> None:
        """Bring the screen up to date; without a terminal, a line every few seconds."""
        if self._console.is_terminal:
            self._live.update(self._picture(moment), refresh=True)
            return
        if moment.advice != self._advised:
            self._advised = moment.advice
            self._say(moment.advice)
        if time.monotonic() - self._said_at >= PLAIN_SECONDS:
            self._said_at = time.monotonic()
            self._say(_line(moment))

    def _say(self, sentence: str) -> None:
        print_wrapped(self._console, sentence)

    def _picture(self, moment: Moment) -> RenderableType:
        head = Table.grid(padding=(0, 2))
        head.add_column(style="bright_black", no_wrap=True)
        head.add_column(overflow="fold")
        head.add_row(
            "Journey time",
            f"{in_english(moment.now.date(), 'EEE dd MMM y')}, day {moment.day:.0f} "
            f"[bright_black](a day is {self._header.day_seconds:.1f} s)[/]",
        )
        head.add_row("Temporal UI", self._header.temporal_ui)
        head.add_row("Mail outbox", self._header.outbox)
        body = Table.grid(padding=(0, 3))
        body.add_row(_stages(moment.stages), _figures(moment.figures))
        width = min(self._console.width, WIDEST) - 1
        advice = Text(moment.advice, style="bold")
        room = self._console.height - OTHER_LINES - len(advice.wrap(self._console, width))
        parts: list[RenderableType] = [
            Rule(f"[bold]Perennial[/] · {self._header.leads} leads", align="left"),
            head,
            Text(),
            body,
            Text(),
            self._recent(width, max(0, min(HAPPENINGS_SHOWN, room))),
            Text(),
            advice,
        ]
        frame = Table.grid()
        frame.add_column(width=width)
        frame.add_row(Group(*parts))
        return frame

    def _recent(self, width: int, lines: int) -> RenderableType:
        recent = list(self._happenings)[-lines:] if lines else []
        table = Table.grid(padding=(0, 2))
        table.add_column(style="bright_black", width=6, no_wrap=True)
        table.add_column(width=width - 9, no_wrap=True, overflow="ellipsis")
        for happening in recent:
            table.add_row(
                in_english(happening.at.date(), "dd MMM"),
                Text(f"{happening.who} · {happening.what}"),
            )
        for _ in range(lines - len(recent)):
            table.add_row("", "")
        return table


def print_wrapped(console: Console, text: str) -> None:
    """Print text within the width of the console, or of 80 columns without a terminal; what has no
    space in it, such as an address, stays whole, so that it can be copied."""
    for line in text.split("\n"):
        wrapped = textwrap.wrap(line, console.width, break_long_words=False, break_on_hyphens=False)
        console.print("\n".join(wrapped), markup=False, highlight=False, soft_wrap=True)


def print_desks(
    console: Console, desks: Sequence[Desk], tasks: Sequence[Task], recycled: int, file: Path
) -> None:
    """Say that the demo can be tried: as whom, by which link, and what waits."""
    kinds = len({task["kind"] for task in tasks})
    print_wrapped(
        console,
        "\nThe loop has been shown, and now it is yours to try. A minute is a minute from here on, "
        f"and nobody plays any more: {len(tasks)} tasks of {kinds} kinds wait, {recycled} leads "
        "rest in the recycle pool. Each of these links signs in once, as:\n",
    )
    for desk in desks:
        print_wrapped(console, f"{desk.role}: {desk.name}\n{desk.link}")
    print_wrapped(
        console,
        f"\nIn another terminal:\n. {file}; .venv/bin/python starter.py lead list\n"
        "It runs until Ctrl-C.",
    )


def _stages(stages: dict[str, int]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(width=BAR_CELLS, no_wrap=True)
    table.add_column(justify="right", width=4)
    total = max(1, sum(stages.values()))
    for stage, colour in STAGE_COLOURS.items():
        leads = stages.get(stage, 0)
        # At least a sliver for one lead, so that nobody is invisible.
        cells = max(1, round(BAR_CELLS * leads / total)) if leads else 0
        table.add_row(str(stage), Text("█" * cells, style=colour), str(leads))
    return table


def _figures(figures: LoopFigures) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(no_wrap=True)
    table.add_column(justify="right", width=7, style="bold")
    for name, words in FIGURE_NAMES.items():
        table.add_row(words, f"{getattr(figures, name):,}")
    return table


def _line(moment: Moment) -> str:
    figures = moment.figures
    return (
        f"day {moment.day:.0f}: {figures.touches_sent} mails, {figures.tasks_done} tasks done, "
        f"{figures.escalated} handed to sales, {figures.meetings} meetings, {figures.won} won, "
        f"{figures.recycled} recycled, {figures.reentered} back, "
        f"{figures.in_first_nurture} still in their first nurture"
    )

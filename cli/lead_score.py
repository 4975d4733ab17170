"""A lead's score, line by line, for people and for programs."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from cli.screen import Console
from cli.tables import plain
from domain.scoring.policy import Meaning
from store.scoring.scoring import Explanation, ScoreLine

IN_WORDS: dict[Meaning, str] = {
    "known": "nothing to speak of yet",
    "engaged": "it answers",
    "mql": "enough for sales",
    "hot": "enough for a call right now",
}


def print_score(console: Console, found: Explanation) -> None:
    """Print what the grade means, what is missing to more, and where the points come from."""
    console.print()
    console.print(
        f"[bold]Grade {found.standing.grade}[/bold] is {found.standing.meaning}: "
        f"{IN_WORDS[found.standing.meaning]}. {_missing(found)}".rstrip()
    )
    console.print(f"[bold]Fit {found.fit.letter}[/bold], {_points(found.fit.points)}")
    if found.fit.rules:
        table = Table(box=None, show_header=False, padding=(0, 1, 0, 2))
        table.add_column(overflow="fold")
        table.add_column(justify="right", no_wrap=True)
        for rule, points in found.fit.rules:
            table.add_row(plain(rule), f"{points:+,}")
        console.print(table)
    for rule, reason in found.fit.unanswered:
        console.print(f"  [dim]{escape(rule)}: not answered, {escape(reason)}[/dim]")
    console.print(f"[bold]Interest {found.standing.level}[/bold], {_points(found.score)} today")
    if found.interest:
        console.print(_interest(found.interest))
    for branch, reason in found.branches:
        console.print(f"[bold]{escape(branch)}[/bold] went to else: {escape(reason)}")
    console.print()


def _interest(lines: tuple[ScoreLine, ...]) -> Table:
    table = Table(box=None, header_style="dim", padding=(0, 1, 0, 2))
    table.add_column("rule", overflow="fold")
    for heading in ("times", "points", "left today"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("gave nothing", overflow="fold")
    for line in lines:
        table.add_row(
            plain(line.rule),
            f"{line.times:,}",
            f"{line.points:+,}",
            f"{line.left:+,.1f}",
            _gave_nothing(line),
        )
    return table


def _gave_nothing(line: ScoreLine) -> str:
    parts = []
    if line.over_cap:
        parts.append(f"{line.over_cap:,} over the limit")
    if line.machines:
        parts.append(f"{line.machines:,} by {'a machine' if line.machines == 1 else 'machines'}")
    return ", ".join(parts)


def _missing(found: Explanation) -> str:
    """How far it is to mql and to hot; '' for a lead that is hot."""
    never = f"As a {found.fit.letter} it never gets to"
    if found.to_mql is None:
        return f"{never} mql."
    sentences = []
    if found.to_mql:
        sentences.append(f"{_points(found.to_mql)} missing to mql.")
    if found.to_hot:
        sentences.append(f"{_points(found.to_hot)} missing to hot.")
    if found.to_hot is None:
        sentences.append(f"{never} hot.")
    return " ".join(sentences)


def _points(number: int) -> str:
    return f"{number:,} {'point' if abs(number) == 1 else 'points'}"


def score_json(found: Explanation) -> dict[str, Any]:
    """The same as plain JSON values; ``to_mql`` and ``to_hot`` are None where this fit never gets
    there, ``left`` is points after decay."""
    return {
        "points": found.score,
        "grade": found.standing.grade,
        "meaning": found.standing.meaning,
        "to_mql": found.to_mql,
        "to_hot": found.to_hot,
        "fit": {
            "letter": found.fit.letter,
            "points": found.fit.points,
            "rules": [{"rule": rule, "points": points} for rule, points in found.fit.rules],
            "unanswered": [{"rule": rule, "reason": why} for rule, why in found.fit.unanswered],
        },
        "branches": [{"branch": branch, "reason": why} for branch, why in found.branches],
        "interest": {
            "level": found.standing.level,
            "rules": [
                {
                    "rule": line.rule,
                    "times": line.times,
                    "points": line.points,
                    "left": round(line.left, 2),
                    "over_cap": line.over_cap,
                    "machines": line.machines,
                    "last": line.last.isoformat(),
                }
                for line in found.interest
            ],
        },
    }

"""``starter.py sla`` as a manager reads it, who knows neither the code nor its words."""

from __future__ import annotations

import pytest

from cli.sla import show
from store.views.sla_figures import Breaches, Kept, SlaFigures


def test_a_manager_reads_who_kept_what_and_what_followed_in_80_columns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    promises = ("hand_over", "accept", "accept_hot", "first_week", "return")
    who = (("", ""), ("world", ""), ("world", "rep-1"))
    show(
        SlaFigures(
            month="2026-03",
            promised=120,
            crossed=1,
            delivered=1,
            kept=tuple(Kept(*whose, promise, 83, 17) for whose in who for promise in promises),
            minutes_to_answer=25.4,
            hot_minutes_to_answer=1.0,
            breaches=(
                Breaches("accept", False, "breach", 1),
                Breaches("accept", False, "tell_manager", 1),
                Breaches("first_week", True, "breach", 2),
            ),
            verdicts={"accepted": 3, "too_early": 1},
        )
    )

    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) <= 80
    words = " ".join(said.split())
    assert "1 of 120 promised leads came to a rep; 1 reached the agreed score." in words
    assert "leads within 25 business minutes, hot leads within 1 business minute (median)" in words
    assert "83 % of 100" in words
    assert "Promise broken manager told" in words
    assert "accepted or returned in time 1 1" in words
    assert "(pilot: only noted)" in words
    assert "accepted 3, too early 1" in words

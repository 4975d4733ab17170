"""What pages of figures say and draw, without a browser."""

from __future__ import annotations

from typing import Any

import pytest

from domain.figures.content import ContentReport
from web.console import words
from web.console.figures import chart, scoring


def test_a_share_at_the_axis_has_no_rest_of_a_float(monkeypatch: pytest.MonkeyPatch) -> None:
    """100 * 0.07 is 7.000000000000001 in a browser, and wider than the chart."""
    drawn: list[dict[str, Any]] = []
    monkeypatch.setattr(chart, "_show", lambda options, **_kept: drawn.append(options))

    chart.lines(["a"], [chart.Line("b", [0.07])], caption="c", percent=True)

    assert "Math.round(" in drawn[0]["yAxis"]["axisLabel"][":formatter"]


def test_pages_that_a_few_saw_are_not_said_to_be_seen_by_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Four leads have read the page: they are not told of, and that is what is said."""
    said: list[str] = []
    monkeypatch.setattr(scoring, "empty", said.append)
    monkeypatch.setattr(words, "language", lambda: "en")
    monkeypatch.setattr(scoring, "_says", lambda _said, **_kept: None)
    monkeypatch.setattr(scoring, "full_day", str)

    scoring._content(ContentReport("2026-03-01", "2026-05-01", "UTC", 8, 40, 2, False, [], []))

    assert said == [
        "No mail or page was seen by five of these leads while they stood in a stage for a whole "
        "week."
    ]

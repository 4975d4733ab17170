"""Charts of figures: bars and lines, in the colours of the theme that the page is in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from nicegui import ui

COLOURS = 6
"""``--chart-1`` and so on in ``figures.css``: they are told apart without telling colours apart."""
_INK, _QUIET, _LINE = ({"color": f"var(--{one})"} for one in ("ink", "quiet", "line"))


class Bars(NamedTuple):
    """One bar for each label of the chart; None where nothing can be told."""

    name: str
    values: Sequence[float | None]


class Line(NamedTuple):
    """One value for each label of the chart; None where nothing can be told. ``dash`` is solid,
    dashed or dotted, so that lines are told apart without telling colours apart."""

    name: str
    values: Sequence[float | None]
    dash: str = "solid"


def lines(labels: Sequence[str], series: Sequence[Line], *, caption: str, percent: bool) -> None:
    """Lines, the first label on the left.

    Args:
        labels: of each value, translated.
        series: at most :data:`COLOURS`.
        caption: what the chart shows, for those who hear the page.
        percent: whether the values are shares, from 0 to 1.
    """
    options = _options(labels, [Bars(one.name, one.values) for one in series], stacked=False)
    across, up = options["yAxis"], options["xAxis"]
    options["xAxis"] = across | {"inverse": False, "axisLabel": _INK | {"hideOverlap": True}}
    options["yAxis"] = up
    options["tooltip"]["axisPointer"] = {"type": "line"}
    if percent:
        options["yAxis"] = up | {"min": 0, "max": 1, "axisLabel": _QUIET | {":formatter": _PERCENT}}
        options["tooltip"][":valueFormatter"] = _PERCENT
    for made, one in zip(options["series"], series, strict=True):
        made |= {"type": "line", "symbolSize": 5, "lineStyle": {"type": one.dash, "width": 2}}
    _show(options, rem=16, caption=caption)


_PERCENT = "value => value == null ? '–' : Math.round(1000 * value) / 10 + '%'"


def chart(labels: Sequence[str], series: Sequence[Bars], *, caption: str, stacked: bool) -> None:
    """Lying bars, the first label on top; a browser that is told another theme draws on.

    Args:
        labels: what each bar, or group of bars, is of, translated.
        series: at most :data:`COLOURS`.
        caption: what the chart shows, for those who hear the page.
        stacked: whether the series are parts of a whole.
    """
    rows = len(labels) * (1 if stacked else len(series))
    _show(_options(labels, series, stacked), rem=max(9, 2.2 * rows + 5), caption=caption)


def _show(options: dict[str, Any], *, rem: float, caption: str) -> None:
    # Drawn as SVG, which takes the page's own colours, by name.
    made = ui.echart(options, renderer="svg").classes("chart").style(f"height: {rem:g}rem")
    made.props["role"] = "img"
    made.props["aria-label"] = caption


def _options(labels: Sequence[str], series: Sequence[Bars], stacked: bool) -> dict[str, Any]:
    return {
        "animation": False,
        "color": [f"var(--chart-{number + 1})" for number in range(COLOURS)],
        "textStyle": {"fontFamily": "system-ui, sans-serif"},
        "grid": {"left": 4, "right": 24, "top": 40, "bottom": 4, "containLabel": True},
        "legend": {
            "type": "scroll",
            "left": 0,
            "top": 0,
            "textStyle": _INK,
            "inactiveColor": "var(--quiet)",
        },
        "tooltip": {
            "trigger": "axis",
            "confine": True,
            "axisPointer": {"type": "shadow"},
            "backgroundColor": "var(--sheet)",
            "borderColor": "var(--line)",
            "textStyle": _INK,
            ":valueFormatter": "value => value == null ? '–' : value.toLocaleString()",
        },
        "xAxis": {
            "type": "value",
            "axisLabel": _QUIET | {"hideOverlap": True},
            "splitLine": {"lineStyle": _LINE},
        },
        "yAxis": {
            "type": "category",
            "inverse": True,
            "data": list(labels),
            "axisLabel": _INK | {"width": 130, "overflow": "truncate"},
            "axisLine": {"lineStyle": _LINE},
            "axisTick": {"show": False},
        },
        "series": [
            {
                "type": "bar",
                "name": one.name,
                "data": list(one.values),
                "barMaxWidth": 22,
                "emphasis": {"disabled": True},
                **({"stack": "all"} if stacked else {}),
            }
            for one in series
        ],
    }

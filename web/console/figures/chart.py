"""Charts of figures: bars and lines, in the colours of the theme that the page is in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from nicegui import ui

COLOURS = 6
"""``--chart-1`` and so on in ``figures.css``: they are told apart without telling colours apart."""
_NUMBER = "value => value == null ? '–' : value.toLocaleString()"
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
    """Lines over time.

    Args:
        labels: of the time, translated, the first at the left.
        series: at most :data:`COLOURS`.
        caption: what the chart shows, for those who hear the page.
        percent: whether the values are shares, from 0 to 1.
    """
    formatter = (
        "value => value == null ? '–' : (100 * value).toFixed(1) + '%'" if percent else _NUMBER
    )
    axis = {":formatter": "value => Math.round(1000 * value) / 10 + '%'"} if percent else {}
    _show(
        _standing(labels, formatter, axis)
        | {
            "series": [
                {
                    "type": "line",
                    "name": one.name,
                    "data": list(one.values),
                    "symbolSize": 6,
                    "lineStyle": {"type": one.dash, "width": 2},
                    "emphasis": {"disabled": True},
                }
                for one in series
            ],
        },
        rem=18,
        caption=caption,
    )


def waterfall(
    labels: Sequence[str], changes: Sequence[float], *, whole: Sequence[int], caption: str
) -> None:
    """Lying bars that begin where the one before ends.

    Args:
        labels: of each change, translated.
        changes: by how much it is more or less; at the places of ``whole`` what it is.
        caption: what the chart shows, for those who hear the page.
    """
    begins, at = [], 0.0
    for place, change in enumerate(changes):
        begins.append(0.0 if place in whole else min(at, at + change))
        at = change if place in whole else at + change
    colours = (
        "var(--chart-2)" if place in whole else f"var(--chart-{1 if change > 0 else 5})"
        for place, change in enumerate(changes)
    )
    _show(
        _lying(labels)
        | {
            "series": [
                {
                    "type": "bar",
                    "stack": "all",
                    "data": begins,
                    "itemStyle": {"color": "transparent"},
                    "tooltip": {"show": False},
                    "silent": True,
                },
                {
                    "type": "bar",
                    "name": caption,
                    "stack": "all",
                    # ECharts stacks what is less on the other side of nothing.
                    "data": [
                        {"value": abs(change), "itemStyle": {"color": colour}}
                        for change, colour in zip(changes, colours, strict=True)
                    ],
                    "barMaxWidth": 22,
                    "emphasis": {"disabled": True},
                },
            ],
            "legend": {"show": False},
            "grid": {"left": 4, "right": 24, "top": 8, "bottom": 4, "containLabel": True},
        },
        rem=2.2 * len(labels) + 3,
        caption=caption,
    )


def chart(labels: Sequence[str], series: Sequence[Bars], *, caption: str, stacked: bool) -> None:
    """Lying bars, the first label on top; a browser that is told another theme draws on.

    Args:
        labels: what each bar, or group of bars, is of, translated.
        series: at most :data:`COLOURS`.
        caption: what the chart shows, for those who hear the page.
        stacked: whether the series are parts of a whole.
    """
    rows = len(labels) * (1 if stacked else len(series))
    _show(
        _lying(labels)
        | {
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
        },
        rem=max(9, 2.2 * rows + 5),
        caption=caption,
    )


class ChartMark(NamedTuple):
    """A line through a chart at one of its labels."""

    name: str
    at: str


def columns(labels: Sequence[str], bars: Bars, marks: Sequence[ChartMark], *, caption: str) -> None:
    """Standing bars, one for each label, with lines through them.

    Args:
        labels: from the left.
        marks: at some of the labels.
        caption: what the chart shows, for those who hear the page.
    """
    ink = {"color": "var(--ink)"}
    _show(
        _standing(labels, _NUMBER, {})
        | {
            "legend": {"show": False},
            "series": [
                {
                    "type": "bar",
                    "name": bars.name,
                    "data": list(bars.values),
                    "barCategoryGap": "10%",
                    "emphasis": {"disabled": True},
                    "markLine": {
                        "symbol": "none",
                        "silent": True,
                        "lineStyle": ink | {"type": "dashed", "width": 1.5},
                        "label": ink | {"formatter": "{b}"},
                        "data": [{"name": one.name, "xAxis": one.at} for one in marks],
                    },
                }
            ],
        },
        rem=13,
        caption=caption,
    )


def _standing(labels: Sequence[str], formatter: str, values: dict[str, str]) -> dict[str, Any]:
    return _frame(formatter) | {
        "xAxis": {
            "type": "category",
            "data": list(labels),
            "axisLabel": _QUIET | {"hideOverlap": True},
            "axisLine": {"lineStyle": _LINE},
            "axisTick": {"show": False},
        },
        "yAxis": {
            "type": "value",
            "axisLabel": _QUIET | values,
            "splitLine": {"lineStyle": _LINE},
        },
    }


def _lying(labels: Sequence[str]) -> dict[str, Any]:
    return _frame(_NUMBER) | {
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
    }


def _show(options: dict[str, Any], *, rem: float, caption: str) -> None:
    # Drawn as SVG, which takes the page's own colours, by name.
    made = ui.echart(options, renderer="svg").classes("chart").style(f"height: {rem:g}rem")
    made.props["role"] = "img"
    made.props["aria-label"] = caption


def _frame(formatter: str) -> dict[str, Any]:
    """What all charts share; ``formatter`` is a function of JavaScript that writes a value."""
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
            ":valueFormatter": formatter,
        },
    }

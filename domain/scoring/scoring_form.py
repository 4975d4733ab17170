"""``scoring.yaml`` as a form: rules and thresholds as people change them, and the file with what
they changed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.scoring.fit_rules import BandRule, FirstOf, TraitRule
from domain.scoring.policy import InterestRule, ScoringPolicy


@dataclass
class InterestRow:
    """A rule about what leads do. ``condition`` is '' for every event of its kinds, ``times`` None
    for no cap; ``was`` is the name it had."""

    rule: str = ""
    on: list[str] = field(default_factory=list)
    condition: str = ""
    points: int | None = None
    times: int | None = None
    per: str = "day"
    off: bool = False
    was: str = ""


@dataclass
class FitRow:
    """A rule about who leads are: a condition and its points, or expressions, the first of which
    gives a number, with the points from each number on; ``was`` is the name it had."""

    rule: str = ""
    condition: str = ""
    points: int | None = None
    values: list[str] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    off: bool = False
    was: str = ""


@dataclass
class Band:
    """The points from a number on."""

    begins: float | None = None
    points: int | None = None


@dataclass
class FirstRows:
    """Rules of which the first that fits counts; ``was`` is where it stood in the file."""

    rows: list[FitRow]
    was: int | None = None


@dataclass
class ScoringForm:
    """What the form shows of a scoring policy, which is all of it."""

    interest: list[InterestRow]
    fit: list[FitRow | FirstRows]
    half_life: str
    levels: dict[str, int | None]
    letters: dict[str, int | None]
    matrix: dict[str, list[str]]
    hot_within: str
    backlog_per_hour: int | None


def form_of(policy: ScoringPolicy) -> ScoringForm:
    """A scoring policy as the form shows it."""
    return ScoringForm(
        interest=[_interest(one) for one in policy.interest],
        fit=[
            FirstRows([_fit(inner) for inner in one.first], at)
            if isinstance(one, FirstOf)
            else _fit(one)
            for at, one in enumerate(policy.fit)
        ],
        half_life=str(policy.half_life),
        levels={str(level): policy.levels[level] for level in sorted(policy.levels)},
        letters={letter: policy.letters[letter] for letter in sorted(policy.letters)},
        matrix={letter: list(policy.matrix[letter]) for letter in sorted(policy.matrix)},
        hot_within=str(policy.hot_within),
        backlog_per_hour=policy.backlog_per_hour,
    )


def with_form(data: Mapping[str, Any], before: ScoringForm, after: ScoringForm) -> dict[str, Any]:
    """The plain data of the file with what differs between two states of the form.

    Args:
        data: as :func:`domain.authoring.yaml_source.read` gives it; it is not changed.
    """
    made: dict[str, Any] = copy.deepcopy(dict(data))
    if before.interest != after.interest:
        made["interest"] = _rows(made.get("interest"), before.interest, after.interest, _written)
    if before.fit != after.fit:
        made["fit"] = _fit_rows(made.get("fit"), before, after)
        if not made["fit"]:
            del made["fit"]
    for name in ("half_life", "hot_within", "backlog_per_hour", "levels", "letters", "matrix"):
        if getattr(before, name) != getattr(after, name):
            made[name] = copy.deepcopy(getattr(after, name))
    return made


def fit_rows(form: ScoringForm) -> Iterator[FitRow]:
    """The rules of fit, those of which the first counts too."""
    for one in form.fit:
        yield from one.rows if isinstance(one, FirstRows) else [one]


def number_key(begins: float | None) -> str:
    """The number of a band as the file has it, '' for none."""
    if begins is None:
        return ""
    return str(int(begins)) if float(begins).is_integer() else str(begins)


def _interest(one: InterestRule) -> InterestRow:
    cap = one.at_most
    return InterestRow(
        rule=one.rule,
        on=list(one.on),
        condition=one.condition or "",
        points=one.points,
        times=cap.times if cap else None,
        per=cap.per if cap else "day",
        off=one.off,
        was=one.rule,
    )


def _fit(one: TraitRule | BandRule) -> FitRow:
    if isinstance(one, TraitRule):
        return FitRow(one.rule, one.condition, one.points, off=one.off, was=one.rule)
    bands = [Band(begins, points) for begins, points in sorted(one.bands.items(), reverse=True)]
    return FitRow(one.rule, values=list(one.value), bands=bands, off=one.off, was=one.rule)


_RuleRow = InterestRow | FitRow


def _rows(
    written: Any,
    before: Sequence[_RuleRow],
    after: Sequence[_RuleRow],
    write: Callable[[Any], dict[str, Any]],
) -> list[dict[str, Any]]:
    """The rows as the file has them: of each what was changed, or all of a new one."""
    rows = written if isinstance(written, list) else []
    known = {row.get("rule"): row for row in rows if isinstance(row, dict)}
    was = {one.was: one for one in before}
    made = []
    for one in after:
        now = write(one)
        old = write(was[one.was]) if one.was in was else {}
        row = dict(known.get(one.was, {})) if one.was else {}
        for name in old.keys() - now.keys():
            row.pop(name, None)
        row |= {name: value for name, value in now.items() if old.get(name) != value}
        made.append(_in_order(row))
    return made


_ORDER = ("rule", "on", "if", "value", "bands", "points", "at_most", "off")


def _in_order(row: dict[str, Any]) -> dict[str, Any]:
    known = {name: row[name] for name in _ORDER if name in row}
    return known | row


def _written(one: InterestRow) -> dict[str, Any]:
    row: dict[str, Any] = {"rule": one.rule, "on": one.on[0] if len(one.on) == 1 else list(one.on)}
    if one.condition:
        row["if"] = one.condition
    row["points"] = one.points
    if one.times is not None:
        row["at_most"] = f"{one.times} per {one.per}"
    if one.off:
        row["off"] = True
    return row


def _fit_written(one: FitRow) -> dict[str, Any]:
    row: dict[str, Any] = {"rule": one.rule}
    if one.values:
        row["value"] = list(one.values)
        row["bands"] = {number_key(band.begins): band.points for band in one.bands}
    else:
        row |= {"if": one.condition, "points": one.points}
    if one.off:
        row["off"] = True
    return row


def _fit_rows(written: Any, before: ScoringForm, after: ScoringForm) -> list[dict[str, Any]]:
    rows = written if isinstance(written, list) else []
    groups = {one.was: one for one in before.fit if isinstance(one, FirstRows)}
    single = [one for one in before.fit if isinstance(one, FitRow)]
    made: list[dict[str, Any]] = []
    for one in after.fit:
        if isinstance(one, FitRow):
            made += _rows(rows, single, [one], _fit_written)
            continue
        old = groups.get(one.was)
        inside = rows[one.was].get("first") if one.was is not None else []
        made.append({"first": _rows(inside, old.rows if old else [], one.rows, _fit_written)})
    return made

"""``recycle.yaml`` as a grid, why a lead came back by which time round it is, and the file with
what people changed in it."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from domain.sales.recycle import RecyclePolicy, RecycleRule


@dataclass
class CycleCell:
    """What is different from a cycle on: ``wait`` '' for as before; ``cadence`` and
    ``reactivates_early`` None for as before."""

    wait: str = ""
    stop: bool = False
    cadence: str | None = None
    reactivates_early: bool | None = None

    @property
    def is_as_before(self) -> bool:
        """Whether nothing is different."""
        return self == CycleCell()


@dataclass
class RestRow:
    """What becomes of leads that came back for a reason, and what is different in later cycles;
    ``cadence`` '' for the one before."""

    reason: str
    wait: str = "90 days"
    cadence: str = ""
    reactivates_early: bool = True
    cells: dict[int, CycleCell] = field(default_factory=lambda: {4: CycleCell(stop=True)})


@dataclass
class RecycleForm:
    """What the form shows of a recycle policy, which is all of it. ``attribute`` is '' where no
    contract counts."""

    rows: list[RestRow]
    default: RestRow
    attribute: str = ""
    before: str = ""


def form_of(policy: RecyclePolicy) -> RecycleForm:
    """A recycle policy as the form shows it."""
    contract = policy.contract_end
    return RecycleForm(
        rows=[_row(reason, rule) for reason, rule in policy.reasons.items()],
        default=_row("", policy.default),
        attribute=contract.attribute if contract else "",
        before=str(contract.before) if contract else "60 days",
    )


def with_form(data: Mapping[str, Any], before: RecycleForm, after: RecycleForm) -> dict[str, Any]:
    """The plain data of the file with what differs between two states of the form.

    Args:
        data: as :func:`domain.authoring.yaml_source.read` gives it; it is not changed.
    """
    made: dict[str, Any] = copy.deepcopy(dict(data))
    was = {one.reason: one for one in before.rows}
    reasons = made.get("reasons") or {}
    made["reasons"] = {
        one.reason: _changed(reasons.get(one.reason), was.get(one.reason), one)
        for one in after.rows
    }
    made["default"] = _changed(made.get("default"), before.default, after.default)
    if not after.attribute:
        made.pop("contract_end", None)
    elif (before.attribute, before.before) != (after.attribute, after.before):
        contract = {"attribute": after.attribute, "before": after.before}
        made["contract_end"] = (made.get("contract_end") or {}) | contract
    return made


def begins_of(row: RestRow) -> int | None:
    """The cycle from which on leads stay away for good, None for none."""
    return min((cycle for cycle, cell in row.cells.items() if cell.stop), default=None)


def _row(reason: str, rule: RecycleRule) -> RestRow:
    cells = {
        cycle: CycleCell(
            str(change.wait) if change.wait else "",
            change.stop,
            change.cadence,
            change.reactivates_early,
        )
        for cycle, change in sorted(rule.cycles.items())
    }
    return RestRow(reason, str(rule.wait), rule.cadence, rule.reactivates_early, cells)


def _changed(written: Any, before: RestRow | None, after: RestRow) -> dict[str, Any]:
    row: dict[str, Any] = dict(written or {})
    old = before or RestRow("", wait="", cells={})
    if old.wait != after.wait:
        row["wait"] = after.wait
    if old.cadence != after.cadence:
        row["cadence"] = after.cadence
    if old.reactivates_early != after.reactivates_early:
        row["reactivates_early"] = after.reactivates_early
    if _told(old.cells) != _told(after.cells):
        row["cycles"] = _cycles(after.cells)
    return row


def _told(cells: Mapping[int, CycleCell]) -> dict[int, CycleCell]:
    """The cells in which something is different; after the last cycle nothing is."""
    last = min((cycle for cycle, cell in cells.items() if cell.stop), default=None)
    return {
        cycle: replace(cell, wait="", cadence=None, reactivates_early=None) if cell.stop else cell
        for cycle, cell in sorted(cells.items())
        if not cell.is_as_before and (last is None or cycle <= last)
    }


def _cycles(cells: Mapping[int, CycleCell]) -> Any:
    told = _told(cells)
    if len(told) == 1 and (cycle := next(iter(told))) and told[cycle].stop:
        return cycle - 1
    return {str(cycle): _written(cell) for cycle, cell in told.items()}


def _written(cell: CycleCell) -> Any:
    if cell.stop:
        return "stop"
    written: dict[str, Any] = {}
    if cell.wait:
        written["wait"] = cell.wait
    if cell.cadence is not None:
        written["cadence"] = cell.cadence
    if cell.reactivates_early is not None:
        written["reactivates_early"] = cell.reactivates_early
    return written

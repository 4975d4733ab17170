"""What crosses Temporal for the sales sweep, which sees to what time alone changes: numbers,
sentences."""

from __future__ import annotations

from dataclasses import dataclass

SALES_SWEEP = "SalesSweep"
"""Workflow type of the sales sweep."""
SALES_SWEEP_ID = "sales-sweep"
"""Its workflow id: there is one."""


@dataclass(frozen=True)
class SalesSweepState:
    """What one run of the sales sweep hands to the next. ``recount`` is whether the team policy or
    the SLA has changed since due times were counted."""

    recount: bool = True


@dataclass(frozen=True)
class SweepSales:
    """Look after the sales sweep once; ``recount``: also count due times anew."""

    recount: bool


@dataclass(frozen=True)
class SalesSwept:
    """What was done. ``seconds`` is the pause until the next time (real time)."""

    seconds: float
    details: str

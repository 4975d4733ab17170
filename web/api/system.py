"""``/api/system``: what runs and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel

from domain.access import Action
from health.checks import Check, State, worst
from web.api.access import Place, may

router = APIRouter(prefix="/system", tags=["system"])


class CheckLine(BaseModel):
    """One thing that was looked at. ``name`` never changes; ``said`` says what there is, and
    ``advice`` what it means and what to do, '' when all is well."""

    name: str
    title: str
    state: State
    said: str
    advice: str
    figures: dict[str, Any]


class Standing(BaseModel):
    """All checks, and the worst state among them."""

    state: State
    checks: list[CheckLine]


@router.get("", dependencies=[Depends(may(Action.READ_SYSTEM))])
async def show(here: Place) -> Standing:
    """How everything stands; a few seconds old at most."""
    checks = await here.watch.checks()
    return Standing(state=worst(checks), checks=_lines(checks))


def _lines(checks: Sequence[Check]) -> list[CheckLine]:
    return [
        CheckLine(
            name=check.name,
            title=str(check.title),
            state=check.state,
            said=str(check.said),
            advice=str(check.advice),
            figures=dict(check.figures),
        )
        for check in checks
    ]

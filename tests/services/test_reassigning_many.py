"""How many leads change hands at once."""

from __future__ import annotations

from inspect import unwrap
from typing import Any, cast

import pytest

from cli.connect import operator
from domain.refusals import Invalid
from services import team

NOWHERE = cast(Any, None)
"""What nothing is asked of."""


def test_no_more_leads_change_hands_at_once_than_a_transaction_can_hold() -> None:
    """Somebody chooses all 50,000 that match, and every task and meeting of theirs is locked for
    minutes, twice."""
    leads = range(team.MOST + 1)

    for act in (
        lambda: unwrap(team.reassign)(NOWHERE, operator(), leads, "rep-1"),
        lambda: unwrap(team.reassign_by_rules)(NOWHERE, operator(), leads),
        lambda: team.look_at_reassigning(NOWHERE, operator(), leads, ""),
    ):
        with pytest.raises(Invalid, match="At most 1,000 leads change hands at once"):
            act()

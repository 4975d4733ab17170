"""How fast leads may be enrolled."""

from __future__ import annotations

from inspect import unwrap
from typing import Any, cast

import pytest

from cli.connect import operator
from domain.refusals import Invalid
from services import enrollments
from services.enrollments import Enrolling, LeadsByIds

NOWHERE = cast(Any, None)
"""What nothing is asked of."""


@pytest.mark.parametrize(
    ("pace", "field"),
    [
        ({"per_hour": 0}, "per_hour"),
        ({"per_day": 0}, "per_day"),
        ({"per_hour": -1}, "per_hour"),
        ({"per_day": enrollments.FASTEST + 1}, "per_day"),
    ],
)
def test_a_pace_that_is_none_is_refused(pace: dict[str, Any], field: str) -> None:
    """A number that is not filled in would be one an hour, or all at once; one that is too large
    a fault of the database."""
    asked = Enrolling(LeadsByIds([1]), **pace)

    for act in (
        lambda: enrollments.dry_run(NOWHERE, NOWHERE, "welcome-nurture", asked),
        lambda: unwrap(enrollments.enroll)(NOWHERE, operator(), "welcome-nurture", asked),
    ):
        with pytest.raises(Invalid, match="a number from 1 to 1,000,000") as refused:
            act()
        assert refused.value.field == field

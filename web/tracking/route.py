"""How the tracking API refuses."""

from __future__ import annotations

from fastapi.responses import Response

from domain.refusals import Refusal
from web.doors import DoorRoute
from web.problems import answer

ANY_ORIGIN = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Retry-After",
}
"""Pages of any origin may read the answers."""


class TrackingRoute(DoorRoute):
    """A route whose refusals Segment's libraries understand: beside a problem's own members they
    read ``success`` and ``message``."""

    def answer(self, problem: Refusal) -> Response:
        """As a problem document, and as Segment has it."""
        return refused(problem)


def refused(problem: Refusal, **more: object) -> Response:
    """The same; ``more`` are members beside or in place of the problem's."""
    response = answer(problem, success=False, message=str(problem), **more)
    response.headers.update(ANY_ORIGIN)
    return response

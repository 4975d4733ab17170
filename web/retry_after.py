"""When to ask again what could not be kept."""

from __future__ import annotations

import math
from datetime import timedelta

from fastapi.responses import Response

SECONDS = "5"


def retry_after(status: int = 503) -> dict[str, str]:
    """The header of an answer with ``status`` (RFC 9110 10.2.3); {} when asking again is no use."""
    return {"Retry-After": SECONDS} if status == 503 else {}


def not_before(answer: Response, wait: timedelta) -> Response:
    """``answer`` with the same header: what was asked too often may be asked after ``wait``."""
    answer.headers["Retry-After"] = str(max(1, math.ceil(wait.total_seconds())))
    return answer

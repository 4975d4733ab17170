"""The audit log in words."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine

from settings import DATABASE_SCHEME, Settings
from tests.web.api.test_access import routes
from web.api.app import create_api
from web.console.admin.changes import sentence_of

CHANGES = [
    (method, f"/api{route.path}")
    for route in routes(create_api(Settings(), create_engine(f"{DATABASE_SCHEME}://nowhere")))
    for method in sorted(route.methods or set())
    if method != "GET"
]


@pytest.mark.parametrize(("method", "path"), CHANGES, ids=[" ".join(one) for one in CHANGES])
def test_the_audit_log_says_what_was_done(method: str, path: str) -> None:
    """An admin would read addresses of the API, not what somebody did."""
    assert sentence_of(f"{method} {path}") is not None

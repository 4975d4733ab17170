"""The results of a cadence, over HTTP."""

from __future__ import annotations

from tests.web.api.conftest import Api


async def test_a_version_is_compared_with_another_one_only_if_both_are_named(api: Api) -> None:
    """All versions together would be told as if they differed from one of them."""
    path = "/cadences/welcome-nurture/results"

    alone = await api.ask("marketing", "GET", f"{path}?compare=1")
    both = await api.ask("marketing", "GET", f"{path}?version=1&compare=1")

    assert (alone.status_code, alone.json()["errors"][0]["field"]) == (422, "version")
    assert "Name the version" in alone.json()["detail"]
    assert both.status_code == 200, both.text

"""A cadence goes from one installation to another as an archive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import text

from domain.checking.bundle import Bundle, BundleFile, BundleKind, read_bundle, write_bundle
from settings import Settings
from tests.web.api.conftest import Api

CADENCE = "welcome-nurture"
EVERYTHING = """
    SELECT (SELECT count(*) FROM cadence_version), (SELECT count(*) FROM policy_version),
        (SELECT count(*) FROM template_version)
"""


async def exported(api: Api, name: str = CADENCE) -> bytes:
    """The archive that the API gives."""
    answer = await api.ask("sdr", "GET", f"/cadences/{name}/bundle")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{name}-')
    return answer.content


async def sent(api: Api, data: bytes, role: str = "marketing", **fields: Any) -> httpx.Response:
    """What the API answers to an archive."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(api.app), base_url="http://go.test/api", timeout=60
    ) as client:
        return await client.post(
            "/bundles",
            headers={"Authorization": f"Bearer {api.tokens[role]}"},
            files={"file": ("welcome.zip", data)},
            data={
                name: str(value).lower() if isinstance(value, bool) else value
                for name, value in fields.items()
            },
        )


def rows(api: Api) -> tuple[Any, ...]:
    """How many versions there are."""
    with api.database.connect() as connection:
        return tuple(connection.execute(text(EVERYTHING)).one())


def changed(data: bytes, file: str, old: str, new: str) -> bytes:
    """The same bundle with another text of one file."""
    bundle = read_bundle(data)
    files = tuple(
        BundleFile(one.kind, one.name, one.version, one.text.replace(old, new, 1))
        if one.file == file
        else one
        for one in bundle.files
    )
    assert files != bundle.files
    return write_bundle(Bundle(bundle.cadence, bundle.version, files))


@pytest.fixture
async def elsewhere(make_database: Callable[[], str], tmp_path: Path) -> Any:
    """Another installation, where a team is published and nothing else."""
    home = tmp_path / "elsewhere"
    home.mkdir()
    settings = Settings(
        database_url=make_database(),
        perennial_home=home,
        public_url="http://go.test",
        secret_key="a secret of the tests, 0123456789",
        email_channel="outbox",
    )
    here = await asyncio.to_thread(Api, settings, home)
    with here.database.begin() as connection:
        for table in ("cadence_version", "template_version"):
            connection.execute(text(f"DELETE FROM {table}"))
        connection.execute(text("DELETE FROM policy_version WHERE name <> 'team'"))
    yield here
    here.database.dispose()


async def test_what_was_exported_is_the_same_in_an_empty_installation(
    api: Api, elsewhere: Api
) -> None:
    """A colleague in another company would get another cadence, or one without its mails."""
    data = await exported(api)
    kinds = {one.kind for one in read_bundle(data).files}

    looked = await sent(elsewhere, data, dry_run=True)
    before = rows(elsewhere)
    done = await sent(elsewhere, data, note="From Graz")

    assert kinds == set(BundleKind)
    assert looked.status_code == 200, looked.text
    parts = [one for one in looked.json()["files"] if one["kind"] == "part"]
    assert {one["arrival"] for one in parts} == {"same"}
    assert {one["arrival"] for one in looked.json()["files"] if one not in parts} == {"new"}
    assert before == (0, 1, 0)
    assert done.status_code == 200, done.text
    assert done.json()["published"]["cadences"] == {CADENCE: {"version": 1, "new": True}}
    again = read_bundle(await exported(elsewhere))
    assert {(one.file, one.text) for one in again.files} == {
        (one.file, one.text) for one in read_bundle(data).files
    }
    said = (await elsewhere.ask("ops", "GET", f"/cadences/{CADENCE}")).json()
    assert (said["note"], said["published_by"]) == ("From Graz", "the marketing")
    changes = (await elsewhere.ask("admin", "GET", "/changes")).json()["items"]
    assert {one["path"] for one in changes} == {f"/api/cadences/{CADENCE}/bundle", "/api/bundles"}
    # Once more changes nothing.
    assert (await sent(elsewhere, data)).json()["published"]["templates"] == []


async def test_what_is_here_and_differs_is_replaced_only_if_so_asked(api: Api) -> None:
    """A bundle would silently take the place of what marketing wrote here."""
    data = await exported(api)
    other = changed(data, "policies/consent.yaml", "\n", "\n# written elsewhere\n")
    other = changed(other, f"cadences/{CADENCE}.yaml", "\n", "\n# written elsewhere\n")
    before = rows(api)

    looked = (await sent(api, other, dry_run=True)).json()
    refused = await sent(api, other)
    unchanged = rows(api)
    kept = await sent(api, other, replace=True, keep=["policies/consent.yaml"])

    assert looked["undecided"] == [f"cadences/{CADENCE}.yaml", "policies/consent.yaml"]
    consent = next(one for one in looked["files"] if one["name"] == "consent")
    assert "+# written elsewhere" in consent["difference"]
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (409, "replace")
    assert "policies/consent.yaml" in refused.json()["detail"]
    assert before == unchanged
    assert kept.status_code == 200, kept.text
    assert not any(one["new"] for one in kept.json()["published"]["policies"].values())
    assert (await sent(api, other, keep=["cadences/none.yaml"])).status_code == 422


async def test_what_nobody_was_shown_is_not_replaced(api: Api) -> None:
    """A colleague's version, published between the look and the button, would be lost unread."""
    file = f"cadences/{CADENCE}.yaml"
    mine = changed(await exported(api), file, "3 days", "5 days")
    looked = (await sent(api, mine, dry_run=True)).json()
    seen = [f"{one['file']}:{one['version_here']}" for one in looked["files"]]
    colleague = changed(await exported(api), file, "3 days", "4 days")
    assert (await sent(api, colleague, replace=True, seen=seen)).status_code == 200
    before = rows(api)

    late = await sent(api, mine, replace=True, seen=seen)

    assert (late.status_code, late.json()["errors"][0]["field"]) == (409, "seen")
    assert file in late.json()["detail"]
    assert "consent" not in late.json()["detail"]
    assert rows(api) == before
    assert (await sent(api, mine, replace=True, seen=["consent"])).status_code == 422


async def test_a_mistake_is_told_with_its_file_and_line_and_nothing_is_published(api: Api) -> None:
    """Half a cadence would send mails that nobody wrote."""
    data = await exported(api)
    broken = changed(data, f"cadences/{CADENCE}.yaml", "steps:", "stepz:")
    before = rows(api)

    answer = await sent(api, broken, replace=True)

    assert answer.status_code == 422
    assert f"cadences/{CADENCE}.yaml:" in answer.json()["detail"]
    assert "Did you mean 'steps'" in answer.json()["detail"]
    assert rows(api) == before


async def test_a_file_that_says_it_is_something_else_is_refused(api: Api) -> None:
    """It would replace another cadence than the one whose difference was shown."""
    data = await exported(api)
    other = changed(data, f"cadences/{CADENCE}.yaml", f"cadence: {CADENCE}", "cadence: mid-funnel")

    answer = await sent(api, other, replace=True)

    assert (answer.status_code, "something else" in answer.json()["detail"]) == (422, True)


async def test_only_who_may_publish_imports_and_a_large_one_is_no_error(api: Api) -> None:
    """A manager may look, and publishes nothing of marketing's."""
    data = changed(await exported(api), f"cadences/{CADENCE}.yaml", "3 days", "5 days")

    assert (await sent(api, data, role="sdr")).status_code == 403
    assert (await sent(api, data, role="manager", dry_run=True)).status_code == 200
    assert (await sent(api, data, role="manager", replace=True)).status_code == 403
    assert (await sent(api, b"\0" * 700_000)).status_code == 422
    assert (await api.ask("ops", "GET", "/cadences/none/bundle")).status_code == 404
    assert (await api.ask("ops", "GET", f"/cadences/{CADENCE}/bundle?version=9")).status_code == 404

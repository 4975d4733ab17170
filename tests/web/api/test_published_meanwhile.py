"""Two who publish the same at the same time: else what the first changed is in force no more, and
nobody said so."""

from __future__ import annotations

from functools import partial

import pytest

from services import publishing
from store.published.published_texts import Kind, file_of, version_in_force
from store.publishing.publishing import ReplacedVersion
from tests.services.doors import by_console
from tests.web.api.conftest import Api

CADENCE = "cadence: calls\nsteps:\n  - task: {title: Ring, kind: call}\n"
CONSENT = "policy: consent\nhard_bounce: suppress\n"


def in_force(api: Api, kind: Kind, name: str) -> ReplacedVersion:
    """What somebody who looks now would replace."""
    with api.database.connect() as connection:
        return ReplacedVersion(kind, name, version_in_force(connection, kind, name))


async def publish(api: Api, seen: ReplacedVersion | None, name: str, source: str) -> str:
    """The refusal, '' when it was published."""
    file = file_of("policy", name)
    check = partial(publishing.check_texts, files={file: source})
    return await by_console(api, "marketing", publishing.publish, [file], check, replaced=seen)


@pytest.mark.parametrize(
    ("kind", "name", "source", "other"),
    [
        ("policy", "consent", CONSENT, CONSENT.replace("suppress", "record")),
        ("cadence", "calls", CADENCE, CADENCE.replace("Ring", "Call")),
    ],
)
async def test_what_was_published_meanwhile_is_replaced_only_by_whoever_saw_it(
    api: Api, kind: Kind, name: str, source: str, other: str
) -> None:
    seen = in_force(api, kind, name)
    assert await publish(api, seen, name, source) == ""

    refused = await publish(api, seen, name, other)
    assert f"Somebody else published {name} meanwhile" in refused
    newest = in_force(api, kind, name)
    assert newest != seen

    assert await publish(api, newest, name, other) == ""
    assert in_force(api, kind, name) != newest
    assert await publish(api, None, name, source) == ""

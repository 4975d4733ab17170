"""Everything that is looked at, together."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from pathlib import Path

from sqlalchemy.engine import make_url

from domain.sentences import sentence
from health import database, temporal
from health.checks import Check, State
from health.sender_domains import SenderDomains
from health.sender_domains import check as check_senders
from health.visits import visits
from settings import Settings

LOW_DISK_BYTES = 1024**3


async def examine(
    settings: Settings,
    *,
    database_url: str = "",
    temporal_address: str = "",
    senders: SenderDomains | None = None,
) -> list[Check]:
    """How everything stands, within a few seconds.

    Args:
        database_url, temporal_address: instead of those of the settings.
        senders: what is known of our domains, which is asked anew only when it is old.
    """
    database_url = database_url or settings.database_url
    address = temporal_address or settings.temporal_address
    asked = asyncio.create_task(
        asyncio.to_thread(check_senders, senders or SenderDomains(settings))
    )
    local = [
        await asyncio.to_thread(disk, settings.perennial_home),
        await asyncio.to_thread(visits, settings.visit_spool()),
    ]
    if not address:
        found = await _database(settings, database_url)
        return [*local, *found, _no_address(), await asked]
    of_database, of_temporal = await asyncio.gather(
        _database(settings, database_url), temporal.examine(settings, address)
    )
    return [*local, *of_database, *of_temporal, await asked]


async def _database(settings: Settings, database_url: str) -> list[Check]:
    url = make_url(database_url)
    shown = f"{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"
    return await asyncio.to_thread(database.examine, database_url, shown, settings.clock())


def disk(home: Path) -> Check:
    """Room on the disks of ``PERENNIAL_HOME`` and of temporary files."""
    places = [_there(home), Path(tempfile.gettempdir())]
    free = {str(place): shutil.disk_usage(place).free for place in places}
    place, least = min(free.items(), key=lambda one: one[1])
    said = sentence("{size} GB free", size=f"{least / 1024**3:.1f}")
    figures = {"free_bytes": least}
    title = sentence("Disk")
    if least >= LOW_DISK_BYTES:
        return Check("disk", title, State.OK, said, figures=figures)
    advice = sentence(
        "The disk of {place} is nearly full ({size} GB free): free some.",
        place=place,
        size=f"{least / 1024**3:.1f}",
    )
    return Check("disk", title, State.BAD, said, advice, figures)


def _there(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.exists())


def _no_address() -> Check:
    return Check(
        "temporal",
        temporal.TEMPORAL,
        State.WARN,
        sentence("not set"),
        sentence("TEMPORAL_ADDRESS is not set here: journeys can't be looked at or steered."),
    )

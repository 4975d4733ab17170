"""Record the histories again: ``python -m tests.replay.record [SCENARIO …]``.

To be run when a workflow changed on purpose and no journey of the old kind is under way any more,
or when a scenario is new. It replaces the file of every scenario (or of those named).
"""

from __future__ import annotations

import asyncio
import functools
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from embedded.postgres import EmbeddedPostgres
from store import migrate
from tests.replay.histories import FOLDER, path_of, play
from tests.replay.scenarios import SCENARIOS


async def record(names: list[str], make_database: Callable[[str], str]) -> None:
    """Play the scenarios, one after the other, and write their histories."""
    for name in names:
        history = await play(SCENARIOS[name], functools.partial(make_database, name))
        path = path_of(name)
        path.write_text(f"{history.to_json()}\n", encoding="utf-8")
        sys.stdout.write(
            f"{path.name}: {len(history.events)} events, {path.stat().st_size:,} bytes\n"
        )


def main(names: list[str]) -> int:
    """Record on a PostgreSQL of our own.

    Returns:
        Exit code: 0, or 2 for a scenario that does not exist.
    """
    unknown = sorted(set(names) - set(SCENARIOS))
    if unknown:
        sys.stdout.write(
            f"No such scenario: {', '.join(unknown)}. There are {', '.join(SCENARIOS)}.\n"
        )
        return 2
    FOLDER.mkdir(exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="perennial-record-"))
    server = EmbeddedPostgres(home / "postgres", home / "logs", 0, durable=False)
    try:
        server.start()
        migrate.upgrade(server.create_database("migrated"))
        asyncio.run(
            record(
                names or list(SCENARIOS),
                lambda name: server.create_database(name, template="migrated"),
            )
        )
    finally:
        server.stop()
        shutil.rmtree(home)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

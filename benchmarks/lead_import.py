"""How fast a CRM export comes in: ``python benchmarks/lead_import.py [--rows N] [--json]``.

Starts a PostgreSQL of its own (durable, as in production), writes an invented export and runs
``starter.py import`` on it twice, each time as a program of its own: first every lead is new and
gets a journey queued, then every lead is known and updated. One row in a hundred is bad. Wall and
CPU seconds include the start of Python; ``peak_mb`` is the most memory that the program ever had
in RAM, as the kernel counts it. With ``--scoring`` the shipped rules are published, by which each
lead's fit is judged.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import text

from benchmarks.own_stack import Programs, print_figures
from cli.cadence import publish_files
from embedded.postgres import EmbeddedPostgres
from store import migrate
from store.engine import engine

HEADER = (
    *("Record ID", "First Name", "Last Name", "Email", "Phone Number", "Company Name"),
    *("Job Title", "Country/Region", "Lifecycle Stage", "Industry"),
)
COUNTRIES = (
    ("South Korea", "+82 10-{:04d}-{:04d}", "민준", "김"),
    ("United States", "(415) {:03d}-{:04d}", "Dana", "Miller"),
    ("Germany", "+49 30 {:04d}{:04d}", "Jürgen", "Groß"),
    ("China", "138{:04d}{:04d}", "伟", "王"),
    ("Japan", "+81 3-{:04d}-{:04d}", "花子", "山田"),
)


def write_export(path: Path, rows: int) -> None:
    """Write an invented export of ``rows`` rows, in UTF-8 with a byte order mark."""
    dice = random.Random(7)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(rows):
            country, phone, first, last = dice.choice(COUNTRIES)
            company = f"Company {dice.randrange(rows // 10 + 1)}"
            email = f"person.{number}@{company.lower().replace(' ', '')}.example"
            writer.writerow(
                [
                    1_000_000 + number,
                    first,
                    last,
                    "not an address" if number % 100 == 99 else email,
                    phone.format(dice.randrange(200, 1000), dice.randrange(10_000)),
                    company,
                    dice.choice(("Head of Operations", "구매 팀장", "CTO")),
                    country,
                    "lead",
                    dice.choice(("Software", "Retail, wholesale", "Logistics")),
                ]
            )


def run_import(file: Path, folder: Path, database_url: str, postgres: Programs) -> dict[str, Any]:
    """Run the command as a person would: what it prints, and what it and the database used."""
    before = postgres.cpu()["postgres"]
    began = time.monotonic()
    program = subprocess.Popen(
        [sys.executable, str(ROOT / "starter.py"), "import", str(file), "--json"],
        cwd=folder,
        env={**os.environ, "DATABASE_URL": database_url, "TEMPORAL_ADDRESS": "127.0.0.1:1"},
        stdout=subprocess.PIPE,
    )
    assert program.stdout is not None
    printed = program.stdout.read()
    _, status, used = os.wait4(program.pid, 0)
    program.returncode = os.waitstatus_to_exitcode(status)
    if program.returncode:
        raise subprocess.CalledProcessError(program.returncode, "starter.py import")
    wall = time.monotonic() - began
    return {
        **json.loads(printed),
        "wall_s": round(wall, 2),
        "import_cpu_s": round(used.ru_utime + used.ru_stime, 2),
        "postgres_cpu_s": round(postgres.cpu()["postgres"] - before, 2),
        "peak_mb": round(used.ru_maxrss / 1024),
    }


def publish(database_url: str, *, scoring: bool) -> None:
    """What an import needs: a cadence; or everything that is shipped, scoring rules included."""
    database = engine(database_url)
    if scoring:
        publish_files(database, ROOT / "cadences", ROOT / "templates")
        return
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO cadence_version (name, version, digest, source, definition, "
                "templates) VALUES ('welcome-nurture', 1, '', '', '{}', '{}')"
            )
        )


def measure(rows: int, *, scoring: bool) -> dict[str, Any]:
    """Import ``rows`` new leads, then the same again."""
    folder = Path(tempfile.mkdtemp(prefix="perennial-import-"))
    server = EmbeddedPostgres(folder / "postgres", folder / "logs", 0)
    try:
        server.start()
        url = server.create_database("perennial")
        migrate.upgrade(url)
        publish(url, scoring=scoring)
        file = folder / "export.csv"
        write_export(file, rows)
        assert server.pid is not None
        postgres = Programs({"postgres": [server.pid]})
        first = run_import(file, folder, url, postgres)
        again = run_import(file, folder, url, postgres)
    finally:
        server.stop()
        shutil.rmtree(folder)
    used = ("wall_s", "import_cpu_s", "postgres_cpu_s", "peak_mb")
    return {
        "rows": rows,
        "created": first["created"],
        "rejected": first["rejected"],
        "journeys_queued": first["journeys_queued"],
        **{name: first[name] for name in used},
        "rows_per_s": round(rows / first["wall_s"]),
        "updated": again["updated"],
        **{f"update_{name}": again[name] for name in used},
    }


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--scoring", action="store_true", help="judge fit by the shipped rules")
    arguments.add_argument("--json", action="store_true", help="print one JSON object")
    asked = arguments.parse_args()
    print_figures(measure(asked.rows, scoring=asked.scoring), as_json=asked.json)


if __name__ == "__main__":
    main()

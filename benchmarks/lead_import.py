"""How fast a CRM export comes in: ``python benchmarks/lead_import.py [--rows N] [--json]``.

Starts a PostgreSQL of its own (durable, as in production), writes an invented export and runs
``starter.py import`` on it twice: first every lead is new and gets a journey queued, then every
lead is known and updated. One row in a hundred is bad. Wall seconds include the start of Python.
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
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sqlalchemy import create_engine, text

from embedded.postgres import EmbeddedPostgres
from store import migrate

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


def run_import(file: Path, folder: Path, database_url: str) -> dict[str, Any]:
    """Run the command as a person would and return what it prints."""
    printed = subprocess.run(
        [sys.executable, str(ROOT / "starter.py"), "import", str(file), "--json"],
        cwd=folder,
        env={**os.environ, "DATABASE_URL": database_url, "TEMPORAL_ADDRESS": "127.0.0.1:1"},
        stdout=subprocess.PIPE,
        check=True,
    )
    result: dict[str, Any] = json.loads(printed.stdout)
    return result


def measure(rows: int) -> dict[str, Any]:
    """Import ``rows`` new leads, then the same again."""
    folder = Path(tempfile.mkdtemp(prefix="perennial-import-"))
    server = EmbeddedPostgres(folder / "postgres", folder / "logs", 0)
    try:
        server.start()
        url = server.create_database("perennial")
        migrate.upgrade(url)
        engine = create_engine(url)
        with engine.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO cadence_version (name, version, digest, source, definition, "
                    "templates) VALUES ('welcome-nurture', 1, '', '', '{}', '{}')"
                )
            )
        engine.dispose()
        file = folder / "export.csv"
        write_export(file, rows)
        first = run_import(file, folder, url)
        again = run_import(file, folder, url)
    finally:
        server.stop()
        shutil.rmtree(folder)
    return {
        "rows": rows,
        "created": first["created"],
        "rejected": first["rejected"],
        "journeys_queued": first["journeys_queued"],
        "wall_s": first["wall_s"],
        "rows_per_s": round(rows / first["wall_s"]),
        "updated": again["updated"],
        "update_wall_s": again["wall_s"],
        "update_rows_per_s": round(rows / again["wall_s"]),
    }


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, default=100_000)
    arguments.add_argument("--json", action="store_true", help="print one JSON object")
    asked = arguments.parse_args()
    result = measure(asked.rows)
    if asked.json:
        print(json.dumps(result))
    else:
        for name, value in result.items():
            print(f"{name:<18} {value:>12,}")


if __name__ == "__main__":
    main()

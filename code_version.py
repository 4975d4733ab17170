"""Which code this is: for people, and for Temporal, so that two versions at once are noticed."""

from __future__ import annotations

import functools
import hashlib
import os
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PARTS = (
    "activities",
    "domain",
    "mail",
    "services",
    "store",
    "temporal",
    "workflows",
    "runtime.py",
    "worker.py",
)
"""What decides how journeys go on, with all the files in it: SQL and catalogs too. What marketing
writes (``templates/``, ``cadences/``) is not among it: it counts as it was published."""


@functools.cache
def code_version() -> str:
    """A digest of the code that workers run, after ``PERENNIAL_VERSION`` where that is set."""
    digest = hashlib.sha256()
    for part in PARTS:
        place = ROOT / part
        for path in [place] if place.is_file() else _files_of(place):
            digest.update(f"{path.relative_to(ROOT)}\0".encode())
            digest.update(path.read_bytes())
    own = digest.hexdigest()[:10]
    named = os.environ.get("PERENNIAL_VERSION", "")
    return f"{named}-{own}" if named else own


def _files_of(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return sorted(path for path in found if path.is_file())


def release() -> str:
    """The release, and what workers of this code call themselves: ``0.1.0 (3f5c9a1e20)``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return f"{project['version']} ({code_version()})"

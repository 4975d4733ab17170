"""Which code this is: what workers tell Temporal, so that two versions at once are noticed."""

from __future__ import annotations

import functools
import hashlib
import os

from settings import ROOT

PARTS = ("activities", "domain", "store", "workflows", "relay.py", "worker.py")
"""What decides how journeys go on."""


@functools.cache
def code_version() -> str:
    """A digest of the code that workers run, after ``PERENNIAL_VERSION`` where that is set."""
    digest = hashlib.sha256()
    for part in PARTS:
        place = ROOT / part
        for path in [place] if place.is_file() else sorted(place.rglob("*.py")):
            digest.update(f"{path.relative_to(ROOT)}\0".encode())
            digest.update(path.read_bytes())
    own = digest.hexdigest()[:10]
    named = os.environ.get("PERENNIAL_VERSION", "")
    return f"{named}-{own}" if named else own

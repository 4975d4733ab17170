"""How `make test` spreads the tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

GROUP = """
import os
import pytest

@pytest.mark.xdist_group("servers")
@pytest.mark.parametrize("number", range(6))
def test_which(number):
    with open("processes", "a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + chr(10))
"""


def test_tests_of_a_group_run_in_one_process(tmp_path: Path) -> None:
    """Each process would start the servers, the web app and the browser of every group: the suite
    takes half as long again and nobody is told."""
    for name in ("test_one.py", "test_two.py"):
        (tmp_path / name).write_text(GROUP, encoding="utf-8")
    options = ("-q", "-n", "2", "--dist", "loadgroup", "-p", "no:cacheprovider")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--rootdir", str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    processes = (tmp_path / "processes").read_text(encoding="utf-8").split()
    assert (len(processes), len(set(processes))) == (12, 1)

"""Benchmarks are run seldom, so what they publish must not rot unseen."""

from __future__ import annotations

from pathlib import Path

from benchmarks.touches import write_cadence
from cli.cadence_files import check_files
from settings import ROOT


def test_the_cadence_that_measures_a_touch_can_be_published(tmp_path: Path) -> None:
    folder = tmp_path / "cadences"
    write_cadence(folder)

    checked = check_files(folder, ROOT / "templates")

    assert checked.problems == []
    assert str(folder / "benchmark.yaml") in checked.cadences

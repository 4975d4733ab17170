"""What the pages point at is there: a reader follows a link or opens a file and finds it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from domain.checking.reference import anchor
from settings import ROOT
from tests.support.source_files import shown, written_files

PAGES = [path for path in written_files() if path.suffix == ".md"]
_FENCED = re.compile(r"^ *```.*?^ *```", re.M | re.S)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FILE = re.compile(r"`((?:[\w.-]+/)+(?:[\w*-]+\.(?:py|md|yaml|js|html|po))?)(?::[^`]*)?`")
MADE = {"screenshots/"}


def _headings(page: Path) -> set[str]:
    text = _FENCED.sub("", page.read_text(encoding="utf-8"))
    return {anchor(line) for line in re.findall(r"^#+ (.*)$", text, re.M)}


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    """A link inside the project, with the heading it names."""
    lost = []
    for link in _LINK.findall(_FENCED.sub("", page.read_text(encoding="utf-8"))):
        file, _, heading = link.partition("#")
        if "://" in link or link.startswith("mailto:"):
            continue
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (heading and heading not in _headings(target)):
            lost.append(link)

    assert lost == []


def test_every_decision_is_on_the_list_of_decisions() -> None:
    """Under its own title; else nobody finds it but by chance."""
    folder = ROOT / "docs" / "decisions"
    listed = re.findall(r"^- \[(.*)\]\((.*)\)$", (folder / "README.md").read_text("utf-8"), re.M)

    assert sorted(listed, key=lambda one: one[1]) == [
        (path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# "), path.name)
        for path in sorted(folder.glob("*.md"))
        if path.name != "README.md"
    ]


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_every_file_and_folder_that_a_page_names_is_there(page: Path) -> None:
    """A recipe that sends people to a file that is gone costs more than none."""
    named = set(_FILE.findall(_FENCED.sub("", page.read_text(encoding="utf-8")))) - MADE

    assert [path for path in sorted(named) if not list(ROOT.glob(path.rstrip("/")))] == []
    assert page.name != "CONTRIBUTING.md" or len(named) > 30

"""What templates include: files of the installation, which the command line reads too."""

from __future__ import annotations

from pathlib import Path

from settings import ROOT

TEMPLATES = ROOT / "templates"


def template_parts(folder: Path) -> dict[str, str]:
    """File name → text of the parts in a folder: the files whose names begin with an
    underscore."""
    return {
        path.name: path.read_text(encoding="utf-8-sig") for path in sorted(folder.glob("_*.mjml"))
    }

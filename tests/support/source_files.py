"""The project's own files."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

from settings import ROOT

PACKAGES = (
    "activities",
    "cli",
    "demo",
    "domain",
    "embedded",
    "health",
    "mail",
    "services",
    "store",
    "temporal",
    "web",
    "workflows",
)
LEFT_OUT = {
    "__pycache__",
    "node_modules",
    "screenshots",
    "build",
    "dist",
}
"""Folders that are made, not written; hidden ones are left out too, except those named below."""
HIDDEN_BUT_OURS = {
    ".ci",
    ".github",
    ".dockerignore",
    ".env.example",
    ".gitignore",
    ".pre-commit-config.yaml",
}


@functools.cache
def written_files() -> list[Path]:
    """Every file that people write, as in a fresh clone."""
    return sorted(path for path in ROOT.rglob("*") if path.is_file() and _is_ours(path))


def _is_ours(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    return not any(
        part in LEFT_OUT
        or part.endswith(".egg-info")
        or (part.startswith(".") and part not in HIDDEN_BUT_OURS)
        for part in parts
    )


def python_files(*folders: str) -> list[Path]:
    """The Python files of ``folders``, or those beside them without any."""
    if not folders:
        return sorted(ROOT.glob("*.py"))
    return sorted(
        path for path in written_files() if path.suffix == ".py" and _first(path) in folders
    )


def _first(path: Path) -> str:
    return path.relative_to(ROOT).parts[0]


def shown(path: Path) -> str:
    """The path as a reader of a failed test knows it."""
    return path.relative_to(ROOT).as_posix()


@functools.cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a Python file."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=shown(path))

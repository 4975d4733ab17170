"""The rooms and the arrows between them: broken, a change in one is a change in all."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from settings import ROOT
from tests.support.source_files import PACKAGES, parsed, python_files, shown

# What differs from run to run, or reads the machine: in a workflow it breaks replay.
FORBIDDEN_MODULES = {"os", "random", "secrets", "time", "uuid", "zoneinfo", "pathlib", "socket"}
CHANGES = {"consume", "discard", "append", "remove", "pop", "clear"}
FORBIDDEN_CALLS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today"}


def test_every_import_follows_the_arrows() -> None:
    """The contracts stand in pyproject.toml; this runs them."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("path", python_files("workflows"), ids=shown)
def test_a_workflow_asks_temporal_for_time_and_chance(path: Path) -> None:
    """Else a worker that replays a journey comes to another decision, and the journey hangs."""
    tree = parsed(path)

    imported = {name.split(".")[0] for node in ast.walk(tree) for name in _imports(node)}
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}

    assert imported & FORBIDDEN_MODULES == set()
    assert {call for call in called if call.endswith(tuple(FORBIDDEN_CALLS))} == set()


def test_a_worker_runs_without_the_command_line() -> None:
    """No contract holds worker.py, which is in no package."""
    loaded = "import sys, worker; print(sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", loaded], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert {"cli", "demo", "web"} & set(ast.literal_eval(done.stdout)) == set()


def _imports(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []


@pytest.mark.parametrize("path", python_files("workflows"), ids=shown)
def test_a_condition_that_is_waited_for_changes_nothing(path: Path) -> None:
    """It is asked after each thing that happens, and what it took would be gone by the time that
    somebody looks."""
    conditions = [
        given
        for call in ast.walk(parsed(path))
        if isinstance(call, ast.Call)
        for given in (*call.args, *(word.value for word in call.keywords if word.arg != "looked"))
        if isinstance(given, ast.Lambda)
    ]
    called = {
        node.func.attr
        for condition in conditions
        for node in ast.walk(condition)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }

    assert called & CHANGES == set()


def test_these_tests_know_every_package() -> None:
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert found - {"tests", "benchmarks"} == set(PACKAGES)

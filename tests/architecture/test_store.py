"""What is the store's alone: statements, and the rows they give."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.architecture.files import PACKAGES, parsed, python_files, shown

ELSEWHERE = [
    *python_files(*(package for package in PACKAGES if package != "store")),
    *python_files(),
]
NO_STATEMENTS = {"Connection", "Engine", "create_engine", "event", "make_url"}
"""What other rooms may have of SQLAlchemy, beside its exceptions."""
ASKS = {"execute", "scalar", "scalars", "exec_driver_sql"}


@pytest.mark.parametrize("path", ELSEWHERE, ids=shown)
def test_no_statement_stands_outside_the_store(path: Path) -> None:
    """Whoever changes a table looks for its statements there, and would break the others."""
    used = set()
    for node in ast.walk(parsed(path)):
        match node:
            case ast.Import(names=names):
                used |= {one.name for one in names if one.name.split(".")[0] == "sqlalchemy"}
            case ast.ImportFrom(module="sqlalchemy.exc"):
                pass
            case ast.ImportFrom(module=str(module), names=names):
                if module.split(".")[0] == "sqlalchemy" or module.startswith("store.tables"):
                    used |= {one.name for one in names} - NO_STATEMENTS
            case ast.Call(func=ast.Attribute(value=ast.Name(id="connection"), attr=attr)):
                used |= {attr} & ASKS

    assert used == set()

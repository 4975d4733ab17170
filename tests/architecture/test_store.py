"""What is the store's alone: statements, and the rows they give."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.support.source_files import PACKAGES, parsed, python_files, shown

ELSEWHERE = [
    *python_files(*(package for package in PACKAGES if package != "store")),
    *python_files(),
]
NO_STATEMENTS = {"Connection", "Engine", "create_engine", "event", "make_url"}
"""What other rooms may have of SQLAlchemy, beside its exceptions."""
ASKS = {"execute", "scalar", "scalars", "exec_driver_sql"}


def test_no_statement_stands_outside_the_store() -> None:
    """Whoever changes a table looks for its statements there, and would break the others."""
    used = {shown(path): _of_sqlalchemy(path) for path in ELSEWHERE}

    assert {name: what for name, what in used.items() if what} == {}


def _of_sqlalchemy(path: Path) -> set[str]:
    """What a file uses of it that is for the store alone."""
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
    return used


PASSED_ON = [
    path
    for path in python_files("store")
    if path.parent.name not in ("tables", "versions")
    and shown(path) not in ("store/bounded.py", "store/health.py")
]
"""All but what stands in for the driver's own functions, and what only ``health`` asks: one row of
some numbers, of a connection that knows no SQLAlchemy."""
UNTYPED = {"Row", "RowMapping", "Any"}


def test_what_the_store_gives_and_takes_has_a_type() -> None:
    """Nobody who reads a row outside the function that asked for it sees which columns it has, nor
    does the type checker: a column that is renamed is missed where it runs. Values of JSON are
    whatever they are."""
    untyped = [
        f"{shown(path)}:{function.lineno}: {function.name}"
        for path in PASSED_ON
        for function in _public_functions(parsed(path))
        if any(_is_untyped(given) for given in _given(function)) or _is_loose(function.returns)
    ]

    assert untyped == []


def _public_functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        for one in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(one, ast.FunctionDef) and not one.name.startswith("_"):
                yield one


def _given(function: ast.FunctionDef) -> list[ast.expr]:
    taken = [*function.args.args, *function.args.kwonlyargs]
    return [one.annotation for one in taken if one.annotation is not None]


def _is_untyped(annotation: ast.expr) -> bool:
    """Whether it is a row, or anything at all where it is no JSON object."""
    if ast.unparse(annotation) in ("Mapping[str, Any]", "Mapping[str, Any] | None"):
        return False
    return any(isinstance(one, ast.Name) and one.id in UNTYPED for one in ast.walk(annotation))


def _is_loose(returns: ast.expr | None) -> bool:
    """Whether a function returns a row, anything at all, or three things that have no names."""
    return returns is not None and any(
        (isinstance(one, ast.Name) and one.id in UNTYPED)
        or (isinstance(one, ast.Subscript) and ast.unparse(one.value) == "tuple" and _has_many(one))
        for one in ast.walk(returns)
    )


def _has_many(bare: ast.Subscript) -> bool:
    return isinstance(bare.slice, ast.Tuple) and len(bare.slice.elts) > 2

"""What makes the project readable and fit to be handed to anyone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.support.source_files import PACKAGES, parsed, python_files, shown, written_files

LONGEST = 500
OURS = (*PACKAGES, "benchmarks")
TEXT = {
    ".py", ".md", ".yml", ".yaml", ".toml", ".txt", ".sh", ".html", ".css", ".jinja", ".mjml",
    ".csv", ".json", ".sql", ".example", "",
}  # fmt: skip
# Written in two parts, so that this file passes its own test.
FORBIDDEN = [
    re.compile(pattern)
    for pattern in (
        r"\b(?:py" r"pi|python" r"hosted)\.org",
        r"registry" r"\.npmjs",
        r"\b(?:docker|ghcr|quay|gcr)" r"\.io/",
        r"(?<![\w.$}])/(?:root|" r"home/\w+|Users/\w+)/",
        r"--(?:extra-)?index" r"-url[= ]",
    )
]


def test_a_file_is_read_in_one_sitting() -> None:
    lines = {
        shown(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in python_files(*OURS, "tests") + python_files()
    }

    assert {name: count for name, count in lines.items() if count > LONGEST} == {}


def test_everything_public_says_what_it_is() -> None:
    """A reader should not have to open a function to learn what it does. A migration is told by
    its module, a property by its name."""
    silent = []
    for path in python_files(*OURS) + python_files():
        tree = parsed(path)
        public = () if path.parent.name == "versions" else _public(tree)
        silent += [
            f"{shown(path)}:{node.lineno}: {name}"
            for name, node in public
            if ast.get_docstring(node) is None
        ]
        if tree.body and ast.get_docstring(tree) is None:
            silent.append(f"{shown(path)}:1: the module")

    assert silent == []


Documented = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def _public(tree: ast.Module) -> Iterator[tuple[str, Documented]]:
    """Public functions and classes of a module, and the public methods of those classes that do
    not override something documented in a base."""
    for node in tree.body:
        if not isinstance(node, Documented) or node.name.startswith("_"):
            continue
        yield node.name, node
        if isinstance(node, ast.ClassDef) and not node.bases:
            for inner in node.body:
                if (
                    isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
                    and not inner.name.startswith("_")
                    and not {"property", "overload"} & set(map(ast.unparse, inner.decorator_list))
                ):
                    yield f"{node.name}.{inner.name}", inner


def test_no_file_names_a_registry_or_a_place_on_somebodys_machine() -> None:
    """Else an install elsewhere asks for a host or a folder that is not there."""
    found = [
        f"{shown(path)}:{number}: {match[0]}"
        for path in written_files()
        if path.suffix in TEXT
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1
        )
        for pattern in FORBIDDEN
        if (match := pattern.search(line))
    ]

    assert found == []


def test_no_test_starts_a_program_that_may_outlive_it() -> None:
    """What a failed test leaves running, or open, fails another: that a pipe is lost is noticed
    whenever memory is cleared up."""
    starters = {
        shown(path)
        for path in python_files("tests")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "Popen"
    }

    assert starters == {"tests/support/programs.py"}

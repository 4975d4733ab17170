"""Doors read, and leave what changes something to the services."""

from __future__ import annotations

import ast

from tests.support.source_files import parsed, python_files, shown

READING = {
    "web/api/access.py": "a token is seen",
    "web/console/pages.py": "a session is seen",
    "web/console/sockets.py": "a session is seen",
    "web/console/visit.py": "a session is seen, and drafts are kept that are on no record",
    "web/api/mails.py": "the sequence that the outbox is followed by is locked",
}
"""Modules that commit all the same, and what."""


def test_no_door_commits() -> None:
    """What a door changed by itself would be on no record, be open to every role, and come out
    otherwise than at the next door."""
    found = {
        shown(path)
        for path in python_files("cli", "web")
        if shown(path).startswith(("cli/", "web/api/", "web/console/"))
        for call in ast.walk(parsed(path))
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and (
            call.func.attr == "commit"
            or (call.func.attr == "begin" and "database" in ast.unparse(call.func.value))
            or (call.func.attr == "begin" and "engine" in ast.unparse(call.func.value))
        )
    }

    assert found == set(READING)

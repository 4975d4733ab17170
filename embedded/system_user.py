"""Whom PostgreSQL runs as under root, and how that user reaches its files.

PostgreSQL refuses to run as root. When we are root, as in most containers, the server runs as
the system user ``pgserver``, which is created where it is missing. Its group may pass through the
folder of the data; folders above that and on the way to the program get the right to be passed
through, and no right to be listed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import time
from pathlib import Path

from embedded.processes import STARTS_TRIED
from embedded.state import StackError

SYSTEM_USER = "pgserver"


def system_user() -> pwd.struct_passwd:
    """The account that the server runs as under root, made where it is missing."""
    reason = ""
    for _ in range(STARTS_TRIED):
        try:
            return pwd.getpwnam(SYSTEM_USER)
        except KeyError:
            # Another start on this machine may be making it: then this fails, and look again.
            program = shutil.which("useradd")
            if program is None:
                reason = "there is no program useradd"
                break
            made = subprocess.run(
                [program, "--system", "--no-create-home", SYSTEM_USER],
                capture_output=True,
                text=True,
                check=False,
            )
            reason = made.stderr.strip()
            time.sleep(0.2)
    raise StackError(
        f"PostgreSQL cannot run as root and the system user {SYSTEM_USER} cannot be created "
        f"({reason}): run Perennial as an ordinary user."
    )


def let_group_pass(folder: Path, account: pwd.struct_passwd) -> None:
    """Let the account's group, and nobody else, pass through ``folder``."""
    if not folder.stat().st_mode & stat.S_IXOTH:
        os.chown(folder, -1, account.pw_gid)
        folder.chmod(folder.stat().st_mode | stat.S_IXGRP)
    let_pass(folder.parent, account)


def let_pass(folder: Path, account: pwd.struct_passwd) -> None:
    """Let other users pass through ``folder`` and its parents, where the account cannot yet."""
    for place in (folder, *folder.parents):
        found = place.stat()
        by_group = found.st_gid == account.pw_gid and found.st_mode & stat.S_IXGRP
        if not by_group and not found.st_mode & stat.S_IXOTH:
            place.chmod(found.st_mode | stat.S_IXOTH)


def let_read(folder: Path) -> None:
    """Let other users read the programs, where a strict umask forbade it."""
    if folder.stat().st_mode & stat.S_IROTH:
        return
    for place in (folder, *folder.rglob("*")):
        mode = place.stat().st_mode
        passing = stat.S_IXOTH if mode & stat.S_IXUSR else 0
        place.chmod(mode | stat.S_IROTH | passing)

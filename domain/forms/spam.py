"""What tells a program from a person who sends a form, without asking anybody else.

None of it is proof. What looks like a program's is kept apart, and a person may say that it was
none.
"""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum

SOONEST_SECONDS = 3.0
"""How long after its page was made a form may be sent, when the browser did the work."""
SOONEST_WITHOUT_WORK_SECONDS = 8.0
"""The same for a browser that runs no script."""
WORK_BITS = 15
"""Leading zero bits that the work has to find: some tens of thousands of hashes, less than half a
second of a phone."""
_WORK = re.compile(r"[0-9]{1,12}")


class SpamSuspicion(StrEnum):
    """Why something looks like spam."""

    TRAP = "trap"
    """A field was filled in that no person sees."""
    TOO_FAST = "too_fast"
    LINKS = "links"
    """Addresses of pages where names belong."""
    TOO_MANY = "too_many"
    """Of its network, its address, or the form."""
    ERASED = "erased"
    """The person of this address was erased; perhaps they have come back themselves."""


def is_worked(page: str, work: str) -> bool:
    """Whether ``work`` is what a browser finds for this page: SHA-256 of both, with a colon
    between them, begins with :data:`WORK_BITS` zero bits."""
    if not _WORK.fullmatch(work):
        return False
    found = hashlib.sha256(f"{page}:{work}".encode()).digest()
    return int.from_bytes(found, "big") >> (256 - WORK_BITS) == 0


def seconds_to_wait(age: float, *, worked: bool) -> float:
    """How long it is until a form may be sent whose page was made ``age`` seconds ago; 0 when it
    may."""
    soonest = SOONEST_SECONDS if worked else SOONEST_WITHOUT_WORK_SECONDS
    return max(0.0, soonest - age)


def mailbox(email_key: str) -> str:
    """The mailbox in which mail to an address arrives: ``ann+offers@x.example`` is that of
    ``ann@x.example`` at most providers."""
    local, at, domain = email_key.rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"

"""What every policy file has in common."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import get_args

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticCustomError

Path = tuple[str | int, ...]
"""Keys and positions that lead to a value."""

LONGEST_CODE = 40
CODE = re.compile(rf"[^\WA-Z]{{1,{LONGEST_CODE}}}")
"""A code of a reason or a competitor. Through Temporal go only those that a policy lists: people
would type names."""


def code_of(text: str) -> str:
    """The code of what somebody calls a competitor: ``Acme Dispatch Inc.`` is
    ``acme_dispatch_inc``. '' for what has no letter or digit."""
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", text).lower())
    return "_".join(words)[:LONGEST_CODE].strip("_")


class Policy(BaseModel):
    """A policy file refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class PolicyFile(Policy):
    """A policy file as a whole, which names its policy in the key ``policy``; each kind narrows
    that to the one name it has."""

    policy: str

    @classmethod
    def name(cls) -> str:
        """The name of policies of this kind."""
        (name,) = get_args(cls.model_fields["policy"].annotation)
        return str(name)


def mistake(message: str, path: Path = ()) -> PydanticCustomError:
    """What a validator raises: a problem at ``path`` under the validated value (see
    ``yaml_source.validate``)."""
    return PydanticCustomError("policy", "{message}", {"message": message, "path": path})


def first_double(names: Iterable[str]) -> tuple[int, str] | None:
    """Position (from 0) and name of the first that stands there a second time, None when each is
    there once."""
    seen: set[str] = set()
    for position, name in enumerate(names):
        if name in seen:
            return position, name
        seen.add(name)
    return None

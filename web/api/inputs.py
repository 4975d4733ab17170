"""Types of what callers send, besides those of ``domain/inputs.py``."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import ConfigDict, Field, Strict

from domain import access
from domain.engagement.campaigns import LONGEST
from domain.inputs import ASKED, Code

QUERIED = ASKED | ConfigDict(strict=False)
"""The same for the parameters of an address, which are all text."""
Codes = Annotated[
    list[Code] | None, Query(max_length=100, description="Any of these; repeat it for several.")
]
"""Values of a filter of which one must fit."""
SaidName = Annotated[str, Field(max_length=LONGEST + 20)]
"""What others call something, such as a campaign; before it may stand what it is: ``campaign:``."""
SaidNames = Annotated[
    list[SaidName] | None, Query(max_length=100, description="Any of these; repeat it for several.")
]
"""The same of what others call something."""
Address = Annotated[str, Field(max_length=320)]
"""An e-mail address, of at most as many characters as SMTP takes, or the id of a lead."""
Url = Annotated[str, Field(max_length=2_000)]
Role = Annotated[access.Role, Strict(False)]
"""What somebody may do."""
Id = Annotated[int, Field(ge=1, lt=2**63)]
"""Of a row."""

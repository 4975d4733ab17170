"""What every policy file has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Policy(BaseModel):
    """A policy file refuses keys it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

"""Lists that are read page by page."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

T = TypeVar("T")
Limit = Annotated[int, Query(ge=1, le=500, description="How many at most.")]
After = Annotated[int, Query(ge=0, lt=2**63, description="`next` of the page before.")]
Before = Annotated[int | None, Query(ge=1, lt=2**63, description="`next` of the page before.")]


class Page(BaseModel, Generic[T]):
    """One page. ``next`` asks for the page that follows; it is null on the last one."""

    items: list[T]
    next: int | None = None


class Listing(BaseModel, Generic[T]):
    """A list that is short enough to come whole."""

    items: list[T]


class Done(BaseModel):
    """A change that was made, told in a sentence."""

    detail: str

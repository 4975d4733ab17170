"""What of a request is kept with the record of a change: codes, names of programs and colleagues,
nothing about a lead."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from pydantic import BaseModel

KEPT: Mapping[str, tuple[str, ...]] = {
    "POST /users": ("email", "role", "rep"),
    "PATCH /users/{user_id}": ("role", "rep", "disabled"),
    "POST /tokens": ("name", "role", "rep"),
    "POST /tokens/revoke": ("name",),
    "POST /write-keys": ("name", "cadence", "kind"),
    "POST /write-keys/revoke": ("name",),
    "POST /webhooks/endpoints": ("url", "events"),
    "POST /webhooks/endpoints/remove": ("url",),
    "POST /webhooks/endpoints/pause": ("url", "paused"),
    "POST /publications": ("files", "only_check"),
    "PATCH /imports/{import_id}": ("cadence",),
    "POST /leads/prospects": ("owner",),
    "POST /leads/{lead_id}/score": ("points",),
    "POST /leads/{lead_id}/move": ("phase",),
    "POST /tasks/{task_id}/complete": ("disposition",),
    "POST /tasks/{task_id}/hold": ("disposition",),
    "POST /tasks/{task_id}/reassign": ("to",),
    "POST /received/{mail_id}/assign": ("lead_id",),
    "POST /received/{mail_id}/settle": ("settled_as", "lead_id"),
    "POST /team/reassign": ("to", "leads"),
    "PUT /team/{rep}/presence": ("present",),
    "POST /team/{rep}/absences": ("begins_at", "until"),
    "POST /accounts/{account_id}/hold": ("until",),
    "POST /accounts/{account_id}/play": ("cadence",),
    "POST /opportunities/{opportunity_id}/close": ("outcome",),
    "POST /recycle/wake": ("leads",),
    "POST /recycle/extend": ("leads", "until"),
    "POST /recycle/retire": ("leads",),
    "POST /recycle/{lead_id}/until": ("until",),
    "POST /recycle/{lead_id}/extend": ("until",),
    "POST /recycle/{lead_id}/return-to": ("cadence",),
}
"""Method and path of a route under ``/api`` → the fields of its body."""
LONGEST = 2000
"""Characters of JSON that a field may have; of a longer list its length is kept."""


async def _sent(request: Request) -> object:
    """The body of a change, when it is JSON."""
    if request.method == "GET" or "json" not in request.headers.get("content-type", ""):
        return None
    try:
        return await request.json()
    except (ValueError, RecursionError):
        return None


Sent = Annotated[object, Depends(_sent)]
"""A request's body as it came: nobody has checked it yet."""


def worth_keeping(method: str, path: str, body: object) -> dict[str, Any]:
    """What to keep of a body, sent or made by the console.

    Args:
        path: of the route under ``/api``, with its parameters in braces.
    """
    if isinstance(body, BaseModel):
        body = body.model_dump(mode="json", exclude_unset=True)
    if not isinstance(body, dict):
        return {}
    fields = KEPT.get(f"{method} {path}", ())
    return {name: _short(body[name]) for name in fields if body.get(name) not in (None, "", [])}


def _short(value: object) -> object:
    if isinstance(value, list):
        # Of files that are published their names.
        value = [one.get("name") if isinstance(one, dict) else one for one in value]
    if len(json.dumps(value)) <= LONGEST and not isinstance(value, dict):
        return value
    return f"{len(value)}" if isinstance(value, list) else "…"

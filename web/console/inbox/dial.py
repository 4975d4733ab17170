"""``/console/dial/{task_id}``: on to the softphone that calls a task's lead."""

from __future__ import annotations

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse, RedirectResponse
from nicegui import app
from starlette.responses import Response

import services.dialing
from domain.refusals import Refusal
from web.api.access import WebContext
from web.console.pages import signed_in


@app.get("/dial/{task_id}")
async def dial(request: Request, task_id: int) -> Response:
    """The signed address is made when the link is followed, for it holds a few minutes only."""
    context: WebContext = app.state.context
    who = await run_in_threadpool(signed_in, context, request)
    if who is None:
        return PlainTextResponse("You are signed out: sign in again.", 401)
    try:
        to = await run_in_threadpool(services.dialing.address, context, who.caller, task_id)
    except Refusal as problem:
        return PlainTextResponse(str(problem), problem.status)
    return RedirectResponse(to.url, 303, headers={"Cache-Control": "private, no-store"})

"""What runs, in which version, and what is wrong with it, for who sits at the machine."""

from __future__ import annotations

import asyncio
import platform
import sys

import httpx2 as httpx

from domain.sentences import sentence
from embedded import read_state
from health import system
from health.checks import Check, State
from runtime import Unreachable, addresses, shown_database
from settings import Settings

WAIT_SECONDS = 3.0


async def examine(settings: Settings) -> list[Check]:
    """Look at everything this deployment needs. Times out on what does not answer."""
    try:
        where = addresses(settings)
        shown_database(where.database_url)
    except Unreachable as error:
        off = Check(
            "perennial", sentence("Perennial"), State.BAD, sentence("not running"), str(error)
        )
        return [_python(), system.disk(settings.perennial_home), off]
    kind = f"embedded, in {settings.perennial_home}" if where.embedded else "servers of your own"
    checks = [_python(), Check("stack", sentence("Stack"), State.OK, kind)]
    checks += await system.examine(
        settings, database_url=where.database_url, temporal_address=where.temporal_address
    )
    if where.temporal_ui:
        checks.append(await asyncio.to_thread(_ui, where.temporal_ui))
    if where.embedded:
        checks.append(await asyncio.to_thread(_web, settings))
    return checks


def _python() -> Check:
    return Check(
        "python", sentence("Python"), State.OK, f"{platform.python_version()} ({sys.executable})"
    )


def _ui(url: str) -> Check:
    title = sentence("Temporal UI")
    try:
        answer = httpx.get(f"{url}/api/v1/settings", timeout=WAIT_SECONDS).raise_for_status()
        version = answer.json().get("Version", "unknown version")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        advice = (
            f"The Temporal UI at {url} does not answer ({error}): start it, or correct "
            "TEMPORAL_UI_URL."
        )
        return Check("temporal_ui", title, State.BAD, sentence("not reachable"), advice)
    return Check("temporal_ui", title, State.OK, f"{version} at {url}")


def _web(settings: Settings) -> Check:
    title = sentence("Web")
    port = read_state(settings.perennial_home).ports.get("web", settings.web_port)
    url = f"http://127.0.0.1:{port}"
    try:
        httpx.get(f"{url}/readyz", timeout=WAIT_SECONDS + 1).raise_for_status()
    except httpx.HTTPError as error:
        advice = f"The web app at {url} is not ready ({error}): run make up."
        return Check("web", title, State.BAD, sentence("not reachable"), advice)
    return Check("web", title, State.OK, url)

"""``openapi.json``: FastAPI's description of the routes, with the errors that they really give."""

from __future__ import annotations

import http
import re
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from web.api.csv_lists import describe_csv
from web.api.examples import EXAMPLES
from web.api.operations import statuses_of
from web.problems import ProblemDetails

PROBLEM = "application/problem+json"
TAGS = {
    "leads": "Lists of leads, one lead with its score explained, and orders to its journey.",
    "duplicates": "Leads that may be the same person, and making one of two.",
    "tasks": "Work for people, and the dispositions it ends with.",
    "meetings": "Appointments with leads.",
    "opportunities": "Possible sales and how far they are.",
    "recycle": "Leads that rest until their day, and what brings them back.",
    "accounts": "Companies: who owns them, and whether marketing may write to them.",
    "team": "Who is at work, and what nobody could be given.",
    "figures": "The numbers that people steer by.",
    "sla": "The promises between marketing and sales, and how they were kept.",
    "money": "What marketing spends, what currencies are worth, and what was restated.",
    "cadences and policies": "What is published: cadences, mails, rules.",
    "segments": "Leads that have something in common, and how many a condition holds for.",
    "deliverability": "How our senders stand with those that receive their mail.",
    "suppressions": "Addresses that get no mail, and why.",
    "forms": "Hosted forms: what came of them, and what was sent by them.",
    "received": "Received mail that a person must look at: what it is, and whose.",
    "webhooks": "Which programs are told what happens (Standard Webhooks), and the log of it.",
    "users": "Who may sign in to the console.",
    "changes": "Who changed what through this API, the console or a command.",
    "mails": "The outbox of a stack that sends no mail to anybody.",
    "imports": "Files of leads: uploaded, looked at, started.",
    "erasure": "People who asked to be forgotten.",
    "keys": "Keys of sites that report what visitors do, and tokens of this API.",
    "system": "What of the deployment works.",
    "search": "Everything that words are found in.",
    "views": "Lists of the console as people like to see them, own and shared.",
    "me": "Who asks, and the sessions they have.",
}
_WORDS = {
    401: "Nobody known asks, or no longer.",
    403: "Whoever asks may not do that.",
    404: "There is no such thing, or not for whoever asks.",
    408: "The request was not complete in time.",
    409: "Understood, but it can't be done now; the sentence says why.",
    413: "The request is too large.",
    422: "The address or a field holds what it can't hold, or has a name that is not known.",
    429: "Too many requests: try again after `Retry-After` seconds.",
    503: "A server that is needed is away: try again after `Retry-After` seconds.",
}
_CODES = {
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    409: "refused",
    503: "unavailable",
}
_GENERIC = re.compile(r"(Page|Listing)_(\w+?)_$")


def describe(api: FastAPI, routers: Iterable[APIRouter]) -> None:
    """Have ``api.openapi()`` say what this module adds to the description of these routers."""
    generate = api.openapi
    routes = [one for router in routers for one in router.routes if isinstance(one, APIRoute)]

    def openapi() -> dict[str, Any]:
        if api.openapi_schema is None:
            api.openapi_schema = _completed(generate(), routes)
        return api.openapi_schema

    api.openapi = openapi  # type: ignore[method-assign]


def _completed(spec: dict[str, Any], routes: Iterable[APIRoute]) -> dict[str, Any]:
    for route in routes:
        for method in route.methods or ():
            operation = spec["paths"][route.path][method.lower()]
            operation["summary"] = operation["operationId"].replace("_", " ").capitalize()
            _add_problems(operation, statuses_of(route))
            _add_example(operation)
            describe_csv(operation, route)
    for hook in spec.get("webhooks", {}).values():
        hook["post"]["responses"].pop("422", None)
        hook["post"]["security"] = []
    schemas = spec["components"]["schemas"]
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    return _renamed(spec)


def _add_problems(operation: dict[str, Any], statuses: list[int]) -> None:
    answers = operation["responses"]
    for status in [one for one in answers if not one.startswith("2")]:
        del answers[status]
    for status in statuses:
        answers[str(status)] = {
            "description": _words(status),
            "content": {
                PROBLEM: {
                    "schema": {"$ref": "#/components/schemas/ProblemDetails"},
                    "example": _problem(status),
                }
            },
        }


def _add_example(operation: dict[str, Any]) -> None:
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None and operation["operationId"] in EXAMPLES:
        body["example"] = EXAMPLES[operation["operationId"]]


def _problem(status: int) -> dict[str, Any]:
    example = ProblemDetails(
        title=http.HTTPStatus(status).phrase,
        status=status,
        detail=_words(status),
        code=_CODES.get(status, "invalid"),
    )
    return example.model_dump(exclude_none=True)


def _words(status: int) -> str:
    return _WORDS.get(status, http.HTTPStatus(status).description)


def _renamed(spec: dict[str, Any]) -> dict[str, Any]:
    """With names that generators make classes of: ``LeadLinePage``, not ``Page_LeadLine_``."""
    names = {
        f"#/components/schemas/{name}": f"{match[2]}{'Page' if match[1] == 'Page' else 'List'}"
        for name in spec["components"]["schemas"]
        if (match := _GENERIC.fullmatch(name))
    }
    renamed: dict[str, Any] = _tidied(spec, names)
    schemas = {
        names.get(f"#/components/schemas/{name}", name): schema
        for name, schema in renamed["components"]["schemas"].items()
    }
    for name, schema in schemas.items():
        if "title" in schema:
            schema["title"] = name
    renamed["components"]["schemas"] = schemas
    return renamed


def _tidied(node: Any, names: Mapping[str, str]) -> Any:
    if isinstance(node, list):
        return [_tidied(one, names) for one in node]
    if not isinstance(node, dict):
        return node
    tidied = {key: _tidied(value, names) for key, value in node.items()}
    if tidied.get("$ref") in names:
        tidied["$ref"] = f"#/components/schemas/{names[tidied['$ref']]}"
    if "prefixItems" in tidied:
        # Not all readers know it without.
        tidied.setdefault("items", {})
    return tidied

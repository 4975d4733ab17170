"""``openapi.json``, as generators and linters read it, and requests that do not keep to it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest
from fastapi.routing import APIRoute
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from pydantic import BaseModel, ValidationError
from sqlalchemy import create_engine

from domain.contracts.webhooks import EVENTS
from settings import Settings
from store.outbox.outgoing import _ROWS
from tests.web.api.conftest import Api
from web.api.app import SUBJECTS, create_api
from web.api.examples import EXAMPLES
from web.api.operations import operation_id

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    """The document, without a server."""
    nowhere = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none")
    return create_api(Settings(), nowhere).openapi()


def _operations(spec: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in spec["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _schema(spec: dict[str, Any], reference: dict[str, Any]) -> dict[str, Any]:
    """A schema by itself, with the components that it refers to."""
    return {**reference, "components": spec["components"]}


def test_the_document_is_valid_openapi(spec: dict[str, Any]) -> None:
    """Generators refuse the whole of it for one mistake."""
    assert [error.message for error in OpenAPIV31SpecValidator(spec).iter_errors()] == []
    assert spec["openapi"].startswith("3.1")
    assert {"title", "version", "summary", "description", "contact", "license"} <= set(spec["info"])


def test_every_name_is_one_that_generators_make_code_of(spec: dict[str, Any]) -> None:
    """Of two operations or schemas of one name generators drop one."""
    ids = Counter(operation["operationId"] for _, _, operation in _operations(spec))
    assert [name for name, times in ids.items() if times > 1] == []
    assert [name for name in ids if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []
    assert {"list_leads", "get_lead", "pause_lead", "list_users"} <= set(ids)
    titles = {
        name: schema.get("title", name) for name, schema in spec["components"]["schemas"].items()
    }
    assert [name for name, title in titles.items() if name != title] == []
    assert [name for name in titles if "__" in name or name.endswith("_")] == []


def test_every_operation_says_what_it_does_and_how_it_fails(spec: dict[str, Any]) -> None:
    """A client that reads errors as something else than they are breaks when one comes."""
    tags = {tag["name"] for tag in spec["tags"]}
    for path, method, operation in _operations(spec):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert operation["description"], where
        assert set(operation["tags"]) <= tags, where
        assert operation["security"], where
        failures = {s: one for s, one in operation["responses"].items() if s[0] != "2"}
        assert {"401", "422", "503"} <= set(failures), where
        assert all(re.fullmatch(r"[45]\d\d", status) for status in failures), where
        for answer in failures.values():
            assert list(answer["content"]) == ["application/problem+json"], where
            problem = answer["content"]["application/problem+json"]
            assert problem["schema"] == {"$ref": "#/components/schemas/ProblemDetails"}, where
            Draft202012Validator(_schema(spec, problem["schema"])).validate(problem["example"])


def test_every_body_has_an_example_that_is_taken(spec: dict[str, Any]) -> None:
    """People copy them."""
    bodies = {
        operation["operationId"]: content["application/json"]
        for _, _, operation in _operations(spec)
        if "application/json" in (content := operation.get("requestBody", {}).get("content", {}))
    }
    assert set(EXAMPLES) == set(bodies)
    for body in bodies.values():
        Draft202012Validator(_schema(spec, body["schema"])).validate(body["example"])


def test_the_webhooks_are_those_that_are_sent(spec: dict[str, Any]) -> None:
    """A receiver is written from them: a field that is missing or never comes breaks it."""
    assert set(spec["webhooks"]) == set(EVENTS)
    for event, hook in spec["webhooks"].items():
        reference = hook["post"]["requestBody"]["content"]["application/json"]["schema"]
        body = spec["components"]["schemas"][reference["$ref"].split("/")[-1]]
        assert set(body["properties"]) == set(body["required"]) == {"type", "timestamp", "data"}
        assert body["properties"]["type"]["const"] == event
        data = spec["components"]["schemas"][body["properties"]["data"]["$ref"].split("/")[-1]]
        sent = _ROWS[event].partition("jsonb_build_object(")[2]
        assert set(data["properties"]) == set(re.findall(r"[(,]\s*'(\w+)',", f"({sent}")), event


UNKNOWN = [
    ("/leads?limt=5", "limt", "limit"),
    ("/leads?staqe=mql&limit=5", "staqe", "stage"),
    ("/tasks?Owner=rep-1", "Owner", "owner"),
    ("/meetings?form=2026-05-04T10:00:00Z", "form", "from"),
    ("/recycle?dueFrom=2026-05-04T10:00:00Z", "dueFrom", "due_from"),
    ("/system?verbose=1", "verbose", ""),
    ("/leads/1?limit=5", "limit", ""),
]


async def test_an_unknown_parameter_is_named(api: Api) -> None:
    """A misspelled filter would give all leads instead of a few, and nobody would notice."""
    for address, name, near in UNKNOWN:
        answer = await api.ask("admin", "GET", address)

        assert answer.status_code == 422, address
        told = answer.json()
        assert [one["field"] for one in told["errors"]] == [name]
        assert not near or f"'{near}'" in told["detail"], told


OTHERS: Mapping[str, Sequence[object]] = {
    "integer": (False, True, "5", 5.5, "", []),
    "number": (False, True, "5", "", []),
    "boolean": (0, 1, "true", "no", "", []),
    "string": (0, 1.5, True, [], {}),
    "array": ("a", 1, {}),
}


def test_nothing_is_taken_for_what_it_is_not(spec: dict[str, Any]) -> None:
    """``false`` for a number of points or ``"no"`` for a truth value is a mistake of the program
    that sends it, and would be done all the same."""
    schemas = spec["components"]["schemas"]
    taken = []
    for route in (route for subject in SUBJECTS for route in subject.router.routes):
        if not isinstance(route, APIRoute) or route.body_field is None:
            continue
        model = route.body_field.field_info.annotation
        if not isinstance(model, type) or model.__name__ not in schemas:
            continue
        assert issubclass(model, BaseModel)
        example = EXAMPLES[route.operation_id or operation_id(route)]
        model.model_validate(dict(example))
        for name, field in schemas[model.__name__]["properties"].items():
            kinds = {one.get("type") for one in [field, *field.get("anyOf", [])]}
            for value in (value for kind in kinds & set(OTHERS) for value in OTHERS[str(kind)]):
                with suppress(ValidationError):
                    model.model_validate(dict(example) | {name: value})
                    taken.append((model.__name__, name, value))
    assert taken == []


async def test_times_are_text(api: Api) -> None:
    """Seconds since 1970, or a truth value, would be a day in 1970."""
    for at in (True, 0, 1_777_900_000, "1777900000", "tomorrow"):
        body = {"lead_id": 1, "starts_at": at}
        answer = await api.ask("admin", "POST", "/meetings", **body)
        assert (answer.status_code, at) == (422, at)

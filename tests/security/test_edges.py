"""Every route of the API with what nobody should send: it is refused, and never breaks anything."""

from __future__ import annotations

import json
from typing import Any

import httpx2 as httpx
import pytest

from tests.web.api.conftest import Api

VALUES: list[Any] = [
    "9999-12-31T23:59:59-14:00",
    "0001-01-01T00:00:00+14:00",
    "0001-01-01",
    "9999-12-31",
    10**30,
    -(2**63) - 1,
    2**63,
    float("nan"),
    "a\0b",
    "\ud800",
    "x" * 40_000,
    "",
    None,
    True,
    [],
    {},
    [[[]]],
]
BODIES = [b"", b"{", b"[" * 30_000, b"1" * 5000, b"NaN", b"\xff\xfe", '{"ü":1}'.encode("utf-16")]
IDS = ["1", "0", "-1", "9" * 30, "9223372036854775808", "%00", "%ff", "%ED%A0%80", "x" * 3000]


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete"])
async def test_no_route_breaks(api: Api, method: str) -> None:
    """Each of these was a traceback in the log, and an answer that says nothing."""
    broken: set[tuple[str, str]] = set()
    headers = {"Authorization": f"Bearer {api.tokens['admin']}"}
    transport = httpx.ASGITransport(api.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://go.test", timeout=60, headers=headers
    ) as client:
        described = (await client.get("/api/openapi.json")).json()

        async def ask(path: str, what: str, **sent: Any) -> None:
            answer = await client.request(method.upper(), f"/api{path}", **sent)
            if answer.status_code == 500 or not answer.headers.get("content-type"):
                broken.add((path, what))

        for path, operations in described["paths"].items():
            if method not in operations or ("imports" in path and method == "post"):
                continue
            route = operations[method]
            names = [one["name"] for one in route["parameters"]] if "parameters" in route else []
            for one in IDS if "{" in path else ["1"]:
                filled = path
                for name in names:
                    filled = filled.replace(f"{{{name}}}", one)
                await ask(filled, one[:30])
            plain = path
            for name in names:
                plain = plain.replace(f"{{{name}}}", "1")
            for one in route.get("parameters", []):
                for value in VALUES if one["in"] == "query" else []:
                    text = str(value).encode("utf-8", "surrogatepass")
                    quoted = "".join(f"%{byte:02x}" for byte in text[:2000])
                    await ask(f"{plain}?{one['name']}={quoted}", f"{one['name']}={value!r:.30}")
            if "requestBody" not in route:
                continue
            kind = {"Content-Type": "application/json"}
            for body in BODIES:
                await ask(plain, repr(body[:20]), content=body, headers=kind)
            schema = route["requestBody"]["content"].get("application/json", {}).get("schema", {})
            known = described["components"]["schemas"].get(
                schema.get("$ref", "").split("/")[-1], {}
            )
            for field in known.get("properties", {}):
                for value in VALUES:
                    whole = dict.fromkeys(known.get("required", []), "x") | {field: value}
                    await ask(
                        plain,
                        f"{field}={value!r:.30}",
                        content=json.dumps(whole).encode(),
                        headers=kind,
                    )
    assert broken == set()

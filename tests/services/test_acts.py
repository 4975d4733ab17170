"""Each change is one function, which the audit record knows by a route of the API."""

from __future__ import annotations

import inspect
from typing import get_type_hints

from sqlalchemy import create_engine

from settings import DATABASE_SCHEME, Settings
from tests.services.acts import all_acts
from tests.web.api.test_access import routes
from web.api.app import create_api


def test_each_route_that_changes_something_is_one_act() -> None:
    """A route that made a change by itself would be on no record, and no other door would have
    it; an act that no route has would be shown as an address that nobody knows."""
    api = create_api(Settings(), create_engine(f"{DATABASE_SCHEME}://nowhere"))
    asked = {
        (method, one.path) for one in routes(api) for method in one.methods or () if method != "GET"
    }

    assert {(act.method, act.path) for _, act in all_acts()} == asked


def test_what_is_kept_of_an_act_is_what_it_is_given() -> None:
    """A field that was given another name is on no record any more, and nobody notices."""
    for function, act in all_acts():
        given = get_type_hints(inspect.unwrap(function))
        fields = {
            name
            for one in given.values()
            for known in ("__dataclass_fields__", "model_fields")
            for name in getattr(one, known, {})
        }
        assert set(act.keep) <= {*given, *fields}, function

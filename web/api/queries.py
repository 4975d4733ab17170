"""Query parameters that a route does not know: refused, or a list would be longer than wanted."""

from __future__ import annotations

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from pydantic import BaseModel

from domain.authoring.yaml_messages import did_you_mean
from domain.refusals import Invalid, Mistake


def refuse_unknown_parameters(request: Request) -> None:
    """The dependency of every route.

    Raises:
        Invalid: it names each unknown parameter, and the nearest that is known.
    """
    route = request.scope.get("route")
    if not request.query_params or not isinstance(route, APIRoute):
        return
    known = _parameters_of(route.dependant)
    unknown = [name for name in dict.fromkeys(request.query_params) if name not in known]
    if not unknown:
        return
    mistakes = [
        Mistake(name[:100], f"There is no such parameter.{did_you_mean(name[:100], known)}")
        for name in unknown
    ]
    raise Invalid(" ".join(f"{one.field}: {one.message}" for one in mistakes), mistakes=mistakes)


def _parameters_of(dependant: Dependant) -> frozenset[str]:
    names = set()
    for field in dependant.query_params:
        model = field.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            names |= {one.alias or name for name, one in model.model_fields.items()}
        else:
            names.add(field.alias)
    return frozenset(names).union(*map(_parameters_of, dependant.dependencies))

"""``/api/cadences``, ``/api/policies``, ``/api/publications``: what people agreed on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from domain.access import Action
from domain.cadences.checked import CheckedTexts, check_among
from domain.cadences.yaml_source import ordered
from store.api_tokens import Caller
from store.cadences import CadenceMissing, CadenceSummary, cadence_named, list_cadences
from store.policies import policy_in_force
from store.publishing import (
    PolicyLine,
    cadence_names,
    list_policies,
    publish_texts,
    template_ids,
    texts_in_force,
)
from web.api.access import Place, found, may
from web.api.paging import Listing
from web.api.problems import FieldError, Problem, missing

router = APIRouter(tags=["cadences and policies"])
Reader = Annotated[Caller, Depends(may(Action.READ_CADENCES))]
Publisher = Annotated[Caller, Depends(may(Action.PUBLISH))]


class CadenceDetail(BaseModel):
    """A published version of a cadence."""

    name: str
    version: int
    published_at: datetime
    definition: dict[str, Any]


class PolicyDetail(BaseModel):
    """A policy in force, as it was written."""

    name: str
    version: int
    published_at: datetime
    source: str


class File(BaseModel):
    """A cadence or policy as it stands in its file; problems are told with the name."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=200)
    text: str = Field(max_length=500_000)


class Files(BaseModel):
    """What to publish, all or nothing; ``only_check`` publishes nothing."""

    model_config = ConfigDict(extra="forbid")

    files: list[File] = Field(min_length=1, max_length=100)
    only_check: bool = False


class Version(BaseModel):
    """A version that is in force now; ``new`` is false when it already said the same."""

    version: int
    new: bool


class Publications(BaseModel):
    """What was published, by name."""

    cadences: dict[str, Version] = {}
    policies: dict[str, Version] = {}
    rescored: int = 0
    """How many leads are scored anew by new rules."""


@router.get("/cadences")
def list_all(here: Place, caller: Reader) -> Listing[CadenceSummary]:  # noqa: ARG001
    """The newest version of every cadence."""
    with here.database.connect() as connection:
        return Listing(items=list_cadences(connection))


@router.get("/cadences/{name}")
def show(
    here: Place,
    caller: Reader,  # noqa: ARG001
    name: str,
    version: int | None = None,
) -> CadenceDetail:
    """One version of a cadence, the newest unless another is named."""
    try:
        with here.database.connect() as connection:
            published = cadence_named(connection, name, version)
    except CadenceMissing:
        which = f" version {version}" if version else ""
        raise missing(f"The cadence '{name}'{which} is not published.") from None
    return CadenceDetail(
        name=published.name,
        version=published.version,
        published_at=published.published_at,
        definition=published.cadence.model_dump(mode="json"),
    )


@router.get("/policies")
def policies(here: Place, caller: Reader) -> Listing[PolicyLine]:  # noqa: ARG001
    """The policies in force."""
    with here.database.connect() as connection:
        return Listing(items=list_policies(connection))


@router.get("/policies/{name}")
def show_policy(here: Place, caller: Reader, name: str) -> PolicyDetail:  # noqa: ARG001
    """One policy in force, as it was written."""
    with here.database.connect() as connection:
        known = found(policy_in_force(connection, name), f"The policy '{name}' is not published.")
    return PolicyDetail(
        name=name, version=known.version, published_at=known.published_at, source=known.source
    )


@router.post("/publications")
def publish(here: Place, caller: Publisher, body: Files) -> Publications:  # noqa: ARG001
    """Check cadences and policies and publish them, all or nothing. Templates must be published
    already. Mistakes are told with file, line and column."""
    texts = {file.name: file.text for file in body.files}
    places = {file.name: number for number, file in enumerate(body.files)}
    checked = CheckedTexts()
    with here.database.begin() as connection:
        templates = template_ids(connection)
        languages = {name: set(found) for name, found in templates.items()}
        beside = texts_in_force(connection)
        check_among(checked, texts, beside, languages, cadence_names(connection))
        if checked.problems:
            raise _with_mistakes(checked, places)
        if body.only_check:
            return Publications()
        done = publish_texts(connection, checked, templates, here.clock.now())
    return Publications(
        cadences={k: Version(version=p.version, new=p.new) for k, p in done.cadences.items()},
        policies={k: Version(version=p.version, new=p.new) for k, p in done.policies.items()},
        rescored=done.rescored,
    )


def _with_mistakes(checked: CheckedTexts, places: dict[str, int]) -> Problem:
    problems = ordered(checked.problems)
    return Problem(
        422,
        "invalid",
        "\n".join([*map(str, problems), "Nothing was published."]),
        [
            FieldError(
                field=f"files[{places[one.file]}].text",
                message=one.message,
                line=one.line,
                column=one.column,
            )
            for one in problems
        ],
    )

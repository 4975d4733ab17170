"""``/api/cadences``, ``/api/policies``, ``/api/publications``: what people agreed on."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, model_validator

from domain.access import Action
from domain.checking.bundle import MOST_CHARACTERS, MOST_FILES
from domain.inputs import ASKED
from services import cadences as services
from services.access import found
from services.cadences import ArchivingForecast, cadence_asked_for
from services.publishing import LONGEST_NOTE, NOTHING, check_texts, refuse_mistakes
from services.publishing import publish as publish_files
from store.access.api_tokens import Caller
from store.published.cadence_states import CadenceStatus, cadence_status
from store.published.cadences import CadenceSummary, list_cadences
from store.published.policies import policy_in_force
from store.publishing.consequences import forecast_of, routing_of
from store.publishing.known_attributes import UnknownAttribute, unknown_attributes
from store.publishing.publishing import PolicyLine, Published, list_policies
from store.routing.dry_run import RoutingDryRun
from store.scoring.scoring import RescoringForecast
from web.api.access import CurrentContext, may
from web.api.paging import PAGE, Cursor, Limit, Page, page_by_name

router = APIRouter(tags=["cadences and policies"])
Runner = Annotated[Caller, Depends(may(Action.RUN_CADENCES))]


class CadenceDetail(BaseModel):
    """A published version of a cadence: by whom, as a rep's code or a name, and what they said of
    it."""

    name: str
    version: int
    published_at: datetime
    published_by: str
    note: str
    definition: dict[str, Any]
    status: CadenceStatus


class ArchiveRequest(BaseModel):
    """What becomes of the leads in a cadence that is archived."""

    model_config = ASKED

    take_out: bool = Field(
        default=False, description="Whether they leave it, for recycle as at its end."
    )
    dry_run: bool = Field(default=False, description="Only say what it would meet.")


class ArchiveAnswer(BaseModel):
    """What archiving would meet, of a dry run; else how the cadence stands."""

    forecast: ArchivingForecast | None = None
    status: CadenceStatus | None = None


class PolicyDetail(BaseModel):
    """A policy in force, as it was written."""

    name: str
    version: int
    published_at: datetime
    source: str


class File(BaseModel):
    """A cadence, policy or template as it stands in its file; problems are told with the name. A
    template's is NAME.LANGUAGE.mjml."""

    model_config = ASKED

    name: str = Field(min_length=1, max_length=200)
    text: str = Field(max_length=500_000)


class Files(BaseModel):
    """What to publish, all or nothing; ``only_check`` publishes nothing."""

    model_config = ASKED

    files: list[File] = Field(min_length=1, max_length=MOST_FILES)
    only_check: bool = False
    note: str = Field("", max_length=LONGEST_NOTE)
    """What is said of it; it stands with each new version."""

    @model_validator(mode="after")
    def _checked_in_time(self) -> Files:
        if sum(len(file.text) for file in self.files) > MOST_CHARACTERS:
            raise ValueError(f"all files together have at most {MOST_CHARACTERS:,} characters")
        return self


class Version(BaseModel):
    """A version that is in force now; ``new`` is false when it already said the same."""

    version: int
    new: bool


class MailWarning(BaseModel):
    """What harms a mail on its way or before its reader, and is no mistake. Line and column count
    from 1."""

    file: str
    line: int
    column: int
    message: str


class Publications(BaseModel):
    """What was published, by name. Among the cadences are those that have a new version because
    a mail of theirs does."""

    cadences: dict[str, Version] = {}
    policies: dict[str, Version] = {}
    templates: list[str] = []
    """Those with a new version, as NAME.LANGUAGE."""
    rescored: int = 0
    """How many leads are scored anew by new rules."""
    events_kept: int = 0
    """For how many months new policies have events kept, where ``EVENT_RETENTION_MONTHS`` says
    fewer; else 0."""
    forecast: RescoringForecast | None = None
    """With ``only_check``: what new scoring rules would make of all leads."""
    unknown: list[UnknownAttribute] = []
    """With ``only_check``: attributes that conditions ask for and nobody has."""
    routing: RoutingDryRun | None = None
    """With ``only_check``: what another team policy would have done with the leads of the last
    month."""
    warnings: list[MailWarning] = []
    """With ``only_check``: what of the templates had better be changed."""


@router.get("/cadences", dependencies=[Depends(may(Action.READ_CADENCES))])
def list_all(
    context: CurrentContext, *, archived: bool = False, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[CadenceSummary]:
    """The newest version of every cadence, by name; those that are archived on a list of their
    own."""
    return page_by_name(
        context, "cadences", cursor, limit, partial(list_cadences, archived=archived)
    )


@router.get("/cadences/{name}", dependencies=[Depends(may(Action.READ_CADENCES))])
def show(
    context: CurrentContext,
    name: str,
    version: int | None = None,
) -> CadenceDetail:
    """One version of a cadence, the newest unless another is named."""
    with context.database.connect() as connection:
        published = cadence_asked_for(connection, name, version)
        status = cadence_status(connection, name)
    return CadenceDetail(
        name=published.name,
        version=published.version,
        published_at=published.published_at,
        published_by=published.published_by,
        note=published.note,
        definition=published.cadence.model_dump(mode="json"),
        status=status,
    )


@router.post("/cadences/{name}/pause", operation_id="pause_cadence")
def pause(context: CurrentContext, caller: Runner, name: str) -> CadenceStatus:
    """Have every touch of a cadence wait until it is resumed. Its waits run on, answers of leads
    count as ever, leads enter, and tasks that are open stay so."""
    return services.pause(context, caller, name)


@router.post("/cadences/{name}/resume", operation_id="resume_cadence")
def resume(context: CurrentContext, caller: Runner, name: str) -> CadenceStatus:
    """Have a paused cadence go on: what has become due goes at the next opening of its window."""
    return services.resume(context, caller, name)


@router.post("/cadences/{name}/archive", operation_id="archive_cadence")
def archive(
    context: CurrentContext, caller: Runner, name: str, body: ArchiveRequest
) -> ArchiveAnswer:
    """Have nobody enter a cadence any more, by whatever way; or say first how many leads are in it,
    and what still sends leads into it."""
    if body.dry_run:
        with context.database.connect() as connection:
            return ArchiveAnswer(forecast=services.archiving(connection, name))
    return ArchiveAnswer(status=services.archive(context, caller, name, take_out=body.take_out))


@router.post("/cadences/{name}/unarchive", operation_id="unarchive_cadence")
def unarchive(context: CurrentContext, caller: Runner, name: str) -> CadenceStatus:
    """Have a cadence entered again. Who was taken out of it does not come back."""
    return services.unarchive(context, caller, name)


@router.get(
    "/policies", dependencies=[Depends(may(Action.READ_CADENCES))], operation_id="list_policies"
)
def policies(
    context: CurrentContext, cursor: Cursor = None, limit: Limit = PAGE
) -> Page[PolicyLine]:
    """The policies in force, by name."""
    return page_by_name(context, "policies", cursor, limit, list_policies)


@router.get("/policies/{name}", dependencies=[Depends(may(Action.READ_CADENCES))])
def show_policy(context: CurrentContext, name: str) -> PolicyDetail:
    """One policy in force, as it was written."""
    with context.database.connect() as connection:
        known = found(policy_in_force(connection, name), f"The policy '{name}' is not published.")
    return PolicyDetail(
        name=name, version=known.version, published_at=known.published_at, source=known.source
    )


@router.post("/publications", operation_id="publish")
def publish(
    context: CurrentContext, caller: Annotated[Caller, Depends(may(Action.DRAFT))], body: Files
) -> Publications:
    """Check cadences, policies and templates and publish them, all or nothing. Mistakes are told
    with file, line and column. Parts that templates include are files of the installation.

    Whoever may not publish something (403) may check it, and send it along unchanged."""
    texts = {file.name: file.text for file in body.files}
    if body.only_check:
        with context.database.connect() as connection:
            checked = check_texts(connection, texts)
            refuse_mistakes(checked.problems, list(texts), NOTHING)
            return Publications(
                forecast=forecast_of(connection, checked, context.clock.now()),
                unknown=unknown_attributes(connection, checked),
                routing=routing_of(connection, checked, context.clock.now()),
                warnings=[MailWarning(**vars(one)) for one in checked.warnings],
            )
    done = publish_files(context, caller, list(texts), partial(check_texts, files=texts), body.note)
    return publications(done)


def publications(done: Published) -> Publications:
    """What a service says was published, as the API does."""
    return Publications(
        cadences={k: Version(version=p.version, new=p.new) for k, p in done.cadences.items()},
        policies={k: Version(version=p.version, new=p.new) for k, p in done.policies.items()},
        templates=[f"{name}.{language}" for name, language in done.templates],
        rescored=done.rescored,
        events_kept=done.events_kept,
    )

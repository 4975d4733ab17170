"""``/f/``: hosted forms. They work without script and without a cookie; nobody else is asked
whether it is a person who sends one."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import structlog
from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from crash_points import crash_point
from domain.engagement.bot_detection import machine_of_request
from domain.forms.answers import CONSENT, FormAnswers, check
from domain.forms.policy import HostedForm
from domain.forms.spam import SpamSuspicion, is_worked, seconds_to_wait
from domain.translations.translator import N_
from mail.links import deployment_secret
from settings import Settings
from store.access.write_keys import WriteKeySource
from store.engine import single_statements
from store.erasure.erasure import erased_among
from store.forms.limits import FormLimits
from store.forms.lists import form_named
from store.forms.submissions import (
    Sent,
    TakenAlready,
    count_turned_away,
    count_view,
    keep_apart,
    known_page,
    source_of,
    take,
)
from store.published.forms import consent_text_id
from store.published.policies import PolicyMissing
from store.tracking.tracking_use import TooMuch
from store.tracking.visitors import Overtaken
from web.doors import refusal, told
from web.forms.origin import came_from
from web.forms.stamp import Stamp, Stamps
from web.forms.view import (
    FIELD,
    LOOK,
    OPEN_TOO_LONG,
    READ_AGAIN,
    SENT_ALREADY,
    TOO_MUCH,
    TRAP,
    WAIT,
    FormView,
)
from web.networks import network_of
from web.retry_after import not_before, retry_after
from web.views import TROUBLE

log = structlog.get_logger(__name__)

STATIC = Path(__file__).resolve().parent / "static"
MOST_VALUES = 300
"""Names with values in what is sent."""
FROM_ITS_PAGE = N_("Please open the form here, and send it from its page.")
_FORM = "application/x-www-form-urlencoded"
_SCRIPT = "text/javascript; charset=utf-8"


@dataclass(frozen=True)
class _Posted:
    """A form that was sent: its view, in whose name it writes, what was typed, where it came from,
    and the wording of the consent that stands on the form now (its id)."""

    view: FormView
    source: WriteKeySource
    said: Mapping[str, str]
    answers: FormAnswers
    network: str
    consent: int | None

    def agreed_to(self, stamp: Stamp) -> int | None:
        """The wording that was agreed to: the one on the page that was sent."""
        return stamp.consent if CONSENT in self.said else None


def form_pages(settings: Settings, database: Engine) -> APIRouter:
    """``/f/NAME`` (the page, and what is sent from it), ``/f/NAME/embed`` (for a frame in pages of
    the form's ``origins``), and the scripts of both. Answers to what is sent:

    - 200, or 303 to where the form leads on: it is committed. What looks like spam is committed
      too, apart.
    - 422: something is wrong with the answers; 409: the page is too old, or was sent before with
      other answers. All that was typed stands there again.
    - 429: a page that was sent too soon, by a browser that did no work; or too much is coming in.
    - 503: the database can't take it now; sent again, it counts once.
    """
    door = _Door(settings, database)
    router = APIRouter()

    # Before the pages: their names are no forms'.
    @router.get("/f/form.js")
    def own_script() -> Response:
        return FileResponse(STATIC / "form.js", media_type=_SCRIPT)

    @router.get("/f/embed.js")
    def embedding_script() -> Response:
        # Pages of any site may load it.
        return FileResponse(
            STATIC / "embed.js",
            media_type=_SCRIPT,
            headers={"Cross-Origin-Resource-Policy": "cross-origin"},
        )

    @router.get("/f/{name}")
    def hosted(name: str, request: Request) -> Response:
        return door.open(name, request, embedded=False)

    @router.get("/f/{name}/embed")
    def embedded(name: str, request: Request) -> Response:
        return door.open(name, request, embedded=True)

    @router.post("/f/{name}")
    async def sent(name: str, request: Request) -> Response:
        kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind != _FORM:
            return told(request, refusal(415, "Content-Type", FROM_ITS_PAGE), FROM_ITS_PAGE)
        body = await request.body()
        return await run_in_threadpool(door.take, name, request, body)

    return router


class _Door:
    def __init__(self, settings: Settings, database: Engine) -> None:
        self._settings, self._database = settings, database
        self._counting = single_statements(database)
        self._clock = settings.clock()
        self._secret = deployment_secret(settings)
        self._stamps = Stamps(self._secret)
        self._limits = FormLimits(self._secret)

    def open(self, name: str, request: Request, *, embedded: bool) -> Response:
        """The page of a form."""
        preview = "preview" in request.query_params
        with self._database.connect() as connection:
            form = _found(connection, name)
            view = self._view(form, request, request.query_params, embedded, preview=preview)
            if not form.open and not preview:
                return view.closed()
            stamp = self._new_stamp(connection, view)
        shown = view.ask(self._stamps, stamp)
        if not preview and _is_persons(request):
            self._count(count_view, form)
        return shown

    def take(self, name: str, request: Request, body: bytes) -> Response:
        """What becomes of what was sent."""
        said = _values(body)
        with self._database.connect() as connection:
            form = _found(connection, name)
            view = self._view(form, request, said, "embedded" in said)
            consent = consent_text_id(connection, form, view.consent_language)
            source = source_of(connection, form, self._settings.lead_time_zone)
        if not form.open:
            return view.closed()
        if source is None:
            raise HTTPException(404)
        stamp = self._stamps.read(said.get("stamp", ""), form.name)
        entered = {
            name.removeprefix(FIELD): value
            for name, value in said.items()
            if name.startswith(FIELD)
        }
        answers = check(
            form,
            entered,
            agreed=CONSENT in said,
            language=view.language,
            zone=said.get("zone", ""),
        )
        network = network_of(request.client.host if request.client else "")
        posted = _Posted(view, source, said, answers, network, consent)
        if stamp is None:
            return self._again(posted, None, OPEN_TOO_LONG)
        try:
            return self._taken(posted, stamp)
        except TooMuch as much:
            return self._turned_away(posted, stamp, much.seconds, view._(TOO_MUCH))
        except (SQLAlchemyError, PolicyMissing, Overtaken) as error:
            log.warning("a form can't be taken now", error=type(error).__name__)
            answer = self._asked_anew(posted, stamp, view._(TROUBLE), 503)
            answer.headers.update(retry_after())
            return answer

    def _taken(self, posted: _Posted, stamp: Stamp) -> Response:
        view, answers = posted.view, posted.answers
        with self._database.connect() as connection:
            known = known_page(connection, stamp.page)
        if known is not None and known.state != "spam":
            # The answer to an earlier request was lost, or the button was pressed twice.
            if known.says(answers.typed, posted.agreed_to(stamp)):
                return view.done()
            return self._again(posted, stamp, SENT_ALREADY)
        if answers.mistakes:
            return self._asked_anew(posted, stamp, view._(LOOK), 422)
        sent = self._sent(posted, stamp)
        worked = is_worked(stamp.page, posted.said.get("work", ""))
        wait = seconds_to_wait(stamp.age, worked=worked)
        suspicion = self._suspicion(posted, sent, early=wait > 0)
        if suspicion is None:
            try:
                take(self._database, sent, posted.source, sent.at)
            except TakenAlready:
                return self._taken(posted, stamp)
            crash_point("door.form_taken")
            return view.done()
        with self._database.begin() as connection:
            again = known is not None
            self._limits.make_room(connection, posted.source.id, posted.network, again=again)
            keep_apart(connection, sent, suspicion)
        log.info("a form was kept apart", form=view.form.name, why=str(suspicion))
        if suspicion == SpamSuspicion.TOO_FAST:
            seconds = math.ceil(wait)
            return self._turned_away(posted, stamp, seconds, view._(WAIT, number=seconds))
        return view.done()

    def _suspicion(self, posted: _Posted, sent: Sent, *, early: bool) -> SpamSuspicion | None:
        # Only what looks like a person's uses up what all share.
        if posted.said.get(TRAP):
            return SpamSuspicion.TRAP
        if posted.answers.names_links:
            return SpamSuspicion.LINKS
        if early:
            return SpamSuspicion.TOO_FAST
        with self._database.begin() as connection:
            source_id = posted.source.id
            if self._limits.is_crowded(connection, source_id, posted.network, sent.email_key):
                return SpamSuspicion.TOO_MANY
            erased = erased_among(connection, self._secret, [sent.email_key])
        return SpamSuspicion.ERASED if erased else None

    def _sent(self, posted: _Posted, stamp: Stamp) -> Sent:
        view, answers = posted.view, posted.answers
        own_url = f"{self._settings.web_url()}/f/{view.form.name}"
        return Sent(
            form=view.form.name,
            page=stamp.page,
            language=stamp.language,
            answers=answers.typed,
            facts=answers.facts,
            detail=view.came_from.detail(view.form, own_url),
            visitor=view.came_from.visitor or f"form:{stamp.page}",
            consent_text_id=posted.agreed_to(stamp),
            at=self._clock.now(),
        )

    def _again(self, posted: _Posted, stamp: Stamp | None, trouble: str) -> Response:
        """The form once more, as another page, with all that was typed."""
        view = posted.view
        self._count(count_turned_away, view.form)
        new = self._stamps.new(view.form.name, view.language, stamp.consent if stamp else None)
        return self._asked_anew(posted, new, view._(trouble), 409)

    def _turned_away(self, posted: _Posted, stamp: Stamp, seconds: int, trouble: str) -> Response:
        self._count(count_turned_away, posted.view.form)
        answer = self._asked_anew(posted, stamp, trouble, 429)
        return not_before(answer, timedelta(seconds=seconds))

    def _count(self, count: Callable[[Engine, str, datetime], None], form: HostedForm) -> None:
        # The page is shown, whether it can be counted or not.
        with contextlib.suppress(SQLAlchemyError):
            count(self._counting, form.name, self._clock.now())

    def _asked_anew(self, posted: _Posted, stamp: Stamp, trouble: str, status: int) -> Response:
        """The form with all that was typed. What was agreed to is asked anew where other words
        stand on it now than on the page that was sent."""
        answers = posted.answers
        if stamp.consent != posted.consent:
            stamp = replace(stamp, language=posted.view.language, consent=posted.consent)
            if posted.view.form.consent:
                mistakes = {**answers.mistakes, CONSENT: READ_AGAIN}
                answers = replace(answers, agreed=False, mistakes=mistakes)
        return posted.view.ask(self._stamps, stamp, answers, trouble=trouble, status=status)

    def _new_stamp(self, connection: Connection, view: FormView) -> Stamp:
        consent = consent_text_id(connection, view.form, view.consent_language)
        return self._stamps.new(view.form.name, view.language, consent)

    def _view(
        self,
        form: HostedForm,
        request: Request,
        said: Mapping[str, str],
        embedded: bool,
        *,
        preview: bool = False,
    ) -> FormView:
        asked = said.get("language", "")[:20]
        tags = [asked] if asked else _tags(request.headers.get("Accept-Language", ""))
        referrer = "" if request.method == "POST" else _elsewhere(request)
        return FormView(
            form,
            form.language_for(*tags),
            embedded,
            self._settings.email_from_name,
            came_from(said, referrer),
            preview,
        )


def _found(connection: Connection, name: str) -> HostedForm:
    form = form_named(connection, name)
    if form is None:
        raise HTTPException(404)
    return form


def _is_persons(request: Request) -> bool:
    """Whether somebody looks at the page, as far as the request tells."""
    ahead = request.headers.get("Sec-Purpose", "") or request.headers.get("Purpose", "")
    program = machine_of_request(request.headers.get("User-Agent", ""), None)
    return not program and not ahead.startswith("prefetch")


def _values(body: bytes) -> dict[str, str]:
    """The first value of each name; {} for what is no form."""
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_VALUES)
    except ValueError:
        return {}
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found


def _tags(accepted: str) -> list[str]:
    """Languages that a browser would like, as it says them (``Accept-Language``), best first."""
    return [one.partition(";")[0].strip() for one in accepted.split(",")[:20]]


def _elsewhere(request: Request) -> str:
    """The page that led here, unless it is one of ours."""
    referrer = request.headers.get("Referer", "")
    try:
        return "" if urlsplit(referrer).netloc == request.headers.get("Host") else referrer
    except ValueError:
        return ""

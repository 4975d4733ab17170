"""Steps of a cadence whose attempt died after its work was done: what the next attempt says."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from temporalio.exceptions import ApplicationError

from activities.cadences import CadenceActivities, Pass
from activities.calls import CallActivities
from cli.cadence import publish_files
from domain.cadences.cadence import Cadence
from domain.contracts.journey import Plan, RunStep
from domain.contracts.journey_sales import PlanNextCall
from domain.contracts.waits import Obstacle
from mail.channels.base import Channel, TryAgain
from settings import ROOT
from store.published.cadences import publish_cadence
from tests.support.sending import NOW, Desk, Provider, attempt_number
from tests.support.workflow_world import CADENCES

MakeDesk = Callable[[Channel], Desk]
ALWAYS: Mapping[str, Any] = {
    "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    "from": "00:00",
    "to": "24:00",
    "skip_holidays": False,
}


def enrolled(here: Desk, *steps: object, window: Mapping[str, Any] = ALWAYS) -> int:
    """Enroll the lead of the desk in a cadence of these steps; returns the enrollment's id."""
    cadence = Cadence.model_validate({"cadence": "short", "window": window, "steps": steps})
    templates = {name: {"en": here.template(name)} for name in cadence.templates()}
    with here.database.begin() as connection:
        version = publish_cadence(connection, cadence=cadence, source="", templates=templates)
    return int(
        here.value(
            "INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at) "
            "VALUES ('run-0', :lead, :version, 1, :at) RETURNING id",
            lead=here.lead_id,
            version=version.id,
            at=NOW,
        )
    )


def due(enrollment: int, step: str) -> RunStep:
    """The request to do ``step``, which is due now."""
    return RunStep(enrollment, step, NOW.isoformat())


def clicks(here: Desk) -> None:
    """The lead clicks."""
    here.run(
        "INSERT INTO engagement (key, lead_id, kind, at) VALUES ('click-1', :lead, 'click', :at)",
        lead=here.lead_id,
        at=NOW,
    )


def test_a_last_step_done_twice_still_says_why_the_cadence_ended(desk: MakeDesk) -> None:
    """Killed after the work and before Temporal heard of it, a lead whose cadence ran out would
    be recycled for a reason that no recycle policy knows."""
    company = Provider()
    here = desk(company)
    step = due(enrolled(here, {"email": "hello", "id": "last"}, {"exit": "rested"}), "last")

    plans = [here.run_step(step, attempt=1), here.run_step(step, attempt=2)]

    assert plans == [Plan("exit", reason="rested")] * 2
    assert len(company.accepted) == 1


def test_a_step_done_twice_gives_the_same_plan(desk: MakeDesk) -> None:
    here = desk(Provider())
    step = due(
        enrolled(here, {"email": "hello", "id": "one"}, {"wait": "2 days"}, {"email": "bye"}),
        "one",
    )

    plans = [here.run_step(step, attempt=1), here.run_step(step, attempt=2)]

    assert plans[0] == plans[1]
    assert (plans[0].step, plans[0].due) == (
        "email-bye",
        (NOW + timedelta(days=2)).isoformat(),
    )


def test_a_retry_stays_in_the_arm_of_the_branch_it_has_begun(desk: MakeDesk) -> None:
    """Who clicks while the provider is slow would get the mails of both arms."""
    company = Provider(answers=deque([TryAgain(5.0, "Busy.")]))
    here = desk(company)
    branch = {
        "if": "engagement.clicks > 0",
        "then": [{"email": "hot"}],
        "else": [{"email": "cold"}],
    }
    step = due(enrolled(here, {"branch": branch, "id": "fork"}, {"exit": "rested"}), "fork")
    with pytest.raises(ApplicationError):
        here.run_step(step, local=True)
    clicks(here)

    plans = [here.run_step(step, attempt=1), here.run_step(step, attempt=2)]

    assert plans == [Plan("exit", reason="rested")] * 2
    assert here.values("SELECT step FROM touch") == ["email-cold"]


def sleeps_after_it_has_looked(
    monkeypatch: pytest.MonkeyPatch, meanwhile: Callable[[], None]
) -> None:
    """The next attempt stands still between looking at the lead and doing its step."""
    load = CadenceActivities._load

    def looked(*args: Any) -> Pass:
        found = load(*args)
        monkeypatch.undo()
        meanwhile()
        return found

    monkeypatch.setattr(CadenceActivities, "_load", looked)


def test_an_attempt_that_wakes_late_sends_no_other_arm(
    desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Temporal has given it up and begun another: who clicked in between would get the mails of
    both arms."""
    company = Provider()
    here = desk(company)
    branch = {
        "if": "engagement.clicks > 0",
        "then": [{"email": "hot"}],
        "else": [{"email": "cold"}],
    }
    step = due(enrolled(here, {"branch": branch, "id": "fork"}, {"exit": "rested"}), "fork")

    def meanwhile() -> None:
        clicks(here)
        here.run_step(step, attempt=2)

    sleeps_after_it_has_looked(monkeypatch, meanwhile)
    with pytest.raises(ApplicationError, match="Another attempt"):
        here.run_step(step, attempt=1)

    assert here.values("SELECT step FROM touch") == ["email-hot"]
    assert len(company.accepted) == 1


def test_an_attempt_that_wakes_late_leaves_the_plan_alone(
    desk: MakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lead's page would show a step that is long done, and what is counted from it would be
    counted wrong."""
    company = Provider()
    here = desk(company)
    mails: list[object] = [{"email": name, "id": name} for name in ("hello", "bye", "last")]
    enrollment = enrolled(here, *mails, {"wait": "2 days"}, {"exit": "rested"})

    def meanwhile() -> None:
        here.run_step(due(enrollment, "hello"), attempt=2)
        here.run_step(due(enrollment, "bye"), attempt=1)

    sleeps_after_it_has_looked(monkeypatch, meanwhile)
    with pytest.raises(ApplicationError, match="Another attempt"):
        here.run_step(due(enrollment, "hello"), attempt=1)

    assert here.values("SELECT step FROM enrollment") == ["last"]
    assert len(company.accepted) == 2


def test_what_cannot_be_sent_at_once_is_left_to_the_queue(desk: MakeDesk) -> None:
    """A workflow task would wait for a provider that hangs, and hundreds of others for it."""
    company = Provider()
    here = desk(company)
    step = due(enrolled(here, {"email": "hello", "id": "one"}, {"exit": "rested"}), "one")
    one_place = here.settings.model_copy(update={"worker_concurrency": 2})
    here.resources = replace(here.resources, settings=one_place)
    with here.resources.send_pace.allowed(at_once=True):
        assert here.run_step(step, local=True) == Plan("queue")

    assert company.accepted == []
    assert here.run_step(step, attempt=1) == Plan("exit", reason="rested")
    assert len(company.accepted) == 1


def test_a_step_that_is_not_due_is_planned_and_not_done(desk: MakeDesk) -> None:
    """An operator who has a journey look at its plan again would send the mail early."""
    company = Provider()
    here = desk(company)
    enrollment = enrolled(here, {"email": "hello", "id": "one"})
    later = (NOW + timedelta(hours=1)).isoformat()

    plan = here.run_step(RunStep(enrollment, "one", later))

    assert (plan.kind, plan.step, plan.seconds) == ("send", "one", 3600.0)
    assert company.accepted == []


def away(here: Desk, until: date | None, minutes: int = 0, kind: str = "out_of_office") -> None:
    """A mail of the lead: it is away until that day, or answers."""
    here.run(
        "INSERT INTO inbound_message (message_id, lead_id, kind, sender, subject, text, "
        "received_at, away_until) VALUES (:id, :lead, :kind, '', '', '', :at, :until)",
        id=f"{kind}-{minutes}",
        lead=here.lead_id,
        kind=kind,
        at=NOW + timedelta(minutes=minutes),
        until=until,
    )


def test_who_is_away_gets_the_mail_on_the_day_they_are_back(desk: MakeDesk) -> None:
    """It would lie under a week of other mail. What is read of a later mail counts: a new day, or
    that they are there after all."""
    company = Provider()
    here = desk(company)
    here.run("UPDATE lead SET time_zone = 'Asia/Seoul'")
    step = due(enrolled(here, {"email": "hello", "id": "one"}, {"exit": "rested"}), "one")
    back = NOW.date() + timedelta(days=9)
    away(here, NOW.date() + timedelta(days=30))
    away(here, back, minutes=1)

    plan = here.run_step(step)

    midnight = datetime.combine(back, time(), ZoneInfo("Asia/Seoul")).astimezone(UTC)
    assert (plan.kind, plan.step, plan.due) == ("send", "one", midnight.isoformat())
    assert plan.wait.because == Obstacle.AWAY
    assert company.accepted == []
    away(here, None, minutes=2, kind="reply")
    assert here.run_step(replace(step, due=plan.due)).kind == "exit"
    assert len(company.accepted) == 1


def test_who_is_away_is_called_on_the_day_they_are_back(desk: MakeDesk) -> None:
    """An attempt would be used up on an empty desk."""
    here = desk(Provider())
    publish_files(here.database, CADENCES, ROOT / "templates")
    here.run("UPDATE lead SET time_zone = 'Asia/Seoul'")
    plan = CallActivities(here.resources).plan_next_call
    request = PlanNextCall(here.lead_id)
    at_once = attempt_number(1).run(plan, request)
    back = NOW.date() + timedelta(days=9)
    away(here, back)

    put_off = attempt_number(1).run(plan, request)

    assert datetime.fromisoformat(at_once.plan.due) < NOW + timedelta(days=2)
    due_at = datetime.fromisoformat(put_off.plan.due).astimezone(ZoneInfo("Asia/Seoul"))
    assert (due_at.date(), due_at.hour >= 8) == (back, True)

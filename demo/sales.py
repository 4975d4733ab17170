"""Plays the sales team of the demo: each rep does its own tasks, with a token of its own."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from demo.people import LEARNED, NOTES, DemoPerson
from demo.web import WebClient
from domain.contracts.tasks import Disposition, TaskKind
from domain.email.addresses import address_key
from domain.tasks.completion import Completion, Learned
from domain.tasks.rules import DISPOSITIONS
from domain.time.window import SendWindow, next_opening
from settings import Clock

PAGE = 500
TRIES = 20
"""How often a task is tried, at other times and by others, before it is left."""
LATER = timedelta(minutes=30)
OFFICE_HOURS = SendWindow(skip_holidays=False)
UNOWNED_TASKS_GO_TO = "rep-1"
MISSED = (Disposition.NO_SHOW, Disposition.CANCELLED)

Task = Mapping[str, Any]
"""A task as the API has it."""


class SalesTeam:
    """All reps and managers.

    Args:
        web: asked with a token of role admin, which makes the others.
        did: told who did what.
    """

    def __init__(
        self,
        web: WebClient,
        clock: Clock,
        people: Mapping[str, DemoPerson],
        did: Callable[[str, str], None],
    ) -> None:
        self._web, self._clock, self._people, self._did = web, clock, people, did
        self._random = random.Random(len(people))
        self._seen: set[int] = set()
        self._reps: set[str] = set()
        self._tokens: dict[str, str] = {}

    def new_tasks(self) -> list[Task]:
        """The open tasks that were not there when this was last asked."""
        found = [task for task in self.open_tasks() if task["id"] not in self._seen]
        self._seen.update(task["id"] for task in found)
        return found

    def work(self, task_id: int) -> None:
        """Do a task as its owner, if it is open still."""
        task = self._look_at(task_id)
        if task is None:
            return
        person = self._people[address_key(task["email"])]
        completion = self._completion(task, person)
        if completion is None:
            return
        by = self.complete(task_id, completion)
        if not by:
            return
        person.has_missed = person.has_missed or completion.disposition in MISSED
        person.has_booked |= completion.disposition == Disposition.MEETING_BOOKED
        what = task["kind"].replace("_", " ")
        self._did(by, f"{what}, {person.name}: {completion.disposition}")

    def complete(self, task_id: int, completion: Completion) -> str:
        """Complete a task as a person would: at a later time when that of an appointment is taken,
        and by its new owner when it has just changed hands.

        Returns:
            Who has done it; '' when the task is over, or no time was free.

        Raises:
            cli.errors.UserError: the task cannot be completed so.
        """
        for _ in range(TRIES):
            task = self._look_at(task_id)
            if task is None:
                return ""
            owner = task["owner"]
            if not owner:
                self._web.ask_api(
                    "POST", f"/tasks/{task_id}/reassign", json={"to": UNOWNED_TASKS_GO_TO}
                )
                continue
            answer = self._web.try_api(
                "POST",
                f"/tasks/{task_id}/complete",
                *(200, 404, 409),
                token=self._token_of(owner),
                json=completion.kept(),
            )
            if answer.is_success:
                return str(owner)
            if answer.status_code == 409 and answer.json()["errors"] and completion.at:
                at = self._in_office_hours(completion.at + LATER, task["time_zone"])
                completion = completion.model_copy(update={"at": at})
        return ""

    def open_tasks(self) -> list[Task]:
        """All tasks that are open, of everybody."""
        tasks: list[Task] = []
        cursor: dict[str, str] = {}
        while True:
            asked = urlencode({"of": "all", "limit": PAGE, **cursor})
            page = self._web.ask_api("GET", f"/tasks?{asked}")
            tasks += page["items"]
            if page["next_cursor"] is None:
                return tasks
            cursor = {"cursor": page["next_cursor"]}

    def _look_at(self, task_id: int) -> Task | None:
        """The task as it is now; None when it is not open any more."""
        task: Task = self._web.ask_api("GET", f"/tasks/{task_id}")
        return task if task["state"] == "open" else None

    def _token_of(self, owner: str) -> str:
        """A token of the rep, or else the manager, with this code."""
        if not self._reps:
            self._reps = {rep["code"] for rep in self._web.ask_api("GET", "/team")["items"]}
        if owner not in self._tokens:
            role = {"role": "sdr", "rep": owner} if owner in self._reps else {"role": "manager"}
            made = self._web.ask_api("POST", "/tokens", json={"name": owner, **role})
            self._tokens[owner] = made["secret"]
        return self._tokens[owner]

    def _completion(self, task: Task, person: DemoPerson) -> Completion | None:
        """What sales finds out; None when the task is left undone."""
        code = _outcome(TaskKind(task["kind"]), person)
        if code == "leave":
            return None
        name, reason, competitor = [*code.split(":"), "", ""][:3]
        disposition = Disposition(name)
        at = None
        if DISPOSITIONS[disposition].needs_time:
            after = self._clock.now() + timedelta(days=self._random.uniform(2, 4))
            at = self._in_office_hours(after, task["time_zone"])
        advanced = disposition == Disposition.ADVANCED
        return Completion(
            disposition=disposition,
            at=at,
            reason=reason,
            note=NOTES.get(disposition, ""),
            learned=Learned(**LEARNED) if advanced else None,
            competitor=competitor,
        )

    def _in_office_hours(self, after: datetime, time_zone: str) -> datetime:
        """The half hour that has begun at the first opening from then on."""
        opening = next_opening(OFFICE_HOURS, after, time_zone, "")
        return opening.replace(minute=opening.minute // 30 * 30, second=0, microsecond=0)


def _outcome(kind: TaskKind, person: DemoPerson) -> str:
    temperament = person.temperament
    match kind:
        case TaskKind.QUALIFY:
            return person.turn(temperament.qualify, "qualify")
        case TaskKind.CALL:
            return person.turn(temperament.calls, "calls")
        case TaskKind.MEETING_OUTCOME:
            return person.turn(temperament.meetings, "meetings")
        case TaskKind.OPPORTUNITY:
            return person.turn(temperament.opportunity, "opportunity")
        case TaskKind.RENEWAL:
            return temperament.renewal
        case TaskKind.UPSELL:
            return "not_now"
        case _:
            return "done"

"""The mail that a colleague writes, whose history is kept."""

from __future__ import annotations

from typing import Any

from temporalio.client import WorkflowHandle

from domain.contracts.journey import JOURNEY_QUEUE
from domain.contracts.written_mail import WRITTEN_MAIL_WORKFLOW
from domain.email.letter import compile_letter
from store.lead_work.written_mails import Letter, send_letter
from tests.replay.confirmation_scenario import confirmation
from tests.support.personal_words import TELL_TALE
from tests.support.workflow_world import World


async def written_mail(here: World) -> WorkflowHandle[Any, Any]:
    """Somebody writes to a lead."""
    lead = here.lead(**TELL_TALE)
    compiled = compile_letter("Prices", "Here they are.", "en", {})
    with here.database.begin() as connection:
        letter = Letter("Prices", "Here they are.", compiled, None, "rep-1")
        mail = send_letter(connection, lead, letter, "one", await here.now())
    return await here.client.start_workflow(
        WRITTEN_MAIL_WORKFLOW, mail, id=mail.workflow_id, task_queue=JOURNEY_QUEUE
    )


MAILS = (confirmation, written_mail)

"""Publishing cadences, policies and mails: all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from domain.access import ALLOWED, Action
from domain.authoring.yaml_source import SourceProblem
from domain.email.checked import template_of
from domain.refusals import Conflict, Forbidden, Invalid, Mistake
from domain.sentences import sentence
from services.access import changes
from services.context import Context
from services.template_parts import TEMPLATES, template_parts
from store.access.api_tokens import Caller
from store.published.cadences import Signature
from store.publishing.publishing import (
    Checked,
    Published,
    ReplacedVersion,
    check_beside_published,
    is_in_force,
    publish_checked,
    taken_templates,
)
from store.scoring.event_months import kept_beyond

NOTHING = "Nothing was published."
LONGEST_NOTE = 500
"""Characters of what is said of a publication."""


@changes(Action.DRAFT, "POST /publications", keep=("files", "note"))
def publish(
    context: Context,
    caller: Caller,
    files: Sequence[str],
    check: Callable[[Connection], Checked],
    note: str = "",
    *,
    replaced: ReplacedVersion | None = None,
) -> Published:
    """Check and publish files. Whoever may not publish something may send it along unchanged.

    Args:
        files: their names.
        check: reads and checks them, beside those that they are to hold together with.
        note: what the caller says of it; it stands with each new version.
        replaced: the version that the caller saw and replaces; None: whatever is in force.

    Raises:
        Invalid: there are mistakes in them.
        Conflict: another version is in force than the one to be replaced.
        Forbidden: the caller may not publish what would change.
    """
    with context.database.begin() as connection:
        checked = check(connection)
        refuse_mistakes(checked.problems, files, NOTHING)
        if replaced is not None and not is_in_force(connection, replaced):
            raise Conflict(
                sentence(
                    "Somebody else published {name} meanwhile. Nothing was published and nothing "
                    "you wrote is lost: publish again to see what differs.",
                    name=replaced.name,
                )
            )
        return publish_in(connection, context, caller, checked, note)


def publish_in(
    connection: Connection, context: Context, caller: Caller, checked: Checked, note: str
) -> Published:
    """Publish what has no mistakes, in a transaction of the caller's.

    Raises:
        Forbidden: the caller may not publish what would change; the transaction has to fail.
    """
    signed = Signature(caller.by, note.strip())
    done = publish_checked(connection, checked, context.clock.now(), signed)
    _refuse_others(caller, done)
    if any(policy.new for policy in done.policies.values()):
        kept = kept_beyond(connection, context.settings.event_retention_months)
        done = replace(done, events_kept=kept)
    return done


def check_texts(connection: Connection, files: Mapping[str, str]) -> Checked:
    """A check for :func:`publish`: of files (name → text), beside what is published. Parts that
    templates include are files of the installation.

    Raises:
        Invalid: a file's name can't be a template's.
    """
    for number, name in enumerate(files):
        if name.endswith(".mjml") and not template_of(name):
            raise Invalid(
                f"'{name}' can't be a template's: name it NAME.LANGUAGE.mjml, such as "
                "welcome-1.en.mjml. Parts (_NAME.mjml) are files of the installation.",
                f"files[{number}].name",
            )
    return check_beside_published(connection, files, template_parts(TEMPLATES))


def check_new_mails(connection: Connection, files: Mapping[str, str]) -> Checked:
    """As :func:`check_texts`, of templates that are to replace nothing that anybody has.

    Raises:
        Conflict: one is published, or somebody has a draft of it.
    """
    names = {known[0] for file in files if (known := template_of(file))}
    if taken := taken_templates(connection, names):
        raise Conflict(
            sentence("There is a mail '{mail}' already: choose another name.", mail=taken[0]),
            "name",
        )
    return check_texts(connection, files)


def refuse_mistakes(
    problems: Sequence[SourceProblem], files: Sequence[str], consequence: str
) -> None:
    """Refuse files with problems.

    Args:
        files: the names of all.
        consequence: a sentence.

    Raises:
        Invalid: there are some; a line for each, and a last one.
    """
    if not problems:
        return
    count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
    places = {file: number for number, file in enumerate(files)}
    raise Invalid(
        "\n".join([*map(str, problems), f"{count}. {consequence}"]),
        mistakes=[
            Mistake(
                # A mistake seen inside an included part is told with the part's name.
                f"files[{places[one.file]}].text" if one.file in places else "files",
                one.message,
                one.line,
                one.column,
            )
            for one in problems
        ],
    )


def _refuse_others(caller: Caller, done: Published) -> None:
    """Take back what the caller may not publish, by failing in the transaction."""
    for action, names in done.actions().items():
        if caller.role in ALLOWED[action]:
            continue
        raise Forbidden(
            sentence(
                "Only {roles} may {action}: {names} would change. Nothing was published; leave it "
                "out, or as it is in force.",
                roles=sorted(ALLOWED[action]),
                action=action,
                names=names,
            )
        )

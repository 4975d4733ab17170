"""Template files: their names, and everything that can be wrong in one."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from domain.authoring.yaml_source import SourceProblem
from domain.contracts.confirmation import CONFIRMATION_MAIL
from domain.email.rendering import CompiledTemplate, TemplateError, check_fields, compile_template
from domain.email.template_source import part_named
from domain.email.trial import try_template

_FILE = re.compile(r"([a-z0-9][a-z0-9-]*)\.([a-z]{2,3})\.mjml")
_MEETING = "meeting-"


def template_of(file: str) -> tuple[str, str] | None:
    """Name and language of the template in a file of this name (``NAME.LANGUAGE.mjml``, folders
    before it don't count); None for a file that holds none."""
    match = _FILE.fullmatch(posixpath.basename(file))
    return (match[1], match[2]) if match else None


def is_about_a_meeting(name: str) -> bool:
    """Whether the template of this name may use the merge fields of a meeting. It is operational
    mail, sent by the journey and never by a cadence, and needs no link to unsubscribe."""
    return name.startswith(_MEETING)


def check_template(
    name: str, source: str, file: str, parts: Mapping[str, str]
) -> tuple[CompiledTemplate | None, list[SourceProblem]]:
    """Compile a template's source.

    Args:
        name: of the template.
        file: problems are told with it.
        parts: file name → text of what ``<mj-include path="…" />`` may include.

    Returns:
        The compiled template, None when it can't be; and every problem, which may also be one
        of a template that compiles.
    """
    meeting = is_about_a_meeting(name)
    problems = check_fields(source, file, parts, meeting=meeting)
    try:
        compiled = compile_template(source, file, parts)
    except TemplateError as error:
        return None, [*problems, *error.problems]
    if not problems:
        known = template_of(file)
        footer = f"_footer.{known[1]}.mjml" if known else ""
        problems = try_template(
            compiled,
            source,
            file,
            parts,
            meeting=meeting,
            marketing=not meeting and name != CONFIRMATION_MAIL,
            footer=footer if part_named(footer, parts) else "",
        )
    return compiled, problems

"""A mail that somebody writes to one lead in plain words: made into a template like marketing's, so
that it is rendered, tracked and bounded as those are."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from domain.authoring.yaml_source import SourceProblem
from domain.email.rendering import CompiledTemplate, TemplateError, compile_template
from domain.email.template_source import part_named
from domain.refusals import Invalid
from domain.sentences import sentence

LONGEST_SUBJECT, LONGEST_LETTER = 200, 10_000
"""Characters."""
_LINK = re.compile(r"https?://[^\s<>\"'\\{}]+[^\s<>\"'\\{}.,;:!?)\]]")
_PARAGRAPHS = re.compile(r"\n\s*\n")
_PREHEADER = 90
_SIGNATURE = "<mj-text><p>{{ sender.name }}</p></mj-text>"
_FOOTER = """
<mj-section><mj-column><mj-text><p><a href="{{ links.unsubscribe }}">Unsubscribe</a></p>
<p>{{ postal_address }}</p></mj-text></mj-column></mj-section>
"""


def compile_letter(
    subject: str, text: str, language: str, parts: Mapping[str, str]
) -> CompiledTemplate:
    """A template that says what somebody wrote, and nothing else: what looks like a merge field is
    text. Its links are tracked; signature and footer are marketing's.

    Args:
        language: of the lead (BCP 47).
        parts: file name → text of what templates include.

    Raises:
        Invalid: there is no subject or no text, or marketing's parts have mistakes.
    """
    if not subject.strip():
        raise Invalid(sentence("A mail needs a subject."), "subject")
    if not text.strip():
        raise Invalid(sentence("Write what the mail is to say."), "text")
    first = " ".join(text.split())[:_PREHEADER]
    spoken = language.partition("-")[0].lower()
    source = f"""---
subject: "{_neutral(" ".join(subject.split()))}"
preheader: "{_neutral(first)}"
---
<mjml lang="{language}">
  {_part(parts, "_head.mjml", "")}
  <mj-body>
    <mj-section padding="28px 0 0"><mj-column>
      <mj-text>{_paragraphs(text)}</mj-text>
      {_part(parts, f"_signature.{spoken}.mjml", _SIGNATURE)}
    </mj-column></mj-section>
    {_part(parts, f"_footer.{spoken}.mjml", _FOOTER)}
  </mj-body>
</mjml>
"""
    try:
        return compile_template(source, "mail", parts)
    except TemplateError as error:
        raise Invalid(_told(error.problems), "text") from None


def _told(problems: list[SourceProblem]) -> str:
    return "\n".join(map(str, problems))


def _part(parts: Mapping[str, str], name: str, otherwise: str) -> str:
    """A part that is included, where there is one: a language's own before that for all."""
    known = part_named(name, parts)
    return f'<mj-include path="{known}" />' if known else otherwise


def _paragraphs(text: str) -> str:
    written = _PARAGRAPHS.split(text.replace("\r\n", "\n").strip())
    return "".join(f"<p>{'<br />'.join(map(_line, one.splitlines()))}</p>" for one in written)


def _line(line: str) -> str:
    said, end = [], 0
    for found in _LINK.finditer(line):
        address = found[0]
        said.append(_escaped(line[end : found.start()]))
        said.append(f"""<a href="{{{{ link('{address}') }}}}">{_escaped(address)}</a>""")
        end = found.end()
    return "".join([*said, _escaped(line[end:])])


def _escaped(words: str) -> str:
    return _neutral(html.escape(words, quote=False))


def _neutral(words: str) -> str:
    """Words in which Jinja2 finds nothing to do."""
    return words.replace("{", "{{ '{' }}")

"""A mail of a template in somebody's own words: subject and text are theirs; head, buttons,
signature, footer and so the way to unsubscribe stay the template's, as does the label that
advertising has before its subject.

What is typed is plain text in paragraphs. It may use the merge fields of any mail, and is compiled
and rendered as every template is: in the sandbox and on its budget.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape

from domain.authoring.yaml_source import SourceProblem
from domain.email.rendering import CompiledTemplate, TemplateError, compile_template, read_template
from domain.email.template_source import Fragment, guarded, tags_of

FILE = "mail"
"""What problems with the words are told of."""

_FRONT_MATTER = re.compile(r"---[ \t]*\n.*?^---[ \t]*\n", re.DOTALL | re.MULTILINE)
_TEXT = re.compile(r"<mj-text\b[^>]*>.*?</mj-text>", re.DOTALL)
_COLUMN = re.compile(r"<mj-column\b[^>]*>")
_INCLUDE = re.compile(r"<mj-include\b[^>]*>")
_STAYS = re.compile(r"links\s*\.\s*(?:unsubscribe|preferences|confirmation)")
"""A text that holds one of these is the template's own."""
_ADDRESS = re.compile(r"https?://[^\s<>\"'{}|\\^`]*[^\s<>\"'{}|\\^`.,;:!?)\]]")
_LABEL = re.compile(r"[(（][^()（）]{1,12}[)）]\s*")
"""Before the subject of mail that the law wants marked as advertising, as in Korea and China."""
_OPENS, _CLOSES = frozenset({"if", "for"}), frozenset({"endif", "endfor"})


def in_own_words(
    source: str, file: str, parts: Mapping[str, str], *, subject: str, words: str
) -> CompiledTemplate:
    """Compile a template's file with another subject and other words.

    Args:
        source: the file's text, as it was published.
        file: its name.
        parts: what it may include, as for :func:`domain.email.rendering.compile_template`.
        subject: '' leaves the template's.
        words: '' leaves the template's.

    Raises:
        TemplateError: they can't be compiled, or the template has no place for them.
    """
    _head, body = _head_and_body(source)
    was, preheader = (one.text for one in read_template(source, file, parts)[:2])
    if words:
        body = _with_words(body, _paragraphs(words))
        first = " ".join(words.strip().split("\n", 1)[0].split())
        # A block of the words may end in another line.
        preheader = preheader if "{%" in first else first
    subject = " ".join(subject.split()) or was
    label = _LABEL.match(was)
    if label and not subject.startswith(label[0].strip()):
        subject = label[0] + subject
    # A value between quotation marks keeps those within.
    head = f'---\nsubject: "{subject}"\npreheader: "{preheader}"\n---\n'
    return compile_template(head + body, FILE, parts)


def words_of(source: str, file: str) -> CompiledTemplate:
    """A template's subject and the words that others may stand in for, to be rendered and shown to
    whoever writes them.

    Raises:
        TemplateError: the file can't be compiled.
    """
    _head, body = _head_and_body(source)
    subject = read_template(source, file, {})[0].text
    kept: list[str] = []
    at = 0
    for text in [*_TEXT.finditer(body), None]:
        gap = body[at : text.start() if text else len(body)]
        kept += (tag.text for tag in tags_of(_fragment(_INCLUDE.sub("", gap)))[0] if tag.keyword)
        if text is not None:
            at = text.end()
            if not _STAYS.search(text[0]):
                kept.append(text[0])
    column = f"<mj-section><mj-column>{''.join(kept)}</mj-column></mj-section>"
    return compile_template(
        f'---\nsubject: "{subject}"\npreheader: "-"\n---\n<mjml><mj-body>{column}</mj-body></mjml>',
        file,
    )


def _head_and_body(source: str) -> tuple[str, str]:
    source = source.removeprefix("\ufeff").replace("\r\n", "\n")
    match = _FRONT_MATTER.match(source)
    at = match.end() if match else 0
    return source[:at], re.sub(r"<!--.*?-->", "", source[at:], flags=re.DOTALL)


def _with_words(body: str, paragraphs: str) -> str:
    texts = [one for one in _TEXT.finditer(body) if not _STAYS.search(one[0])]
    columns = list(_COLUMN.finditer(body, 0, texts[0].start())) if texts else []
    if not columns or _is_conditional(body[: columns[-1].end()]):
        raise TemplateError([_wrong("this mail has no text of its own that could be changed")])
    place = columns[-1].end()
    for one in reversed(texts):
        body = body[: one.start()] + body[one.end() :]
    return f"{body[:place]}<mj-text>{paragraphs}</mj-text>{body[place:]}"


def _is_conditional(before: str) -> bool:
    """Whether what comes next stands in a block, and so in some mails only."""
    tags = [tag.keyword for tag in tags_of(_fragment(before))[0]]
    return sum(one in _OPENS for one in tags) > sum(one in _CLOSES for one in tags)


def _paragraphs(words: str) -> str:
    """The words as MJML; what they say that looks like markup is text."""
    paragraphs = re.split(r"\n[ \t]*\n", words.replace("\r\n", "\n").strip())
    return "".join(
        f"<p>{'<br />'.join(_line(line) for line in paragraph.split(chr(10)))}</p>"
        for paragraph in paragraphs
    )


def _line(line: str) -> str:
    tags, problems = tags_of(_fragment(line))
    if problems:
        raise TemplateError(problems)
    out: list[str] = []
    at = 0
    for tag in tags:
        out += _linked(line[at : tag.offset]), tag.text
        at = tag.offset + len(tag.text)
    return "".join(out) + _linked(line[at:])


def _linked(text: str) -> str:
    """Plain text in which addresses are links, counted as those of every mail."""
    out: list[str] = []
    at = 0
    for address in _ADDRESS.finditer(text):
        out.append(guarded(escape(text[at : address.start()])))
        link = f'{{{{ link("{address[0]}") }}}}'
        out.append(f'<a href="{link}">{guarded(escape(address[0]))}</a>')
        at = address.end()
    return "".join(out) + guarded(escape(text[at:]))


def _fragment(text: str) -> Fragment:
    return Fragment(text, ((0, FILE, text, 0),))


def _wrong(message: str) -> SourceProblem:
    return SourceProblem(FILE, 1, 1, message)

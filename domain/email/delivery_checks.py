"""What does a mail harm on its way or before its reader, and is no mistake: told before it is
published, with where it is and what to do."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from domain.authoring.yaml_source import SourceProblem
from domain.email.contrast import SMALLEST, SMALLEST_LARGE, Shown, contrast, shown_texts
from domain.email.mail_programs import unsupported
from domain.email.rendering import CompiledTemplate, RenderError, read_template, render
from domain.email.template_source import Fragment
from domain.email.trial import sample_fields

CLIPPED_AT = 102_000
"""Bytes of HTML from which on Gmail cuts a mail and hides the rest behind a link."""
MOST_LINKS = 25
TEXT_PER_IMAGE = 120
"""Letters of text for each picture; a Chinese or Korean sign counts as two."""
_TRACKED_LENGTH = 260
"""Characters of a tracked link: the longest of one with a usual address."""
SHORTENERS = frozenset(
    {"bit.ly", "buff.ly", "cutt.ly", "goo.gl", "is.gd", "lnkd.in", "ow.ly", "rb.gy", "rebrand.ly"}
    | {"s.id", "shorturl.at", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd"}
)
_PLACEHOLDER = "https://tracked.example/"
_WIDE = re.compile(r"[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LOOKS_LIKE_ADDRESS = re.compile(r"(?:https?://)?((?:[a-z0-9-]+\.)+[a-z]{2,})(?:/\S*)?", re.I)
_IMAGE = re.compile(r"<(?:mj-image|img)\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>", re.I)
_ALT = re.compile(r"""\balt\s*=\s*(?:"\s*[^"\s][^"]*"|'\s*[^'\s][^']*')""", re.I)


@dataclass(frozen=True)
class _Link:
    address: str
    words: str


class _MailReader(HTMLParser):
    """Links, pictures and words of a mail."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.links: list[_Link] = []
        self.images = 0
        self.words: list[str] = []
        self._href: str | None = None
        self._label: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("style", "title", "head"):
            self._silent += 1
        if tag == "img":
            self.images += 1
        if tag == "a":
            self._href, self._label = dict(attrs).get("href") or "", []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("style", "title", "head"):
            self._silent -= 1
        if tag == "a" and self._href is not None:
            self.links.append(_Link(self._href, "".join(self._label).strip()))
            self._href = None

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.words.append(data)
            self._label.append(data)


def delivery_warnings(
    compiled: CompiledTemplate,
    source: str,
    file: str,
    parts: Mapping[str, str],
    brand: Mapping[str, Any],
    *,
    meeting: bool,
) -> list[SourceProblem]:
    """What a template without mistakes should better not do.

    Args:
        compiled: what ``source`` was compiled to.
        file: its name, for the warnings.
        parts: file name → text of what it includes.
        brand: the fields of ``brand``.
        meeting: whether it is about a meeting.
    """
    body = read_template(source, file, parts)[2]
    addresses: list[str] = []

    def tracked(address: str) -> str:
        addresses.append(address)
        return f"{_PLACEHOLDER}{len(addresses) - 1}/".ljust(_TRACKED_LENGTH, "x")

    fields = sample_fields(meeting=meeting) | {"brand": brand}
    try:
        html = render(compiled, {**fields, "link": tracked}).html
    except RenderError:
        return []
    read = _MailReader()
    read.feed(html)
    links = [_Link(_led_to(one.address, addresses), one.words) for one in read.links]
    found = [
        *_weight(html, body),
        *_links(links, body),
        *_pictures(body, read),
        *_colours(html, body),
        *_programs(html, body),
    ]
    return list(dict.fromkeys(found))


def _led_to(address: str, tracked: list[str]) -> str:
    number = address.removeprefix(_PLACEHOLDER).split("/")[0]
    known = {str(index): one for index, one in enumerate(tracked)}
    return known.get(number, address) if address.startswith(_PLACEHOLDER) else address


def _weight(html: str, body: Fragment) -> Iterator[SourceProblem]:
    weight = len(html.encode())
    if weight > CLIPPED_AT:
        yield body.problem(
            0,
            f"this mail weighs {weight / 1000:.0f} kB: Gmail cuts it at {CLIPPED_AT // 1000} kB, "
            "and the link to unsubscribe goes with the rest. Shorten it, or link to a page",
        )


def _links(links: list[_Link], body: Fragment) -> Iterator[SourceProblem]:
    if len(links) > MOST_LINKS:
        yield body.problem(
            0,
            f"{len(links)} links are more than people follow, and filters take such mail for "
            f"advertising. Keep to {MOST_LINKS}",
        )
    for one in links:
        place = _place_of(body, one.address, one.words)
        try:
            address = urlsplit(one.address)
            host = (address.hostname or "").removeprefix("www.")
        except ValueError:
            continue
        if host in SHORTENERS:
            yield body.problem(
                place,
                f"{host} hides where the link leads: filters stop such mail. Write the address "
                "itself; clicks are counted without it",
            )
        if _is_number(host):
            yield body.problem(
                place,
                f"{host} is a number in place of a name: filters take such mail for fraud. Write "
                "the name of the site",
            )
        if address.scheme == "http" and not host.endswith(".example"):
            yield body.problem(
                place, f"{host} is reached without encryption. Write https://, if it answers there"
            )
        said = _LOOKS_LIKE_ADDRESS.fullmatch(one.words)
        if said and host and not _same_site(said[1].lower().removeprefix("www."), host):
            yield body.problem(
                place,
                f"the words say {said[1]} and the link leads to {host}: that is how fraud looks. "
                "Say in words what one finds there",
            )


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _same_site(said: str, host: str) -> bool:
    return host == said or host.endswith(f".{said}") or said.endswith(f".{host}")


def _pictures(body: Fragment, read: _MailReader) -> Iterator[SourceProblem]:
    for match in _IMAGE.finditer(body.text):
        if not _ALT.search(match[0]):
            yield body.problem(
                match.start(),
                "this picture has no alternative text: who does not see it gets nothing. Say what "
                'it shows, as alt="A van in a yard"',
            )
    letters = sum(
        2 if _WIDE.match(sign) else 1 for sign in re.sub(r"\s+", " ", "".join(read.words)).strip()
    )
    if read.images and letters < TEXT_PER_IMAGE * read.images:
        yield body.problem(
            0,
            f"{letters} letters beside {read.images} pictures are little: filters take pictures "
            f"for hidden text, and many programs hide them. Write {TEXT_PER_IMAGE} for each",
        )


def _colours(html: str, body: Fragment) -> Iterator[SourceProblem]:
    for one in shown_texts(html):
        least = SMALLEST_LARGE if one.is_large else SMALLEST
        ratio = contrast(one.colour, one.ground)
        if ratio < least:
            yield body.problem(_place_of(body, one.text), _faint(one, ratio, least))


def _faint(one: Shown, ratio: float, least: float) -> str:
    words = " ".join(one.text.split())
    return (
        f"“{words[:40]}{'…' * (len(words) > 40)}” is hard to read: {_hex(one.colour)} on "
        f"{_hex(one.ground)} has a contrast of {ratio:.1f}, and {least} is the least (WCAG AA). "
        "Choose a darker or a lighter colour"
    )


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _programs(html: str, body: Fragment) -> Iterator[SourceProblem]:
    for what, written, programs in unsupported(html):
        yield body.problem(
            max(body.text.find(written), 0),
            f"{what} does not work in {', '.join(programs)}. Leave it out",
        )


def _place_of(body: Fragment, *wanted: str) -> int:
    """Where the first of these stands in the source, as far as it can be found there."""
    for one in wanted:
        pieces: Iterable[str] = [one, *sorted(re.split(r"\s{2,}|\n", one), key=len, reverse=True)]
        for piece in pieces:
            words = piece.strip()
            if words and (at := body.text.find(words)) >= 0:
                return at
    return 0

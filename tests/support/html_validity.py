"""Whether a page of HTML is well made: what the checkers of W3C look at first."""

from __future__ import annotations

from html.parser import HTMLParser

_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
_PARENTS = {
    "tr": {"tbody", "thead", "tfoot", "table"},
    "td": {"tr"},
    "th": {"tr"},
    "tbody": {"table"},
    "li": {"ul", "ol"},
    "title": {"head"},
    "head": {"html"},
    "body": {"html"},
}
_ONLY_WORDS = frozenset({"p", "h1", "h2", "h3", "h4", "a", "b", "strong", "i", "em", "u"})
_BLOCKS = frozenset({"p", "div", "table", "ul", "ol", "h1", "h2", "h3", "h4", "li"})


def mistakes_in(html: str) -> list[str]:
    """What is wrong with a page, one line each; nothing for one that is right."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    reader.mistakes += [f"<{tag}> is never closed" for tag in reader.opened]
    for tag in ("html", "head", "title", "body"):
        if reader.count.get(tag, 0) != 1:
            reader.mistakes.append(f"{reader.count.get(tag, 0)} of <{tag}>")
    if not html.lower().startswith("<!doctype html>"):
        reader.mistakes.append("no <!doctype html>")
    return reader.mistakes


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.mistakes: list[str] = []
        self.opened: list[str] = []
        self.count: dict[str, int] = {}
        self._ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] = self.count.get(tag, 0) + 1
        names = [name for name, _value in attrs]
        for name in {name for name in names if names.count(name) > 1}:
            self.mistakes.append(f"<{tag}> has '{name}' twice")
        values = dict(attrs)
        if tag == "html" and not values.get("lang"):
            self.mistakes.append("<html> has no language")
        if tag == "img" and "alt" not in values:
            self.mistakes.append("<img> has no alternative text")
        if tag == "a" and not values.get("href"):
            self.mistakes.append("<a> leads nowhere")
        if one := values.get("id"):
            if one in self._ids:
                self.mistakes.append(f"the id '{one}' is there twice")
            self._ids.add(one)
        above = self.opened[-1] if self.opened else ""
        if tag in _PARENTS and above not in _PARENTS[tag]:
            self.mistakes.append(f"<{tag}> in <{above}>")
        if tag in _BLOCKS and above in _ONLY_WORDS:
            self.mistakes.append(f"<{tag}> in <{above}>")
        if tag not in _VOID:
            self.opened.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.mistakes.append(f"<{tag} /> does not close itself")

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if not self.opened or self.opened.pop() != tag:
            self.mistakes.append(f"</{tag}> out of order")

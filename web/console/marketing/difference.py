"""Two texts side by side, for eyes and for those who hear the page."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from markupsafe import Markup

from web.console.words import _

CONTEXT = 3
"""Lines shown around each change."""

Line = tuple[int | None, int | None, str, str]
"""Number before, number after, what became of it (same, gone, new, skip), text."""


def difference(before: str, after: str, caption: str) -> Markup:
    """The lines that differ, with what stands around them; a sentence when there are none.

    Args:
        caption: what is compared with what.
    """
    lines = list(_lines(before.splitlines(), after.splitlines()))
    if not lines:
        return Markup('<p class="empty">{}</p>').format(_("Nothing is different."))
    words = {"gone": _("removed"), "new": _("added"), "same": "", "skip": ""}
    signs = {"gone": "−", "new": "+", "same": "", "skip": "⋯"}
    rows = Markup().join(
        Markup(
            '<tr class="{}"><td class="number">{}</td><td class="number">{}</td>'
            '<td class="sign"><span aria-hidden="true">{}</span><span class="heard">{}</span></td>'
            "<td><code>{}</code></td></tr>"
        ).format(kind, old or "", new or "", signs[kind], words[kind], said)
        for old, new, kind, said in lines
    )
    return Markup(
        '<div class="scroll" tabindex="0" role="region" aria-label="{}"><table class="difference">'
        "<caption>{}</caption><thead><tr>"
        '<th scope="col">{}</th><th scope="col">{}</th><th scope="col">{}</th>'
        '<th scope="col">{}</th></tr></thead><tbody>{}</tbody></table></div>'
    ).format(caption, caption, _("Before"), _("After"), _("Change"), _("Line"), rows)


def _lines(before: list[str], after: list[str]) -> Iterator[Line]:
    groups = difflib.SequenceMatcher(None, before, after, False).get_grouped_opcodes(CONTEXT)
    for number, group in enumerate(groups):
        if number:
            yield None, None, "skip", ""
        for tag, old, old_end, new, new_end in group:
            if tag == "equal":
                for at in range(old_end - old):
                    yield old + at + 1, new + at + 1, "same", before[old + at]
                continue
            for at in range(old, old_end):
                yield at + 1, None, "gone", before[at]
            for at in range(new, new_end):
                yield None, at + 1, "new", after[at]

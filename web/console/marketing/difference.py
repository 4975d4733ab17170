"""Two texts side by side, for eyes and for those who hear the page."""

from __future__ import annotations

from fastapi.concurrency import run_in_threadpool
from markupsafe import Markup

from domain.checking.difference import changed_lines
from web.console.words import _


async def difference(before: str, after: str, caption: str) -> Markup:
    """The lines that differ, with what stands around them; a sentence when there are none, or the
    texts are too long to be compared.

    Args:
        caption: what is compared with what.
    """
    lines = await run_in_threadpool(changed_lines, before, after)
    if lines is None:
        return too_long()
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


def too_long() -> Markup:
    """Instead of a comparison."""
    return Markup('<p class="empty">{}</p>').format(_("It differs, and is too long to show how."))

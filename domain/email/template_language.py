"""The text of a mail as the beginning of the same in another language."""

from __future__ import annotations

import re
from collections.abc import Container

_INCLUDED = r"""(<mj-include\s+path=["'])(_[a-z0-9-]+)\.{language}\.mjml"""
_SPOKEN = re.compile(r"""(<mjml\b[^>]*?\blang=["'])[^"']*""")
_BODY = r"""(<mj-body\b[^>]*?\bcss-class=["']){language}(?=["'])"""


def in_language(source: str, before: str, language: str, parts: Container[str]) -> str:
    """A mail's text with its marks of a language and its shared parts in another one; its words
    wait to be translated.

    Args:
        before: the language that it is written in, by its code.
        language: the other one.
        parts: files of shared parts that there are; what is not there in it stays.
    """
    source = _SPOKEN.sub(rf"\g<1>{language}", source, count=1)
    source = re.sub(_BODY.format(language=before), rf"\g<1>{language}", source)
    if f'css-class="{language}"' not in source:
        source = source.replace("<mj-body>", f'<mj-body css-class="{language}">', 1)

    def included(found: re.Match[str]) -> str:
        path = f"{found[2]}.{language}.mjml"
        is_there = path in parts or f"{found[2]}.mjml" in parts
        return f"{found[1]}{path}" if is_there else found[0]

    return re.sub(_INCLUDED.format(language=before), included, source)

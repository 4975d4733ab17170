"""Names of CLDR, read beside Babel, which writes the dates of mails and pages from its files."""

from __future__ import annotations

import subprocess
import sys

from settings import ROOT

READ_ALL = """
from babel import Locale
from babel.dates import format_datetime
from babel.numbers import format_decimal
from datetime import UTC, datetime

from domain.contacts.cldr import lookup
from domain.contacts.countries import language_code
from domain.lead_files import code_pages

assert lookup("months", "no month in any language") == ""
assert language_code("en-GB") == "en"
assert code_pages.readings("Jürgen Müller, Ærø".encode("cp1252"), code_pages.LATIN)
languages = {one for page in (code_pages.LATIN | code_pages.OTHERS).values() for one in page}
for language in languages | {"en", "ko", "zh", "ja", "ru", "en_GB", "de_AT", "nb"}:
    format_decimal(1234.5, locale=language)
    for form in ("full", "long", "medium", "short"):
        format_datetime(datetime(2027, 6, 30, tzinfo=UTC), form, locale=language)
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            assert len(Locale.parse(language).months[context][width]) == 12
"""


def test_whoever_reads_names_leaves_babel_whole() -> None:
    """After one file from Germany every date in German would be an error, in mails and on pages,
    until the process ends."""
    command = [sys.executable, "-W", "error", "-c", READ_ALL]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr

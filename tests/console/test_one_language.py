"""Each page of the console is in the language of who reads it, from its title to its last button:
else half of it is in one that they may not know. Of the pages outside of it
``tests/web/test_languages.py`` says the same."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import text

from tests.console.conftest import Console
from tests.console.test_every_page import pages
from tests.support.web_app import Site

NAMES = frozenset(
    (
        # Products, formats and keys of keyboards.
        *("Perennial", "Temporal", "UI", "API", "REST", "CSV", "UTF", "UTC", "MB", "HubSpot", "GB"),
        *(
            "WebSocket",
            "PostgreSQL",
            "Salesforce",
            "Webhook",
            "Web",
            "Esc",
            "Ctrl",
            "Enter",
            "OpenID",
            "Connect",
            "DNS",
            "iCal",
            "Microsoft",
            "Slack",
            "Teams",
        ),
        # The languages that mails are in, as their files say.
        *("en", "ko", "zh"),
        # Stages and roles that Koreans and Chinese in this trade call by their English letters.
        *("MQL", "SAL", "SQL", "SDR", "SLA"),
        # Currencies.
        *("US", "USD"),
        # What stands in a new file until one gives it a name.
        *("my", "cadence"),
        # Files that mails include.
        *("header", "footer", "signature"),
        # Who found a method.
        *("Kaplan", "Meier"),
    )
)
CODES = re.compile(
    r"\S+@\S+|https?://\S*|<[^>]*>|[A-Z]+(_[A-Z]+)+|[a-z0-9./-]+\.(yaml|mjml|md|example)"
    r"|(GET|POST|PUT|PATCH|DELETE) /api/\S+|(cp|gb)\d+|\S+:\d+/\S+|lead-\d+"
)
"""Addresses, names of files and of variables, character sets."""
WORD = re.compile(r"[A-Za-z][A-Za-z'’]+")
COLUMNS = {
    "lead": ("first_name", "last_name", "title", "source", "time_zone"),
    "account": ("name", "domain", "do_not_market_reason"),
    "rep": ("code", "name", "team"),
    "console_user": ("name",),
    "api_token": ("name",),
    "write_key": ("name", "cadence"),
    "cadence_version": ("name",),
    "template_version": ("name",),
    "outbox_message": ("subject",),
    "inbound_message": ("subject", "text"),
    "opportunity": ("name", "competitor"),
    "absence": ("reason",),
    "meeting": ("place", "join_url"),
    "task": ("title",),
    "import_run": ("file_name", "source", "cadence", "split_part(by, ' at the ', 1)"),
    "api_change": ("by", "split_part(by, ' at the ', 1)"),
    "webhook_delivery": ("event_type", "event_id"),
    "webhook_endpoint": ("url",),
    "erasure": ("reason", "by"),
    "touch": ("step",),
    "enrollment_run": ("reason",),
}
"""Table → columns with what colleagues, leads and programs have typed."""
DOCUMENTS = {
    "lead": "attributes",
    "cadence_version": "definition",
    "opportunity": "qualification",
    "task": "facts",
    "import_file": "head",
    "api_change": "asked",
    "template_version": "compiled",
    "policy_version": "definition",
    "engagement": "detail",
}
"""The same in JSON."""
READ = """
    () => {
      const code = "script, style, code, pre, textarea, kbd, i, .cm-content, .q-icon, " +
        "[data-typed], [contenteditable]";
      const seen = [document.title];
      const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      while (texts.nextNode()) {
        const { parentElement: within, data } = texts.currentNode;
        if (!within.closest(code) && within.checkVisibility()) seen.push(data);
      }
      for (const name of ["aria-label", "title", "placeholder", "alt"])
        for (const one of document.querySelectorAll(`[${name}]`))
          if (one.checkVisibility()) seen.push(one.getAttribute(name));
      return seen;
    }
"""


@pytest.fixture(scope="module")
def typed(site: Site) -> re.Pattern[str]:
    """Matches what stands in the database because somebody typed it."""
    found = {site.settings.email_postal_address}
    with site.database.connect() as connection:
        for table, columns in COLUMNS.items():
            for column in columns:
                found |= set(connection.scalars(text(f"SELECT {column}::text FROM {table}")))
        for table, column in DOCUMENTS.items():
            strings = '$.** ? (@.type() == "string")'
            query = f"SELECT jsonb_path_query({column}, '{strings}') #>> '{{}}' FROM {table}"
            found |= set(connection.scalars(text(query)))
        keys = "SELECT DISTINCT jsonb_object_keys(attributes) FROM lead"
        found |= {one.replace("_", " ") for one in connection.scalars(text(keys))}
    phrases = [one.strip() for one in found if one and WORD.search(one)]
    # Columns of lists are called by what stands above them, in lower case, attributes with a
    # capital letter.
    phrases += [one.lower() for one in phrases] + [one[:1].upper() + one[1:] for one in phrases]
    whole = "|".join(re.escape(one) for one in sorted(phrases, key=len, reverse=True))
    return re.compile(rf"(?<![A-Za-z])(?:{whole})(?![A-Za-z])")


@pytest.mark.parametrize("language", ["ko", "zh"])
def test_every_page_is_in_one_language(
    site: Site, console: Console, typed: re.Pattern[str], language: str
) -> None:
    """From its title to what its buttons say to those who hear it."""
    window = console("admin", language=language)
    foreign = []
    for _path, address in pages(site):
        window.goto(f"/console{address}")
        window.locator("#content").wait_for()
        for said in window.evaluate(READ):
            if not WORD.search(said):
                continue
            left = WORD.findall(typed.sub(" ", CODES.sub(" ", said)))
            if words := [one for one in left if one not in NAMES]:
                foreign.append(f"{address}: {' '.join(words)} in: {said.strip()}")

    assert not foreign, "\n".join(dict.fromkeys(foreign))

"""Mails made for the tests: each a full message, what it is, and whose."""

from __future__ import annotations

from tests.inbound.corpus.charsets import CHARSETS
from tests.inbound.corpus.entry import Entry
from tests.inbound.corpus.people import PEOPLE
from tests.inbound.corpus.programs import PROGRAMS
from tests.inbound.corpus.returned import RETURNED
from tests.inbound.corpus.stops import STOPS
from tests.inbound.corpus.unclear import UNCLEAR

CORPUS: tuple[Entry, ...] = (*PEOPLE, *STOPS, *PROGRAMS, *RETURNED, *CHARSETS, *UNCLEAR)

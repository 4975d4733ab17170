"""Histories from elsewhere: a company's last months, so that later figures have a baseline."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from domain.access import Action
from domain.figures.history import HistoryReject, read_history
from domain.figures.history_columns import HistoryChoice, HistoryFile, arrange
from domain.lead_files.encoding import LeadFileError
from domain.lead_files.lead_file import LeadFile, read_lead_file
from domain.refusals import Invalid
from domain.sentences import sentence
from mail.links import deployment_secret
from services.access import changes
from services.context import Context
from store.access.api_tokens import Caller
from store.bounded import allow_long_work
from store.figures.imported import import_units

MOST_FILES = 10


@dataclass(frozen=True)
class HistoryOutcome:
    """What came of an import: rows that were read, units that are new or replaced others, rows
    that were left out, and why in short."""

    rows: int
    created: int
    updated: int
    rejected: int
    reasons: Mapping[str, int]
    rejects: Sequence[HistoryReject]


def read(name: str, data: bytes) -> tuple[str, LeadFile]:
    """A file of history and its name.

    Raises:
        Invalid: it can't be read.
    """
    try:
        return name, read_lead_file(data)
    except LeadFileError as error:
        raise Invalid(
            sentence("{file} cannot be imported: {why}", file=name, why=error.args[0]), "files"
        ) from error


def understood(files: Sequence[tuple[str, LeadFile]], chosen: HistoryChoice) -> list[HistoryFile]:
    """The files with the fields of their columns.

    Raises:
        Invalid: something must be said of them, or was said wrongly.
    """
    names = [name for name, _ in files]
    if not 1 <= len(files) <= MOST_FILES or len(set(names)) < len(names):
        raise Invalid(
            sentence("A history is in 1 to {most} files of different names.", most=MOST_FILES),
            "files",
        )
    try:
        return arrange(files, chosen)
    except LeadFileError as error:
        raise Invalid(
            sentence("The history cannot be imported: {why}", why=error.args[0]), "mapping"
        ) from error


@changes(Action.IMPORT_LEADS, "POST /figures/history", keep=("files",))
def import_history(
    context: Context, caller: Caller, files: Sequence[HistoryFile], stages: Mapping[str, str]
) -> HistoryOutcome:
    """Import histories: all of them or, when something fails, nothing. No journey begins, nobody
    is told; what was imported before under the same ids is replaced."""
    found = read_history(
        files, stages, context.settings.company_time_zone, context.settings.company_currency
    )
    secret = deployment_secret(context.settings).encode()
    with context.database.begin() as connection:
        allow_long_work(connection)
        made = import_units(
            connection,
            (
                (hmac.new(secret, unit.name.encode(), hashlib.sha256).hexdigest(), unit)
                for unit in found.units
            ),
        )
    return HistoryOutcome(
        found.rows,
        made.created,
        made.updated,
        len(found.rejects),
        Counter(reject.kind for reject in found.rejects),
        found.rejects,
    )

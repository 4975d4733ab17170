"""Who of a file wants no mail: read from every column that says so, in whichever sense."""

from __future__ import annotations

from collections.abc import Sequence

from domain.contacts.consent_headings import is_other_channel
from domain.contacts.consent_values import Sense, says_opted_out, wants_no_mail
from domain.contacts.texts import said
from domain.lead_files.columns import KEPT, LEFT_OUT, Columns, ColumnsError
from domain.lead_files.rejects import RejectedRowError
from domain.sentences import sentence

NOT_YES_OR_NO = "not clear whether they unsubscribed"
CONSENT_NOT_SAID = "not said whether they want mail"
_LONGEST_WORDS = 40


class UndecidedError(ColumnsError):
    """A column, of this index, says of somebody that they want no mail, and nobody decided what it
    is."""

    def __init__(self, message: str, column: str, index: int) -> None:
        super().__init__(message, column, "unsubscribed")
        self.index = index


class OptOuts:
    """Reads of each row whether its person wants no mail.

    Args:
        columns: what each column is.
    """

    def __init__(self, columns: Columns) -> None:
        self._header = columns.header
        senses: tuple[tuple[Sense, Sequence[int]], ...] = (
            ("unsubscribed", columns.fields.get("unsubscribed", ())),
            ("consent", columns.fields.get("consent", ())),
            ("status", sorted(columns.statuses)),
        )
        self._told = [(index, sense) for sense, indices in senses for index in indices]
        self._others = [
            index
            for _, index in columns.attributes
            if index not in columns.statuses | columns.decided
            and not is_other_channel(columns.header[index])
        ]

    def read(self, values: Sequence[str]) -> bool:
        """Whether the row says in any column that its person wants no mail.

        Raises:
            RejectedRowError: a column of opt-outs or consent has a word that is neither yes nor no,
                or nothing where consent is told.
            UndecidedError: another column says ``Unsubscribed`` or the like.
        """
        unclear: RejectedRowError | None = None
        for index, sense in self._told:
            cell = said(values[index]) if index < len(values) else ""
            if not cell:
                unclear = unclear or (
                    _not_said(self._header[index]) if sense == "consent" else None
                )
                continue
            wants_none = wants_no_mail(cell, sense, self._header[index])
            if wants_none:
                return True
            if wants_none is None and sense != "status":
                unclear = unclear or _neither(cell, self._header[index])
        if unclear:
            raise unclear
        for index in self._others:
            if index < len(values) and 1 < len(values[index]) <= _LONGEST_WORDS:
                cell = values[index]
                if not cell.isdigit() and says_opted_out(cell):
                    raise _undecided(self._header[index], cell, index)
        return False

    def surely(self, values: Sequence[str], shift: int = 0) -> bool:
        """Whether a row that can't be imported says so, with its columns ``shift`` to the right."""
        return any(
            wants_no_mail(cell, sense, self._header[index])
            for index, sense in self._told
            if index + shift < len(values) and (cell := said(values[index + shift]))
        )


def _not_said(heading: str) -> RejectedRowError:
    return RejectedRowError(
        CONSENT_NOT_SAID,
        sentence(
            "Under “{heading}” is nothing: write yes or no, or import the column as an "
            "attribute if it does not say who may get mail.",
            heading=heading[:60],
        ),
    )


def _neither(cell: str, heading: str) -> RejectedRowError:
    return RejectedRowError(
        NOT_YES_OR_NO,
        sentence(
            "“{value}” under “{heading}” does not say whether this person wants mail: write yes or "
            "no.",
            value=cell[:60],
            heading=heading[:60],
        ),
    )


def _undecided(heading: str, cell: str, index: int) -> UndecidedError:
    return UndecidedError(
        sentence(
            "the column “{heading}” says “{value}”, and nobody said whether that means no mail. "
            "Map it to {unsubscribed} (yes means no mail), {consent} (no means no mail), {kept} "
            "(it says nothing of mail) or {left_out} (leave it out).",
            heading=heading[:60],
            value=cell.strip(),
            unsubscribed="unsubscribed",
            consent="consent",
            kept=KEPT,
            left_out=LEFT_OUT,
        ),
        heading,
        index,
    )

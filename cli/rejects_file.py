"""The rows an import could not take, for the person to fix."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from cli.errors import UserError
from domain.lead_files.lead_file import FileRow, LeadFile
from domain.lead_files.rejects import REJECT_COLUMNS, defused


class RejectsFile:
    """The rows that could not be imported, beside where the command runs; made with the first.

    UTF-8 with a byte order mark and the separator of the original, so that the spreadsheet that
    made the file opens this one too.
    """

    def __init__(self, original: Path, leads: LeadFile) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        # The rejects of a fixed rejects file are still those of the first file.
        stem = re.sub(r"\Arejects-(.+)-\d{8}T\d{6}Z(-\d+)?\Z", r"\1", original.stem)
        self._name = f"rejects-{stem}-{stamp}"
        self.path = Path(f"{self._name}.csv")
        self.kinds: Counter[str] = Counter()
        self._leads = leads
        self._file: TextIO | None = None

    def add(self, record: FileRow, kind: str, sentence: str) -> None:
        """Write one row with its numbers and the reason.

        Raises:
            UserError: the file can't be written.
        """
        with self._writing():
            if self._file is None:
                self._file = self._create()
                self._rows = csv.writer(self._file, delimiter=self._leads.delimiter)
                self._rows.writerow([*REJECT_COLUMNS, *map(defused, self._leads.header)])
            self._rows.writerow(
                [record.row, record.line, defused(sentence), *map(defused, record.values)]
            )
        self.kinds[kind] += 1

    def close(self) -> Path | None:
        """Finish the file; its path, or None when nothing was rejected.

        Raises:
            UserError: the file can't be written.
        """
        if self._file is None:
            return None
        with self._writing():
            self._file.close()
        return self.path

    def discard(self) -> None:
        """Remove what was written, for an import that did not happen."""
        if self._file is not None:
            with suppress(OSError):
                self._file.close()
            self.path.unlink(missing_ok=True)

    def _create(self) -> TextIO:
        number = 1
        while True:
            try:
                return self.path.open("x", encoding="utf-8-sig", newline="")
            except FileExistsError:
                number += 1
                self.path = Path(f"{self._name}-{number}.csv")

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UserError(
                f"The rejected rows cannot be written to {self.path} ({error.strerror}), so "
                "nothing was imported: make room, or run the command in another folder."
            ) from error

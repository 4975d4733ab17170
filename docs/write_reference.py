"""Writes ``docs/reference`` and ``cadences/schemas`` from the models that read the YAML files:
``make reference``."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from domain.checking.reference import FILES, pages, schema_files

FOLDER = ROOT / "docs" / "reference"
SCHEMAS = ROOT / "cadences" / "schemas"


def main() -> None:
    """Write every page and schema anew."""
    examples = {
        name: (FOLDER / "examples" / f"{name}.yaml").read_text(encoding="utf-8") for name in FILES
    }
    for name, text in pages(examples).items():
        (FOLDER / name).write_text(text, encoding="utf-8")
    SCHEMAS.mkdir(exist_ok=True)
    for name, text in schema_files().items():
        (SCHEMAS / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

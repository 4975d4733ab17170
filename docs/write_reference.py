"""Writes ``docs/reference`` from the models that read the YAML files: ``make reference``."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from domain.checking.reference import FILES, pages

FOLDER = ROOT / "docs" / "reference"


def main() -> None:
    """Write every page anew."""
    examples = {
        name: (FOLDER / "examples" / f"{name}.yaml").read_text(encoding="utf-8") for name in FILES
    }
    for name, text in pages(examples).items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

"""docs/reference says what may stand in the YAML files. Who writes one by it is not refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter

from domain.authoring.yaml_source import read, validate
from domain.cadences.cadence import Cadence
from domain.checking.policies import read_policy
from domain.checking.reference import FILES, kind_schemas, pages, schema_of
from settings import ROOT

FOLDER = ROOT / "docs" / "reference"
EXAMPLES = {
    name: (FOLDER / "examples" / f"{name}.yaml").read_text(encoding="utf-8") for name in FILES
}
BUILT = pages(EXAMPLES)


def test_every_page_says_what_the_code_accepts_today() -> None:
    """Else a key that is new, gone or has another default misleads whoever writes a policy."""
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}

    assert written == BUILT, "Run `make reference`."


@pytest.mark.parametrize("name", FILES)
def test_every_example_is_a_file_that_is_accepted(name: str) -> None:
    """It is what people copy first."""
    if name == "cadence":
        _, problems = validate(Cadence, EXAMPLES[name], "")
    else:
        _, problems = read_policy(EXAMPLES[name], "")

    assert problems == []


@pytest.mark.parametrize("name", FILES)
def test_every_key_is_explained_and_stands_in_the_example(name: str) -> None:
    """A key without a word, or that nobody has seen written, is found by trial and error."""
    schema = schema_of(FILES[name])
    models = [schema, *schema.get("$defs", {}).values()]
    keys = {key: field for model in models for key, field in model.get("properties", {}).items()}
    silent = [
        key
        for model in models
        for key, field in model.get("properties", {}).items()
        if "description" not in field and "const" not in field
    ]

    assert silent == []
    assert keys.keys() - _keys(read(EXAMPLES[name], name).data) == set()


def _keys(data: Any) -> set[str]:
    if isinstance(data, dict):
        return set(data) | {key for value in data.values() for key in _keys(value)}
    return {key for value in data for key in _keys(value)} if isinstance(data, list) else set()


def test_every_kind_of_value_is_shown_with_values_that_are_accepted() -> None:
    for kind, schema in kind_schemas():
        assert schema["examples"], schema["x-kind"]
        for example in schema["examples"]:
            TypeAdapter(kind).validate_python(example)

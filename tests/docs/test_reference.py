"""docs/reference says what may stand in the YAML files. Who writes one by it is not refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from domain.authoring.yaml_source import read, validate
from domain.cadences.cadence import Cadence
from domain.checking.policies import read_policy
from domain.checking.reference import FILES, kind_schemas, pages, schema_files, schema_of
from settings import ROOT

FOLDER = ROOT / "docs" / "reference"
SCHEMAS = ROOT / "cadences" / "schemas"
EXAMPLES = {
    name: (FOLDER / "examples" / f"{name}.yaml").read_text(encoding="utf-8") for name in FILES
}
BUILT = pages(EXAMPLES)


def test_every_page_says_what_the_code_accepts_today() -> None:
    """Else a key that is new, gone or has another default misleads whoever writes a policy."""
    written = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}

    assert written == BUILT, "Run `make reference`."


def test_every_schema_is_that_of_the_code_today() -> None:
    """Else editors complete what is refused, and underline what is right."""
    written = {path.name: path.read_text(encoding="utf-8") for path in SCHEMAS.glob("*.json")}

    assert written == schema_files(), "Run `make reference`."


def _mistakes(text: str) -> list[str]:
    data = read(text, "").data
    validator = Draft202012Validator(schema_of(FILES[data.get("policy", "cadence")]))
    return [error.message for error in validator.iter_errors(data)]


@pytest.mark.parametrize(
    "path",
    [*ROOT.glob("cadences/*.yaml"), *ROOT.glob("docs/reference/examples/*.yaml")],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_editors_find_the_schema_of_a_file_and_nothing_wrong(path: Path) -> None:
    """Short forms that the code reads (`stop`, `[1, 3]`) would be underlined as mistakes."""
    text = path.read_text(encoding="utf-8")
    if path.parent.name == "cadences":
        kind = read(text, "").data.get("policy", "cadence")
        assert text.startswith(f"# yaml-language-server: $schema=schemas/{kind}.json\n")

    assert _mistakes(text) == []


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("cadence", "topic:", "topci:"),
        ("follow-up", "next_attempt", "next_atempt"),
        ("recycle", "4: stop", "4: stopp"),
        ("team", "manager:", "maneger:"),
    ],
)
def test_editors_underline_a_misspelt_word(name: str, right: str, wrong: str) -> None:
    text = EXAMPLES[name]
    text = text if right in text else (ROOT / "cadences" / f"{name}.yaml").read_text("utf-8")
    assert right in text

    assert _mistakes(text.replace(right, wrong)) != []


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

"""Reading and checking the files marketing writes: cadences, policies and templates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from cli.errors import UserError
from domain.authoring.yaml_source import SourceProblem, ordered
from domain.brand.policy import DEFAULT, BrandPolicy, brand_fields
from domain.checking.checked import check_among
from domain.email.checked import check_template, is_about_a_meeting, template_of
from domain.email.delivery_checks import delivery_warnings
from store.published.cadences import TemplateSource
from store.publishing.publishing import Checked

_CADENCE_KEY = re.compile(r"^cadence:\s*[\"']?([\w-]+)", re.MULTILINE)
_YAML_SUFFIXES = (".yaml", ".yml")


def check_files(cadences_dir: Path, templates_dir: Path, files: Iterable[Path] = ()) -> Checked:
    """Read and check ``files``, or everything in the two folders when none are named.

    Of named files, the templates that their cadences use are checked with them.

    Raises:
        UserError: a file is missing, can't be read or is of another kind, or there are none.
    """
    named = list(files)
    languages = template_languages(templates_dir)
    checked = Checked(languages=languages)
    texts = _Texts(checked.problems)
    chosen = named or sorted([*_yaml_files(cadences_dir), *_template_files(templates_dir)])
    if not chosen:
        raise UserError(
            f"There is nothing in {cadences_dir} and {templates_dir}: write a cadence there, "
            "or name files."
        )
    template_files: dict[Path, None] = {}
    yaml_texts: dict[str, str] = {}
    for path in chosen:
        if template_of(path.name):
            template_files[path] = None
        elif path.suffix in _YAML_SUFFIXES:
            text = texts.read(path)
            if text is not None:
                yaml_texts[shown(path)] = text
        else:
            raise UserError(
                f"{shown(path)} is neither a cadence or policy (NAME.yaml) nor a template "
                "(NAME.LANGUAGE.mjml): name such a file."
            )
    beside = [
        path.read_text(encoding="utf-8", errors="replace")
        for path in _yaml_files(cadences_dir)
        if shown(path) not in yaml_texts
    ]
    check_among(checked, yaml_texts, beside, languages, _cadence_names(cadences_dir))
    for _, cadence in checked.cadences.values():
        for name in cadence.templates():
            for language in languages[name]:
                template_files[templates_dir / f"{name}.{language}.mjml"] = None
    _check_templates(checked, texts, list(template_files), _parts(texts, templates_dir))
    checked.problems[:] = ordered(checked.problems)
    return checked


def template_languages(templates_dir: Path) -> dict[str, set[str]]:
    """Template name → languages, of the files there are."""
    languages: dict[str, set[str]] = {}
    for path in _template_files(templates_dir):
        name, language, _ = path.name.split(".")
        languages.setdefault(name, set()).add(language)
    return languages


def shown(path: Path) -> str:
    """The path as a person at the terminal would write it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _yaml_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix in _YAML_SUFFIXES)


def _cadence_names(folder: Path) -> set[str]:
    """Names of the cadences in a folder, whether or not they are right otherwise."""
    texts = (path.read_text(encoding="utf-8", errors="replace") for path in _yaml_files(folder))
    return {match[1] for text in texts if (match := _CADENCE_KEY.search(text))}


def _template_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.mjml") if template_of(path.name))


def _parts(texts: _Texts, templates_dir: Path) -> dict[str, str]:
    """What templates include: the files whose names begin with an underscore."""
    read_parts = ((path.name, texts.read(path)) for path in sorted(templates_dir.glob("_*.mjml")))
    return {name: text for name, text in read_parts if text is not None}


def _check_templates(
    checked: Checked, texts: _Texts, files: list[Path], parts: Mapping[str, str]
) -> None:
    _source, brand_policy = checked.policies.get(BrandPolicy.name(), ("", None))
    looks = brand_policy if isinstance(brand_policy, BrandPolicy) else DEFAULT
    for path in files:
        source = texts.read(path)
        if source is None:
            continue
        name, language, _ = path.name.split(".")
        compiled, problems = check_template(name, source, shown(path), parts)
        checked.problems += problems
        if compiled is not None:
            checked.templates.append(TemplateSource(name, language, source, compiled))
            if not problems:
                meeting = is_about_a_meeting(name)
                brand = brand_fields(looks, language, "")
                checked.warnings += delivery_warnings(
                    compiled, source, shown(path), parts, brand, meeting=meeting
                )


class _Texts:
    """Reads files; text that is not UTF-8 becomes a problem instead."""

    def __init__(self, problems: list[SourceProblem]) -> None:
        self._problems = problems

    def read(self, path: Path) -> str | None:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise UserError(f"There is no file {shown(path)}: check its name.") from None
        except IsADirectoryError:
            raise UserError(f"{shown(path)} is a folder: name the files in it.") from None
        except OSError as error:
            raise UserError(
                f"{shown(path)} can't be read ({error.strerror}): check its permissions."
            ) from error
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = content[: error.start]
            line = before.count(b"\n") + 1
            column = len(before.rsplit(b"\n", 1)[-1].decode("utf-8", "replace")) + 1
            self._problems.append(
                SourceProblem(
                    shown(path),
                    line,
                    column,
                    "this character is not UTF-8. Save the file in the encoding UTF-8",
                )
            )
            return None

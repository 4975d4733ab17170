"""Whatever text is sent to be checked gets problems with file and line, never a failure."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.checking.checked import CheckedTexts, check_texts
from domain.email.checked import check_template
from settings import ROOT

TEMPLATES = sorted((ROOT / "templates").glob("*.mjml"))
TEXTS = sorted((ROOT / "cadences").glob("*.yaml"))
PARTS = {path.name: path.read_text() for path in TEMPLATES if path.name.startswith("_")}

_SCRAPS = """
{{ }} {% %} <!-- < </mj-text> &#0; ' " [ ] : - &a *a !!x {# ? \\ | > %YAML
<mj-include·path="_footer.en.mjml"/> {%·autoescape·false·%} {%·endautoescape·%} {%·with·%}
{%·block·a·%} {%·macro·a()·%} {{·1/0·}} {%·set·a·=·1·%} {%·for·a·in·'abc'·%}
"""
_scraps = st.sampled_from(
    [scrap.replace("·", " ") for scrap in _SCRAPS.split()]
    + [
        "셋 >",
        "<mj-text 셋 >",
        "9" * 5000,
        "(" * 300,
        "{% if 1 %}" * 120,
        "\x00",
        "\ud800",
        "\u2028",
        "\t",
        "\n",
    ]
)


@st.composite
def _mutated(draw: st.DrawFn, paths: list[Path]) -> tuple[str, str]:
    path = draw(st.sampled_from(paths))
    text = path.read_text()
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        end = draw(st.sampled_from([at, at + 1, at + 20]))
        text = text[:at] + draw(_scraps) + text[end:]
    return path.name, text


@given(_mutated([path for path in TEMPLATES if not path.name.startswith("_")]))
@settings(max_examples=100, deadline=None)
def test_a_damaged_template_gives_problems(mutated: tuple[str, str]) -> None:
    """A failure told marketing nothing but 'internal error'."""
    file, text = mutated
    compiled, problems = check_template(file.split(".")[0], text, file, PARTS)

    assert compiled is not None or problems
    assert all(one.line >= 1 and one.column >= 1 for one in problems)


@given(_mutated(TEXTS))
@settings(max_examples=40, deadline=None)
def test_a_damaged_cadence_or_policy_gives_problems(mutated: tuple[str, str]) -> None:
    """As above, for YAML."""
    file, text = mutated
    checked = CheckedTexts()
    check_texts(checked, {file: text}, {}, set())

    assert all(one.line >= 1 and one.column >= 1 for one in checked.problems)

"""Lint: what it misses reaches a lead; what it says badly costs marketing an hour."""

from __future__ import annotations

import pytest

from domain.checking.lint import lint, lint_all, lint_policy

TEMPLATES = {
    "welcome": ["en", "ko"],
    "tips": ["en", "ko"],
    "english-only": ["en"],
    "korean": ["ko"],
    "meeting-soon": ["en"],
}


def found(text: str) -> list[str]:
    """The problems of a cadence file, without its name."""
    return [str(problem).removeprefix("x.yaml:") for problem in lint(text, "x.yaml", TEMPLATES)[1]]


def in_steps(steps: str) -> list[str]:
    """The problems of some steps, which begin on line 3."""
    return found(f"cadence: a\nsteps:\n{steps}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "1:1: the file is empty"),
        ("cadence: a\nsteps: [\n", "3:1: YAML can't be read here"),
        ("cadence: a\ndescription: b: c\n", "2:15: a colon does not fit here"),
        ("cadence: a\nsteps:\n\t- email: tips\n", "3:1: YAML does not allow tabs here"),
        ("cadence: a\n---\ncadence: b\n", "2:1: a file holds one document"),
        ("cadence: a\nsteps: [*x]", "2:9: YAML can't be read here (found undefined alias"),
        ("cadence: &a [*a]", "1:10: an alias can't stand inside the value it repeats"),
        ("cadence: a\ntext: \x07", "2:7: this character is not allowed in YAML"),
        ('cadence: "\\UFFFFFFFF"', "1:1: this is no YAML that can be read"),
        ("cadence: !!python/none a", "1:10: the tag tag:yaml.org,2002:python/none is not used"),
        ("[" * 700, "1:51: the file is nested too deeply"),
    ],
)
def test_what_is_no_yaml_is_pointed_at(text: str, problem: str) -> None:
    """The first thing that goes wrong for somebody who never wrote YAML."""
    assert any(line.startswith(problem) for line in found(text)), found(text)


HEAD = "cadence: a\nsteps: [{email: tips}]\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("steps: [{email: tips}]", "1:1: 'cadence:' is missing here"),
        ("cadence: Welcome 1\nsteps: [{email: tips}]", "1:10: 'Welcome 1' can't be a name."),
        ("cadence: a\nsteps: []", "2:8: this is empty. Write at least one entry"),
        ("cadence: a\nsteps:", "2:7: there is nothing after the colon"),
        ("cadence: a\nsteps: 3", "2:8: this must be a list"),
        (HEAD + "descripton: x", "3:1: unknown key 'descripton'. Did you mean 'description'?"),
        (HEAD + "description: 7", "3:14: this must be text. Put it in quotation marks"),
        (HEAD + "exit_on: [replid]", "3:11: 'replid' is not known here. Did you mean 'replied'?"),
        (HEAD + "exit_on: [x]", "3:11: 'x' is not known here. Use one of booked, bounced"),
        (HEAD + "cadence: b", "3:1: 'cadence' is here twice. Keep one"),
        (HEAD + "window: {days: [mno]}", "3:17: 'mno' is not known here. Did you mean 'mon'?"),
        (HEAD + "window: {days: []}", "3:16: this window can never open: it has no days"),
        (HEAD + 'window: {from: "18:00", to: "09:00"}', "3:29: this window can never open"),
        (HEAD + 'window: {to: "08:00"}', "3:14: this window can never open"),
        (HEAD + "window: {from: 25:00}", "3:16: '25:00' is not a time of day."),
        (HEAD + "window: {frm: 09:00}", "3:10: unknown key 'frm'. Did you mean 'from'?"),
        (HEAD + "window: {skip_holidays: maybe}", "3:25: this must be true or false"),
        (HEAD + "window: mon", "3:9: this must be keys with values"),
    ],
)
def test_a_mistake_in_the_frame_is_named_with_its_mend(text: str, problem: str) -> None:
    """Keys, kinds of value and the send window."""
    assert [line for line in found(text) if line.startswith(problem)], found(text)


@pytest.mark.parametrize(
    ("steps", "problem"),
    [
        ("- email: welcom", "3:10: unknown template 'welcom'. Did you mean 'welcome'? Else add "),
        ("- email: zzz", "3:10: unknown template 'zzz'. Add templates/zzz.en.mjml"),
        ("- email: meeting-soon", "3:10: the mail 'meeting-soon' is about a meeting: it is sent"),
        ("- emial: tips", "3:3: unknown step 'emial'. Did you mean 'email'?"),
        ("- exit", "3:3: 'exit' is no step. Write one of email, wait"),
        ("- {email: tips, wait: 1 day}", "3:3: this step is email and wait at once."),
        ("- email: tips\n  ids: a", "4:3: unknown key 'ids'. Did you mean 'id'?"),
        ("- {wait: 3 dyas}", "3:10: unknown unit 'dyas'. Did you mean 'days'?"),
        ("- wait: 3", "3:9: '3' is no span of time. Write a whole number and a unit"),
        ("- wait: 0 days", "3:9: '0 days' is no time at all."),
        ("- wait: -1 days", "3:9: '-1 days' is no time at all."),
        ("- wait: 3 weeks\n- wait: 999999999 weeks", "4:9: '999999999 weeks' is more than 2"),
        ("- wait: 732 days", "3:9: '732 days' is more than 2 years."),
        ("- task: {title: ''}", "3:17: there is no text here."),
        ("- task: {title: a, kind: cal}", "3:26: 'cal' is not known here. Did you mean 'call'?"),
        ("- task: {title: a, de: 1 day}", "3:20: unknown key 'de'. Did you mean 'due'?"),
        ("- task: {kind: call}", "3:9: 'title:' is missing here"),
        ("- exit: No!", "3:9: 'No!' can't be a name."),
        (
            "- {email: tips, id: a}\n- {wait: 1 day, id: a}",
            "4:21: the id 'a' is already that of an earlier step.",
        ),
    ],
)
def test_a_mistake_in_a_step_is_named_with_its_mend(steps: str, problem: str) -> None:
    """Line and column are those an editor shows."""
    assert [line for line in in_steps(steps) if line.startswith(problem)], in_steps(steps)


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("if: lead.contry == 'KR'", "4:14: unknown field 'contry' of lead. Did you mean"),
        ('if: "lead.title == \\"x\\" && scor > 1"', "4:33: unknown variable 'scor'"),
        ("if: 'lead.title == ''x'' && scor > 1'", "4:33: unknown variable 'scor'"),
        ("if: |\n      score > 1 &&\n        scor > 1", "6:9: unknown variable 'scor'"),
        ("if: >\n      score > 1 &&\n      scor > 1", "4:9: unknown variable 'scor'"),
        ("if: score >", "4:16: the condition ends too early"),
        ("if: score > 1 and cycle > 1", "4:19: 'and' is no operator here. Write '&&'"),
        ("if: true", "4:9: this must be text"),
        ("if: 1 > 2", "4:9: this condition is always false, so no lead ever takes 'then'"),
        ("if: 1 < 2", "4:9: this condition is always true, so no lead ever takes 'else'"),
    ],
)
def test_a_mistake_in_a_condition_is_pointed_at_inside_its_text(
    condition: str, problem: str
) -> None:
    """A condition is often long: the column saves the search."""
    problems = in_steps(f"- branch:\n    {condition}\n    then: [{{email: tips}}]\n")

    assert [line for line in problems if line.startswith(problem)], problems


def test_steps_no_lead_reaches_are_reported_once_each_stretch() -> None:
    """Marketing believes that those mails go."""
    problems = in_steps(
        "- branch:\n"
        "    if: score > 1\n"
        "    then: [{exit: a}, {email: tips}]\n"
        "    else: [{exit: b}]\n"
        "- email: tips\n"
        "- email: welcome\n"
    )

    assert problems == [
        "5:23: no lead ever reaches this step: the exit before it ends the cadence. "
        "Delete the step, or move it up",
        "7:3: no lead ever reaches this step: both ways of the branch before it end in an exit. "
        "Delete the step, or move it up",
    ]


def test_a_branch_with_one_exit_or_no_else_goes_on() -> None:
    """A warning about a step that is reached would teach people to ignore lint."""
    branch = "- branch:\n    if: score > 1\n    then: [{exit: a}]\n"

    assert in_steps(branch + "- email: tips\n") == []
    assert in_steps(branch + "    else: [{email: welcome}]\n- email: tips\n") == []


def test_a_cadence_speaks_its_languages_from_the_first_mail_to_the_last() -> None:
    """A Korean lead must not get one of five mails in English."""
    assert in_steps("- email: welcome\n- email: english-only\n") == [
        "4:10: the template 'english-only' is missing in the language 'ko' ('welcome' of this "
        "cadence has it). Add templates/english-only.ko.mjml, or say languages: [en] to write in "
        "less"
    ]
    assert in_steps("- email: english-only\n") == []
    assert in_steps("- email: korean\n") == [
        "3:10: the template 'korean' is missing in the language 'en' (it is used for every lead "
        "whose own language is missing). Add templates/korean.en.mjml, or say languages: [ko] "
        "to write in less"
    ]


def test_all_problems_of_all_files_come_at_once() -> None:
    """Mending one mistake per run is how an afternoon goes."""
    broken = (
        "cadence: a\ntopik: x\nsteps: [{email: welcom}, {wait: 0 days}, {exit: a}, {exit: b}]\n"
    )
    cadences, problems = lint_all(
        {"b.yaml": broken, "a.yaml": HEAD, "c.yaml": HEAD, "d.yaml": "["}, TEMPLATES
    )

    assert list(cadences) == ["a.yaml", "c.yaml"]
    assert [str(problem)[:60] for problem in problems] == [
        "b.yaml:2:1: unknown key 'topik'. Did you mean 'topic'?",
        "b.yaml:3:17: unknown template 'welcom'. Did you mean 'welcom",
        "b.yaml:3:33: '0 days' is no time at all. Write a number abov",
        "b.yaml:3:53: no lead ever reaches this step: the exit before",
        "c.yaml:1:10: the cadence 'a' is already in a.yaml. Choose an",
        "d.yaml:1:2: YAML can't be read here (expected the node conte",
    ]


def test_a_policy_must_not_send_leads_to_a_cadence_there_is_not() -> None:
    """A no-show would otherwise fail the journey months later."""
    policy = (
        "policy: recycle\nreasons: {timing: {cadence: reentri}}\ndefault: {cadence: re-entry}\n"
    )

    assert [str(problem) for problem in lint_policy(policy, "r.yaml", ["re-entry"])[1]] == [
        "r.yaml:2:29: unknown cadence 'reentri'. Did you mean 're-entry'?"
    ]
    assert lint_policy(policy, "r.yaml", ["re-entry", "reentri"])[1] == []

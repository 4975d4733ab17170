"""Cadences and policies as texts: checked one by one, and against each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.authoring.yaml_messages import did_you_mean
from domain.authoring.yaml_source import SourceProblem, YamlSource, read
from domain.brand.policy import BrandPolicy
from domain.cadences.cadence import Cadence, ExitStep, walk
from domain.checking.entry_lint import entry_problems, segments_in_use
from domain.checking.lint import lint_all, lint_policy
from domain.checking.policies import policy_name
from domain.checking.sales_lint import reasons_given, unknown_reasons
from domain.consent.policy import ConsentPolicy
from domain.email.sender import BRAND, OWNER
from domain.rules.policy import PolicyFile
from domain.sales.customers import CustomerPolicy
from domain.sales.follow_up import FollowUpPolicy
from domain.sales.recycle import KNOWN_REASONS, RecyclePolicy
from domain.segments.policy import SegmentsPolicy

# No file is called so.
_BESIDE = "\0beside "


@dataclass
class CheckedTexts:
    """What the texts say, as far as it is right, and every problem in them.

    ``cadences`` maps the file's name, ``policies`` the policy's, to the text and what it says.
    ``warnings`` are of what can be published and had better be changed.
    """

    cadences: dict[str, tuple[str, Cadence]] = field(default_factory=dict)
    policies: dict[str, tuple[str, PolicyFile]] = field(default_factory=dict)
    problems: list[SourceProblem] = field(default_factory=list)
    warnings: list[SourceProblem] = field(default_factory=list)


def check_among(
    checked: CheckedTexts,
    texts: Mapping[str, str],
    beside: Iterable[str],
    languages: Mapping[str, set[str]],
    cadence_names: set[str],
    *,
    archived: Collection[str] = (),
) -> None:
    """Check texts as :func:`check_texts` does, and against the others that hold ``beside`` them
    and that none of them replaces. What is wrong with those is not told."""
    own = {_what_it_is(text) for text in texts.values()}
    others = [text for text in beside if _what_it_is(text) not in own]
    everything = CheckedTexts()
    together = {f"{_BESIDE}{number}": text for number, text in enumerate(others)} | dict(texts)
    check_texts(everything, together, languages, cadence_names, archived=archived)
    checked.problems += [one for one in everything.problems if one.file in texts]
    checked.cadences |= {f: found for f, found in everything.cadences.items() if f in texts}
    mine = {policy_name(text) for text in texts.values()}
    checked.policies |= {n: found for n, found in everything.policies.items() if n in mine}


def _what_it_is(text: str) -> tuple[str, str]:
    if name := policy_name(text):
        return "policy", name
    data = read(text, "").data
    return "cadence", str(data.get("cadence", "")) if isinstance(data, dict) else ""


def check_texts(
    checked: CheckedTexts,
    texts: Mapping[str, str],
    languages: Mapping[str, set[str]],
    cadence_names: set[str],
    *,
    archived: Collection[str] = (),
) -> None:
    """Check cadences and policies, alone and against each other; the result goes into ``checked``.

    Args:
        texts: by the name of their file, which problems are told with.
        languages: template name → the languages there are of it.
        cadence_names: cadences that there are besides those in ``texts``.
        archived: those that nobody enters any more.
    """
    cadence_texts = {}
    policy_texts: dict[str, tuple[str, str]] = {}
    for file, text in texts.items():
        data = read(text, file).data
        name = policy_name(text)
        if name in policy_texts:
            message = f"the policy '{name}' is already in {policy_texts[name][0]}. Delete one"
            checked.problems.append(SourceProblem(file, 1, 1, message))
        elif name is not None:
            policy_texts[name] = (file, text)
        elif isinstance(data, dict) and "cadence" not in data:
            checked.problems.append(
                SourceProblem(
                    file,
                    1,
                    1,
                    "this is neither a cadence nor a policy. Begin with 'cadence: NAME' or "
                    "'policy: NAME'",
                )
            )
        else:
            cadence_texts[file] = text
    cadences, problems = lint_all(cadence_texts, languages)
    checked.problems += problems
    checked.cadences = {file: (cadence_texts[file], cadence) for file, cadence in cadences.items()}
    known = {*cadence_names, *(cadence.name for cadence in cadences.values())}
    for name, (file, text) in policy_texts.items():
        policy, problems = lint_policy(text, file, known, archived)
        checked.problems += problems
        if policy is not None:
            checked.policies[name] = (text, policy)
        if isinstance(policy, ConsentPolicy):
            checked.problems += _topics_nobody_can_choose(checked, policy)
            checked.problems += _beside_consent(policy, read(text, file), policy_texts)
        checked.problems += _topics_without_name(policy, text, file, policy_texts)
        if isinstance(policy, RecyclePolicy) and "follow-up" in policy_texts:
            follow_up = read(policy_texts["follow-up"][1], "").data
            checked.problems += _reasons_nobody_gives(
                policy, read(text, file), cadences.values(), follow_up
            )
        if isinstance(policy, CustomerPolicy) and "team" in policy_texts:
            team = read(policy_texts["team"][1], "").data
            checked.problems += _owner_nobody_is(policy, read(text, file), team)
        if isinstance(policy, SegmentsPolicy):
            source, others = read(text, file), [one for one in cadences if one.startswith(_BESIDE)]
            checked.problems += segments_in_use(checked.cadences, source.data, source, others)
        if isinstance(policy, FollowUpPolicy):
            source = read(text, file)
            recycle = policy_texts.get("recycle")
            checked.problems += _missing_mails(policy, source, languages)
            checked.problems += unknown_reasons(
                policy, source, read(recycle[1], "").data if recycle else None
            )
    data = {
        name: read(policy_texts[name][1], "").data if name in policy_texts else None
        for name in ("segments", "forms")
    }
    others = [one for one in cadences if one.startswith(_BESIDE)]
    checked.problems += entry_problems(checked.cadences, data["segments"], data["forms"], others)


def _topics_nobody_can_choose(
    checked: CheckedTexts, consent: ConsentPolicy
) -> Iterator[SourceProblem]:
    for file, (text, cadence) in checked.cadences.items():
        if problem := consent.topic_problem(cadence.topic):
            yield read(text, file).problem(("topic",), problem)


def _beside_consent(
    policy: ConsentPolicy, source: YamlSource, texts: Mapping[str, tuple[str, str]]
) -> Iterator[SourceProblem]:
    if "forms" in texts:
        file, text = texts["forms"]
        yield from _topics_of_forms(policy, read(text, file))
    if "team" in texts:
        yield from _senders_nobody_is(policy, source, read(texts["team"][1], "").data)


def _topics_of_forms(consent: ConsentPolicy, source: YamlSource) -> Iterator[SourceProblem]:
    """People agree to a topic that they could not choose again."""
    data = source.data
    forms = data.get("forms") if isinstance(data, dict) else None
    for number, one in enumerate(forms if isinstance(forms, list) else ()):
        agreed = one.get("consent") if isinstance(one, dict) else None
        topic = agreed.get("topic") if isinstance(agreed, dict) else None
        if isinstance(topic, str) and (problem := consent.topic_problem(topic)):
            yield source.problem(("forms", number, "consent", "topic"), problem)


def _topics_without_name(
    brand: PolicyFile | None, text: str, file: str, texts: Mapping[str, tuple[str, str]]
) -> Iterator[SourceProblem]:
    """Senders of a topic that no mail has: its mails would be somebody else's, and nobody would
    know."""
    if not isinstance(brand, BrandPolicy) or "consent" not in texts:
        return
    source, consent = read(text, file), read(texts["consent"][1], "").data
    topics = consent.get("topics") if isinstance(consent, dict) else None
    known = sorted(topics) if isinstance(topics, dict) else []
    for topic in brand.senders:
        if topic not in known:
            message = (
                f"the consent policy does not name the topic '{topic}'.{did_you_mean(topic, known)}"
            )
            yield source.problem(("senders", topic), message, at_key=True)


def _codes(team: Any, *parts: tuple[str, str]) -> set[str]:
    """What a team file calls teams or people: the values of these keys in these parts of it."""
    team = team if isinstance(team, dict) else {}
    return {
        str(one.get(key))
        for part, key in parts
        for one in team.get(part) or []
        if isinstance(one, dict)
    }


def _senders_nobody_is(
    policy: ConsentPolicy, source: YamlSource, team: Any
) -> Iterator[SourceProblem]:
    """A sender who is nobody: the topic's mails would be the brand's, and nobody would know."""
    known = {OWNER, BRAND, *_codes(team, ("reps", "code"), ("managers", "code"))}
    for topic, who in policy.senders.items():
        if who not in known:
            advice = did_you_mean(who, sorted(known))
            message = f"there is no rep or manager '{who}'.{advice}"
            yield source.problem(("senders", topic), message)


def _owner_nobody_is(
    policy: CustomerPolicy, source: YamlSource, team: Any
) -> Iterator[SourceProblem]:
    """An owner of customers who is neither a rep nor a team: customers would stay with sales."""
    codes = _codes(team, ("teams", "team"), ("reps", "code"))
    if policy.owner and policy.owner not in codes:
        advice = did_you_mean(policy.owner, sorted(codes))
        message = f"there is no rep or team '{policy.owner}'.{advice}"
        yield source.problem(("owner",), message)


def _reasons_nobody_gives(
    policy: RecyclePolicy, source: YamlSource, cadences: Iterable[Cadence], follow_up: Any
) -> Iterator[SourceProblem]:
    """Reasons for which no journey ever comes back: mostly slips of the pen."""
    returns = follow_up.get("returns") if isinstance(follow_up, dict) else None
    known = {*KNOWN_REASONS, *(returns if isinstance(returns, dict) else ())}
    known |= reasons_given(follow_up)
    for cadence in cadences:
        known |= {step.exit for _, step in walk(cadence.steps, ()) if isinstance(step, ExitStep)}
    for reason in policy.reasons:
        if reason not in known:
            advice = did_you_mean(reason, sorted(known))
            message = f"no lead ever comes back for the reason '{reason}'.{advice}"
            yield source.problem(("reasons", reason), message, at_key=True)


def _missing_mails(
    policy: FollowUpPolicy, source: YamlSource, languages: Mapping[str, set[str]]
) -> Iterator[SourceProblem]:
    """Mails after calls for which there is no template: the journey would wait for them."""
    for path, name in policy.mails().items():
        if name not in languages:
            advice = did_you_mean(name, sorted(languages))
            yield source.problem(path, f"there is no template '{name}'.{advice}")

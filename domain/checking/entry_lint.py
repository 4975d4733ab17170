"""Checks of who enters cadences (``enter_when:``) against the other cadences and policies: what
could have nobody enter, or everybody for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from domain.authoring.yaml_messages import did_you_mean
from domain.authoring.yaml_source import SourceProblem, YamlSource, read
from domain.cadences.cadence import Cadence, EmailStep, ExitStep, walk
from domain.cadences.entry import ReEntryAfter
from domain.cadences.triggers import EventTrigger, FormTrigger, SegmentTrigger, parts_of
from domain.rules.segment_facts import facts_read

BY_MAIL = ("open", "click", "reply")
"""Events that a mail of another cadence may bring."""

Written = Mapping[str, tuple[str, Cadence]]
"""File → its text and the cadence in it."""


def entry_problems(
    cadences: Written, segments: Any, forms: Any, others: Sequence[str] = ()
) -> Iterator[SourceProblem]:
    """What is wrong with how leads enter these cadences.

    Args:
        segments, forms: the policies as plain data; None where there are none.
        others: files of cadences that are not the writer's; of theirs nothing is told.
    """
    conditions = {str(one["name"]): str(one.get("when", "")) for one in _entries(segments)}
    known_forms = [str(one["name"]) for one in _entries(forms)]
    for file, (text, cadence) in cadences.items():
        if cadence.enter_when and file not in others:
            source = read(text, file)
            yield from _unknown(cadence, source, list(conditions), known_forms)
            yield from _same(cadence, source, cadences)
            yield from _loop(cadence, source, cadences, conditions)


def segments_in_use(
    cadences: Written, segments: Any, source: YamlSource, others: Sequence[str]
) -> Iterator[SourceProblem]:
    """Segments that published cadences enter by and that are there no more."""
    known = [str(one["name"]) for one in _entries(segments)]
    for file in others:
        for trigger in cadences[file][1].enter_when if file in cadences else ():
            if isinstance(trigger, SegmentTrigger) and trigger.segment not in known:
                yield source.problem(
                    ("segments",),
                    f"leads enter the cadence '{cadences[file][1].name}' by the segment "
                    f"'{trigger.segment}', which is not here any more. Keep it, or take it out of "
                    "'enter_when:' of the cadence first",
                )


def _entries(policy: Any) -> list[dict[str, Any]]:
    data = policy if isinstance(policy, dict) else {}
    found = next((data[key] for key in ("segments", "forms") if key in data), None)
    return [
        one
        for one in (found if isinstance(found, list) else ())
        if isinstance(one, dict)
        if "name" in one
    ]


def _unknown(
    cadence: Cadence, source: YamlSource, segments: Sequence[str], forms: Sequence[str]
) -> Iterator[SourceProblem]:
    for number, trigger in enumerate(cadence.enter_when):
        place = ("enter_when", number)
        if isinstance(trigger, SegmentTrigger) and trigger.segment not in segments:
            advice = did_you_mean(trigger.segment, segments)
            yield source.problem(
                (*place, "segment"), f"there is no segment '{trigger.segment}'.{advice}"
            )
        elif isinstance(trigger, FormTrigger) and trigger.form not in forms:
            advice = did_you_mean(trigger.form, forms)
            yield source.problem((*place, "form"), f"there is no form '{trigger.form}'.{advice}")
        if trigger in cadence.enter_when[:number]:
            yield source.problem(place, "the same is said above. Delete one of the two")


def _same(cadence: Cadence, source: YamlSource, cadences: Written) -> Iterator[SourceProblem]:
    for number, trigger in enumerate(cadence.enter_when):
        for _, other in cadences.values():
            if (
                other.name != cadence.name
                and other.entry_rules.priority == cadence.entry_rules.priority
                and parts_of(trigger) in [parts_of(one) for one in other.enter_when]
            ):
                yield source.problem(
                    ("enter_when", number),
                    f"the same has leads enter the cadence '{other.name}', which has the same "
                    "priority: which of both a lead enters is chance. Give one of them a higher "
                    "'priority:' under 'entry:'",
                )


def _loop(
    cadence: Cadence, source: YamlSource, cadences: Written, conditions: Mapping[str, str]
) -> Iterator[SourceProblem]:
    way = _way_back(cadence, cadences, conditions)
    if way:
        yield source.problem(
            ("enter_when",),
            f"leads would go round for ever: {' → '.join((*way, way[0]))}. Say in one of these "
            "when a lead may enter it again, such as 're_entry: never' or 're_entry: {after: "
            "90 days}' under 'entry:'",
            at_key=True,
        )


def _way_back(
    cadence: Cadence, cadences: Written, conditions: Mapping[str, str]
) -> list[str] | None:
    """The cadences through which leads come back to this one, it first; None when they don't."""
    again = [one for _, one in cadences.values() if _goes_on_for_ever(one)]
    if cadence not in again:
        return None
    ways = [[cadence]]
    seen = set()
    while ways:
        way = ways.pop(0)
        for following in again:
            if not _leads_to(way[-1], following, conditions):
                continue
            if following.name == cadence.name:
                return [one.name for one in way]
            if following.name not in seen:
                seen.add(following.name)
                ways.append([*way, following])
    return None


def _goes_on_for_ever(cadence: Cadence) -> bool:
    again = cadence.entry_rules.re_entry
    return again != "never" and not isinstance(again, ReEntryAfter)


def _leads_to(before: Cadence, after: Cadence, conditions: Mapping[str, str]) -> bool:
    """Whether who goes through one cadence enters another by that, as far as it can be told."""
    steps = [step for _, step in walk(before.steps, ())]
    mails = any(isinstance(step, EmailStep) for step in steps)
    exits = {step.exit for step in steps if isinstance(step, ExitStep)}
    for trigger in after.enter_when:
        match trigger:
            case EventTrigger(event=event, where=None) if mails and event in BY_MAIL:
                return True
            case SegmentTrigger(segment=name):
                condition = conditions.get(name, "")
                asks = any(one.path == "reason" for one in facts_read(condition))
                if asks and exits & set(re.findall(r"""["']([\w-]+)["']""", condition)):
                    return True
            case _:
                pass
    return False

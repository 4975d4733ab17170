"""Which column of a file is which field of a lead.

Headers are recognised as HubSpot, Salesforce and hand-made lists name them, in English and
Korean (and the commonest in Chinese). What is not recognised becomes an attribute.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from domain.attributes import attribute_key
from domain.lead_files.encoding import LeadFileError
from domain.lead_files.rejects import REJECT_COLUMNS
from domain.sentences import sentence

Field = Literal[
    "email",
    "first_name",
    "last_name",
    "full_name",
    "title",
    "company",
    "phone",
    "country",
    "language",
    "time_zone",
    "source",
    "unsubscribed",
]
FIELDS: tuple[Field, ...] = get_args(Field)

LEFT_OUT = "-"
"""In the place of a field: the column is not read."""

# The spellings of one field, the best first: when a file has several, an empty cell of the
# better column is filled from the next.
_SPELLINGS: Mapping[Field, str] = {
    "email": (
        "email|email address|work email|business email|mail|이메일|이메일 주소|전자 메일|"
        "전자메일 주소|전자우편|메일|메일 주소|회사 이메일|업무용 이메일|邮箱|电子邮件|"
        "电子邮箱|邮件"
    ),
    "first_name": "first name|given name|given names|forename|이름|명|名|名字",
    "last_name": "last name|surname|family name|성|姓|姓氏",
    "full_name": (
        "full name|name|contact name|lead name|contact|person|성명|전체 이름|담당자|"
        "담당자명|담당자 이름|고객명|연락처 이름|姓名|联系人"
    ),
    "title": "job title|title|position|role|직함|직책|직위|직급|职位|职务",
    "company": (
        "company|company name|account|account name|company account|organization|"
        "organisation|employer|associated company|primary associated company|회사|회사명|"
        "회사 이름|회사 계정|계정|계정 이름|계정명|기업|기업명|업체명|소속|公司|公司名称|"
        "单位"
    ),
    "phone": (
        "phone|phone number|telephone|telephone number|business phone|work phone|tel|"
        "mobile|mobile phone|mobile phone number|mobile number|cell|cell phone|전화|"
        "전화번호|회사 전화|연락처|휴대폰|휴대폰 번호|휴대전화|휴대전화 번호|핸드폰|"
        "핸드폰 번호|모바일|电话|手机|手机号|联系电话"
    ),
    "country": (
        "country|country region|country code|country territory|mailing country|"
        "billing country|ip country|국가|국가 지역|국가 코드|나라|우편 국가|国家|国家 地区"
    ),
    "language": (
        "language|preferred language|contact language|locale|언어|선호 언어|기본 언어|语言"
    ),
    "time_zone": "time zone|contact timezone|시간대|표준 시간대|타임존|时区",
    "source": (
        "source|lead source|original source|original traffic source|소스|리드 소스|"
        "리드 출처|출처|유입 경로|来源"
    ),
    "unsubscribed": (
        "unsubscribed|unsubscribe|unsub time|unsubscribed at|unsubscribed date|"
        "unsubscribed from all email|unsubscribed from all emails|opted out|opted out of email|"
        "opted out of emails|opted out of email marketing information|has opted out of email|"
        "opt out|email opt out|email optout|hs email optout|emails opted out|opt out of email|"
        "do not email|do not e mail|do not mail|do not contact|no email|no emails|no mail|"
        "수신 거부|수신 거부 여부|이메일 수신 거부|이메일 수신 거부 여부|메일 수신 거부|"
        "메일 수신 거부 여부|마케팅 수신 거부|광고 수신 거부|구독 취소|구독 취소됨|구독 해지|"
        "모든 이메일 구독 취소됨|모든 이메일에서 구독 취소됨|이메일 옵트아웃|연락 금지|"
        "退订|已退订|邮件退订|取消订阅|已取消订阅|拒收邮件|不接收邮件|请勿联系|勿发邮件"
    ),
}


def _words(header: str) -> str:
    folded = unicodedata.normalize("NFKC", header).casefold()
    return " ".join("".join(c if c.isalnum() else " " for c in folded).split())


def _read_spellings() -> dict[str, tuple[Field, int]]:
    found: dict[str, tuple[Field, int]] = {}
    for field, spellings in _SPELLINGS.items():
        for rank, spelling in enumerate(spellings.split("|")):
            # "E-mail" and "E mail", "회사 이름" and "회사이름" are the same header.
            found.setdefault(spelling.replace(" ", ""), (field, rank))
    return found


_FIELD_OF = _read_spellings()


@dataclass(frozen=True)
class Columns:
    """The reading of a header: indices of each field's columns, best first; keys of the rest."""

    fields: Mapping[Field, tuple[int, ...]]
    attributes: tuple[tuple[str, int], ...]


def recognise(
    header: Sequence[str], mapping: Mapping[str, str] | None = None, *, source_given: bool = False
) -> Columns:
    """Decide what each column is.

    Args:
        header: the column names in order.
        mapping: column name → field, said by the person; such a field is read from there only.
            ``unsubscribed`` is read from the columns that are known to hold it as well.
        source_given: all leads of the file share a source the person named, so a column of
            sources is an attribute like any other.

    Raises:
        LeadFileError: an unknown column or field in ``mapping``, or no e-mail column.
    """
    said = _said(header, mapping or {})
    ranked: dict[Field, list[tuple[int, int]]] = {}
    rest: list[int] = []
    for index, name in enumerate(header):
        if name in REJECT_COLUMNS:
            continue
        if index in said:
            ranked.setdefault(said[index], []).append((0, index))
            continue
        field, rank = _FIELD_OF.get(_words(name).replace(" ", ""), (None, 0))
        if field in said.values() and field != "unsubscribed":
            field = None
        if field is None or (field == "source" and source_given):
            rest.append(index)
        else:
            ranked.setdefault(field, []).append((rank, index))
    if "email" not in ranked:
        if any("@" in name for name in header):
            raise LeadFileError(
                sentence(
                    "its first row must name the columns (Email, First Name …), but holds an "
                    "e-mail address: add such a row."
                )
            )
        raise LeadFileError(
            sentence(
                "it has no e-mail column. Its columns are {columns}; map the one that holds the "
                "addresses to the field email.",
                columns=_listed(header),
            )
        )
    if "last_name" not in ranked and "full_name" not in ranked and "first_name" in ranked:
        _first_name_alone(header, ranked, said)
    fields = {field: tuple(index for _, index in sorted(ranks)) for field, ranks in ranked.items()}
    return Columns(fields, _attribute_columns(header, rest))


def guess(header: Sequence[str]) -> list[str]:
    """What each column seems to be: a field, or '' for what is kept as an attribute.

    Raises:
        LeadFileError: the first row holds an address, so it names no columns.
    """
    named = any(
        _FIELD_OF.get(_words(name).replace(" ", ""), ("",))[0] == "email" for name in header
    )
    whole = any("@" in name for name in header)
    columns = recognise(header) if named or whole else recognise([*header, "email"])
    found = [""] * len(header)
    for field, indices in columns.fields.items():
        for index in indices:
            if index < len(header):
                found[index] = field
    return found


def choose(header: Sequence[str], fields: Sequence[str], *, source_given: bool = False) -> Columns:
    """The columns as a person chose them; of several for one field the best name goes first.

    Args:
        fields: of each column of ``header`` its field, '' to keep it as an attribute, or
            ``LEFT_OUT``.
        source_given: as for :func:`recognise`.

    Raises:
        LeadFileError: not one choice for each column, an unknown field, or none for addresses.
    """
    if len(fields) != len(header):
        raise LeadFileError(f"it has {len(header)} columns, but {len(fields)} were chosen for.")
    ranked: dict[Field, list[tuple[int, int]]] = {}
    rest: list[int] = []
    for index, said in enumerate(fields):
        if said == LEFT_OUT:
            continue
        known: list[Field] = [name for name in FIELDS if name == said]
        if said and not known:
            raise LeadFileError(
                f"leads have no field “{said}”. Fields are {', '.join(FIELDS)}; leave it empty to "
                "keep the column as an attribute."
            )
        if header[index] in REJECT_COLUMNS:
            continue
        if not known or (said == "source" and source_given):
            rest.append(index)
            continue
        usual, rank = _FIELD_OF.get(_words(header[index]).replace(" ", ""), (None, 0))
        ranked.setdefault(known[0], []).append((rank if usual == said else 0, index))
    if "email" not in ranked:
        raise LeadFileError(
            sentence("none of its columns is chosen for the e-mail address: choose one.")
        )
    chosen = {field: tuple(index for _, index in sorted(ranks)) for field, ranks in ranked.items()}
    return Columns(chosen, _attribute_columns(header, rest))


def _first_name_alone(
    header: Sequence[str], ranked: dict[Field, list[tuple[int, int]]], said: Mapping[int, Field]
) -> None:
    """A list with 이름 and no 성 has the whole name there."""
    whole = [entry for entry in ranked["first_name"] if header[entry[1]] in ("이름", "名字")]
    if whole and "first_name" not in said.values():
        ranked["full_name"] = ranked.pop("first_name")


def _attribute_columns(header: Sequence[str], rest: list[int]) -> tuple[tuple[str, int], ...]:
    taken: dict[str, int] = {}
    found = []
    for index in rest:
        key = attribute_key(header[index]) or f"column_{index + 1}"
        taken[key] = taken.get(key, 0) + 1
        found.append((key if taken[key] == 1 else f"{key}_{taken[key]}", index))
    return tuple(found)


def _said(header: Sequence[str], mapping: Mapping[str, str]) -> dict[int, Field]:
    said: dict[int, Field] = {}
    for column, field in mapping.items():
        matching = [i for i, name in enumerate(header) if name == column.strip()] or [
            i for i, name in enumerate(header) if name and _words(name) == _words(column)
        ]
        if not matching:
            raise LeadFileError(
                f"the mapping names the column “{column}”, which it does not have. Its columns are "
                f"{_listed(header)}."
            )
        known = [name for name in FIELDS if name == field.strip().lower()]
        if not known:
            raise LeadFileError(
                f"the mapping names the field “{field}”, which leads do not have. Fields are "
                f"{', '.join(FIELDS)}; every other column is kept as an attribute."
            )
        said[matching[0]] = known[0]
    return said


def _listed(header: Sequence[str]) -> str:
    names = [f"“{name[:60]}”" for name in header if name]
    more = f" and {len(names) - 30} more" if len(names) > 30 else ""
    return ", ".join(names[:30]) + more

"""Companies: when two names mean the same one, which names mean none, and their domains."""

from __future__ import annotations

import functools
import ipaddress
import re
import unicodedata
from urllib.parse import urlsplit

from domain.contacts.texts import key, said, word_set
from domain.email.addresses import host_of
from domain.names import is_free_mail

# What people without a company put there.
_NO_COMPANY = word_set(
    """
    self-employed|selfemployed|self employed|self|freelance|freelancer|freelancing|independent|
    independent consultant|individual|private|private person|personal|home|retired|unemployed|
    student|none yet|own business|myself|not applicable|no company|company|company name|test|
    selbständig|selbstständig|freiberufler|freiberuflich|privat|privatperson|indépendant|
    auto-entrepreneur|autoentrepreneur|particulier|autónomo|autonomo|por cuenta propia|
    particular|profissional liberal|autônomo|libero professionista|privato|zzp|zzp'er|
    zelfstandig|particulier|osoba prywatna|frilans|egen företagare|частное лицо|самозанятый|
    фрилансер|физическое лицо|serbest|şahıs|bireysel|cá nhân|tự do|perorangan|pribadi|lepas|개인|
    개인사업자|프리랜서|무소속|무직|자영업|학생|소속없음|없음|个人|個人|自由职业|自由職業|自由业|
    个体户|個體戶|无单位|フリーランス|個人事業主|自営業|個人事業|無所属|無職|学生
    """,
    "|",
)
# At the end of a name, with or without dots: the common entity legal forms of ISO 20275.
_FORMS = word_set(
    """
    inc incorporated corp corporation co company ltd limited llc llp lp plc pllc pc gmbh mbh ag
    kg ohg ug kgaa ek eg se ev gbr sa sas sarl sarlu eurl sasu snc sca sci spa srl srls sapa sl
    slu sau sc scoop bv nv vof cv ab hb oy oyj as asa aps ehf hf spzoo zoo sro doo dd ad eood ood
    kft zrt nyrt rt ooo oao zao pao ltda eireli epp cia cv sapi pty pte sdn bhd tbk jsc ojsc llp
    pvt kk gk yk ltdsti as sti tic uab oü ou sia tov ооо оао зао пао ао тов ип ltda lda
    unipessoal cokg cokgaa coltd
    """
)
_JOINED = re.compile(r"\b(gmbh|ag|se|ug) (?:und |u )?co (kgaa|kg|ohg)$")
_SPACED_OUT = (
    (re.compile(r"\b(?:sp z ?o ?o|spolka z oo|spolka z ograniczona odpowiedzialnoscia)$"), ""),
    (re.compile(r"\b(?:spol s r ?o|s r o)$"), ""),
    (
        re.compile(
            r"\b(?:sdn bhd|pty ltd|pte ltd|pvt ltd|private limited|co ltd|s a de c ?v|sa de cv)$"
        ),
        "",
    ),
    (re.compile(r"\b(?:a s|s a|s l|s p a|s r l|b v|n v|l l c|p l c|g m b h|s a s|a g|k k)$"), ""),
    (re.compile(r"\b(?:anonim sirketi|limited sirketi|ltd sti|aktiengesellschaft)$"), ""),
    (re.compile(r"\bgesellschaft mit beschrankter haftung$"), ""),
    (re.compile(r"^(?:ооо|оао|зао|пао|ао|ип|pt|cong ty(?: tnhh| co phan)?|cty) "), ""),
)
_CJK_FORMS = re.compile(
    r"주식회사|유한책임회사|유한회사|합자회사|합명회사|사단법인|재단법인|"
    r"\((?:주|유|합|사|재|株|有|同|名|資)\)|㈜|㈔|㍿|"
    r"株式会社|有限会社|合同会社|合資会社|合名会社|一般社団法人|一般財団法人|"
    r"(?:股份)?有限责任公司|(?:股份)?有限公司|(?:股份)?有限責任公司"
)
_MARKS = re.compile(r"[.,'’`\"“”„«»®™©()\[\]]|\s+(?=[.,])")
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
# Domains under which everybody has pages: they belong to nobody's company.
_PAGES = frozenset(
    (
        *("linkedin.com", "facebook.com", "instagram.com", "twitter.com", "x.com", "youtube.com"),
        *("xing.com", "wordpress.com", "blogspot.com", "github.com", "github.io", "medium.com"),
        *("wixsite.com", "weebly.com", "google.com", "sites.google.com", "notion.site", "t.me"),
        *("blog.naver.com", "smartstore.naver.com", "cafe.naver.com", "tistory.com", "linktr.ee"),
    )
)


@functools.lru_cache(maxsize=16_384)
def company_name(written: str) -> str:
    """The name of a company as written, or '' when it stands for none: N/A, self-employed, 개인."""
    name = said(written)
    return "" if not name or key(name) in _NO_COMPANY or "@" in name else name


@functools.lru_cache(maxsize=16_384)
def company_key(name: str) -> str:
    """What makes two names the same company: Unicode forms, case, signs and legal forms put aside.

    ``ACME, Inc.``, ``Acme`` and ``ＡＣＭＥ`` are one, as are ``㈜삼성``, ``(주) 삼성`` and
    ``삼성 주식회사``.
    A name that is nothing but a legal form is kept whole.
    """
    folded = " ".join(unicodedata.normalize("NFKC", _CJK_FORMS.sub(" ", name)).casefold().split())
    folded = _CJK_FORMS.sub(" ", folded)
    bare = " ".join(_MARKS.sub("", folded.replace("&", " and ").replace("+", " + ")).split())
    before = ""
    while bare and bare != before:
        before = bare
        bare = _JOINED.sub("", bare).strip()
        for form, nothing in _SPACED_OUT:
            bare = form.sub(nothing, bare).strip()
        head, _, last = bare.rpartition(" ")
        if head and last in _FORMS:
            bare = head
        bare = bare.removesuffix(" and").rstrip("-–/| ")
    return bare or before or " ".join(name.split()).casefold()


@functools.lru_cache(maxsize=16_384)
def company_domain(written: str) -> str:
    """The domain in a web address or an e-mail address, without ``www.``; '' when there is none
    that a company has to itself."""
    text = said(written).lower()
    if "@" in text and "/" not in text:
        text = text.rpartition("@")[2]
    try:
        host = urlsplit(text if "//" in text else f"//{text}").hostname or ""
        host = host_of(host.rstrip("."))
    except ValueError:
        return ""
    host = re.sub(r"\A(?:www\d?|m|ww)\.(?=.+\.)", "", host)
    if is_free_mail(host) or host in _PAGES or any(host.endswith(f".{page}") for page in _PAGES):
        return ""
    labels = host.split(".")
    if len(labels) < 2 or not all(map(_LABEL.match, labels)) or labels[-1].isdigit():
        return ""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host
    return ""

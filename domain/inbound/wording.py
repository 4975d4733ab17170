"""What the words of a mail say, in whichever language they are (``domain/inbound/words``)."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Literal

from domain.inbound.words import (
    de,
    en,
    es,
    fr,
    it,
    ja,
    ko,
    nl,
    objections,
    others,
    pl,
    pt,
    ru,
    tr,
    vi,
    zh,
)
from domain.inbound.words import id as indonesian
from domain.inbound.words.base import compiled, fold

_LANGUAGES = (en, ko, zh, ja, de, fr, es, it, pt, nl, pl, ru, tr, vi, indonesian, others)
TABLES = (*(module.WORDS for module in _LANGUAGES), objections.WORDS, objections.GLUED)
LONGEST = 6_000
"""Characters of somebody's own words that are looked at: what is wanted stands above them."""
LONGEST_SENTENCE = 400
MOST_SENTENCES = 60
SHORT = 60
"""Folded characters: a mail of no more is about nothing but what it mentions."""

Sureness = Literal["surely", "perhaps", "no"]
LONG_ENOUGH = 25
"""Folded characters of a sentence that says something of its own."""

CalendarAnswer = Literal["accepted", "declined", "tentative"]


@functools.cache
def _said(field: str) -> re.Pattern[str]:
    return compiled(TABLES, field)


# "[External]", "(ext)", "**SPAM?**", "*** Warnung ***": what gateways put before a subject.
_TAG = re.compile(
    r"\s*(?:\[[^\]]{0,40}\]|\([^)]{0,20}\)|\*+[^*]{0,40}\*+|\{[^}]{0,30}\}|<[^>]{0,30}>"
    r"|(?:ext|extern|external|spam|warning|caution)\s*:)\s*"
)
_ANSWER = re.compile(
    r"(?:re|aw|antw|wg|fwd?|fw|tr|rv|sv|vs|odp|pd|ynt|ilt|res|enc|r|rif|i|bls|回复|回覆|答复|转发|轉寄"
    r"|返信|전달|회신|답장|trả lời|tra loi)(?:\[\d+\]|\(\d+\)|\^\d+)?\s?:\s*"
)
_SENTENCE = re.compile(
    r"[.!?;](?=\s|$|[\u3040-\u9fff\uac00-\ud7a3\"')])|(?<=[\u3040-\u9fff])[.!?;]|\n"
)
# A line by itself that greets or takes leave; what is wanted stands between.
_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|day|afternoon|evening)|greetings|to whom it may concern"
    r"|hallo|guten (?:tag|morgen|abend)|sehr geehrte\w*|liebe[rs]?|moin|servus|bonjour|bonsoir"
    r"|cher\w*|madame|monsieur|hola|buen(?:os|as) \w+|estimad\w+|ola|bom dia|boa \w+|prezad\w+"
    r"|car[oaie]|ciao|salve|buon\w+|gentil\w+|spett\w*|egregio|beste|geachte|goede\w*|dag"
    r"|dzien dobry|witam|szanown\w+|здравствуите|добрыи \w+|уважаем\w+|привет|merhaba\w*"
    r"|selam\w*|sayin|xin chao|chao|kinh gui|kinh chao|halo|hai|selamat \w+|yth|hej|hei|kedves"
    r"|안녕하(?:세요|십니까)|你好|您好|こんにちは|お世話に|お疲れ)(?!\w)[^.,?!:]{0,40}[,.!]*"
)
_LEAVE = re.compile(
    r"(?:(?:many |kind |best |warm |kindest )?(?:thanks?|thank you|regards|wishes|best|cheers"
    r"|sincerely|yours(?: \w+)?)|cordialement|bien a vous|merci|danke\w*|vielen dank"
    r"|mit freundlichen gru\w+|mfg|(?:viele |beste |liebe )gru\w+|lg|vg|gruss|(?:un )?saludos?"
    r"|(?:muchas )?gracias|atentamente|grazie|cordiali saluti|saluti|(?:muito )?obrigad\w+"
    r"|atenciosamente|att|abracos|(?:met vriendelijke )?groet\w*|mvg|bedankt|pozdrawiam|dziekuj\w+"
    r"|z powazaniem|спасибо|с уважением|tesekkur\w*|saygilar\w*|tran trong|cam on|terima kasih"
    r"|salam|hormat kami|감사합니다|고맙습니다|수고하세요|谢谢|謝謝|祝好|此致|敬礼|よろしく|宜しく"
    r"|以上)(?: in advance| a lot| (?:so |very )?much| im voraus| d'avance| lepiej)?[,.!]*"
)
# With these in it, a sentence that asks to stop may mean somebody else, another way, or another
# day.
_DOUBT = re.compile(
    r"(?<!\w)(?:instead|(?:phone|call|ring) (?:me|us)|by phone|colleagues?|co-?workers?"
    r"|employees?|my (?:boss|husband|wife)|(?:he|she) (?:has|is|left)|if (?:we|i|you)|what happens"
    r"|kollege\w*|kollegin\w*|mitarbeiter\w*|ruf\w* (?:sie )?(?:mich|uns)|lieber|stattdessen"
    r"|collegue\w*|plutot"
    r"|appelez|telefon\w*|telephon\w*|llam\w+me|chiam\w+mi|ligu\w+|companer\w+|collega|colleghi"
    r"|позвоните|коллег\w*|zadzwon\w*|arayin|click|klick\w*|cliqu\w+|clic|clique|нажмите"
    r"|kliknij|tiklay\w*)|전화|동료|직원|电话|電話|同事|同僚|お電話|클릭|点击|點擊|クリック"
)


# Of an absence that is over: who says so is back, and writes.
_OVER = re.compile(
    r"(?<!\w)(?:i was|we were|i've been|have been|had been|sorry for the|late repl\w+|back from"
    r"|war im|waren|spate\w*|verspat\w*|entschuldig\w*|j'etais|etais|desole\w*|estuve|estaba"
    r"|disculp\w*|ero in|ero fuori|scusi|scusa\w*|estava|estive|desculp\w*|was op|was met"
    r"|sorry voor"
    r"|bylem|bylam|przepraszam|был[аи]?|извинит\w*|izindeydim|kusura|xin loi|vua|maaf)(?!\w)"
    r"|늦었|늦게|다녀|돌아와|돌아왔|明け|戻りました|遅くなりました|遅くなって|[刚剛才]\S{0,6}回"
)
# Of somebody else's absence, as only a person writes it.
_COLLEAGUE = re.compile(
    r"(?<!\w)(?:my (?:\w+ )?(?:colleague|co-?worker|boss|manager|assistant|partner|director"
    r"|supervisor|ceo|cfo|cto|wife|husband)s? (?:is|are|was|were|has|have|will|goes)"
    r"|meine? (?:\w+ )?(?:kolleg|chef|vorgesetzt|partner)\w* (?:ist|sind|war|hat)"
    r"|(?:mon|ma) (?:collegue|patronn?e?|chef|responsable|directeur|directrice) (?:est|sera)"
    r"|mi (?:companer[oa]|colega|jef[ea]|director\w*) (?:esta|estara)"
    r"|(?:il mio|la mia) (?:\w+ )?(?:collega|cap[oa]|responsabile) (?:e|sara)"
    r"|(?:o meu|a minha|meu|minha) (?:colega|chefe|diretor\w*) (?:esta|estara)"
    r"|mijn (?:\w+ )?(?:collega|baas|manager) is|(?:moj|moja) (?:kolega|kolezanka|szef\w*) jest"
    r"|(?:мои|моя) (?:коллега|начальник|руководитель))(?!\w)"
    r"|(?:동료|상사)[가이은는께]|(?:同事|老板|上司)(?:他|她)?(?:正|还)?在|(?:同僚|上司)[はが]"
)
# Of an absence that may be its sender's, told by a program, or somebody else's.
_THIRD = re.compile(r"(?<!\w)(?:he|she)(?:'s| is| was| has| will)(?!\w)")
# Of mail that is missed, not unwanted.
_MISSED = re.compile(r"(?<!\w)(?:habe|haben|hat) (?:\w+ ){0,4}kein\w* .{0,40}(?:erhalten|bekommen)")
# Of contracts and programs: what is to be stopped may be another's.
_ELSE = re.compile(
    r"(?<!\w)(?:contracts?|competitor\w*|provider|supplier|vendor|current (?:tool|system|software)"
    r"|vertrag\w*|anbieter|software|contrat\w*|fournisseur\w*|logiciel|sistema actual|proveedor"
    r"|fornitore|fornecedor|leverancier|dostawc\w+|договор\w*|поставщик\w*|sozlesme\w*|hop dong"
    r"|kontrak)(?!\w)|契約|契约|合同|계약|(?:현재|기존|사용\s?중인)\s?\S{0,6}(?:서비스|시스템|솔루션)"
    r"|(?:现在|目前|当前|現在)的?(?:系统|系統|软件|軟體|服务|服務|システム|サービス)"
)
_QUESTION = re.compile(
    r"\?|(?:ますか|ですか|せんか|しょうか|까요|나요|니까|는지요|[吗嗎呢])(?=[.!\s]|$)"
)


def _is_courtesy(line: str) -> bool:
    if _LEAVE.fullmatch(line):
        return True
    # "Hello, please take me off your list" greets, and says something. Asked last: it takes long.
    return _GREETING.fullmatch(line) is not None and not any(
        _said(field).search(line) for field in ("stop", "mention", "away")
    )


def bare_subject(subject: str) -> str:
    """A folded subject without what gateways put before it."""
    found = " ".join(fold(subject).split())
    while tag := _TAG.match(found):
        if tag.end() == len(found) or tag.end() == 0:
            break
        found = found[tag.end() :]
    return found


def is_answer(subject: str) -> bool:
    """Whether a subject begins with "Re:" or what other programs write for it."""
    return _ANSWER.match(bare_subject(subject)) is not None


def lines_of(own: str) -> list[str]:
    """Folded lines that say something: no greeting, no leave, nothing empty."""
    lines = (" ".join(fold(line).split()) for line in own[:LONGEST].splitlines())
    kept = [line.strip(" \t*_\"'()[]<>|~#=-") for line in lines]
    return [line for line in kept if any(map(str.isalnum, line))][:MOST_SENTENCES]


def sentences_of(own: str) -> list[str]:
    """Folded sentences, lines of a paragraph joined: mail programs break them anywhere."""
    paragraphs = re.split(r"\n\s*\n", own[:LONGEST])
    joined = ("\n".join(_unwrapped(paragraph)) for paragraph in paragraphs)
    found = [
        " ".join(sentence.split())[:LONGEST_SENTENCE]
        for paragraph in joined
        for sentence in _SENTENCE.split(fold(paragraph))
    ]
    return [sentence for sentence in found if any(map(str.isalnum, sentence))][:MOST_SENTENCES]


def _unwrapped(paragraph: str) -> list[str]:
    """The lines of a paragraph; one that was broken because it is long is joined with the next."""
    lines: list[str] = []
    broken = False
    for line in paragraph.splitlines():
        if broken and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.strip())
        broken = (
            len(line.strip()) > 0
            and line.strip()[-1] not in ".!?。！？:：,，"
            and (not _is_courtesy(fold(line.strip())))
        )
    return lines


def asks_to_stop(own: str, subject: str) -> Sureness:
    """Whether somebody wants no more mail.

    Args:
        own: what they wrote themselves; without it the subject is what they said.
    """
    said = [line for line in lines_of(own) if not _is_courtesy(line)]
    if said and _is_command(said[0]):
        return "surely"
    sentences = sentences_of(own)
    in_subject = "" if is_answer(subject) else bare_subject(subject)
    asking = [
        one
        for one in (*sentences, in_subject)
        if (_said("stop").search(one) and not _MISSED.search(one))
        or (" " in one and _is_command(one))
    ]
    if asking or (not said and _is_command(in_subject)):
        # What a subject asks may be what the mail is about.
        elsewhere = asking == [in_subject] and sum(map(len, said)) > SHORT
        return "perhaps" if elsewhere or (asking and all(map(_is_doubtful, asking))) else "surely"
    doubtful = [
        one
        for one in sentences
        if _is_command(one)
        or (
            not _MISSED.search(one)
            and (
                _said("objections").search(one)
                or (_said("mention").search(one) and not _said("spared").search(one))
            )
        )
    ]
    if not doubtful:
        return "no"
    alone = len(said) == 1 and len(said[0]) <= SHORT and _said("mention").search(said[0])
    return "surely" if alone and not asks(own) and not _is_doubtful(said[0]) else "perhaps"


def is_command(own: str, subject: str) -> bool:
    """Whether a mail says nothing but that mail shall stop, as programs write it for people."""
    said = [line for line in lines_of(own) if not _is_courtesy(line)]
    if said and all(map(_is_command, said)):
        return True
    # What programs put below it: "This message was generated by …".
    brief = not said or (len(said) == 1 and (count_receipts(own) > 0))
    return brief and not is_answer(subject) and _is_command(bare_subject(subject))


def is_automatic_subject(subject: str) -> bool:
    """Whether a subject is an automatic answer's. A person who answers to one has "Re:" before
    it."""
    folded = " ".join(fold(subject).split())
    bare = bare_subject(subject)
    return any(
        (found := _said("automatic").match(one)) is not None and not asks(one[found.end() :])
        for one in {bare, folded.lstrip(" [(*<")}
    )


@dataclass(frozen=True)
class Away:
    """Whether somebody says to be away (``said``), says little else (``only``), or turns to us as
    no program does (``engaged``)."""

    said: bool = False
    only: bool = False
    engaged: bool = False


def away(own: str) -> Away:
    """What a mail says of its sender's absence."""
    sentences = [one for one in sentences_of(own) if not _is_courtesy(one)]
    about = [
        one
        for one in sentences[:6]
        if _said("away").search(one)
        and not any(other.search(one) for other in (_said("spared"), _OVER, _COLLEAGUE))
    ]
    engaged = any(_said("engages").search(one) for one in sentences)
    if not about:
        return Away(engaged=engaged)
    others = [
        one
        for one in sentences
        if one not in about and len(one) > LONG_ENOUGH and not _said("beside").search(one[:40])
    ]
    doubtful = engaged or asks(own) or all(map(_THIRD.search, about))
    return Away(said=True, only=not (others or doubtful), engaged=engaged)


def count_receipts(text: str) -> int:
    """In how many sentences a program says that a mail came in, or that it is a program."""
    return sum(1 for one in sentences_of(text) if _said("receipt").search(one))


def calendar_answer(subject: str) -> CalendarAnswer | None:
    """What the subject of a calendar's answer says (``Declined: …``)."""
    bare = bare_subject(subject)
    head, colon, _ = bare.partition(":")
    if not colon or len(head) > 30:
        return None
    answers: tuple[CalendarAnswer, ...] = ("tentative", "declined", "accepted")
    return next((one for one in answers if _said(one).fullmatch(head.strip())), None)


def says_returned(text: str) -> bool:
    """Whether a mail server says that a mail was not delivered."""
    return _said("bounced").search(fold(text[:LONGEST])) is not None


def says_delayed(text: str) -> bool:
    """Whether a mail server says that it still tries."""
    return _said("delayed").search(fold(text[:LONGEST])) is not None


def asks_for_later(sentence: str) -> bool:
    """Whether a folded sentence asks to be written to at another time, if it names one."""
    return _said("later").search(sentence) is not None


def _is_doubtful(sentence: str) -> bool:
    """Whether what a sentence asks to stop may be something else than our mail to its writer."""
    return any(one.search(sentence) for one in (_DOUBT, _ELSE, _said("spared")))


def _is_command(line: str) -> bool:
    bare = line.strip(" \t.!?*_\"'()[]<>:,-")
    return 0 < len(bare) <= 120 and _said("commands").fullmatch(bare) is not None


def asks(text: str) -> bool:
    """Whether there is a question in it, with its mark or by its ending."""
    return _QUESTION.search(fold(text)) is not None

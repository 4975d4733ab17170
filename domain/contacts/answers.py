"""Yes and no, as people and programs write them into cells: in words of many languages, as numbers
and as signs."""

from __future__ import annotations

import re

from domain.contacts.texts import fold, key, word_set

_YES = """
    yes y yep true t 1 on checked ticked ok okay x v ja j jawohl wahr oui o vrai sí s sim
    verdadeiro verdadero vero tak prawda да истина evet doğru có đúng ya iya benar ano pravda
    igen igaz adevărat ναι kyllä tosi sant sann はい 有 可 真 是 예 네 넵 참 유 有り あり 对 ใช่
    نعم כן हाँ так
"""
_NO = """
    nothanks nothankyou neindanke nonmerci nogracias nograzie needank niedziękuję
    no n nope false f 0 off unchecked unticked nein falsch faux falso não nee onwaar nie fałsz
    нет ложь hayır yanlış không sai tidak bukan salah ne nepravda nem hamis nu fals όχι ei
    epätosi nej nei falskt usann non いいえ いえ 無 否 假 偽 아니오 아니요 아뇨 거짓 무 不是 没有
    ไม่ ไม่ใช่ لا לא नहीं ні
"""
_SAYS_YES, _SAYS_NO = word_set(_YES), word_set(_NO)
_YES_SIGNS = frozenset("✓✔☑✅☒●◉√◯○〇")
_NO_SIGNS = frozenset("☐□✗✘❌×❎")
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
"""A letter of Korea, Japan or China, where a cross is a no and a circle a yes; in the West a cross
is a tick."""
_NUMBER = re.compile(r"([01])(?:[.,]0+)?\Z")


def says_yes(text: str, *, crossed_out: bool = False) -> bool | None:
    """Whether a text says yes or no; None for neither.

    Args:
        crossed_out: a cross is a no, as where :data:`CJK` is written.
    """
    folded = fold(text).strip()
    signs = set(folded) - set(" \ufe0e\ufe0f")
    if signs and signs <= _YES_SIGNS:
        return None if signs == {"☒"} and crossed_out else True
    if signs and signs <= _NO_SIGNS:
        return False
    number = _NUMBER.match(folded)
    if number:
        return number.group(1) == "1"
    word = key(text)
    if word in ("x", "o") and crossed_out:
        return word == "o"
    if word in _SAYS_YES:
        return True
    return False if word in _SAYS_NO else None

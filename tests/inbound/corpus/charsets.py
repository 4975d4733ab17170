"""The character sets of mail programs, under the names that they give them."""

from __future__ import annotations

import base64

from tests.inbound.corpus.entry import Entry, message, part, word


def jis(text: str) -> bytes:
    """ISO-2022-JP with NEC's rows, which Python's codec does not write."""
    found = bytearray(b"\x1b$B")
    for character in text:
        first, second = character.encode("cp932")
        row = (first - (0x81 if first < 0xA0 else 0xC1)) * 2 + 0x21
        if second >= 0x9F:
            found += bytes([row + 1, second - 0x7E])
        else:
            found += bytes([row, second - 0x1F - (second >= 0x80)])
    return bytes(found) + b"\x1b(B"


_SUBJECTS = {
    # Label: Python's codec, a subject that its narrower namesake can't hold.
    "ks_c_5601-1987": ("cp949", "자동 응답: 똠방"),
    "euc-kr": ("cp949", "자동 응답: 펲시"),
    "windows-949": ("cp949", "부재중: 햏"),
    "gb2312": ("gbk", "自动回复: 镕基"),
    "gbk": ("gbk", "自动答复: 喆"),
    "gb18030": ("gb18030", "自动回复: 㐀"),
    "big5": ("big5hkscs", "自動回覆: 報價"),
    "x-sjis": ("cp932", "自動応答: ①㈱"),
    "shift_jis": ("cp932", "自動応答: 髙橋"),
    "euc-jp": ("euc_jp", "自動応答: 確認"),
    "iso-8859-1": ("cp1252", "Réponse automatique : “Offre”"),
    "us-ascii": ("utf-8", "Réponse automatique : Offre"),
    "iso-8859-2": ("iso8859-2", "Automatyczna odpowiedź: Żółw"),
    "windows-1250": ("cp1250", "Automatická odpověď: Nabídka"),
    "koi8-r": ("koi8-r", "Автоответ: предложение"),
    "windows-1251": ("cp1251", "Автоматический ответ: цена"),
    "iso-8859-9": ("iso8859-9", "Otomatik yanıt: Teklif"),
    "windows-1258": ("cp1258", "Automatic reply: Hoa"),
    "iso-8859-7": ("iso8859-7", "Αυτόματη απάντηση: Προσφορά"),
    "windows-1256": ("cp1256", "رد تلقائي: عرض"),
}


def _labelled(label: str, codec: str, subject: str) -> Entry:
    encoded = word(subject, codec).replace(codec, label, 1)
    return Entry(
        f"charset {label}", message(f"c {label}", part("Yes"), subject=encoded), "out_of_office"
    )


def _stop(name: str, words: bytes, label: str) -> Entry:
    body = part(words, "text/plain", more=f"; charset={label}" if label else "")
    raw = message(f"c stop {name}", body)
    return Entry(f"charset stop {name}", raw, "unsubscribe", stops=("jane@acme.example",))


_JIS = message(
    "c jis",
    part("Yes"),
    subject=f"=?iso-2022-jp?b?{base64.b64encode(jis('自動応答①㈱')).decode()}?=: x",
)
_RAW = message("c raw", part("Yes"), subject="X").replace(
    b"Subject: X", "Subject: Réponse automatique : Offre".encode()
)
_BROKEN = message("c broken", part("Yes"), subject="X").replace(
    b"Subject: X",
    f"Subject: {word('자동 응답: ')}=?no-such-set?b?!!?= =?utf-8?b?{'4'}?=".encode(),
)

CHARSETS: tuple[Entry, ...] = (
    *(_labelled(label, codec, subject) for label, (codec, subject) in _SUBJECTS.items()),
    Entry("charset iso-2022-jp with NEC's rows", _JIS, "out_of_office"),
    Entry("charset of eight bits in a head", _RAW, "out_of_office"),
    Entry("charset of one broken word among good ones", _BROKEN, "out_of_office"),
    _stop("cp949", "수신 거부합니다".encode("cp949"), "ks_c_5601-1987"),
    _stop("without a name", "수신 거부합니다. 더 이상 보내지 마세요".encode("cp949"), ""),
    _stop("gb18030", "请退订".encode("gb18030"), "gb2312"),
    _stop("cp932", "配信停止をお願いします".encode("cp932"), "x-sjis"),
    _stop("iso-2022-jp", jis("配信停止をお願いします"), "iso-2022-jp"),
    _stop("koi8-r", "Отпишите меня".encode("koi8-r"), "koi8-r"),
    _stop("utf-8 under another name", "Me désabonner".encode(), "iso-8859-1"),
)

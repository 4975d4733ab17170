"""From the bytes of a person's file to text: which encoding was it saved in?

Unicode is recognised by its marks or by being valid. What is left was saved by an older
spreadsheet in the code page of its country. Those overlap (most Korean text is also valid
Chinese, and nearly everything is valid Latin-1), so each candidate must decode without a single
error and is then scored by how likely its characters are in a list of people and companies.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable
from dataclasses import dataclass

import charset_normalizer

from domain.lead_files.code_pages import LATIN, OTHERS, readings
from domain.sentences import sentence


class LeadFileError(ValueError):
    """A whole file cannot be read. The message is a sentence for the person who chose it."""


@dataclass(frozen=True)
class Decoded:
    """A file whose bytes are text in ``encoding`` from the byte ``begin`` on, behind a byte order
    mark. Its text is decoded as it is read: it takes several times as much memory as its bytes."""

    data: bytes
    encoding: str
    begin: int = 0

    def open(self) -> io.TextIOWrapper:
        """The text from its beginning; line ends are kept as they are.

        Raises:
            LookupError: there is no such encoding of text.
        """
        file = io.BytesIO(self.data)
        file.seek(self.begin)
        return io.TextIOWrapper(file, self.encoding, newline="")


_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SPREADSHEET = "is a spreadsheet, not a CSV file. Save it as “CSV UTF-8” and import that"
_SIGNATURES = (
    (b"PK\x03\x04", _SPREADSHEET),
    (b"\xd0\xcf\x11\xe0", _SPREADSHEET),
    (b"%PDF-", "is a PDF, not a CSV file"),
    (b"\x1f\x8b", "is compressed. Unpack it first"),
)
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<(?:!doctype|html|table|\?xml)|[\[{]\s*[{\"\[])", re.IGNORECASE
)
"""How web pages, XML and JSON begin."""
_SAMPLE_BYTES = 200_000
_PIECE = 1 << 16
"""Characters that are decoded at once."""
_LINE = re.compile(rb"[^\r\n]+")
_ENOUGH = 0.3
"""Lowest mean likelihood at which a code page is believed."""
_OF_ITS_LANGUAGE = -6.1
"""Mean likelihood (logarithm) of letters at which a page of other letters than Latin ones is
believed: what is one has -4 to -5.7 even in short files, Korean or Chinese read in one -6.5."""
_FEW_LETTERS = 12
"""With fewer of them Hebrew looks like Greek."""
_CLEARLY = 0.1
"""How much likelier than the next the chosen one must be: a wrong guess spoils every name."""
_FEW_BYTES = 8
"""With fewer bytes beyond ASCII than this, statistics over all encodings say nothing."""

_HANGUL = set(
    "가각간감강개거건검게견결경계고공과관광교구국권규그근글금급기길김나남내너네년노농누뉴능니다단담당대더덕데"
    "도독동두드등디라란람래러럭레려력련령례로록론료루류륜르름리린림마만말매맥머메면명모목무문물미민바박반발방배백버법"
    "베벤변별병보복본부북분브비빈사산삼상새서석선설섭성세센소속솔송수순숙술스승시식신실심아안애약양어언업에엔여역연"
    "영예오온옥와완외용우운울원월위유육윤율은을음응의이익인일임입자작장재전점정제조종주준중즈증지직진질차찬창채책처"
    "천철첨체초최추축춘출충치카코크타태택테토통트특티파판팀포표품프피필하학한함합해행향허현형혜호홍화환황회효후훈휘휴희"
)
_HANZI = set(
    "姓名字邮箱电子件公司职位务称国家地区手机话号码时语言来源备注部门行业省市县区路街道性别日期客户联系人先生女士"
    "中华北京上海广州深圳天津重庆成都杭州南西安武汉苏四川江浙东山河湖福建科技有限责任股份集团信息网络软件工程贸易"
    "经理总监主管董事长助销售采购市场技术开发产品运营财务人力资源工程师李王张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁"
    "谢宋唐许韩冯邓曹彭曾萧田潘袁蔡蒋余于杜叶程魏吕丁沈任姚卢傅钟姜崔谭廖范汪陆金石戴贾伟芳娜秀英敏静丽强磊军洋"
    "勇艳杰娟涛明超兰霞平刚桂文华建国志玉春红梅海燕鹏宇浩轩然子涵梓欣怡佳俊博雨晨嘉思新大小一二三的是在业和发"
    "实进出口商用品机械电气化学医药食品服装材料能源汽车物流银行保险投资咨询设计教育传媒文化国际世界东方龙"
)
_LATIN_LETTERS = {chr(n) for n in range(0xC0, 0x250)} - set("×÷")
_WIDE_BLOCKS = (
    range(0x2000, 0x2700),
    range(0x3000, 0x3040),
    range(0x3200, 0x3400),
    range(0xFF00, 0xFFF0),
)
_LATIN_SIGNS = set("‘’“”–—…•€™®©·°ªº«»¡¿§£¥´\xa0")


def _wide_sign(character: str) -> bool:
    """Punctuation that Korean and Chinese text share, and the letters of the full-width forms."""
    point = ord(character)
    return character == "·" or any(point in block for block in _WIDE_BLOCKS)


def _ordinary(character: str, codec: str, lead: range) -> bool:
    """Whether the older standard behind a code page holds the character in these rows."""
    try:
        encoded = character.encode(codec)
    except UnicodeEncodeError:
        return False
    return len(encoded) == 2 and encoded[0] in lead


def _korean(text: str) -> float:
    def likely(character: str) -> float:
        if character in _HANGUL:
            return 1.0
        if _wide_sign(character) or _ordinary(character, "euc_kr", range(0xB0, 0xC9)):
            return 0.4
        return -0.6

    return _mean(text, likely)


def _chinese(text: str) -> float:
    def likely(character: str) -> float:
        if character in _HANZI:
            return 1.0
        if _wide_sign(character) or _ordinary(character, "gb2312", range(0xB0, 0xD8)):
            return 0.4
        return -0.6

    return _mean(text, likely)


def _mean(text: str, likely: Callable[[str], float]) -> float:
    known: dict[str, float] = {}
    total, count = 0.0, 0
    for character in text:
        if character > "\x7f":
            if character not in known:
                known[character] = likely(character)
            total += known[character]
            count += 1
    return total / count if count else 0.0


def _western(text: str) -> float:
    """Western words hold single accented letters between plain ones, seldom three in a row."""
    total, count = 0.0, 0
    for run in re.finditer(r"[^\x00-\x7f]+", text):
        characters = run.group()
        count += len(characters)
        near = text[max(0, run.start() - 1) : run.start()] + text[run.end() : run.end() + 1]
        beside_letters = any(character.isalpha() for character in near)
        for character in characters:
            if character in _LATIN_SIGNS:
                total += 0.4 if len(characters) <= 2 else -0.6
            elif character not in _LATIN_LETTERS or len(characters) > 2:
                total -= 0.6
            else:
                total += 1.0 if beside_letters else 0.4 if len(characters) == 1 else -0.6
    return total / count if count else 0.0


_CODE_PAGES: tuple[tuple[str, Callable[[str], float]], ...] = (
    ("cp949", _korean),
    ("gb18030", _chinese),
)


def decode(data: bytes, encoding: str | None = None) -> Decoded:
    """Decode a whole file; ``encoding`` (a Python codec name) is used instead of guessing.

    Raises:
        LeadFileError: the bytes are no text, fit no encoding, or not the one named.
    """
    for signature, meaning in _SIGNATURES:
        if data.startswith(signature):
            raise LeadFileError(f"it {meaning}.")
    if _MARKUP.match(data):
        raise LeadFileError(
            sentence("it is a web page, XML or JSON, not a CSV file. Export the leads as CSV.")
        )
    if encoding:
        return _decode_as(data, encoding)
    for mark, name in _BOMS:
        if data.startswith(mark):
            return _strictly(data, name, len(mark))
    wide = _unmarked_utf16(data)
    if wide:
        return _strictly(data, wide)
    _refuse_binary(data)
    utf8 = Decoded(data, "utf-8")
    try:
        _read_through(utf8)
    except UnicodeDecodeError as error:
        _refuse_damaged_utf8(data, error)
        return _code_page(data)
    return utf8


def _decode_as(data: bytes, encoding: str) -> Decoded:
    try:
        name = codecs.lookup(encoding).name
        # BOM-less UTF-16 would be read in the machine's byte order.
        if name == "utf-16" and not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            name = _unmarked_utf16(data) or "utf-16-le"
        return _strictly(data, name, len(_mark(name)) if data.startswith(_mark(name)) else 0)
    except LookupError:
        raise LeadFileError(
            sentence(
                "there is no text encoding “{encoding}”. Use utf-8, utf-16, cp949, gb18030, cp1252 "
                "or another name Python knows.",
                encoding=encoding,
            )
        ) from None


def _mark(encoding: str) -> bytes:
    """The byte order mark in an encoding; nothing where there is none."""
    try:
        return "\ufeff".encode(encoding)
    except UnicodeError:
        return b""


def _strictly(data: bytes, encoding: str, begin: int = 0) -> Decoded:
    decoded = Decoded(data, encoding, begin)
    try:
        _read_through(decoded)
    except UnicodeEncodeError:
        raise LeadFileError(
            sentence("it is not {encoding} text. Save it as UTF-8.", encoding=encoding)
        ) from None
    except UnicodeDecodeError as error:
        raise LeadFileError(
            sentence(
                "it is not valid {encoding}: line {line} holds bytes that mean nothing there. Save "
                "it as UTF-8, or name its encoding.",
                encoding=encoding,
                line=_line_of(data[begin:], error.start, encoding),
            )
        ) from None
    return decoded


def _read_through(decoded: Decoded) -> None:
    """Decode all of it once.

    Raises:
        UnicodeDecodeError: some bytes mean nothing; it says where in the whole.
        UnicodeEncodeError: the codec let halves of characters pass, which no database takes.
    """
    file = decoded.open()
    try:
        while piece := file.read(_PIECE):
            piece.encode()
    except UnicodeDecodeError:
        decoded.data[decoded.begin :].decode(decoded.encoding)
        raise


def _line_of(data: bytes, position: int, encoding: str) -> int:
    return data[:position].decode(encoding, "ignore").count("\n") + 1


def _unmarked_utf16(data: bytes) -> str | None:
    """UTF-16 without a mark shows in its separators: every second byte of them is zero."""
    sample = data[:_SAMPLE_BYTES]
    if len(sample) < 4 or len(data) % 2:
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    few = len(sample) // 20
    if odd > few and even * 10 < odd:
        return "utf-16-le"
    if even > few and odd * 10 < even:
        return "utf-16-be"
    return None


def _refuse_binary(data: bytes) -> None:
    sample = data[:_SAMPLE_BYTES]
    text_bytes = sample.translate(None, bytes({*range(1, 9), *range(14, 26), *range(27, 32), 127}))
    if len(sample) - len(text_bytes) > len(sample) // 50:
        raise LeadFileError(
            sentence("it is not a text file. Export the leads as CSV and import that.")
        )


def _refuse_damaged_utf8(data: bytes, error: UnicodeDecodeError) -> None:
    """Mostly valid UTF-8 is UTF-8 with damage: another code page would turn names to rubbish."""
    text = data.decode("utf-8", "surrogateescape")
    damaged = sum("\udc80" <= character <= "\udcff" for character in text)
    sound = sum(character > "\x7f" for character in text) - damaged
    if sound > 4 * damaged:
        raise LeadFileError(
            sentence(
                "it is UTF-8 but damaged at line {line}. Export or download it again, or fix that "
                "line.",
                line=_line_of(data, error.start, "utf-8"),
            )
        )


def _sample(data: bytes) -> bytes:
    """Lines with bytes beyond ASCII: only those tell code pages apart."""
    if len(data) <= _SAMPLE_BYTES:
        return data
    telling, size = [], 0
    for found in _LINE.finditer(data):
        if not found[0].isascii():
            telling.append(found[0])
            size += len(found[0])
            if size > _SAMPLE_BYTES:
                break
    return b"\n".join(telling)


def _either(first: str, second: str) -> LeadFileError:
    return LeadFileError(
        sentence(
            "its text encoding could be {first} or {second}. Save it as UTF-8, or name its "
            "encoding.",
            first=first,
            second=second,
        )
    )


def _code_page(data: bytes) -> Decoded:
    sample = _sample(data)
    scored: list[tuple[float, str]] = []
    for name, score in _CODE_PAGES:
        try:
            scored.append((score(sample.decode(name)), name))
        except UnicodeDecodeError:
            continue
    latin = readings(sample, LATIN)
    if latin:
        scored.append((_western(latin[0].text), latin[0].page))
    scored.sort(reverse=True)
    if scored and scored[0][0] >= _ENOUGH:
        if len(scored) > 1 and scored[0][0] - scored[1][0] < _CLEARLY:
            raise _either(scored[0][1], scored[1][1])
        is_latin = bool(latin) and scored[0][1] == latin[0].page
        if is_latin and len(latin) > 1 and not latin[0].is_clearer_than(latin[1]):
            raise _either(latin[0].page, latin[1].page)
        return _strictly(data, scored[0][1])
    others = readings(sample, OTHERS)
    if others and others[0].mean >= _OF_ITS_LANGUAGE:
        few = others[0].letters < _FEW_LETTERS
        if len(others) > 1 and (few or not others[0].is_clearer_than(others[1])):
            raise _either(others[0].page, others[1].page)
        return _strictly(data, others[0].page)
    foreign = sum(byte > 0x7F for byte in sample)
    best = charset_normalizer.from_bytes(sample).best() if foreign >= _FEW_BYTES else None
    if best is not None:
        return _strictly(data, best.encoding)
    raise LeadFileError(
        sentence(
            "its text encoding could not be recognised. Save it as UTF-8, or name its encoding "
            "(for example cp949, gb18030 or cp1252)."
        )
    )

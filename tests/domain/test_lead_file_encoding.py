"""A file saved by any usual spreadsheet comes in with its names intact, or not at all."""

from __future__ import annotations

import codecs
from contextlib import suppress

import pytest

from domain.lead_files.encoding import LeadFileError, decode

KOREAN = "이름,이메일,회사\n김민수,minsu@hanbit.example,㈜한빛소프트\n"
CHINESE = "姓名,邮箱,公司\n李伟,liwei@haitong.example,上海海通科技有限公司\n"
FRENCH = "Prénom;Nom;Email\nZoé;Lefèvre;zoe@lumiere.example\nFrançois;Benoît;f@lumiere.example\n"
GERMAN = "Name;Email\nJürgen Groß;j@bau.example\n"


def read(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """The text of a file, and the encoding it was read as."""
    decoded = decode(data, encoding)
    return decoded.open().read(), decoded.encoding


@pytest.mark.parametrize("text", [KOREAN, CHINESE, FRENCH, GERMAN])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
    ],
)
def test_unicode_files_are_read_with_and_without_a_mark(
    text: str, mark: bytes, encoding: str
) -> None:
    assert read(mark + text.encode(encoding)) == (text, encoding)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (KOREAN, "cp949"),
        ("email,name\nx@y.example,이준호\n", "cp949"),
        ("email,title\na@b.example,과장\n", "cp949"),
        ("email,company\na@b.example,㈜대한상사\n", "cp949"),
        ("이름,이메일\n설믜,a@b.example\n", "cp949"),
        (CHINESE, "gb18030"),
        ("email,name\nx@y.example,王芳\n", "gb18030"),
        ("email,name\na@b.example,陈静\n", "gb18030"),
        ("email,company\na@b.example,北京东方软件有限公司\n", "gb18030"),
        (FRENCH, "cp1252"),
        (GERMAN, "cp1252"),
        ("email,name\na@b.example,Müller\n", "cp1252"),
        ("email,name\na@b.example,Muñoz Peña\n", "cp1252"),
        ("email,note\na@b.example,it’s 5 €\n", "cp1252"),
        ("email,name\na@b.example,Åsa Öström\n", "cp1252"),
        ("имя,email\nИван Петров,a@b.example\nМария Сидорова,b@c.example\n", "cp1251"),
        ("氏名,メール\n山田太郎,a@b.example\n", "cp932"),
    ],
)
def test_short_files_in_a_code_page_keep_their_names(text: str, encoding: str) -> None:
    assert read(text.encode(encoding))[0] == text


def test_a_long_file_is_recognised_by_the_lines_that_are_not_ascii() -> None:
    plain = "someone@acme.example,Plain Name,Acme\n" * 20_000
    text = plain + "minsu@hanbit.example,김민수,한빛소프트\n" * 3
    assert read(text.encode("cp949")) == (text, "cp949")


def test_too_little_to_tell_korean_from_chinese_is_asked_not_guessed() -> None:
    with pytest.raises(LeadFileError, match="could be gb18030 or cp949"):
        decode("email,name\na@b.example,刘\n".encode("gb18030"))


def test_a_named_encoding_is_obeyed() -> None:
    text = "email,name\na@b.example,刘\n"
    assert read(text.encode("gb18030"), "gb18030")[0] == text
    assert read(codecs.BOM_UTF8 + text.encode(), "utf-8")[0] == text
    assert read(text.encode("utf-16"), "utf-16")[0] == text
    assert read(text.encode("utf-16-be"), "utf-16")[0] == text


@pytest.mark.parametrize(
    ("data", "encoding", "sentence"),
    [
        (KOREAN.encode() * 3 + b"\xff\xfe\n", None, "UTF-8 but damaged at line 7"),
        (KOREAN.encode("cp949"), "utf-8", "not valid utf-8: line 1"),
        (b"\n<html><table><tr><td>email</td></tr></table>", None, "web page, XML or JSON"),
        (b'<?xml version="1.0"?><leads/>', None, "web page, XML or JSON"),
        (b'[{"email": "a@b.example"}]', None, "web page, XML or JSON"),
        (KOREAN.encode(), "klingon", "no text encoding “klingon”"),
        (b"email\n\\ud800\n", "unicode_escape", "not unicode"),
        (KOREAN.encode(), "base64", "no text encoding “base64”"),
        (b"PK\x03\x04rest of a workbook", None, "spreadsheet, not a CSV"),
        (b"%PDF-1.7", None, "a PDF"),
        (b"\x1f\x8b\x08", None, "compressed"),
        (bytes(range(1, 256)) * 4, None, "not a text file"),
        (codecs.BOM_UTF16_LE + b"a\0b\0c", None, "not valid utf-16-le"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_what_to_do(
    data: bytes, encoding: str | None, sentence: str
) -> None:
    with pytest.raises(LeadFileError, match=sentence):
        decode(data, encoding)


NAMES = {
    "cp1250": "Łukasz Zając|Małgorzata Wójcik|Paweł Dąbrowski|Agnieszka Woźniak",
    "iso8859-2": "Łukasz Zając|Małgorzata Wójcik|Paweł Dąbrowski|Agnieszka Woźniak",
    "cp1250 ": "Jiří Dvořák|Tomáš Novotný|Lucie Černá|Božena Němcová|Šimon Růžička",
    "cp1250  ": "Željko Babić|Đurđa Šarić|Ivan Horvatić|Ana Kovač",
    "cp1254": "Ayşe Yıldız|İbrahim Şahin|Çağla Güneş|Gökhan Öztürk",
    "cp1257": "Rūta Šimkutė|Žilvinas Kazlauskas|Eglė Žukauskaitė",
    "cp1257 ": "Jānis Bērziņš|Ilze Kalniņa|Gunārs Ozoliņš",
    "cp1252": "Jürgen Groß|François Lefèvre|Begoña Peña|Søren Kjær|João Conceição",
    "cp1252 ": "Jón Þórðarson|Guðrún Ægisdóttir",
}


@pytest.mark.parametrize("page", NAMES)
def test_latin_pages_are_told_apart_by_what_their_languages_look_like(page: str) -> None:
    """£ukasz Zaj¹c and Ayþe Yýldýz are nobody's names."""
    text = "Email,Name\n" + "".join(f"a@b.example,{name}\n" for name in NAMES[page].split("|"))
    assert read(text.encode(page.strip()))[0] == text


@pytest.mark.parametrize("name", ["Dvořák", "Szőke", "Łukasz Zając", "Ana Kovač"])
def test_one_name_that_two_pages_can_hold_is_asked_about(name: str) -> None:
    """A wrong guess spoils every name; of one name nobody can tell."""
    data = f"Email,Name\na@b.example,{name}\n".encode("cp1250")
    with suppress(LeadFileError):
        assert name in read(data)[0]
    assert name in read(data, "cp1250")[0]


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("cp1251", "a@b.example,Иван,Газпром Нефть"),
        ("cp1251", "a@b.example,Олександр Шевченко,Київ"),
        ("cp1251", "a@b.example,Георги Димитров,София"),
        ("koi8-r", "a@b.example,Мария Кузнецова,ООО Ромашка"),
        ("cp866", "a@b.example,Мария Кузнецова,ООО Ромашка"),
        ("cp1253", "a@b.example,Γιώργος Παπαδόπουλος,Αθήνα"),
        ("cp1255", "a@b.example,יוסי כהן,תל אביב"),
        ("cp1256", "a@b.example,محمد أحمد,شركة النور"),
        ("cp874", "a@b.example,สมชาย ใจดี,กรุงเทพ"),
        ("cp932", "a@b.example,山田太郎,株式会社トヨタ"),
        ("big5", "a@b.example,王小明,中華電信股份"),
    ],
)
def test_files_in_other_letters_than_latin_ones_keep_their_names(page: str, line: str) -> None:
    """Иван was greeted as Čâŕí: a page of Poland holds other letters in the same places."""
    text = f"email,name,company\n{line}\n"
    assert read(text.encode(page))[0] == text


def test_too_few_letters_of_a_page_are_asked_about() -> None:
    """דוד כהן in a file of one row looked like Greek."""
    with pytest.raises(LeadFileError, match="could be cp125"):
        decode("שם,Email\nדוד כהן,d@x.example\n".encode("cp1255"))

"""Marketing imports an export as it is: its headers are recognised, nothing is thrown away."""

from __future__ import annotations

import pytest

from domain.lead_files.columns import ColumnsError, choose, recognise
from domain.lead_files.encoding import LeadFileError
from domain.lead_files.row import RowReader

HUBSPOT = (
    "Record ID,First Name,Last Name,Email,Phone Number,Mobile Phone Number,Company Name,Job Title,"
    "Country/Region,Time Zone,Preferred language,Original Traffic Source,Lifecycle Stage"
)
HUBSPOT_KOREAN = (
    "레코드 ID,이름,성,이메일,전화번호,휴대폰 번호,회사 이름,직책,"
    "국가/지역,시간대,기본 언어,소스,라이프사이클 단계"
)
SALESFORCE = (
    "Lead ID,First Name,Last Name,Email Address,Phone,Mobile,Company / Account,Title,"
    "Country,Time Zone,Language,Lead Source,Rating"
)
SALESFORCE_KOREAN = (
    "리드 ID,이름,성,이메일 주소,전화,휴대폰,회사/계정,직함,국가,표준 시간대,언어,리드 소스,등급"
)


@pytest.mark.parametrize("header", [HUBSPOT, HUBSPOT_KOREAN, SALESFORCE, SALESFORCE_KOREAN])
def test_headers_of_crm_exports_are_recognised(header: str) -> None:
    columns = recognise(header.split(","))
    assert columns.fields == {
        "first_name": (1,),
        "last_name": (2,),
        "email": (3,),
        "phone": (4, 5),
        "company": (6,),
        "title": (7,),
        "country": (8,),
        "time_zone": (9,),
        "language": (10,),
        "source": (11,),
    }
    assert [index for _, index in columns.attributes] == [0, 12]


def test_unknown_columns_become_attributes_with_keys_a_condition_can_use() -> None:
    columns = recognise(
        ["email", "Annual Revenue ($)", "업종 구분", "", "annual revenue", "2nd-Note"]
    )
    assert columns.attributes == (
        ("annual_revenue", 1),
        ("업종_구분", 2),
        ("column_4", 3),
        ("annual_revenue_2", 4),
        ("2nd_note", 5),
    )


@pytest.mark.parametrize(
    "header",
    [
        "Unsubscribed",
        "Opted out",
        "Opt-Out",
        "Do not email",
        "Email Opt Out",
        "HasOptedOutOfEmail",
        "Unsubscribed from all email",
        "Opted out of email: Marketing Information",
        "UNSUB_TIME",
        "이메일 수신 거부",
        "수신거부",
        "已退订",
    ],
)
def test_a_column_of_people_who_asked_for_no_mail_is_recognised(header: str) -> None:
    """As an attribute it would be kept, and everybody in it mailed."""
    assert recognise(["Email", header]).fields["unsubscribed"] == (1,)
    said = recognise(["Email", header, "No thanks"], {"No thanks": "unsubscribed"})
    assert {*said.fields["unsubscribed"]} == {1, 2}


def test_a_name_column_alone_holds_the_whole_name() -> None:
    assert recognise(["이름", "이메일"]).fields == {"full_name": (0,), "email": (1,)}
    assert recognise(["First Name", "Email"]).fields == {"first_name": (0,), "email": (1,)}


def test_a_mapping_overrides_what_was_recognised() -> None:
    columns = recognise(["Email", "Partner mail", "a=b"], {"partner MAIL": "email", "a=b": "title"})
    assert columns.fields == {"email": (1,), "title": (2,)}
    assert columns.attributes == (("email", 0),)


def test_a_source_said_for_the_whole_file_keeps_the_column_as_attribute() -> None:
    columns = recognise(["Email", "Lead Source"], source_given=True)
    assert columns.attributes == (("lead_source", 1),)


@pytest.mark.parametrize(
    ("mapping", "sentence"),
    [
        ({}, "no e-mail column. Its columns are “Nom”, “Ville”; map the one"),
        ({"Mail": "email"}, "the column “Mail”.*“Nom”, “Ville”"),
        ({"Nom": "surname"}, "the field “surname”.*email, first_name, last_name"),
    ],
)
def test_what_is_missing_is_said_with_what_there_is(mapping: dict[str, str], sentence: str) -> None:
    with pytest.raises(LeadFileError, match=sentence):
        recognise(["Nom", "Ville"], mapping)


def test_a_list_of_people_to_call_needs_no_addresses() -> None:
    """Cards from a fair have phone numbers only. One or the other alone brings nobody."""
    assert recognise(["Nom", "Tél"]).fields == {"last_name": (0,), "phone": (1,)}
    assert choose(["A", "B"], ["full_name", "phone"]).fields == {"full_name": (0,), "phone": (1,)}
    for fields in (["", "phone"], ["full_name", ""]):
        with pytest.raises(LeadFileError, match="choose one, or for people who are only called"):
            choose(["A", "B"], fields)


def test_a_file_without_a_header_is_told_to_have_one_instead_of_losing_its_first_lead() -> None:
    with pytest.raises(LeadFileError, match="first row must name the columns"):
        recognise(["dana@acme.example", "Dana"])


def test_a_mended_rejects_file_comes_in_without_its_own_columns() -> None:
    header = ["rejected_row", "rejected_line", "rejected_reason", "Email", "City"]
    assert recognise(header).attributes == (("city", 4),)


HEADINGS = {
    "de": "Vorname;Nachname;E-Mail;Firma;Land/Region;Telefonnummer;Zeitzone;Position",
    "de Salesforce": "Vorname;Nachname;E-Mail;Accountname;Land;Telefon;Zeitzone;Titel",
    "fr": "Prénom;Nom;Adresse e-mail;Entreprise;Pays/Région;Téléphone;Fuseau horaire;Poste",
    "es": "Nombre;Apellidos;Correo electrónico;Empresa;País/región;Teléfono;Zona horaria;Cargo",
    "it": "Nome;Cognome;Indirizzo e-mail;Azienda;Paese;Telefono;Fuso orario;Qualifica",
    "pt": "Nome;Sobrenome;E-mail;Empresa;País;Telefone;Fuso horário;Cargo",
    "nl": "Voornaam;Achternaam;E-mailadres;Bedrijf;Land/regio;Telefoonnummer;Tijdzone;Functie",
    "ja": "名;姓;Eメール;会社名;国;電話番号;タイムゾーン;役職",
    "zh": "名字;姓氏;电子邮件;公司名称;国家/地区;电话号码;时区;职务",
    "zh Hant": "名字;姓氏;電子郵件;公司名稱;國家/地區;電話號碼;時區;職稱",
    "pl": "Imię;Nazwisko;E-mail;Nazwa firmy;Kraj;Numer telefonu;Strefa czasowa;Stanowisko",
    "ru": "Имя;Фамилия;Электронная почта;Компания;Страна;Номер телефона;Часовой пояс;Должность",
    "tr": "İsim;Soyadı;E-posta;Şirket;Ülke;Telefon numarası;Saat dilimi;Unvan",
    "vi": "Tên;Họ;Địa chỉ email;Công ty;Quốc gia;Số điện thoại;Múi giờ;Chức danh",
    "id": "Nama depan;Nama belakang;Alamat email;Perusahaan;Negara;Telepon;Zona waktu;Jabatan",
    "sv": "Förnamn;Efternamn;E-postadress;Företag;Land;Telefon;Tidszon;Befattning",
}


@pytest.mark.parametrize("language", HEADINGS)
def test_headings_are_recognised_in_the_languages_of_crms(language: str) -> None:
    """A German export of which only the address is read greets nobody and knows no company."""
    header = HEADINGS[language].split(";")
    found = recognise(header).fields
    wanted = ("first_name", "last_name", "email", "company", "country", "phone", "time_zone")
    read = {index: name for name, indices in found.items() for index in indices}
    assert [name for at, name in enumerate(wanted) if read.get(at) != name] == []


def test_among_many_columns_the_likely_one_is_named_first() -> None:
    """In a list of 38 columns that leaves out the addresses nobody finds which to map."""
    header = [f"Column {number}" for number in range(38)] + ["Mail des Ansprechpartners"]
    with pytest.raises(ColumnsError, match="Its columns are “Mail des Ansprechpartners”") as found:
        recognise(header)
    assert (found.value.column, found.value.field) == ("Mail des Ansprechpartners", "email")


def test_second_values_of_a_field_are_kept() -> None:
    """For an SDR the mobile number is the better one."""
    header = ["Email", "Work Email", "Phone Number", "Mobile Phone Number", "Email"]
    row = ["a@b.example", "c@d.example", "+49 30 901820", "+49 151 23456789", "A@b.example"]
    found = RowReader(recognise(header)).read(row)
    assert (found.email, found.phone) == ("a@b.example", "+4930901820")
    assert found.attributes == {
        "work_email": "c@d.example",
        "mobile_phone_number": "+49 151 23456789",
    }


@pytest.mark.parametrize(
    ("values", "first", "last"),
    [
        ({"First Name": "null", "Last Name": "null"}, "", ""),
        ({"Full Name": "N/A"}, "", ""),
        ({"First Name": "a@b.example"}, "", ""),
        ({"First Name": "D&#039;Arcy"}, "D'Arcy", ""),
        ({"姓名": "山田太郎"}, "山田太郎", ""),
        ({"姓名": "林健", "Country": "Japan"}, "林健", ""),
        ({"姓名": "王芳"}, "芳", "王"),
        ({"성명": "\u1100\u1175\u11b7\u1106\u1175\u11ab\u1109\u116e"}, "민수", "김"),
    ],
)
def test_a_name_is_printed_as_it_was_meant_or_not_at_all(
    values: dict[str, str], first: str, last: str
) -> None:
    """ "Hi null," and "Hi 田太郎," are worse than "Hi there,"."""
    row = {"Email": "a@b.example", **values}
    found = RowReader(recognise(list(row))).read(list(row.values()))
    assert (found.first_name, found.last_name) == (first, last)

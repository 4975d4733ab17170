"""What columns are called: fields of leads as HubSpot and Salesforce name them in their languages,
and as people do. Compared without case, accents, spaces and punctuation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from domain.contacts.texts import key

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
    "consent",
]
FIELDS: tuple[Field, ...] = get_args(Field)
Hint = Literal[
    "state",
    "city",
    "domain",
    "first_source",
    "first_medium",
    "first_campaign",
    "first_content",
    "first_term",
    "first_at",
    "last_source",
    "last_medium",
    "last_campaign",
    "last_content",
    "last_term",
    "last_at",
    "amount",
    "currency",
    "expected_close",
]
"""What a column tells beside the lead's fields: it stays an attribute."""
HINTS: tuple[Hint, ...] = get_args(Hint)

# The spellings of one field, the best first: when a file has several, an empty cell of the better
# column is filled from the next. Unsubscribed and consent are recognised by their words
# (domain.contacts.consent_headings).
_SPELLINGS: Mapping[Field | Hint, str] = {
    "email": """
        email|email address|primary email|contact email|lead email|work email|business email|
        company email|corporate email|email 1|email1|mail|mail address|emailaddress1|
        person email|이메일|이메일 주소|전자 메일|전자메일 주소|전자우편|메일|메일 주소|
        회사 이메일|업무용 이메일|邮箱|电子邮件|电子邮箱|电子邮件地址|邮件|邮箱地址|邮件地址|
        電子郵件|電子信箱|電郵|信箱|eメール|メール|メールアドレス|eメールアドレス|電子メール|
        e mailアドレス|e mail adresse|email adresse|mailadresse|e post|e postadresse|epost|
        epostadress|adresse e mail|adresse email|adresse mail|courriel|adresse courriel|
        adresse electronique|mel|correo|correo electronico|direccion de correo|
        direccion de correo electronico|e mail del contacto|indirizzo e mail|indirizzo email|
        posta elettronica|indirizzo di posta elettronica|endereco de e mail|endereco de email|
        endereco eletronico|correio eletronico|e mailadres|emailadres|adres e mail|adres email|
        adres poczty elektronicznej|poczta|sahkoposti|sahkopostiosoite|электронная почта|
        эл почта|почта|имейл|e mail адрес|адрес электронной почты|eposta|e posta|e posta adresi|
        eposta adresi|dia chi email|thu dien tu|alamat email|surel|อีเมล|ที่อยู่อีเมล|
        البريد الإلكتروني|email címe|e mail cim|emailova adresa|דואל
    """,
    "first_name": """
        first name|given name|given names|forename|fname|이름|명|名|名字|名（first name）|
        vorname|prenom|nombre|nombre de pila|primer nombre|nome proprio|nome|primeiro nome|
        voornaam|imie|имя|adi|isim|ten|nama depan|fornamn|fornavn|etunimi|krestni jmeno|jmeno|
        keresztnev|prenume|ονομα|ім'я|ชื่อ|الاسم الأول|שם פרטי|名前（名）|メイ|下の名前
    """,
    "last_name": """
        last name|surname|family name|lname|성|姓|姓氏|nachname|familienname|nom de famille|nom|
        apellido|apellidos|cognome|sobrenome|apelido|ultimo nome|achternaam|nazwisko|фамилия|
        soyad|soyadi|soyisim|ho|nama belakang|efternamn|etternavn|efternavn|sukunimi|prijmeni|
        priezvisko|vezeteknev|nume|nume de familie|επωνυμο|прізвище|นามสกุล|اسم العائلة|שם משפחה|
        名前（姓）|苗字
    """,
    "full_name": """
        full name|name|contact name|lead name|contact|person|contact person|person name|
        your name|성명|전체 이름|담당자|담당자명|담당자 이름|고객명|연락처 이름|성함|姓名|联系人|
        聯絡人|全名|氏名|名前|お名前|担当者|担当者名|ご担当者名|ansprechpartner|
        vollstandiger name|kontakt|nom complet|nom et prenom|nom prenom|contact principal|
        nombre completo|nombre y apellidos|persona de contacto|nome completo|nome e cognome|
        referente|volledige naam|naam|contactpersoon|imie i nazwisko|osoba kontaktowa|фио|
        полное имя|контактное лицо|имя и фамилия|ad soyad|adi soyadi|tam ad|ho va ten|ho ten|
        nama|nama lengkap|namn|navn|nimi|jmeno a prijmeni|nev|nume complet
    """,
    "title": """
        job title|title|titel|position|role|job position|job role|
        business title|직함|직책|직위|직급|
        职位|职务|職稱|職位|头衔|役職|役職名|肩書き|肩書|職種|positionsbezeichnung|jobtitel|
        berufsbezeichnung|funktion|poste|intitule du poste|intitule de poste|fonction|titre|
        titre du poste|cargo|puesto|puesto de trabajo|titulo del puesto|titulo|qualifica|
        posizione|titolo|posizione lavorativa|ruolo|titulo do cargo|funcao|functie|functietitel|
        functienaam|stanowisko|должность|unvan|is unvani|pozisyon|gorev|chuc danh|chuc vu|
        jabatan|posisi|befattning|stilling|stillingsbetegnelse|titteli|tyonimike|pozice|funkce|
        beosztas|functia|ตำแหน่ง|ตำแหน่งงาน|المسمى الوظيفي
    """,
    "company": """
        company|company name|account|account name|company account|organization|organisation|
        organization name|organisation name|employer|business name|associated company|
        primary associated company|current company|회사|회사명|회사 이름|회사 계정|계정|
        계정 이름|계정명|기업|기업명|업체명|소속|상호|상호명|公司|公司名称|公司名|单位|企业名称|
        企業名稱|公司名稱|客户名称|会社|会社名|企業名|御社名|貴社名|取引先|取引先名|勤務先|所属|
        firma|firmenname|unternehmen|unternehmensname|name des unternehmens|accountname|
        organisationsname|entreprise|societe|nom de l'entreprise|nom de la societe|
        raison sociale|compte|nom du compte|organisme|empresa|nombre de la empresa|
        nombre de empresa|compania|cuenta|nombre de la cuenta|razon social|azienda|nome azienda|
        nome dell'azienda|nome societa|societa|ragione sociale|nome da empresa|conta|
        nome da conta|razao social|bedrijf|bedrijfsnaam|organisatie|naam bedrijf|nazwa firmy|
        przedsiebiorstwo|nazwa konta|компания|название компании|организация|наименование|фирма|
        sirket|sirket adi|sirket unvani|kurum|firma adi|cong ty|ten cong ty|perusahaan|
        nama perusahaan|foretag|foretagsnamn|bolag|virksomhed|virksomhedsnavn|bedrift|firmanavn|
        yritys|yrityksen nimi|spolecnost|nazev firmy|ceg|cegnev|companie|บริษัท|ชื่อบริษัท|
        الشركة|اسم الشركة
    """,
    "phone": """
        phone|phone number|telephone|telephone number|business phone|work phone|company phone|
        primary phone|direct phone|corporate phone|tel|mobile|mobile phone|mobile phone number|
        mobile number|cell|cell phone|cellphone|work direct phone|phone 1|전화|전화번호|
        회사 전화|연락처|휴대폰|휴대폰 번호|휴대전화|휴대전화 번호|핸드폰|핸드폰 번호|모바일|
        电话|电话号码|手机|手机号|手机号码|联系电话|移动电话|電話|電話號碼|手機|手機號碼|
        電話番号|携帯|携帯電話|携帯番号|携帯電話番号|連絡先|telefon|telefonnummer|rufnummer|
        telefon geschaftlich|mobiltelefon|mobiltelefonnummer|mobilnummer|handy|handynummer|
        telefonnr|telephone mobile|numero de telephone|portable|numero de telephone mobile|
        tel portable|telephone professionnel|telefono|numero de telefono|telefono movil|movil|
        celular|numero de telefono movil|numero di telefono|cellulare|numero di cellulare|
        telefono cellulare|telefone|numero de telefone|telemovel|numero do celular|
        telefone celular|numero de celular|telefoonnummer|telefoon|mobiel|mobiele telefoon|
        mobiel nummer|numer telefonu|telefon komorkowy|numer telefonu komorkowego|komorka|
        телефон|номер телефона|мобильный|мобильный телефон|рабочий телефон|telefon numarasi|
        cep telefonu|cep|cep telefonu numarasi|so dien thoai|dien thoai|di dong|nomor telepon|
        telepon|no telepon|no hp|nomor hp|mobil|puhelin|puhelinnumero|mobiltelefonszam|
        telefonszam|numar de telefon|โทรศัพท์|เบอร์โทร|هاتف|رقم الهاتف
    """,
    "country": """
        country|country region|country code|country name|country territory|country region code|
        mailing country|billing country|company country|person country|contact country|
        ip country|국가|국가 지역|국가 코드|나라|우편 국가|国家|国家 地区|國家|國家 地區|国|
        国 地域|国名|国 地域名|land|land region|landesname|postanschrift land|pays|pays region|
        pays territoire|pais|pais region|pais territorio|paese|paese area geografica|nazione|
        stato paese|pais regiao|land regio|kraj|kraj region|страна|страна регион|ulke|ulke bolge|
        quoc gia|quoc gia khu vuc|nuoc|negara|negara wilayah|maa|maa alue|land omrade|zeme|
        orszag|tara|ประเทศ|الدولة|البلد
    """,
    "language": """
        language|preferred language|contact language|language preference|locale|language code|
        언어|선호 언어|기본 언어|语言|首选语言|語言|言語|使用言語|優先言語|希望言語|sprache|
        bevorzugte sprache|langue|langue preferee|langue de preference|idioma|idioma preferido|
        lengua|lingua|lingua preferita|taal|voorkeurstaal|jezyk|preferowany jezyk|язык|
        предпочитаемый язык|dil|tercih edilen dil|ngon ngu|bahasa|sprak|sprog|kieli|jazyk|nyelv|
        limba
    """,
    "time_zone": """
        time zone|contact timezone|contact time zone|user time zone|timezone|tz|시간대|
        표준 시간대|타임존|时区|時區|タイムゾーン|zeitzone|fuseau horaire|zona horaria|
        huso horario|fuso orario|fuso horario|tijdzone|strefa czasowa|часовой пояс|saat dilimi|
        zaman dilimi|mui gio|zona waktu|tidszon|tidssone|tidszone|aikavyohyke|casove pasmo|
        idozona|fus orar|hs timezone
    """,
    "source": """
        source|lead source|original source|original traffic source|소스|리드 소스|리드 출처|출처|
        유입 경로|来源|潜在客户来源|來源|リードソース|流入元|lead quelle|leadquelle|quelle|
        originalquelle|ursprungliche traffic quelle|source du lead|source de la piste|
        source d'origine|origen|origen del prospecto|fuente original|fuente|origine lead|
        fonte originale|fonte|origem do lead|origem|fonte original|bron|leadbron|
        oorspronkelijke bron|zrodlo|zrodlo potencjalnego klienta|источник|источник лида|kaynak|
        aday kaynagi|nguon|sumber
    """,
    "state": """
        state|state region|state province|state or province|province|region|state code|
        state region code|mailing state|mailing state province|billing state|
        billing state province|company state|person state|address state|territory|시 도|시도|도|
        주|지역|省|省份|州|州省|州 省|都道府県|bundesland|bundesland region|bundesland kanton|
        bundesstaat|bundesstaat provinz|etat|etat region|etat province|region administrative|
        estado|estado region|estado o region|estado provincia|provincia|stato|stato regione|
        stato provincia|regione|estado regiao|provincie|staat regio|stan|wojewodztwo|stan region|
        область|регион|край|il|eyalet|tinh|tinh thanh|provinsi
    """,
    "city": """
        city|town|city town|mailing city|billing city|company city|person city|address city|
        location|도시|시|구군|시군구|城市|市|市区町村|stadt|ort|ville|ciudad|poblacion|localidad|
        citta|comune|cidade|plaats|stad|miasto|город|sehir|thanh pho|kota
    """,
    "domain": """
        company domain name|company domain|domain|website|website url|company website|
        company website url|web site|web|url website|homepage|corporate website|도메인|
        회사 도메인|회사 도메인 이름|웹사이트|웹사이트 url|홈페이지|网站|网址|公司域名|官网|網站|
        ウェブサイト|webサイト|会社のドメイン名|ドメイン|ホームページ|webseite|internetseite|
        url der website|unternehmensdomain|domain name des unternehmens|site web|site internet|
        url du site web|nom de domaine|nom de domaine de l'entreprise|sitio web|pagina web|
        url del sitio web|nombre de dominio de la empresa|dominio|sito web|url sito web|
        nome dominio azienda|site|url do site|dominio da empresa|nome do dominio da empresa|
        website adresse|websiteadres|bedrijfsdomein|strona internetowa|witryna|strona www|сайт|
        веб сайт|домен|web sitesi|trang web|situs web
    """,
    "first_source": """
        first touch utm source|first utm source|original utm source|utm source first touch|
        utm source 1|initial utm source|utm source
    """,
    "first_medium": """
        first touch utm medium|first utm medium|original utm medium|utm medium first touch|
        utm medium 1|initial utm medium|utm medium
    """,
    "first_campaign": """
        first touch utm campaign|first utm campaign|original utm campaign|
        utm campaign first touch|utm campaign 1|initial utm campaign|utm campaign
    """,
    "first_content": """
        first touch utm content|first utm content|original utm content|utm content first touch|
        initial utm content|utm content
    """,
    "first_term": """
        first touch utm term|first utm term|original utm term|utm term first touch|
        initial utm term|utm term|utm keyword
    """,
    "first_at": """
        first touch at|first touch date|first touch time|first seen|first seen date|
        time first seen|date first seen|utm date|utm at
    """,
    "last_source": "last touch utm source|last utm source|latest utm source|recent utm source",
    "last_medium": "last touch utm medium|last utm medium|latest utm medium|recent utm medium",
    "last_campaign": """
        last touch utm campaign|last utm campaign|latest utm campaign|recent utm campaign
    """,
    "last_content": "last touch utm content|last utm content|latest utm content",
    "last_term": "last touch utm term|last utm term|latest utm term",
    "last_at": """
        last touch at|last touch date|last touch time|time last seen|date last seen|
        last seen|last seen date
    """,
    "amount": """
        deal amount|opportunity amount|amount|deal value|opportunity value|
        amount in deal currency|거래 금액|영업 기회 금액|交易金额|商机金额
    """,
    "currency": """
        deal currency|opportunity currency|currency|currency code|currency iso code|
        deal currency code|거래 통화|통화|交易币种|币种
    """,
    "expected_close": """
        expected close|expected close date|close date|closing date|deal close date|
        opportunity close date|마감 예정일|마감일|预计成交日|成交日期|结束日期
    """,
}
# Said to HubSpot in their languages: a list with 이름 and no 성 has the whole name there.
WHOLE_NAMES = frozenset(
    map(key, ("이름", "名字", "nome", "nombre", "nom", "имя", "ten", "isim", "jmeno", "nume"))
)


def _read() -> dict[str, tuple[Field | Hint, int]]:
    found: dict[str, tuple[Field | Hint, int]] = {}
    for field, spellings in _SPELLINGS.items():
        for rank, spelling in enumerate(spellings.split("|")):
            # "E-mail" and "E mail", "회사 이름" and "회사이름" are the same header.
            found.setdefault(key(spelling), (field, rank))
    return found


_FIELD_OF = _read()


def field_of(heading: str) -> tuple[Field | Hint | None, int]:
    """Which field a column of this name is, or which hint it gives, and how good a name of it that
    is: 0 is the best."""
    return _FIELD_OF.get(key(heading), (None, 0))

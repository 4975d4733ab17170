"""Countries as people write them, with the language and time zone most of their people use.

Pure data and look-ups. Codes are ISO 3166-1 alpha-2, languages BCP 47 primary subtags, time
zones IANA names.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass

from phonenumbers import SUPPORTED_REGIONS


@dataclass(frozen=True)
class Country:
    """One country: its codes, its main language and the time zone of its largest city."""

    code: str
    code3: str
    language: str
    time_zone: str


# code, alpha-3, language, time zone, names in English and Korean (and a few own names)
_TABLE = """
AE ARE ar Asia/Dubai                     United Arab Emirates|UAE|아랍에미리트|아랍에미리트연합
AR ARG es America/Argentina/Buenos_Aires Argentina|아르헨티나
AT AUT de Europe/Vienna                  Austria|Österreich|오스트리아
AU AUS en Australia/Sydney               Australia|호주|오스트레일리아
BD BGD bn Asia/Dhaka                     Bangladesh|방글라데시
BE BEL nl Europe/Brussels                Belgium|België|Belgique|벨기에
BG BGR bg Europe/Sofia                   Bulgaria|불가리아
BR BRA pt America/Sao_Paulo              Brazil|Brasil|브라질
CA CAN en America/Toronto                Canada|캐나다
CH CHE de Europe/Zurich                  Switzerland|Schweiz|Suisse|스위스
CL CHL es America/Santiago               Chile|칠레
CN CHN zh Asia/Shanghai                  China|People's Republic of China|PRC|중국|중화인민공화국
CO COL es America/Bogota                 Colombia|콜롬비아
CR CRI es America/Costa_Rica             Costa Rica|코스타리카
CY CYP el Asia/Nicosia                   Cyprus|키프로스
CZ CZE cs Europe/Prague                  Czechia|Czech Republic|체코
DE DEU de Europe/Berlin                  Germany|Deutschland|독일
DK DNK da Europe/Copenhagen              Denmark|Danmark|덴마크
EE EST et Europe/Tallinn                 Estonia|에스토니아
EG EGY ar Africa/Cairo                   Egypt|이집트
ES ESP es Europe/Madrid                  Spain|España|스페인
FI FIN fi Europe/Helsinki                Finland|Suomi|핀란드
FR FRA fr Europe/Paris                   France|프랑스
GB GBR en Europe/London                  United Kingdom|UK|Great Britain|England|Scotland|Wales|영국
GR GRC el Europe/Athens                  Greece|그리스
HK HKG zh Asia/Hong_Kong                 Hong Kong|Hong Kong SAR|Hong Kong SAR China|홍콩
HR HRV hr Europe/Zagreb                  Croatia|Hrvatska|크로아티아
HU HUN hu Europe/Budapest                Hungary|헝가리
ID IDN id Asia/Jakarta                   Indonesia|인도네시아
IE IRL en Europe/Dublin                  Ireland|Republic of Ireland|아일랜드
IL ISR he Asia/Jerusalem                 Israel|이스라엘
IN IND en Asia/Kolkata                   India|인도
IS ISL is Atlantic/Reykjavik             Iceland|아이슬란드
IT ITA it Europe/Rome                    Italy|Italia|이탈리아
JP JPN ja Asia/Tokyo                     Japan|일본
KE KEN en Africa/Nairobi                 Kenya|케냐
KH KHM km Asia/Phnom_Penh                Cambodia|캄보디아
KR KOR ko Asia/Seoul                     South Korea|Korea|Republic of Korea|대한민국|한국
KW KWT ar Asia/Kuwait                    Kuwait|쿠웨이트
KZ KAZ kk Asia/Almaty                    Kazakhstan|카자흐스탄
LK LKA si Asia/Colombo                   Sri Lanka|스리랑카
LT LTU lt Europe/Vilnius                 Lithuania|리투아니아
LU LUX fr Europe/Luxembourg              Luxembourg|룩셈부르크
LV LVA lv Europe/Riga                    Latvia|라트비아
MA MAR ar Africa/Casablanca              Morocco|모로코
MM MMR my Asia/Yangon                    Myanmar|Burma|미얀마
MN MNG mn Asia/Ulaanbaatar               Mongolia|몽골
MO MAC zh Asia/Macau                     Macau|Macao|마카오
MT MLT mt Europe/Malta                   Malta|몰타
MX MEX es America/Mexico_City            Mexico|México|멕시코
MY MYS ms Asia/Kuala_Lumpur              Malaysia|말레이시아
NG NGA en Africa/Lagos                   Nigeria|나이지리아
NL NLD nl Europe/Amsterdam               Netherlands|The Netherlands|Holland|Nederland|네덜란드
NO NOR nb Europe/Oslo                    Norway|Norge|노르웨이
NP NPL ne Asia/Kathmandu                 Nepal|네팔
NZ NZL en Pacific/Auckland               New Zealand|뉴질랜드
PE PER es America/Lima                   Peru|Perú|페루
PH PHL en Asia/Manila                    Philippines|The Philippines|필리핀
PK PAK en Asia/Karachi                   Pakistan|파키스탄
PL POL pl Europe/Warsaw                  Poland|Polska|폴란드
PT PRT pt Europe/Lisbon                  Portugal|포르투갈
QA QAT ar Asia/Qatar                     Qatar|카타르
RO ROU ro Europe/Bucharest               Romania|루마니아
RS SRB sr Europe/Belgrade                Serbia|세르비아
RU RUS ru Europe/Moscow                  Russia|Russian Federation|러시아
SA SAU ar Asia/Riyadh                    Saudi Arabia|사우디아라비아
SE SWE sv Europe/Stockholm               Sweden|Sverige|스웨덴
SG SGP en Asia/Singapore                 Singapore|싱가포르|싱가폴
SI SVN sl Europe/Ljubljana               Slovenia|슬로베니아
SK SVK sk Europe/Bratislava              Slovakia|슬로바키아
TH THA th Asia/Bangkok                   Thailand|태국
TR TUR tr Europe/Istanbul                Turkey|Türkiye|튀르키예|터키
TW TWN zh Asia/Taipei                    Taiwan|Taiwan, Province of China|대만
UA UKR uk Europe/Kyiv                    Ukraine|우크라이나
US USA en America/New_York               United States|United States of America|U.S.|미국
UY URY es America/Montevideo             Uruguay|우루과이
UZ UZB uz Asia/Tashkent                  Uzbekistan|우즈베키스탄
VN VNM vi Asia/Ho_Chi_Minh               Vietnam|Viet Nam|베트남
ZA ZAF en Africa/Johannesburg            South Africa|남아프리카공화국|남아공
"""

_MORE_NAMES = {
    "Korea, Republic of": "KR", "Korea, South": "KR", "中国": "CN", "中國": "CN", "韩国": "KR",
    "韓国": "KR", "韓國": "KR", "日本": "JP", "香港": "HK", "台湾": "TW", "臺灣": "TW",
    "澳门": "MO", "新加坡": "SG", "美国": "US",
}  # fmt: skip
_LANGUAGE_NAMES = {
    "english": "en", "영어": "en", "korean": "ko", "한국어": "ko", "국문": "ko", "chinese": "zh",
    "중국어": "zh", "中文": "zh", "mandarin": "zh", "japanese": "ja", "일본어": "ja",
    "日本語": "ja", "german": "de", "deutsch": "de", "독일어": "de", "french": "fr",
    "français": "fr", "프랑스어": "fr", "spanish": "es", "español": "es", "스페인어": "es",
    "italian": "it", "italiano": "it", "이탈리아어": "it", "portuguese": "pt", "português": "pt",
    "포르투갈어": "pt", "dutch": "nl", "nederlands": "nl", "russian": "ru", "러시아어": "ru",
    "vietnamese": "vi", "베트남어": "vi", "thai": "th", "태국어": "th", "indonesian": "id",
    "polish": "pl", "swedish": "sv", "danish": "da", "norwegian": "nb", "finnish": "fi",
    "turkish": "tr", "arabic": "ar", "아랍어": "ar", "hebrew": "he", "czech": "cs",
}  # fmt: skip
_LANGUAGE_TAG = re.compile(r"([a-z]{2})(?:[-_][a-z0-9]{2,8})*\Z")


def _key(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character.isalnum())


def _read_table() -> tuple[dict[str, Country], dict[str, str]]:
    countries: dict[str, Country] = {}
    names = {_key(name): code for name, code in _MORE_NAMES.items()}
    for line in _TABLE.strip().splitlines():
        code, code3, language, time_zone, spellings = line.split(None, 4)
        countries[code] = Country(code, code3, language, time_zone)
        names[_key(code3)] = code
        for spelling in spellings.split("|"):
            names[_key(spelling)] = code
    return countries, names


_COUNTRIES, _NAMES = _read_table()


@functools.lru_cache(maxsize=4096)
def country_code(written: str) -> str:
    """The ISO 3166-1 alpha-2 code of a country as written (name, alpha-2, alpha-3), or ''."""
    key = _key(written)
    if key in _NAMES:
        return _NAMES[key]
    code = key.upper()
    return code if code in SUPPORTED_REGIONS else ""


def country(code: str) -> Country | None:
    """What is known of the country with this alpha-2 code; None for the less common ones."""
    return _COUNTRIES.get(code)


@functools.lru_cache(maxsize=1024)
def language_code(written: str) -> str:
    """The BCP 47 primary language of a tag or name as written (``ko-KR``, ``Korean``), or ''."""
    folded = written.strip().casefold()
    name = _LANGUAGE_NAMES.get(re.split(r"[\s(/,]", folded, maxsplit=1)[0])
    if name:
        return name
    tag = _LANGUAGE_TAG.match(folded)
    return tag.group(1) if tag else ""

"""Polish."""

from domain.inbound.words.base import LanguagePatterns

_MAIL = (
    r"(?:(?:\w+ ){0,3}(?:e-?maili?\w*|mail\w*|wiadomosci\w*|newsletter\w*|reklam\w*|ofert\w*"
    r"|spam\w*|korespondencj\w*"
    r"|informacj\w*|maile))"
)
_LIST = (
    r"(?:(?:\w+ ){0,3}(?:list\w*|baz\w*|newsletter\w*|mailing\w*|subskrypcj\w*|kontakt\w*"
    r"|rejestr\w*))"
)

WORDS = LanguagePatterns(
    commands=(
        r"(?:prosze )?(?:wypisz|wypisz mnie|wypisac|wypisac mnie|wypisanie|rezygnuje|rezygnacja"
        r"|anuluj subskrypcje"
        r"|usun|usun mnie|prosze usunac|wypiszcie mnie|stop|koniec|wyrejestruj)(?: prosze| "
        r"dziekuje)*",
    ),
    stop=(
        r"(?:wypis\w+|wyrejestr\w+|usun\w*|wykresl\w*|skresl\w*|skasuj\w*|wykasuj\w*) ~?(?:mnie"
        r"|nas|moj\w*|nasz\w*|ten|ze"
        r" subskrypcji)(?!\w)",
        rf"(?:usun\w*|wypis\w*|wykresl\w*|skresl\w*|usunieci\w*|zrezygn\w+|zniknac) ~?(?:z|ze) "
        rf"~?{_LIST}",
        r"(?:chc\w+|prosze|prosimy|prosz\w+|jak|moge|chcialb\w+) ~(?:wypisac|wypisan\w*"
        r"|wyrejestrow\w*|zrezygnowac|usuniecie"
        r"|rezygnacj\w+)",
        r"rezygnuj\w+ (?:z|ze)",
        r"(?:anul\w+|odwol\w+|cofam|wycof\w+|wypowiad\w+) ~(?:subskrypcj\w*|zgod\w*"
        r"|prenumerat\w*|newsletter\w*)",
        rf"nie (?:chc\w+|zycz\w+|zgadz\w+|wyraz\w+|jestem\w* zainteresowan\w+|potrzebuj\w+"
        rf"|zyczymy) ~?(?:otrzymyw\w+|dostaw\w+"
        rf"|{_MAIL}|kontakt\w*|wiecej)",
        r"(?:prosze|prosimy) ~?(?:nie|o nie\w*|wiecej nie|juz nie) ~?(?:wysyl\w*|przysyl\w*"
        r"|pis\w*"
        r"|kontakt\w*|przesyl\w*)",
        r"nie (?:wysyl\w*|przysyl\w*|pisz\w*|kontakt\w*|przesyl\w*) ~?(?:mi|do mnie|ze mna"
        r"|wiecej|nam|juz"
        r"|nic)",
        rf"(?:przesta\w+|zaprzesta\w+|skoncz\w+|dosc|wstrzym\w+) ~?(?:wysyl\w*|przysyl\w*"
        rf"|pis\w*|przesyl\w*|{_MAIL}|kontakt\w*)",
        rf"(?:zadnych|dosc|koniec|bez) (?:wiecej )?{_MAIL}",
        r"(?:sprzeciw\w*|wycofuj\w+ zgod\w+|prawo do (?:bycia zapomnianym"
        r"|usuniecia))",
        r"da\w+ mi spokoj",
        r"nigdy ~(?:zapis\w+|zgod\w+)",
    ),
    mention=(
        r"wypis\w*",
        r"wyrejestr\w*",
        r"rezygn\w*",
        r"list\w* mailing\w*",
        r"anul\w+ subskrypcj\w*",
    ),
    spared=(
        r"(?:funkcj\w*|opcj\w*|przycisk\w*|klienci|klientow|uzytkownik\w*|pracownik\w*"
        r"|narzedzi\w*|produkt\w*)",
    ),
    automatic=(
        r"(?:automatyczna|autom\w*) odpowiedz",
        r"autoodpowiedz",
        r"autoresponder",
        r"poza biurem",
        r"nieobecnosc(?=\s*(?:[:|(]|- "
        r"|$|w biurze|do|od))",
        r"(?:jestem )?(?:na )?urlop(?:ie|u)?(?=\s*(?:[:|(]|- |$|do|od))",
        r"jestem (?:nieobecn\w+|na"
        r" urlopie|poza)",
        r"potwierdzenie otrzymania",
    ),
    away=(
        r"poza biurem",
        r"(?:jestem|bede|bedziemy|przebywam|jestesmy|obecnie) ~?(?:nieobecn\w+|na urlopie|na "
        r"zwolnieniu|poza biurem"
        r"|w podrozy|w delegacji|niedostepn\w+|nieczynn\w+)",
        r"na urlopie",
        r"nie pracuj\w+ juz|juz nie pracuj\w+",
        r"nieobecn\w+ w",
    ),
    beside=(
        r"(?:wrac\w+|wroc\w+|powrot\w*|do dnia|do|od|odpowie\w+|odpisz\w+|z ograniczonym)",
        r"(?:piln\w+|w sprawach|kontakt\w*"
        r"|prosze o kontakt|nieobecnosci|zastep\w+|wspolpracown\w+)",
        r"dziekuj\w+ za",
        r"(?:twoja|panstwa|pani|pana) (?:wiadomosc"
        r"|e-?mail)",
        r"wesolych \w+|szczesliwego",
    ),
    engages=(
        r"(?:porozmawiajmy|umowmy|zadzwonmy|prosze (?:zadzwonic|przeslac))",
        r"(?:mozemy|czy mozna) ~(?:porozmaw\w+|umowic|przelozyc)",
        r"(?:jestem|jestesmy) zainteresowan\w+",
        r"brzmi (?:dobrze|ciekawie)",
    ),
    receipt=(
        r"(?:otrzymalismy|otrzymalem|dotarla do nas) (?:twoj|panstw|pan)\w*",
        r"(?:twoj|panstwa|pana|pani)\w* (?:wiadomosc|zgloszenie"
        r"|zapytanie|e-?mail) ~(?:zostal|przyje|zarejestr)\w*",
        r"(?:wiadomosc|odpowiedz|mail) (?:zostala )?(?:wygenerowan\w+|wyslan\w+)"
        r" automatycznie|automatycznie wygenerowan\w+|wiadomosc automatyczna",
        r"(?:prosimy|prosze) nie odpowiadac",
        r"numer"
        r" (?:zgloszenia|sprawy)",
    ),
    accepted=(r"zaakceptowan\w+", r"zaakceptowal\w*", r"przyjet\w+"),
    declined=(
        r"odrzucon\w+",
        r"odwolan\w+",
        r"anulowan\w+",
        r"odmow\w+",
        r"zaproponowano nowa godzine",
    ),
    tentative=(r"wstepn\w+", r"niepewne"),
    bounced=(
        r"(?:nie (?:dostarczon\w+|mozna (?:bylo )?dostarczyc|udalo sie ~dostarcz\w+|zostala "
        r"~dostarczona)|niedostarcz\w+|zwrot (?:do"
        r" nadawcy|wiadomosci)|(?:uzytkownik|odbiorca|skrzynka|adres) ~(?:nieznan\w+|nie "
        r"istnieje|przepelnion\w+|pelna|nie"
        r" znalezion\w+)|blad dostarczania|niepowodzenie)",
    ),
    delayed=(r"(?:opoznion\w+|opoznieni\w+)",),
    later=(
        r"(?:kontakt\w*|odezw\w+|zadzwon\w+|napis\w+|pisz|rozmaw\w+|porozm\w+|wroc\w+|pozniej"
        r"|ponownie|nie wczesniej|lepiej"
        r"|budzet)",
    ),
)

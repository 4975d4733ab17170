"""German."""

from domain.inbound.words.base import LanguagePatterns

_MAIL = (
    r"(?:(?:\w+ ){0,3}(?:e-?mails?|mails?|newsletter\w*|nachrichten|werbung|werbe\w+|post|infos?"
    r"|informationen|angebote\w*|zusendung\w*|anschreiben|kontaktaufnahme\w*|mailings?|spam"
    r"|rundschreiben|kontakt))"
)
_LIST = (
    r"(?:\w*verteiler\w*|\w*liste\w*|\w*datenbank\w*|\w*datei\w*|datenbestand|newsletter\w*"
    r"|mailing\w*|adress\w+|system\w*|crm|kartei)"
)
_ME = r"(?:mich|uns|mir|meine\w*|unsere\w*|diese\w*|die)"

WORDS = LanguagePatterns(
    commands=(
        r"(?:bitte )*(?:newsletter )?(?:abmelden|abbestellen|austragen|abmeldung|abbestellung"
        r"|l(?:ö|oe)schen|streichen|entfernen|k(?:ü|ue)ndigen|abbestellt)(?: bitte| danke)*",
        r"(?:bitte )*keine (?:weiteren )?(?:e-?)?(?:mails?|newsletter|werbung)(?: mehr)?"
        r"(?: bitte| danke)*",
        r"(?:bitte )*(?:ich bin raus|aufh(?:ö|oe)ren|stopp?)(?: bitte)*",
    ),
    stop=(
        rf"(?:melde\w*|trage\w*|nehme\w*|nimm|streiche\w*|l(?:ö|oe)sche\w*|entferne\w*"
        rf"|werfe\w*) ~"
        rf"{_ME}(?!\w)~(?:ab|aus|von|raus|heraus)(?!\w)",
        rf"{_ME}(?!\w) ~(?:aus|von) ~{_LIST} ~?(?:nehmen|streichen|l(?:ö|oe)schen|entfernen"
        r"|austragen|herausnehmen|rausnehmen|abmelden)",
        rf"(?:aus|von) (?:\w+ ){{0,3}}{_LIST} ~?(?:nehmen|genommen|gestrichen|gel(?:ö|oe)scht"
        rf"|entfernt"
        r"|entfernen|l(?:ö|oe)schen|streichen|austragen|ausgetragen|herausnehmen|rausnehmen)",
        r"(?:l(?:ö|oe)sche\w*|entferne\w*|streiche\w*) (?:sie )?(?:bitte )?(?:meine|unsere"
        r"|diese)"
        r"\w* ~(?:adresse|daten|e-?mail|mail|kontakt)",
        r"(?:meine|unsere|diese)\w* ~(?:adresse|daten|e-?mail|kontaktdaten)\w* ~?(?:zu )?"
        r"(?:l(?:ö|oe)schen|gel(?:ö|oe)scht|entfernen|entfernt|streichen)",
        r"(?:bitte|m(?:ö|oe)chte\w*|will|w(?:ü|ue)rde\w*|wollen|wollte|kann|k(?:ö|oe)nnen) "
        r"~(?:mich|"
        r"uns)? ?~?(?:abmelden|abzumelden|abbestellen|abzubestellen|austragen|auszutragen"
        r"|abgemeldet"
        r"|ausgetragen|k(?:ü|ue)ndigen)",
        r"(?:wie|wo) (?:kann|k(?:ö|oe)nnen|melde|bestelle|komme) ~(?:abmelden|abbestellen"
        r"|ab(?!\w)"
        r"|runter|raus|austragen)",
        r"(?:ich|wir) (?:melde|bestelle|trage|k(?:ü|ue)ndige)\w* ~(?:ab|aus"
        r"|newsletter|abo)(?!\w)",
        rf"(?:keine|keinerlei|nicht) (?:weitere\w* |derartige\w* |solche\w* |mehr )*{_MAIL}"
        r" ~?(?:mehr|erhalten|bekommen|senden|sendest|schicken|zusenden|w(?:ü|ue)nsch\w*|zukommen"
        r"|empfangen|haben|zu(?:ge)?schickt)",
        rf"(?:senden|sende|schicken|schick|schicke) (?:sie )?~(?:keine|nichts|nicht) ~?(?:mehr"
        rf"|{_MAIL})",
        r"(?:m(?:ö|oe)chte\w*|will|w(?:ü|ue)nsche\w*|wollen|w(?:ü|ue)rde\w*) ~(?:nicht|keine\w*"
        r"|nichts)"
        r" ~(?:erhalten|bekommen|angeschrieben|kontaktiert|h(?:ö|oe)ren|empfangen|zugeschickt"
        r"|bel(?:ä|ae)stigt|angemailt|kontakt)",
        r"(?:schreiben|kontaktieren|mailen|bel(?:ä|ae)stigen|kontaktiere|schreib\w*|mail\w*"
        r"|anschreiben)"
        r" (?:sie )?(?:mich|mir|uns) ~?nicht (?:mehr|wieder|l(?:ä|ae)nger|weiter)",
        rf"(?:kein interesse|nicht interessiert) ~(?:an|weitere\w*) ~?{_MAIL}",
        rf"(?:h(?:ö|oe)r\w*|stopp\w*|unterlass\w*|beende\w*|verzicht\w*|unterbind\w*|stell\w*) ~?"
        rf"(?:auf|ein|mit|sie|das|die|den|bitte|darauf)? ?~?(?:mir|mich|uns|{_MAIL}|zusend\w*"
        rf"|versand)",
        r"(?:lass\w*|lasst) (?:sie )?(?:mich|uns) ~?(?:in ruhe|zufrieden)",
        r"(?:widerspr\w+|widerruf\w*|ziehe\w*) ~(?:nutzung|werbung|verarbeitung|zusendung"
        r"|verwendung"
        r"|speicherung|einwilligung|zustimmung|kontakt\w*|newsletter\w*|daten|zur(?:ü|ue)ck)",
        r"(?:einwilligung|zustimmung|nutzung|verarbeitung) ~(?:widerruf\w*|widerspr\w+|zur(?:ü"
        r"|ue)ck)",
        r"(?:newsletter|abo|abonnement)\w* ~?(?:k(?:ü|ue)ndig\w*|abbestell\w*|storn\w+|abmeld\w*"
        r"|beend\w*|einstell\w*|gek(?:ü|ue)ndigt)",
        r"(?:keinen?|nie|nicht) ~?(?:zugestimmt|angemeldet|eingewilligt|angefordert|bestellt"
        r"|abonniert)",
        r"(?:von|aus) ~(?:verteiler|liste)\w* ~?(?:runter|raus|weg)",
        r"recht auf (?:vergessen\w*|l(?:ö|oe)schung)",
    ),
    mention=(
        r"abmeld\w*",
        r"abgemeldet",
        r"abbestell\w*",
        r"abzubestellen",
        r"abzumelden",
        r"austragen",
        r"\w*verteiler\w*",
        r"mailingliste\w*",
        r"keine (?:e-?)?mails?",
        r"widerruf\w*",
    ),
    spared=(
        r"(?:funktion\w*|feature\w*|kunden k(?:ö|oe)nnen|mitarbeiter|mandanten|empf(?:ä|ae)nger"
        r"|quote"
        r"|rate|link|tool|produkt|software|unterst(?:ü|ue)tz\w*|vom termin|vom kurs)",
    ),
    automatic=(
        r"auto(?:matische|matisierte|mat\w*)?[ -]?(?:antwort|r(?:ü|ue)ckmeldung|e-?mail"
        r"|eingangs\w*"
        r"|nachricht)(?=\s*(?:[:\-|(]|auf|$))",
        r"(?:urlaubs)?abwesenheits?(?:notiz|nachricht|meldung|assistent\w*|info\w*|hinweis"
        r"|benachrichtigung"
        r"|antwort|mitteilung|mail|agent)\w*",
        r"(?:urlaubs)?abwesenheit(?=\s*(?:[:|(]|- |$|vom|bis|vom|\d))",
        r"abwesend(?=\s*(?:[:\-|(]|$|bis|vom|ab|\d))",
        r"ich bin (?:abwesend|nicht im b(?:ü|ue)ro|im urlaub|au(?:ß|ss)er haus|derzeit|zur zeit"
        r"|bis)",
        r"(?:im )?urlaub(?=\s*(?:[:|(]|- |$|bis|vom|\d))",
        r"nicht im (?:b(?:ü|ue)ro|hause?)",
        r"(?:bin )?au(?:ß|ss)er haus",
        r"eingangsbest(?:ä|ae)tigung",
    ),
    away=(
        r"(?:nicht|au(?:ß|ss)er) (?:im |mehr im |dem )?(?:b(?:ü|ue)ro|haus|hause)(?!\w)",
        r"(?:im|in|auf) (?:\w+ )?(?:urlaub|elternzeit|mutterschutz|dienstreise|gesch(?:ä"
        r"|ae)ftsreise"
        r"|betriebsferien|ferien)",
        r"(?:bin|sind|ist) ~(?:abwesend|nicht erreichbar|nicht da|verreist"
        r"|unterwegs|nicht anwesend|geschlossen|nicht am platz)",
        r"abwesend",
        r"(?:nicht|erst|wieder) ~erreichbar",
        r"nicht mehr (?:im unternehmen|f(?:ü|ue)r|bei|t(?:ä|ae)tig)",
        r"(?:unternehmen|firma) verlassen",
        r"krank(?:heits|geschrieben)\w*",
        r"elternzeit",
    ),
    beside=(
        r"(?:wieder|zur(?:ü|ue)ck|ab dem|bis zum|bis einschlie\w+|erst)",
        r"(?:dringend\w*|eilig\w*"
        r"|notf(?:ä|ae)ll\w*|vertretung|vertritt|kollege?\w*|kollegin\w*|wenden sie"
        r"|ansprechpartner\w*)",
        r"(?:vielen |herzlichen |besten )?dank f(?:ü|ue)r (?:ihre|deine|eure|die)",
        r"(?:ihre|deine) "
        r"(?:e-?mail|nachricht|mail)\w* (?:wird|werden)",
        r"(?:werde|melde|beantworte|antworte) ~"
        r"(?:r(?:ü|ue)ckkehr|zur(?:ü|ue)ck|bearbeit\w*|beantwort\w*|melden|lesen|m(?:ö|oe)glich)",
        r"frohe (?:weihnachten|ostern|festtage)",
    ),
    engages=(
        r"(?:lassen|la(?:ß|ss)t?) (?:sie |uns )+~(?:sprechen|telefonieren|reden|treffen)",
        r"(?:k(?:ö|oe)nnen|sollen|wollen) (?:wir|sie) ~(?:sprechen|telefonieren|anrufen"
        r"|schicken|senden|treffen|verschieben)",
        r"rufen sie mich (?:bitte )?(?:am|n(?:ä|ae)chste|danach|ab|dann)",
        r"(?:klingt|h(?:ö|oe)rt sich) ~(?:gut|spannend|interessant)",
        r"(?:interessiert|interesse an)",
        r"passt (?:mir|uns|es)",
        r"schicken sie mir",
    ),
    receipt=(
        r"(?:haben|hat) (?:ihre|deine|die) (?:anfrage|nachricht|e-?mail|mail) ~erhalten",
        r"(?:ihre|deine) (?:anfrage|nachricht|e-?mail|mail) (?:ist|wurde) ~(?:eingegangen"
        r"|registriert"
        r"|aufgenommen|erfasst|(?:ü|ue)bermittelt)",
        r"(?:automatisch|maschinell) (?:erstellt\w*|"
        r"generiert\w*|erzeugt\w*|versendet\w*|verschickt\w*)",
        r"(?:automatische|systemgenerierte) "
        r"(?:e-?mail|nachricht|antwort|eingangsbest)",
        r"(?:antworten sie|bitte) ~nicht auf diese",
        r"(?:ticket|vorgangs?|fall|anfrage)[ -]?(?:nummer|nr|id|#)",
        r"(?:eingang ihrer|wir melden uns)"
        r" (?:nachricht|anfrage|e-?mail|schnellst\w+|in k(?:ü|ue)rze)",
    ),
    accepted=(r"zugesagt", r"angenommen", r"zusage"),
    declined=(r"abgelehnt", r"abgesagt", r"absage", r"neue zeit vorgeschlagen"),
    tentative=(r"mit vorbehalt", r"vorl(?:ä|ae)ufig(?: zugesagt)?", r"vielleicht"),
    bounced=(
        r"unzustellbar\w*|nicht zugestellt|nicht zustellbar|(?:konnte|kann) ~nicht (?:zugestellt"
        r"|ausgeliefert|(?:ü|ue)bermittelt)|zustell(?:ung|fehler)\w* ~?(?:fehlgeschlagen"
        r"|gescheitert"
        r"|nicht m(?:ö|oe)glich)?|empf(?:ä|ae)nger ~(?:unbekannt|nicht gefunden)|postfach "
        r"~(?:voll"
        r"|existiert|(?:ü|ue)berf(?:ü|ue)llt)|benachrichtigung (?:ü|ue)ber|r(?:ü|ue)ckl(?:ä"
        r"|ae)ufer",
    ),
    delayed=(r"verz(?:ö|oe)ger\w*|noch nicht zugestellt",),
    later=(
        r"(?:melden|melde|schreiben|kontaktieren|anrufen|rufen|sprechen|fragen|nachfragen|wieder"
        r"|nochmals?|erneut|erst|nicht vor|sp(?:ä|ae)ter|zur(?:ü|ue)ckkommen|budget)",
    ),
)

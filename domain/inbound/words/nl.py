"""Dutch."""

from domain.inbound.words.base import LanguagePatterns

_MAIL = (
    r"(?:(?:\w+ ){0,3}(?:e-?mails?|mails?|mailtjes|berichten|nieuwsbrie\w+|reclame|post"
    r"|aanbiedingen|spam"
    r"|informatie|mailings?|correspondentie))"
)
_LIST = r"(?:\w*lijst\w*|\w*bestand\w*|database|mailing\w*|nieuwsbrie\w+|adres\w+|systeem)"

WORDS = LanguagePatterns(
    commands=(
        r"(?:graag |aub |a\.u\.b\. )*(?:afmelden|uitschrijven|opzeggen|afmelding|uitschrijving"
        r"|schrijf me uit|meld"
        r" me af|verwijderen|verwijder mij|geen (?:e-?)?mails? meer|stop|stoppen|stop ermee)"
        r"(?: graag| aub| alstublieft| svp| bedankt)*",
    ),
    stop=(
        r"(?:meld\w*|schrijf|schrijven|haal\w*|verwijder\w*|schrap\w*|gooi\w*|neem\w*) (?:je "
        r"|jullie |u |graag |aub )*"
        r"(?:mij|me|ons|mijn|dit|onze) ~?(?:af|uit|van|weg|eraf|adres|e-?mail\w*|gegevens)(?!\w)",
        r"(?:mij|me|ons) (?:graag |aub |hierbij )*(?:af te melden|uit te schrijven|afmelden"
        r"|uitschrijven|af|uit)(?!\w)",
        r"(?:wil\w*|wens\w*|graag|gelieve|verzoek\w*|hoe kan|kunt u|kun je) ~(?:afmeld\w*"
        r"|uitschrij\w*|afgemeld"
        r"|uitgeschreven|verwijderd)",
        rf"(?:van|uit) (?:\w+ ){{0,3}}{_LIST} ~?(?:verwijder\w*|halen|gehaald|schrap\w*"
        r"|afhalen|af)",
        rf"(?:verwijder\w*|haal\w*|schrap\w*) ~(?:van|uit) ~?{_LIST}",
        r"(?:verwijder\w*|wis\w*) (?:aub |graag )?(?:mijn|onze|dit) ~(?:adres|e-?mail\w*"
        r"|gegevens|naam)",
        rf"(?:wil\w*|wens\w*|hoef\w*|wensen) ~?(?:geen|niet\w*) ~?(?:ontvang\w*|krijg\w*"
        rf"|{_MAIL}|benaderd"
        r"|gecontacteerd|gemaild|meer)",
        rf"(?:geen|niet) {_MAIL} ?(?:meer|ontvangen|sturen|te)",
        r"(?:stuur|mail|schrijf|contacteer|benader|stuurt|bel) (?:mij|me|ons) ~?(?:niet\w*|geen"
        r"|nooit) ?~?(?:meer)?",
        rf"(?:stop\w*|houd\w*|hou) (?:aub |graag )?(?:op )?(?:met|die|deze|de|dit)? ?(?:het "
        rf")?(?:sturen|mailen|versturen"
        rf"|{_MAIL}|contacteren|benaderen|toesturen|spam\w*)",
        r"(?:abonnement|nieuwsbrief|inschrijving) ~?(?:opzeg\w*"
        r"|stopzet\w*|annuler\w*|be(?:e)?indig\w*)|(?:opzeg\w*|zeg|annuler\w*) ~(?:abonnement"
        r"|nieuwsbrief|inschrijving)",
        r"laat (?:mij|me|ons) met rust",
        r"(?:trek\w* ~toestemming ~in|bezwaar tegen|intrek\w* ~toestemming|recht op"
        r" (?:vergetelheid|verwijdering))",
        r"(?:nooit|niet|geen) ~?(?:aangemeld|ingeschreven|toestemming gegeven)",
    ),
    mention=(
        r"afmeld\w*",
        r"uitschrij\w*",
        r"uitgeschreven",
        r"\w*(?:mailing|verzend)lijst\w*",
        r"geen (?:e-?)?mails?",
    ),
    spared=(
        r"(?:functie\w*|optie|knop|klanten|gebruikers|medewerkers|tool|product|software"
        r"|percentage)",
    ),
    automatic=(
        r"automatisch (?:antwoord|bericht)",
        r"afwezig(?:heid\w*)?(?=\s*(?:[:|(]|- |$|tot|van|wegens|bericht"
        r"|i\.v\.m|\d))",
        r"afwezigheids\w+",
        r"(?:ik ben )?(?:met )?vakantie(?=\s*(?:[:|(]|- |$|tot))",
        r"niet (?:op|aanwezig op) kantoor",
        r"ik ben (?:afwezig|met vakantie|niet)",
    ),
    away=(
        r"(?:niet|uit) (?:op |aanwezig op |het )?kantoor",
        r"(?:ben|is|zijn) ~?(?:afwezig|met vakantie|op vakantie"
        r"|met verlof|met zwangerschapsverlof|niet bereikbaar|niet aanwezig|gesloten|op reis"
        r"|vrij tot)",
        r"met verlof",
        r"niet meer werkzaam",
        r"uit dienst",
        r"beperkt bereikbaar",
    ),
    beside=(
        r"(?:terug|weer|tot en met|vanaf|beantwoord\w*|reageer\w*|antwoord\w*|contact\w* op)",
        r"(?:dringend\w*|spoed\w*"
        r"|urgent\w*|neem\w* ~contact|collega\w*|mijn afwezigheid|bellen)",
        r"(?:hartelijk )?(?:dank|bedankt) voor"
        r" (?:uw|je|het)",
        r"(?:uw|je) (?:e-?mail|bericht|mail) (?:wordt|zal)",
        r"(?:fijne|prettige) \w+",
    ),
    engages=(
        r"laten we ~(?:bellen|praten|afspreken)",
        r"(?:kunnen|zullen) (?:we|u|jullie) ~(?:bellen|praten|sturen|spreken|verzetten)",
        r"(?:ge(?:i|ï)nteresseerd|interesse in)",
        r"klinkt (?:goed|interessant)",
        r"bel me|stuur me",
    ),
    receipt=(
        r"(?:hebben|heb) (?:uw|je) (?:bericht|e-?mail|mail|vraag|aanvraag) ~ontvangen",
        r"(?:uw|je) (?:bericht|e-?mail"
        r"|vraag|aanvraag|verzoek) is (?:\w+ )?(?:ontvangen|geregistreerd|aangemaakt)",
        r"(?:automatisch )(?:gegenereerd"
        r"|verzonden|verstuurd|aangemaakt)\w*",
        r"(?:niet|gelieve niet te) (?:antwoorden|reageren|te antwoorden) op"
        r" (?:dit|deze)|niet op (?:dit|deze) ~(?:antwoorden|reageren)",
        r"(?:ticket|zaak|referentie)nummer",
        r"automatische (?:bevestiging|ontvangstbevestiging)|ontvangstbevestiging",
    ),
    accepted=(r"geaccepteerd", r"aanvaard"),
    declined=(
        r"geweigerd",
        r"afgewezen",
        r"geannuleerd",
        r"nieuwe tijd voorgesteld",
        r"afgeslagen",
    ),
    tentative=(r"voorlopig(?: geaccepteerd)?", r"misschien"),
    bounced=(
        r"(?:onbestelbaar|niet (?:bezorgd|afgeleverd|bestelbaar|geleverd)|kon ~niet ~(?:bezorgd"
        r"|afgeleverd|worden)"
        r"|(?:bezorging|aflevering) (?:is )?mislukt|(?:gebruiker|ontvanger|postvak|mailbox"
        r"|adres) ~(?:onbekend|bestaat"
        r" niet|vol|niet gevonden)|bezorgingsfout|onbezorg\w+)",
    ),
    delayed=(r"(?:vertraagd|vertraging)",),
    later=(
        r"(?:contact|bel\w*|mail\w*|schrijf|praten|terugkom\w*|opnieuw|nogmaals|later|niet voor"
        r"|liever|budget"
        r"|benader\w*)",
    ),
)

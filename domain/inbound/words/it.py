"""Italian."""

from domain.inbound.words.base import LanguagePatterns

_MAIL = (
    r"(?:(?:\w+ ){0,3}(?:e-?mails?|mails?|messagg\w+|newsletters?|pubblicit\w+|comunicazion\w+"
    r"|offert\w+"
    r"|promozion\w+|spam|invii?|informazion\w+|posta|corrispondenza))"
)
_LIST = (
    r"(?:(?:\w+ ){0,3}(?:list\w+|elenc\w+|databases?|newsletters?|mailing|rubric\w+|archiv\w+"
    r"|contatti"
    r"|indirizzari\w*|registri?))"
)

WORDS = LanguagePatterns(
    commands=(
        r"(?:per favore |prego )?(?:disiscriv\w+|cancellami|cancellatemi|cancellarmi|disdici"
        r"|disdetta"
        r"|annulla iscrizione|cancella iscrizione|cancellazione|disiscrizione|rimuovimi"
        r"|rimuovetemi"
        r"|basta|basta (?:e-?)?mail|stop|unsubscribe|togliermi|toglietemi)(?: per favore| "
        r"grazie)*",
    ),
    stop=(
        r"(?:mi|ci|vorrei|voglio|desidero|chiedo|come|posso|potete|vorremmo|prego) "
        r"~?(?:disiscriv\w+"
        r"|disiscrizione|cancellarmi|cancellarci)",
        r"disiscriv(?:etemi|imi|eteci|ermi)",
        r"(?:cancell|rimuov|togli|elimin|esclud|deple)\w*(?:mi|ci|emi|eci|temi|teci|rmi"
        r"|rci)(?!\w)",
        rf"(?:cancell\w+|rimuov\w+|rimoss\w+|togli\w+|tolt\w+|elimin\w+|esclud\w+|esser\w+) "
        rf"~(?:da|dal|dalla|dalle"
        rf"|dai|dall') ?~?{_LIST}",
        r"(?:cancell\w+|rimuov\w+|elimin\w+|togli\w+) (?:per favore )?"
        r"(?:il mio|la mia|i miei|questo|il nostro|i nostri|l') ?~?(?:indirizzo|e-?mail|mail|dati"
        r"|contatt\w+|nominativo)",
        r"(?:annull\w+|disdi\w+|cancell\w+) ~(?:iscrizione|abbonamento"
        r"|sottoscrizione)",
        rf"non (?:voglio|vorrei|desider\w+|intend\w+|vogliamo|sono interessat\w+ a|gradi\w+|ho "
        rf"bisogno di)"
        rf" (?:piu |ricevere |essere |altre? |ulteriori )*~?(?:ricev\w+|{_MAIL}|contattat\w+"
        rf"|disturb\w+)",
        r"non (?:mi |ci )?(?:mand\w+|invi\w+|scriv\w+|contatt\w+|disturb\w+|sped\w+)(?:mi|ci"
        r"|temi|teci)? ~?"
        r"(?:piu|altr\w+|niente|nulla)",
        r"non (?:\w+ )?piu (?:ricevere|essere|mandar\w*|inviar\w*|scriver\w*"
        r"|contattar\w*)",
        rf"(?:smett\w+|basta|cess\w+|ferm\w+|interromp\w+|sospend\w+|evit\w+) (?:di |con |per"
        rf" favore )*(?:mandar\w*|inviar\w*|scriver\w*|contattar\w*|disturbar\w*|spam\w*"
        rf"|l'invio|{_MAIL})",
        rf"(?:niente|nessun\w*|mai) (?:piu )?{_MAIL}(?: per favore| grazie)?$",
        r"lasci\w+(?:mi|temi|teci) in pace",
        r"(?:revoc\w+|mi oppongo|ritir\w+) ~?(?:consenso|trattamento|autorizzazione)|diritto "
        r"all'oblio"
        r"|revoco",
        r"(?:mai|non) (?:mi )?(?:sono |ho |abbiamo )?(?:mai )?(?:iscritt\w+|autorizzat\w+"
        r"|richiest\w+|acconsentit\w+)",
    ),
    mention=(
        r"disiscri\w*",
        r"cancella\w+ ~(?:list\w+|newsletter|iscrizione)",
        r"mailing list",
        r"non (?:piu )?ricevere",
    ),
    spared=(
        r"(?:funzion\w*|opzione|tasso|pulsante|clienti|utenti|dipendenti|strumento|prodotto"
        r"|software)",
    ),
    automatic=(
        r"(?:rispost\w+|messaggio|mail) automatic\w+",
        r"risponditore automatico",
        r"autorisposta",
        r"fuori (?:sede|ufficio)",
        r"(?:sono )?(?:assente|in ferie|in vacanza)(?=\s*(?:[:|(]|- |$|fino|dal"
        r"|da|dall))",
        r"assenza(?=\s*(?:[:|(]|- |$|dall'ufficio|per ferie))",
        r"ferie(?=\s*(?:[:|(]|- |$))",
    ),
    away=(
        r"(?:sono|saro|siamo|saremo|sara|attualmente) ~?(?:fuori (?:ufficio|sede)|assent\w+|in "
        r"ferie|in"
        r" vacanza|in viaggio|in trasferta|in maternita|chius\w+|in malattia|non (?:disponibile|"
        r"raggiungibile))",
        r"fuori (?:dall')?ufficio",
        r"non (?:lavora|collabora|fa) piu",
        r"in ferie",
    ),
    beside=(
        r"(?:rientr\w+|torn\w+|ritorn\w+|fino al?|dal|a partire|rispond\w+|risponder\w*|leggero)",
        r"(?:urgen\w+|contatt\w+|rivolg\w+|collega\w*|colleghi|mia assenza|in caso|sostitui\w+)",
        r"(?:la )?(?:grazie|ringrazi\w+) per",
        r"(?:il suo|la sua|la tua|il vostro) (?:messaggio|e-?mail|mail)"
        r" (?:non )?sara",
        r"buon\w* (?:feste|natale|pasqua|vacanze|anno)",
        r"accesso (?:limitato|alla posta)",
    ),
    engages=(
        r"(?:sentiamoci|parliamone|mi chiami|vediamoci|mi mandi)",
        r"(?:possiamo|potremmo|potrebbe|puo) ~(?:sentir|parlar|chiamar|inviar|spostar)\w*",
        r"(?:mi|ci) interessa",
        r"interessat\w+",
        r"mi va bene",
    ),
    receipt=(
        r"abbiamo ricevuto (?:la|il)",
        r"(?:la sua|la tua|la vostra|il suo) (?:richiesta|messaggio|e-?mail"
        r"|mail) ~e stat[ao] (?:ricevut|registrat|pres|apert)\w*",
        r"(?:messaggio|e-?mail|mail|risposta)"
        r" (?:generat\w+|inviat\w+|e) ?(?:in modo )?automatic\w+",
        r"(?:non rispondere|si prega di non"
        r" rispondere) (?:direttamente )?a (?:questa|questo)",
        r"numero (?:di )?(?:ticket|pratica|richiesta)",
        r"(?:le|la|vi) (?:risponderemo|ricontatteremo|contatteremo)",
    ),
    accepted=(r"accettat\w+", r"accetto"),
    declined=(
        r"rifiutat\w+",
        r"declinat\w+",
        r"annullat\w+",
        r"proposta di nuovo orario",
        r"rifiuto",
    ),
    tentative=(r"provvisori\w+", r"forse", r"accettato provvisoriamente"),
    bounced=(
        r"(?:non (?:recapitat|consegnat|recapitabil|consegnabil)\w*|mancat[ao] (?:recapito"
        r"|consegna)|(?:non e"
        r" stato|impossibile|non e) ~(?:recapit|consegn)\w+|(?:utente|destinatario|casella"
        r"|indirizzo) ~"
        r"(?:sconosciut\w+|inesistente|pien\w+|non (?:trovat|valid|esist)\w*)|errore (?:di"
        r"|nella) (?:consegna"
        r"|recapito)|notifica (?:dello stato )?(?:di|del) (?:recapito|consegna)|rapporto di "
        r"consegna)",
    ),
    delayed=(r"(?:ritardat\w+|in ritardo|ritardo nella consegna)",),
    later=(
        r"(?:ricontatt\w+|risent\w+|contatt\w+|scriv\w+|richiam\w+|chiam\w+|risentir\w*"
        r"|riprend\w+|piu avanti"
        r"|non prima|meglio|di nuovo|budget|riparl\w+)",
    ),
)

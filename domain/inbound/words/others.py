"""The most common of languages that few leads speak: Swedish, Danish, Norwegian, Finnish, Czech,
Slovak, Hungarian, Romanian, Greek, Bulgarian, Croatian, Catalan, Arabic, Hebrew, Thai and Hindi."""

from domain.inbound.words.base import LanguagePatterns

WORDS = LanguagePatterns(
    commands=(
        r"(?:snälla |vänligen |venligst )?(?:avsluta prenumeration(?:en)?|avregistrera(?: mig)?"
        r"|avprenumerera|ta bort mig|avmeld(?: mig| meg)?|afmeld(?: mig)?|frameld(?: mig)?|meld "
        r"meg av|fjern meg|fjern mig"
        r"|sluta|peruuta tilaus|poista minut|poista|peru tilaus|odhlásit|odhlaste mě|odhlásiť"
        r"|leiratkozás|leiratkozom|dezabonare|dezabonati-ma|διαγραφή|απεγγραφή|отпиши ме"
        r"|отписване|odjava|odjavi me|donar-me de baixa)",
    ),
    stop=(
        r"(?:vill|önskar|ønsker|snälla|vänligen|venligst|kan ni|kan du|gärna) "
        r"~?(?:avregistrer\w*|avprenumerer\w*|avsluta|slutta|avmeld\w*|afmeld\w*|frameld\w*"
        r"|slippe|slippa|fjernes|tas bort|slettes)",
        r"(?:ta bort|fjern|slett|slet|radera|avregistrera|afmeld|avmeld|frameld|stryk) ~?(?:mig"
        r"|meg|oss|os|min|mitt|mit|vår)(?!\w)",
        r"(?:sluta|stopp|stop|slutt) ~?(?:skicka|maila|sende|sende\w*|kontakta|kontakt\w*|med "
        r"at|å sende)",
        r"(?:hør|hold|lad være|slut) (?:op )?med at (?:skriv|send|kontakt|mail)\w*",
        r"(?:vill|önskar|ønsker|vil) (?:inte|ikke|icke) ~?(?:ha|få|fler|flere|længere|lenger"
        r"|motta|modtage|kontakt\w*)",
        r"inga? fler (?:mejl|mail|utskick)|ikke flere (?:mails?|e-post|nyhedsbrev\w*)",
        r"(?:poista\w*|peruuta\w*|peruuttaa|lopettakaa|lopeta|en halua|emme halua|älkää|älä) "
        r"~?(?:minut|meidät|tilau\w*|postitus\w*|listal\w*|viest\w*|sähköpost\w*|lähett\w*)",
        r"(?:odhlás\w*|odhlas\w*|vyřaď\w*|vymaž\w*|odstra\w*|nezasíl\w*|neposíl\w*|neposiel\w*"
        r"|nepišt\w*|nepřej\w*|nechci|nechceme|zrušit|zrušte) ~?(?:mě|mne|nás|ma|nas|odběr\w*"
        r"|odber\w*|z|ze|zasíl\w*|dostáv\w*|další|žádn\w*|mi|už|maily|e-?mail\w*)",
        r"(?:leiratkoz\w*|iratkoz\w* le|töröljön|töröljenek|törölj\w*|ne küldj\w*|nem (?:kérek"
        r"|kérünk|szeretnék|akarok)) ~?(?:a|az|több|listár\w*|e-?mail\w*|hírlev\w*|kapni)?",
        r"(?:dezabon\w*|ștergeți\w*|scoateți\w*|eliminați\w*|nu (?:mai )?(?:doresc|vreau|dorim"
        r"|trimiteți)) ~?(?:ma|mă|lista|e-?mail\w*|mesaje|să|primesc|sa|de la)?",
        r"(?:διαγρα\w*|απεγγρα\w*|αφαιρέσ\w*|μη(?:ν)? (?:μου |μας )?(?:στέλν\w*|ξανα\w*)|δεν "
        r"(?:θέλω|επιθυμ\w*)|σταματήσ\w*) ~?(?:με|τη|λίστα|να|email\w*|μηνύματα|μου)?",
        r"(?:отпиш\w*|махнете|премахнете|не желая|спрете) ~?(?:ме|от|да|списък\w*|имейл\w*)",
        r"(?:odjav\w*|izbriš\w*|uklonit\w*|ne želim|nemojte|prestanite) ~?(?:me|nas|s|sa|iz"
        r"|više|slati|primati)",
        r"(?:doneu-me|donar-me|donar me) de baixa|no vull rebre",
        r"(?:ألغ|إلغاء|الغاء|أوقف|ايقاف|إيقاف|احذف|حذف|إزالة|ازالة)\w* ~?(?:الاشتراك|اشتراك\w*"
        r"|الرسائل|بريدي|القائمة|إرسال|ارسال)",
        r"(?:لا|لم أعد) (?:أريد|اريد|أرغب|ارغب|ترسل\w*) ~?(?:رسائل|الرسائل|استلام|تلقي|في"
        r"|المزيد|لي)|(?:توقف\w*|كف\w*) عن (?:إرسال|ارسال|مراسلت\w*)",
        r"(?:הסר\w*|להסיר|הסירו|תסירו|הסרה|להסרה|בטל\w* מנוי|מחק\w*) ?~?(?:אותי|מהרשימה|מרשימת"
        r"|מנוי|כתובת\w*)?|(?:אל|לא) (?:תשלחו|לשלוח|מעוניין לקבל|רוצה לקבל|מעוניינת לקבל|רוצים "
        r"לקבל)",
    ),
    mention=(
        r"prenumeration\w*",
        r"avregistrer\w*",
        r"odběr\w*",
        r"leiratkoz\w*",
        r"dezabon\w*",
        r"הסרה",
        r"إلغاء الاشتراك",
    ),
    automatic=(
        r"(?:auto(?:matiskt?|maattinen|matická|matický|matska|mat|matikus|)?[ -]?(?:svar"
        r"|vastaus|odpoved|odpověď|odgovor|válasz)|automatický? odpov\w+|autosvar|frånvaro\w*"
        r"|fravær\w*|poissa(?:olo\w*)?(?=\s*(?:[:\-|(]|$|toimistosta))|mimo kancelář"
        r"|nepřítomnost|házon kívül|răspuns automat|αυτόματη απάντηση|εκτός γραφείου"
        r"|автоматичен отговор|automatski odgovor|resposta automàtica)",
        r"(?:ال)?رد (?:ال)?(?:تلقائي|آلي)|خارج المكتب",
        r"(?:תשובה|מענה|הודעה) אוטומטי\w*|מחוץ למשרד",
        r"ตอบกลับอัตโนมัติ|การตอบกลับอัตโนมัติ|ไม่อยู่ที่สำนักงาน",
        r"स्वचालित (?:उत्तर|जवाब)",
    ),
    away=(
        r"(?:är|er|på|borta|jag har|jeg har|jeg er) ~?(?:semester|ferie|tjänsteresa"
        r"|föräldraledig\w*|frånvarande|fraværende|ikke på kontoret|inte på kontoret)",
        r"(?:olen|olemme) ~?(?:lomalla|poissa|matkalla|vapaalla)",
        r"(?:jsem|budu|som|budem) ~?(?:na dovolen\w+|mimo kancelář|nepřítom\w+)|szabadságon "
        r"(?:vagyok|leszek)|sunt (?:in|în) concediu|(?:sunt|plecat) (?:din|plecat) birou|είμαι "
        r"εκτός γραφείου|σε άδεια",
        r"خارج المكتب|في إجازة|בחופשה|מחוץ למשרד|لاجازة",
    ),
    beside=(
        r"(?:tillbaka|tilbage|tilbake|åter|palaan|zpět|vrátím|vissza|revin|επιστρ\w+|akut\w*"
        r"|brådsk\w*|haster|kiireellis\w*|naléhav\w*|sürgős|urgent\w*|kontakt\w*|tack för|tak "
        r"for|takk for|kiitos|děkuji)",
    ),
    receipt=(
        r"(?:vi har mottagit|vi har modtaget|vi har mottatt|olemme vastaanottaneet|obdrželi "
        r"jsme|megkaptuk|am primit|λάβαμε)",
        r"(?:automatiskt? (?:genererat|genereret|generert|mejl|besked|melding)|svara inte på"
        r"|svar ikke på|älä vastaa|neodpovídejte)",
        r"(?:تم استلام|لقد استلمنا|הודעתך התקבלה|קיבלנו את פני)\w*",
    ),
    accepted=(
        r"(?:accepterat|accepteret|godtatt|hyväksytty|přijato|elfogadva|acceptat|αποδεκτή"
        r"|prihvaceno|تم القبول|مقبول|התקבל)",
    ),
    declined=(
        r"(?:avböjt|avvist|afvist|avslått|hylätty|odmítnuto|elutasítva|refuzat|απορρίφθηκε"
        r"|odbijeno|тхвърлено|отхвърлено|تم الرفض|مرفوض|נדחה|aflyst|inställt|avlyst|peruttu"
        r"|zrušeno)",
    ),
    tentative=(
        r"(?:preliminärt|foreløbig\w*|tentativt|alustava\w*|nezávazně|feltételes\w*|provizoriu"
        r"|δοκιμαστικ\w*|مبدئي|טנטטיבי)",
    ),
    bounced=(
        r"(?:kunde inte levereras|kunne ikke leveres|kan ikke leveres|ei voitu toimittaa"
        r"|nedoručiteln\w*|nedoručen\w*|nelze doručit|kézbesíthetetlen|nem kézbesíthető|nu a "
        r"putut fi (?:livrat|trimis)|δεν (?:παραδόθηκε|ήταν δυνατή η παράδοση)|olevererbar\w*"
        r"|ikke leveret|تعذر (?:تسليم|إرسال)|לא נמסר\w*|ไม่สามารถส่ง)",
    ),
    delayed=(r"(?:försenad\w*|forsink\w*|viivästy\w*|zpožděn\w*)",),
)

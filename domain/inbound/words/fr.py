"""French."""

from domain.inbound.words.base import LanguagePatterns

_MAIL = (
    r"(?:(?:\w+ ){0,3}(?:e-?mails?|mails?|courriels?|messages?|newsletters?|publicit\w+|pubs?"
    r"|infolettres?"
    r"|informations?|infos?|offres?|sollicitations?|communications?|courriers?|relances?|spams?"
    r"|prospection|lettres?|envois?|demarchage))"
)
_LIST = (
    r"(?:(?:\w+ ){0,3}(?:listes?|bases?|fichiers?|mailings?|contacts?|newsletters?|diffusion"
    r"|envois?|carnet|crm|repertoire))"
)

WORDS = LanguagePatterns(
    commands=(
        r"(?:svp |s'il vous plait |merci de |veuillez )*(?:me |nous )?(?:desabonner|desinscrire"
        r"|desabonnement|desinscription|desabonnez-moi|desinscrivez-moi|retirez-moi|supprimez-moi"
        r"|desabonne|desinscrit|stop|arretez|stop pub|resilier|se desabonner|se desinscrire)"
        r"(?: svp| s'il vous plait| merci)*",
        r"plus (?:de|aucun) (?:mails?|e-?mails?|pub)(?: svp| merci)*",
    ),
    stop=(
        r"(?:me|nous|m'|je|veux|voudrais|souhaite\w*|aimerais|demande\w*|merci de|veuillez"
        r"|priere de"
        r"|comment|pouvez-vous|desire\w*|voulons|vais) ~?(?:desabonn\w+|desinscri\w+)",
        r"(?:desabonn|desinscri)\w*[- ](?:moi|nous)",
        r"(?:mon|ma|notre) (?:desabonnement"
        r"|desinscription|radiation)",
        r"(?:annul\w+|resili\w+|suppr\w+|arret\w+) ~(?:abonnement"
        r"|inscription|souscription)",
        rf"(?:retir\w+|supprim\w+|enlev\w+|ray\w+|ot(?:er|ez)|sort\w+|effac\w+|radi\w+"
        rf"|elimin\w+|exclu\w+)"
        rf" ~(?:de|des|du|sur) ~?{_LIST}",
        r"(?:retir|supprim|enlev|ray|radi|effac)\w*[- ](?:moi|nous|mon|ma|mes|notre|nos|cette"
        r"|les)",
        r"(?:me|nous|m'|mon|ma|mes|notre|nos|cette) ~?(?:retirer|supprimer|enlever|rayer|radier"
        r"|effacer)",
        rf"(?:ne|n') ?(?:plus )?(?:souhait\w*|veux|voulons|desir\w*|voudrais|accept\w*|recevoir"
        rf"|etre)"
        rf" (?:plus|pas|ni|aucun\w*) ~?(?:recevoir|etre (?:contact|sollicit|demarch|derang"
        rf"|inscrit"
        rf"|abonn|dans|sur|relanc)|vos (?:e-?mail|mail|message|courriel|newsletter|offre"
        rf"|publicit)"
        rf"|{_MAIL}|sollicit\w*|contact\w*|dans votre|sur votre)",
        r"ne plus (?:me |nous |m'|jamais )*(?:recevoir|etre|envoyer|contacter|ecrire|adresser"
        r"|solliciter|deranger|figurer|relancer)",
        r"(?:ne|n') ?(?:me |nous |m')*(?:envoy\w+|ecri\w+|contact\w+|sollicit\w+|adress\w+"
        r"|relanc\w+"
        r"|derang\w+) ~?(?:plus|pas|rien|jamais)",
        rf"(?:arret\w+|cess\w+|stop\w*|halte|mettre fin|mettez fin|fin) (?:de |d'|a |aux? |avec "
        rf"|vos |ces "
        rf"|les |tous |tout )*(?:m'|me |nous )?(?:{_MAIL}|envoy\w+|ecri\w+|contact\w+"
        rf"|sollicit\w+|spam\w*"
        r"|harcel\w+|relanc\w+)",
        rf"(?:plus|assez|aucune?|marre) (?:de |d'|besoin de |vos )*{_MAIL}"
        r" ?(?:de votre part|svp|merci|s'il)?$",
        rf"plus (?:jamais |recevoir )?(?:de |d'|vos |aucune? )+{_MAIL}",
        r"laiss\w+[- ](?:moi|nous) ~?(?:tranquille|en paix)",
        r"(?:m'oppose\w*|opposition|droit (?:a l'|d')"
        r"(?:oubli|effacement|opposition)|retir\w+ mon consentement)",
        r"(?:jamais|pas) (?:ete )?(?:inscrit|abonne|consenti|demande|souscrit)\w* ~?(?:a|de|vos"
        r"|cette|ces)",
    ),
    mention=(
        r"desabonn\w*",
        r"desinscri\w*",
        r"liste de diffusion",
        r"plus recevoir",
        r"se desabonner",
    ),
    spared=(
        r"(?:fonction\w*|option|taux|lien|bouton|vos clients|nos clients|les utilisateurs|outil"
        r"|logiciel"
        r"|produit|destinataires|gestion des|gerez)",
    ),
    automatic=(
        r"(?:reponse|message|courriel|mail|accuse)s? (?:automatique|d'absence|de reception)\w*",
        r"(?:re: )?reponse automatique",
        r"absen(?:ce|te?)(?=\s*(?:[:|(]|- |$|du bureau|du \d|jusqu|de"
        r" \w+ \w+$|pour (?:conge|vacances|maladie)|au bureau|temporaire))",
        r"(?:en |je suis en )?(?:conges?|vacances)(?=\s*(?:[:|(]|- |$|du|jusqu|annuels?"
        r"|maternite))",
        r"je suis (?:absente?|en conges?|en vacances|actuellement|hors)",
        r"hors (?:du )?bureau",
        r"auto[- ]?reponse",
        r"notification d'absence",
    ),
    away=(
        r"(?:suis|serai|sommes|serons|est|sera|actuellement) ~?(?:absente?s?|en conges?|en "
        r"vacances"
        r"|en deplacement|indisponibles?|hors du bureau|pas au bureau|injoignable|en arret"
        r"|fermee?s?)",
        r"absente?s? (?:du|de|jusqu|pour|ce|cette|aujourd|actuellement)",
        r"en conge\w* ~(?:jusqu|du|au"
        r"|maternite|parental|maladie)",
        r"mon absence",
        r"ne fai\w+ plus partie|plus dans l'entreprise"
        r"|quitte (?:la societe|l'entreprise|ses fonctions)",
    ),
    beside=(
        r"(?:retour|reviendrai|de retour|serai de|jusqu'?au?|a partir du|reprendrai|repondrai"
        r"|traite\w*)",
        r"(?:urgen\w+|en cas de|contact\w+|joindre|adress\w+|collegue\w*|mon absence|remplac\w+)",
        r"(?:je vous )?(?:merci|remerci\w+) (?:de|pour) (?:votre|vos|ton)",
        r"(?:votre|vos) (?:e-?mail"
        r"|message|courriel)s? (?:ne )?(?:sera|seront)",
        r"joyeu\w+|bonnes? (?:fetes|annee)",
        r"(?:acces|consult\w+) (?:limite\w*|ma messagerie|mes mails)",
        r"du \d.{0,40}",
    ),
    engages=(
        r"(?:parlons|discutons|voyons|appelons|rappelez|appelez)[- ]",
        r"(?:pouvons|pouvez|pourrions|pourriez)[- ](?:nous|vous) ~(?:parler|appeler|envoyer"
        r"|fixer|reporter)",
        r"(?:suis|sommes) interess\w+",
        r"(?:ca|cela) (?:m'|nous )interesse",
        r"envoyez[- ]moi",
        r"me convient",
    ),
    receipt=(
        r"(?:avons|nous avons) bien recu|bien (?:recu|receptionne)e? (?:votre|ton)",
        r"(?:votre|ta) (?:demande|message|courriel|mail|ticket)\w* ~(?:a ete|est) (?:bien "
        r")?(?:recu\w*"
        r"|enregistr\w+|pris\w* en compte|cree\w*)",
        r"(?:message|courriel|mail|reponse) (?:est )?"
        r"(?:genere|envoye|automatique)\w*",
        r"(?:ne pas|ne) repondre (?:directement )?(?:a ce|a cet)",
        r"merci de ne pas repondre",
        r"(?:accuse de reception|numero de (?:ticket|dossier|demande))",
        r"(?:vous|nous) (?:recontacter|repondr)\w+ ~(?:delais|brefs|plus vite)",
    ),
    accepted=(r"accepte\w*", r"acceptation"),
    declined=(r"refuse\w*", r"decline\w*", r"annule\w*", r"nouvelle heure proposee", r"refus"),
    tentative=(r"provisoire\w*", r"peut-etre", r"tentative", r"accepte provisoirement"),
    bounced=(
        r"(?:non[ -]?(?:remis|distribu|deliv|livr|remise|achemin)\w*|n'a (?:pas )?(?:pu|ete) ~"
        r"(?:remis|distribu|deliv|livr|envoy|achemin)\w*|echec (?:de )?(?:la )?(?:remise"
        r"|livraison"
        r"|distribution|envoi)|impossible de (?:remettre|distribuer|delivrer|livrer)|retour\w* "
        r"(?:a "
        r"l'expediteur|de courrier)|destinataire ~(?:inconnu|introuvable)|boite ~pleine"
        r"|adresse ~(?:inexistante|introuvable|invalide)|remise du message|etat de remise)",
    ),
    delayed=(r"(?:retarde\w*|en retard|differe\w*)",),
    later=(
        r"(?:recontact\w+|revenir|revenez|rappel\w+|reprendre|relanc\w+|reparl\w+|ecri\w+"
        r"|contact\w+"
        r"|reparler|voir|pas avant|plutot|a nouveau|budget)",
    ),
)

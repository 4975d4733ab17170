"""Spanish."""

from domain.inbound.words.base import LanguagePatterns

_MAIL = (
    r"(?:(?:\w+ ){0,3}(?:correos?|e-?mails?|mails?|mensajes?|publicidad|propaganda|boletin(?:es)?"
    r"|newsletters?|informacion(?:es)?|comunicaciones?|ofertas?|promociones?|spam|envios?"
    r"|notificaciones?"
    r"|correspondencia))"
)
_LIST = (
    r"(?:(?:\w+ ){0,3}(?:listas?|base|bases|registros?|boletin|newsletter|envios?|contactos?"
    r"|directorio"
    r"|distribucion|fichero|mailing|sistema))"
)

WORDS = LanguagePatterns(
    commands=(
        r"(?:por favor )?(?:dar(?:me|nos)? de )?baja(?: por favor| gracias)*",
        r"(?:por favor )?(?:dame|denme|deme|dadme) de baja(?: por favor| gracias)*",
        r"(?:por favor )?(?:cancelar(?: la| mi)? suscripcion|cancelar|desuscribir(?:me)?"
        r"|desuscribirse"
        r"|desapuntarme|eliminar(?:me)?|borrar(?:me)?|borrenme|eliminenme|quitenme|anular "
        r"suscripcion"
        r"|no mas (?:correos?|emails?|mails?)|basta|alto|stop)(?: por favor| gracias)*",
    ),
    stop=(
        r"(?:dar|darme|darnos|denme|deme|dame|den|dadme|dan|darse|doy|de|causar) (?:\w+ )?de "
        r"baja|darme "
        r"de baja|(?:me|nos) (?:de|den|dan|doy|des|deis) de baja|(?:quiero|solicito|pido|deseo"
        r"|ruego"
        r"|tramit\w+) ~(?:la |mi )?baja",
        r"(?:dar|dad|den|de) de baja ~(?:me|mi|nuestro|este|esta|correo)",
        r"(?:cancel\w+|anul\w+) ~(?:suscripcion|mi registro|el envio|envios)",
        r"(?:me|quiero|quisiera|como|deseo|puedo|podrian) ~?(?:desuscrib\w+|dessuscrib\w+"
        r"|desapunt\w+)",
        r"(?:desuscrib|desapunt)(?:anme|eme|ame|irme|idme)",
        rf"(?:elimin\w+|borr\w+|quit\w+|sac\w+|suprim\w+|retir\w+|remov\w+|remuev\w+|exclu\w+"
        rf"|saqu\w+)"
        rf" ~(?:de|del) ~?{_LIST}",
        r"(?:elimin|borr|quit|sac|saqu|suprim|retir|remuev|exclu)\w*(?:me|nos)(?!\w) ~?(?:de"
        r"|del|ya|por)",
        r"(?:elimin\w+|borr\w+|quit\w+|suprim\w+) (?:por favor )?(?:mi|mis|nuestr\w+|este|esta) ~"
        r"(?:correo|direccion|datos|e-?mail|mail|contacto|cuenta)",
        rf"no (?:quier\w+|dese\w+|queremos|quisier\w+|necesit\w+|acept\w+|me interesa|estoy "
        rf"interesad\w+ en)"
        rf" (?:mas |seguir |volver a |que |recibir |ya |en )*~?(?:recib\w+|{_MAIL}|contact\w+"
        rf"|envi\w+"
        r"|escrib\w+|manden)",
        r"no (?:me |nos )?(?:env\w+|mand\w+|escrib\w+|contact\w+|molest\w+|remit\w+) ~?(?:mas"
        r"|nada|nunca"
        r"|de nuevo|otra vez)",
        r"no (?:volver|vuelvan|vuelva|vuelvas) a ~?(?:env\w+|mand\w+|escrib\w+"
        r"|contact\w+|molest\w+)",
        rf"(?:dej\w+|par\w+|ces\w+|deten\w+|evit\w+|suspend\w+) (?:ya |por favor )?"
        rf"(?:de )?(?:mand\w+|envi\w+|escrib\w+|contact\w+|molest\w+|spam\w*|{_MAIL}|el envio)",
        rf"(?:no mas|basta de|ya no|nunca mas) (?:quiero |deseo |recibir |de )*{_MAIL}",
        r"ya no (?:quier\w+|dese\w+) ~recib\w+",
        r"dej\w+(?:me|nos) (?:en paz|tranquil\w+)",
        r"(?:revoc\w+|retir\w+|me opongo|oposicion|derecho (?:al olvido|de supresion|de "
        r"cancelacion))",
        r"(?:nunca|no) (?:me )?(?:he |hemos )?(?:suscri\w+|autoriz\w+|solicit\w+|consent\w+) "
        r"~?(?:a|estos"
        r"|este|recibir)",
    ),
    mention=(
        r"de baja",
        r"desuscri\w*",
        r"(?:cancelar|anular) ~suscripcion",
        r"lista de (?:correo|envio"
        r"|distribucion)",
        r"no (?:mas|recibir) correos?",
    ),
    spared=(
        r"(?:funcion\w*|opcion|tasa|enlace|boton|clientes|empleados|trabajadores|usuarios"
        r"|herramienta"
        r"|producto|baja (?:laboral|medica|por)|precio)",
    ),
    automatic=(
        r"(?:respuesta|contestacion|mensaje) (?:automatic\w+|de ausencia)",
        r"autorrespuesta|auto-?respuesta",
        r"fuera de(?:l| la)? oficina",
        r"ausencia(?=\s*(?:[:|(]|- |$|de la oficina|temporal|por vacaciones))",
        r"(?:estoy |estare )?(?:de )?vacaciones(?=\s*(?:[:|(]|- |$|hasta|del \d))",
        r"estoy (?:ausente"
        r"|de vacaciones|fuera)",
        r"ausente(?=\s*(?:[:|(]|- |$|hasta|del|de la oficina))",
    ),
    away=(
        r"fuera de (?:la )?oficina",
        r"(?:estoy|estare|estaremos|me encuentro|me encontrare|estamos"
        r"|encuentro) ~?(?:de vacaciones|ausente|fuera|de viaje|de permiso|de baja|de licencia"
        r"|cerrad\w+)",
        r"ya no (?:trabaj\w+|forma parte|labor\w+)",
        r"sin acceso al? (?:mi )?correo",
    ),
    beside=(
        r"(?:regres\w+|vuelv\w+|volver\w*|vuelta|hasta el|a partir del|respond\w+|contest\w+"
        r"|reincorpor\w+"
        r"|atender\w*)",
        r"(?:urgen\w+|contact\w+|dirigirse|dirij\w+|comuni\w+|companer\w+|mi ausencia"
        r"|en caso)",
        r"(?:muchas )?gracias por (?:su|tu|el|contact\w+|escrib\w+)",
        r"(?:su|tu) (?:correo"
        r"|mensaje|e-?mail) (?:no )?(?:sera|ha)",
        r"feli(?:z|ces) \w+",
        r"acceso (?:limitado|al correo)",
    ),
    engages=(
        r"(?:hablemos|hablamos|llameme|llamame|veamonos|envieme)",
        r"(?:podemos|podria\w*|puede\w*) ~(?:hablar|llamar|enviar|reunir|mover)\w*",
        r"(?:me|nos) interesa",
        r"interesad\w+",
        r"me viene bien",
    ),
    receipt=(
        r"(?:hemos|he) recibido (?:su|tu)",
        r"(?:su|tu) (?:solicitud|mensaje|correo|consulta|ticket)"
        r" ~(?:ha sido|fue) (?:recib|registr|cread)\w*",
        r"(?:mensaje|correo|respuesta) (?:generad\w+ |enviad\w+"
        r" )?automatic\w+",
        r"no (?:responda|conteste|responder)(?: directamente)? (?:a )?este",
        r"(?:acuse de recibo|numero de (?:ticket|caso|solicitud))",
        r"(?:nos pondremos en contacto"
        r"|le responderemos)",
    ),
    accepted=(r"aceptad\w+", r"acepto", r"aceptacion"),
    declined=(r"rechazad\w+", r"rechazo", r"cancelad\w+", r"declinad\w+", r"nueva hora propuesta"),
    tentative=(r"provisional\w*", r"tentativ\w+", r"quizas"),
    bounced=(
        r"(?:no se (?:puede|pudo|ha podido|entreg\w+) ~?(?:entreg|envi)?\w*|no (?:entregad"
        r"|entregabl)\w+"
        r"|no ha (?:podido|sido) ~entreg\w+|devuelto|error (?:de|en la) entrega|fallo (?:de|en "
        r"la) entrega"
        r"|(?:usuario|destinatario|buzon|direccion) ~(?:desconocid\w+|no exist\w+|llen\w+|no "
        r"encontrad\w+"
        r"|inexistente)|correo (?:rechazado|rebotado)|notificacion de estado de entrega"
        r"|imposible entregar)",
    ),
    delayed=(r"(?:retras\w+|demorad\w+|aun no se ha entregado)",),
    later=(
        r"(?:contact\w+|escrib\w+|llam\w+|habl\w+|retom\w+|volver|volvamos|vuelva|mas adelante"
        r"|de nuevo"
        r"|no antes|mejor|presupuesto|busc\w+)",
    ),
)

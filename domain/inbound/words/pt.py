"""Portuguese."""

from domain.inbound.words.base import LanguagePatterns

_MAIL = (
    r"(?:(?:\w+ ){0,3}(?:e-?mails?|mails?|mensage\w+|newsletters?|publicidade|propagandas?"
    r"|comunicac\w+"
    r"|ofertas?|promoc\w+|spam|envios?|informac\w+|correios?|divulgac\w+))"
)
_LIST = (
    r"(?:(?:\w+ ){0,3}(?:listas?|base|bases|cadastros?|newsletters?|mailing|contatos?"
    r"|contactos?|banco"
    r"|sistema|registos?|registros?))"
)

WORDS = LanguagePatterns(
    commands=(
        r"(?:por favor )?(?:descadastr\w+|descadastramento|remover|remova|remova-me|remover-me"
        r"|me remova"
        r"|cancelar(?: a)? (?:inscricao|subscricao|assinatura)|cancelar|sair|sair da lista"
        r"|parar|pare|parem"
        r"|excluir|me tire da lista|retirar|desinscrever|nao quero mais|chega|stop)"
        r"(?: por favor| obrigad[oa])*",
    ),
    stop=(
        r"(?:me|quero|gostaria|favor|como|desejo|posso|podem|solicito|pedir|peco) "
        r"~?(?:descadastr\w+"
        r"|desinscrev\w+|desinscri\w+)",
        r"(?:descadastr|desinscrev)(?:em|e|ar)?-?(?:me|nos)",
        rf"(?:remov\w+|retir\w+|tir\w+|exclu\w+|apag\w+|elimin\w+|delet\w+|sair|saia) ~(?:da|do"
        rf"|de|das|dos|desta"
        rf"|dessa) ~?{_LIST}",
        r"(?:remov|retir|tir|exclu|apag|elimin)\w*-(?:me|nos)(?!\w)",
        r"(?:me|nos) (?:remov\w+|retir\w+|tir\w+|exclu\w+|descadastr\w+|apagu\w+) ~?(?:da|do"
        r"|desta|dessa|por)",
        r"(?:remov\w+|apag\w+|exclu\w+|elimin\w+|delet\w+|retir\w+) (?:por favor )?(?:o |a |os "
        r")?(?:meus?|minha"
        r"|nossos?|nossa|este|esse) ~(?:e-?mail|endereco|dados|contato|contacto|cadastro|nome)",
        r"(?:cancel\w+|anul\w+) ~(?:inscricao|subscricao|assinatura|cadastro|registo|envio)",
        rf"nao (?:quer\w+|desej\w+|gostaria\w*|pretend\w+|queremos|tenho interesse em|aceit\w+"
        rf"|preciso)"
        rf" (?:mais |de |receber |ser |continuar |que )*~?(?:receb\w+|{_MAIL}|contact\w+"
        rf"|contat\w+|envi\w+"
        r"|escrev\w+|mand\w+)",
        r"nao (?:me |nos )?(?:envi\w+|mand\w+|escrev\w+|contat\w+|contact\w+|incomod\w+"
        r"|perturb\w+)(?:-me|-nos)?"
        r" ~?(?:mais|nada|nunca|novamente|de novo|nenhum)",
        rf"(?:par\w+|deix\w+|cess\w+|chega|suspend\w+|evit\w+"
        rf"|interromp\w+) (?:por favor )?(?:de |com |o )*(?:me |nos )?(?:mand\w+|envi\w+"
        rf"|escrev\w+|contat\w+"
        rf"|contact\w+|incomod\w+|spam\w*|{_MAIL})",
        rf"(?:nao mais|chega de|nada de|sem mais) (?:receber )?{_MAIL}",
        rf"nao (?:me )?(?:enviem?|mandem?) (?:mais )?{_MAIL}",
        r"deix\w+(?:-me|-nos)? (?:me )?em paz|me deix\w+ em"
        r" paz",
        r"(?:revog\w+|retir\w+ (?:o )?(?:meu )?consentimento|oponho-me|me oponho|direito "
        r"(?:ao"
        r" esquecimento|de oposicao))",
        r"(?:nunca|nao) (?:me )?(?:subscrevi|inscrevi|cadastrei|autorizei"
        r"|solicitei|pedi)",
    ),
    mention=(
        r"descadastr\w*",
        r"desinscr\w*",
        r"lista de (?:e-?mails?|distribuicao|contatos|envio)",
        r"cancelar ~(?:inscricao|assinatura|subscricao)",
        r"nao (?:mais )?receber",
    ),
    spared=(
        r"(?:funcion\w*|recurso|opcao|taxa|botao|clientes|usuarios|utilizadores|funcionarios"
        r"|ferramenta"
        r"|produto)",
    ),
    automatic=(
        r"(?:resposta|mensagem) (?:automatica|de ausencia)",
        r"auto-?resposta",
        r"fora (?:do|de) escritorio",
        r"ausencia(?=\s*(?:[:|(]|- |$|do escritorio|temporaria))",
        r"(?:estou )?(?:de |em )?ferias(?=\s*(?:[:|(]"
        r"|- |$|ate|de))",
        r"(?:estou )?ausente(?=\s*(?:[:|(]|- |$|ate|do|de))",
        r"estou (?:de ferias|ausente"
        r"|fora)",
    ),
    away=(
        r"fora d[oe] escritorio",
        r"(?:estou|estarei|estaremos|encontro-me|me encontro|estamos|atualmente)"
        r" ~?(?:de ferias|em ferias|ausente|fora|em viagem|de licenca|em licenca|indisponivel"
        r"|fechad\w+)",
        r"nao (?:trabalha|faz parte|integra) mais|ja nao (?:trabalha|faz parte)",
        r"de ferias (?:ate|de)",
    ),
    beside=(
        r"(?:retorn\w+|regress\w+|volt\w+|ate (?:o )?dia|ate|a partir|respond\w+|lerei)",
        r"(?:urgen\w+|contat\w+"
        r"|contact\w+|colega\w*|minha ausencia|em caso|falar com)",
        r"(?:muito )?obrigad\w+ (?:por|pel\w+)",
        r"(?:seu|sua|a sua) (?:e-?mail|mensagem) (?:nao )?(?:sera|foi)",
        r"boas festas|feliz \w+|acesso limitado",
    ),
    engages=(
        r"(?:vamos (?:falar|conversar|marcar)|falamos|me ligue|ligue-me|envie-me|me envie)",
        r"(?:podemos|poderia\w*|pode) ~(?:falar|ligar|enviar|marcar|adiar)",
        r"(?:tenho|temos) interesse|interessad\w+",
        r"fica bem",
    ),
    receipt=(
        r"(?:recebemos|recebi) (?:o |a )?(?:seu|sua)",
        r"(?:seu|sua|a sua|o seu) (?:solicitacao|pedido|mensagem"
        r"|e-?mail|chamado|ticket) ~(?:foi|esta) (?:recebid|registrad|registad|abert|criad)\w*",
        r"(?:mensagem"
        r"|e-?mail|resposta) (?:gerad\w+ |enviad\w+ |e )?automatic\w+",
        r"(?:nao respond\w+|favor nao responder)"
        r" (?:diretamente )?a? ?(?:este|esta|essa|esse)",
        r"(?:numero d[oe] (?:chamado|ticket|protocolo)|protocolo)",
        r"(?:entraremos em contat?o|retornaremos)",
    ),
    accepted=(r"aceit\w+",),
    declined=(
        r"recusad\w+",
        r"rejeitad\w+",
        r"cancelad\w+",
        r"declinad\w+",
        r"novo horario proposto",
    ),
    tentative=(r"provisori\w+", r"tentativ\w+", r"talvez"),
    bounced=(
        r"(?:nao (?:entregue|entregavel)|nao (?:foi possivel|pode ser|foi|pude) ~(?:entreg"
        r"|envi)\w+|falha (?:na"
        r"|de) entrega|devolvid[ao]|devolucao|(?:usuario|utilizador|destinatario|caixa"
        r"|endereco) ~(?:desconhecid\w+"
        r"|inexistente|chei\w+|nao (?:encontrad|exist)\w*|invalid\w+)|erro (?:de|na) entrega"
        r"|notificacao (?:de|do)"
        r" (?:status|estado) (?:de|da) entrega)",
    ),
    delayed=(r"(?:atrasad\w+|em atraso|adiad\w+)",),
    later=(
        r"(?:contat\w+|contact\w+|escrev\w+|ligu\w+|ligar|falar|falamos|voltar|volte|retom\w+"
        r"|mais tarde|de novo"
        r"|novamente|nao antes|melhor|orcamento|procur\w+)",
    ),
)

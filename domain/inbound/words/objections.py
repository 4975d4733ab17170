"""What people of any language write who object to our having written: that their data must go, that
it is spam, where we have their address from, that they have had enough. None of it is interest.
"""

from __future__ import annotations

from domain.inbound.words.base import LanguagePatterns

_LAWS = r"(?:gdpr|dsgvo|rgpd|lgpd|rodo|kvkk|ccpa|pecr|uwg|avg)"

WORDS = LanguagePatterns(
    # Whoever wants to be forgotten wants no mail.
    stop=(
        r"(?:delete|erase|wipe|destroy|purge) (?:\w+ ){0,4}?my (?:\w+ ){0,3}?(?:data|details"
        r"|account|address\w*|e-?mail address|information|info|records?|profile)(?!\w)",
        r"(?:delete|erase|wipe|destroy|purge) (?:\w+ ){0,4}?(?:data|information|records?|details)"
        r" (?:\w+ ){0,3}?(?:about|on|of) (?:me|us)(?!\w)",
        r"(?:lösch\w*|entfern\w*|vernicht\w*) (?:\w+ ){0,4}(?:meine\w*|unsere\w*) (?:\w+ ){0,3}"
        r"(?:daten|adress\w*|angaben|konto|kontaktdaten)",
        r"(?:supprim\w+|effac\w+|detrui\w+) (?:\w+ ){0,4}(?:mes|mon|nos) (?:\w+ )?(?:donnees"
        r"|coordonnees|adresse|compte|informations)",
        r"(?:borr\w+|elimin\w+|suprim\w+) (?:\w+ ){0,4}?(?:mis?|nuestros?) (?:\w+ )?(?:datos"
        r"|direccion|cuenta|informacion)",
        r"(?:apag\w+|exclu\w+|elimin\w+) (?:\w+ ){0,4}?(?:meus?|minhas?|nossos?) (?:\w+ )?(?:dados"
        r"|endereco|conta|informacoes|cadastro)",
        r"cancell\w+ (?:\w+ ){0,4}?(?:miei|mio|mie|nostri) (?:\w+ )?(?:dati|indirizzo|recapiti"
        r"|informazioni)",
        r"(?:verwijder\w*|wis|vernietig\w*) (?:\w+ ){0,4}?(?:mijn|onze) (?:\w+ )?(?:gegevens|data"
        r"|adres\w*|account)",
        r"usun\w+ (?:\w+ ){0,3}(?:moi\w*|nasz\w*) (?:\w+ )?(?:dan\w+|adres\w*|kont\w+)",
        r"удал\w+ (?:\w+ ){0,3}(?:мо\w+|наш\w+) (?:\w+ )?(?:данн\w+|адрес\w*|контакт\w*)",
        r"(?:verilerimi|bilgilerimi|adresimi) ~?(?:sil\w*|kaldır\w*)",
        r"(?:xóa|xoá) ~(?:dữ liệu|thông tin|email|địa chỉ) ~?(?:của )?(?:tôi|chúng tôi)",
        r"hapus (?:\w+ ){0,3}(?:data|email|alamat|informasi) (?:\w+ ){0,2}(?:saya|kami)(?!\w)",
    ),
    objections=(
        r"(?:delete|erase|remove) (?:it|this|that|them|everything)(?!\w)[.! ]*$",
        r"(?:is|this|just|pure|your|sending|more|stop|such) spam(?!\w| folder| filter|-)",
        r"spamm(?:ing|ers?)",
        r"(?:where|how) (?:did|do|have) you (?:get|got|find|found|obtain|have) (?:my|our|me)(?!\w)",
        r"who (?:gave|sold) you (?:my|our)(?!\w)",
        r"(?:rather|prefer|like|want|wish|choose) (?:to )?not (?:to )?(?:get|receive|see|hear"
        r"|be (?:contacted|e-?mailed|written))",
        r"enough (?:with|of) ~(?:e-?mails?|mails?|messages|newsletters?)",
        r"(?:lawyer|attorney|solicitor|legal action|authorit\w+) ~(?:write|writing|e-?mail\w*"
        r"|contact me|spam|harass\w*)",
        r"harass\w*",
        r"keine (?:weitere\w* |solche\w* |derartige\w* |mehr )*(?:e-?mails?|mails?|nachrichten"
        r"|newsletter\w*|werbung|zusendung\w*|kontaktaufnahme\w*)",
        r"(?:sehen|sieh|seht|nehmen) (?:sie )?(?:bitte )?von ~(?:ab|abstand)(?!\w)",
        r"(?:weitere\w*|von) ~(?:abzusehen|absehen|unterlassen)",
        r"verbitte\w*",
        r"woher (?:haben|hast|habt) (?:sie|du|ihr) (?:meine|unsere|diese|mich)",
        r"(?:das|dies|dieses|reiner?|nur|als) (?:ist )?(?:\w+ )?(?:spam(?!\w|-ordner|filter)"
        r"|belästigung)",
        r"(?:d'ou|comment) (?:tenez|avez|connaissez|tirez)[- ]vous (?:obtenu |eu )?(?:mon|mes|notre"
        r"|nos)",
        r"c'est (?:du |un )?(?:\w+ )?(?:spam|pourriel|harcelement)",
        r"de donde (?:han sacado|sacaron|tienen|obtuvieron|sacaste) (?:mi|mis|nuestro)",
        r"(?:de )?onde (?:conseguiram|tiraram|obtiveram|arranjaram) ~(?:meu|minha)",
        r"(?:da )?dove (?:avete|ha) (?:preso|avuto|trovato) ~(?:mio|mia)",
        r"(?:esto|isto|isso|questo|questa) (?:es|e) (?:\w+ )?(?:spam|acoso|assedio|molestia)",
        r"(?:hoe|waar) (?:komen|komt|heb\w*) (?:u|jullie|je) (?:aan )?(?:mijn|ons)",
        r"dit is (?:\w+ )?spam",
        r"skad (?:macie|ma pan\w*|panstwo maj\w+) (?:moj|nasz)",
        r"to (?:jest )?(?:\w+ )?spam(?!\w)",
        r"откуда (?:у вас|вы взяли) ~(?:мой|мои|наш)",
        r"это (?:\w+ )?спам",
        r"(?:adresimi|mailimi|e-?postamı) (?:nereden|kimden)",
        r"bu (?:bir )?spam",
        r"đây là (?:thư rác|spam)",
        r"ini (?:adalah )?spam",
        # Laws, as far as they are held against us.
        rf"{_LAWS} ~(?:violat\w*|breach\w*|infring\w*|verst\w+|verletz\w*|beschwerde|plainte"
        r"|denuncia\w*|schend\w*|narusz\w*|ihlal\w*)",
        rf"(?:violat\w*|breach\w*|verst\w+|enfrei\w*|infring\w*|viola\w*|narusz\w*) ~{_LAWS}",
    ),
)
GLUED = LanguagePatterns(
    stop=(
        r"(?:개인정보|(?:제|내|저희)\s?(?:정보|데이터|주소|메일|연락처))~?(?:삭제|파기|지워)",
        r"(?:个人信息|個人資料|個人資訊|个人资料|我的(?:数据|資料|资料|信息|邮箱|信箱))~?(?:删|刪)",
        r"(?:删除|刪除|清除)~?我(?:的|们|們)~?(?:信息|資料|资料|数据|資訊|邮箱|信箱)",
    ),
    objections=(
        r"(?:垃圾|骚扰|騷擾)(?:邮件|郵件|信息|信)(?!箱|夹|夾|里|裡)",
        r"(?:哪里|哪裡|从哪|從哪|怎么|怎麼)~?(?:得到|拿到|弄到|知道|有)~?我~?(?:邮箱|信箱|地址"
        r"|联系方式)",
        r"(?:これは|ただの)?(?:スパム|迷惑メール)(?:です|だ|でしょ)",
        r"迷惑です",
        r"(?:どこで|どうやって)~?(?:アドレス|連絡先)を",
        r"(?:스팸|광고)\s?(?:메일)?\s?(?:이에요|이네요|입니다|이잖|신고)",
        r"(?:어디서|어떻게)~?(?:제|내|우리)~?(?:메일|주소|연락처|정보)",
    ),
    spaced=False,
)

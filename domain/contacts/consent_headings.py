"""Which headings speak of consent to mail, and in which sense.

A heading that is not understood must not be taken for any other column: whoever asked for no mail
would get some. So a heading with a word of consent in it is opt-out, consent or unclear, and what
is unclear is asked. Languages: those of CRM exports and of mailing laws; words, not whole headings.
"""

from __future__ import annotations

import functools
import re
from typing import Literal

from domain.contacts.texts import fold, words

Sense = Literal["", "unsubscribed", "consent", "unclear", "detail", "status"]
"""'' has nothing to do with consent. ``unsubscribed``: a yes means no mail. ``consent``: a no means
no mail. ``unclear``: it may be either. ``detail``: of an opt-out the reason, the campaign or the
like, which another column tells. ``status``: of many things, mail among them."""

# Each entry is a pattern of folded words; those of languages without spaces between words are
# looked for with the spaces taken out.
_OPT_OUT = r"""
    \w*unsub(?!mit|stan)\w* | opt(?:ed|s|ing)? ?outs? | \w*opt(?:ed)?out\w* | global unsub\w* |
    non ?subscribed |
    do(?:es)? ?n[o']?t (?:(?:send|allow|want|wish|receive|
    use for) )*(?:\w+ ){0,2}?(?:e ?)?mails? |
    donot(?:e?mail|contact|bulk|market|send)\w* |
    dne | do(?:es)? ?n[o']?t (?:contact|market|solicit|send|disturb|want|allow bulk)\w* |
    no (?:more |bulk |marketing )*(?:e ?)?mail(?:s|ings?)? |
    no (?:marketing|newsletter|contact) | suppress\w* | (?:block|black|deny) ?list\w* |
    never subscribed | (?:not|never) opted in | exclude\w* from (?:e ?)?mail\w* |
    mail(?:ing)? blocked | email blocked |
    (?:consent|permission|opt ?in|agreement) (?:withdrawn|revoked|declined|refused|denied|
    rejected) |
    (?:withdr[ae]w\w*|revok\w+|denied|declined|refused) (?:consent|permission|opt ?in) |
    (?:marketing|e ?mail) suspended |
    (?:e ?mail|marketing|newsletter) (?:declined|refused|rejected|cancell?ed) |
    (?:declin|refus|reject)\w+ (?:e ?)?(?:mail|marketing|newsletter)\w* |
    removed? from (?:mailing )?list | abgemeldet\w* | abmeld\w* | abbestell\w* | ausgetragen |
    austrag\w* | widerruf\w* | \w*widerspr[ou]ch\w* | robinson ?list\w* | list[ae] robinson |
    (?:werbe|mail|email|newsletter|kontakt)sperr\w* |
    kein\w* (?:newsletter|e ?mails?|mails?|werbung|kontakt\w*|mailings?) |
    nicht (?:kontaktieren|anschreiben|anmailen|mailen|per e ?mail\w*) | desabonn\w* |
    desinscri\w* | desinscription |
    ne (?:pas|plus) (?:contacter|envoyer|emailer|solliciter|recevoir) ?\w* |
    ne souhaite (?:pas|plus)\w* | oppos(?:e|ition)(?: \w+)? |
    refus\w* (?:de |d |les |des |la |toute? )*(?:e ?mail\w*|newsletter|demarchage|pub\w*|recevoir) |
    stop (?:pub|e ?mail|mail|marketing|newsletter)\w* | rechaz\w* | liste rouge | desuscri\w* |
    dado de baja | dada de baja |
    darse de baja |
    baja (?:de |del |en )?(?:correo|e ?mail\w*|newsletter|boletin|lista|marketing) |
    (?:fecha de )?baja | cancel\w* (?:de )?(?:la |su )?suscri\w* | suscripcion cancelada |
    no (?:contactar|enviar|recibir|desea|quiere|acepta|molestar) ?\w* | descadastr\w* |
    cancel\w* (?:a |de )?(?:inscri\w*|assinatura|subscri\w*) |
    nao (?:contatar|contactar|enviar|receber|deseja|quer|perturbe|aceita) ?\w* |
    optou por nao \w* | bloquead\w* (?:para |de )?(?:e ?mail|marketing|contat)\w* |
    saiu da lista | excluid\w* de (?:e ?mail|lista)\w* | disiscri\w* |
    cancellat\w* (?:dalla|da) \w+ | cancellazion\w* (?:dell )?iscrizion\w* |
    annulla\w* (?:l )?iscri\w* | non (?:contattare|inviare|desidera|vuole|accetta) ?\w* |
    rifiut\w* | revoca\w* | afgemeld\w* | afmeld\w* | uitgeschreven | uitschrij\w* |
    niet (?:mailen|e ?mailen|contacteren|benaderen) |
    geen (?:e ?mails?|mails?|mailings?|nieuwsbrief|reclame|contact) | wypisan\w* | wypisz |
    z?rezygn\w* | sprzeciw\w* | cofn\w+ (?:zgod\w*)? |
    nie (?:wysyłac|wysyłaj|kontaktowac|wyraza\w*|wyrazil\w*) ?\w* | brak zgod\w* | отписа\w* |
    отписк\w* | отказ\w* (?:от )?(?:рассыл|писем|подпис|получ|почт|реклам|комм|e ?mail)\w* |
    не (?:писать|беспокоить|связываться|отправлять|рассылать|присылать|получать|согласен|
    контактировать) ?\w* |
    запре\w+ (?:рассыл|писем|почт)\w* | aboneligi?k?(?:ten|i)? (?:cik\w*|iptal\w*) |
    abonelikten \w+ | abonelik iptal\w* |
    (?:iletisim|e ?posta|ileti|pazarlama) (?:red\w*|istemi\w*|gonderme\w*|almak istem\w*) |
    iletisime gecme\w* | ret listesi | listeden cik\w* |
    (?:izin|onay|riza)\w* (?:iptal\w*|geri \w+) | huy (?:dang ky|nhan|theo doi) ?\w* |
    da huy \w* | tu choi ?\w* | khong (?:gui|lien he|nhan|muon) ?\w* | ngung nhan ?\w* |
    berhenti (?:berlangganan|langganan) | batal\w* (?:ber)?langgan\w* |
    jangan (?:kirim|hubungi|e ?mail) ?\w* | tolak ?\w* | menolak ?\w* |
    tidak (?:ingin|mau|menerima|setuju) ?\w* | avregistrer\w* | avprenumer\w* | avanmal\w* |
    afmeldt? | avmeldt? | frameldt? | peruuttanut | peru tilaus\w* | odhlasen\w* | odhlaseni\w* |
    leiratkoz\w* | dezabon\w* | διαγραφ\w* | відписа\w* | відмов\w* | отказал\w* | отписан\w* |
    odjav\w*
"""
_OPT_OUT_GLUED = r"""
    (?:이메일|메일|마케팅|광고성?|정보|뉴스레터|전체|홍보)*수신(?:을)?(?:거부|거절|차단|해지|
    철회|안함|금지|중단|제외|불가)|
    거부|미동의|비동의|동의안함|동의하지않음|동의철회|철회|구독(?:취소|해지|해제|중단|중지)|
    옵트아웃|연락금지|연락하지|발송(?:금지|제외|중지|차단)|받지않|退订|退訂|取消订阅|取消訂閱|
    拒收|(?:拒绝|拒絕)(?:接收|接受|收到)?|不接收|不接受|不再接收|请勿|請勿|勿扰|勿擾|勿发|勿發|勿联系|勿聯[絡繫]|免打扰|
    不同意|不订阅|黑名单|黑名單|撤回|撤销|退會|不希望|不愿|配信停止|配信解除|配信不可|配信不要|
    配信拒否|購読解除|購読停止|購読中止|受信拒否|受信しない|登録解除|オプトアウト|送信停止|
    送信不可|送信禁止|送付不可|連絡不可|連絡不要|メール不可|メール不要|メール拒否|
    メルマガ(?:不要|解除|停止|拒否|退会)|拒否|同意しない|希望しない|停止希望|退会|同意撤回|
    ยกเลิก(?:การ)?(?:รับ|สมัคร|ติดตาม)\w*|ไม่ยินยอม|ไม่รับ|الغاءالاشتراك|إلغاءالاشتراك|
    عدم(?:المراسلة|التواصل)|הסרה|להסיר|לאלשלוח|सदस्यतासमाप्त|असहमत
"""
_CONSENT = r"""
    dnc | opt(?:ed|s|ing)? ?ins? | \w*(?:mail|news|letter|marketing|has|is|hs|gdpr)opt(?:ed)?in\w* |
    double opt\w* | (?:is|has|re)?subscri\w+ | consent\w* | gdpr |
    (?:accept|allow|agree|receiv|want|permit)\w* (?:\w+ ){0,2}?(?:e ?mails?|mails?|marketing|
    newsletters?|mailings?|communications?|offers) |
    (?:e ?mail|mailing|marketing|newsletter|communications?|contact) (?:permission|allowed|
    accepted|agreed|preference|ok|granted)s? |
    permission to (?:e ?mail|contact|market)\w* |
    (?:may|can|ok to) (?:we |be )?(?:e ?mail|contact|market)\w* | legal basis\w* |
    marketing contact status | newsletters? | mailing ?list | (?:e ?)?mailable | contactable |
    emails? permitted | lawful basis\w* | einwillig\w* | zustimm\w* | zugestimmt |
    einverstand\w* | abonn\w* | angemeldet\w* | (?:newsletter|mailing) ?anmeldung\w* |
    werbe(?:erlaubnis|einwilligung)\w* | dsgvo\w* | rechtsgrundlage\w* |
    (?:werbung|newsletter|e ?mails?|mailings?) (?:erlaubt|erwunscht|ja nein|erhalten) |
    consentement\w* |
    accepte? (?:de |les? |la |d )*(?:e ?mail|recevoir|newsletter|courriel|marketing|
    communication|sollicitation)\w* |
    accord (?:e ?mail|mailing|marketing|newsletter|rgpd|commercial)\w* |
    autoris\w* (?:e ?mail|marketing|envoi|contact)\w* | rgpd | infolettre |
    permiso (?:de |para )?(?:e ?mail|marketing|correo|envio)\w* |
    autoriza\w* (?:el |los )?envios? |
    inscrit\w* (?:a la |newsletter)\w* | consentim\w* | suscri\w* |
    (?:acepta|autoriza|permite|desea)\w* (?:\w+ ){0,3}?(?:correo|e ?mail|marketing|newsletter|
    boletin|publicidad|comunicacion|informacion|recibir|contacto)\w* |
    boletin\w* | assinante\w* | assinatura | inscrit\w* (?:na|no|em)\w* |
    (?:aceita|aceite|autoriza|permite|deseja)\w* (?:\w+ ){0,3}?(?:e ?mail|marketing|newsletter|
    comunicac|contato|contacto|receber)\w* |
    lgpd | subscrito | consens\w* | iscritt\w* (?:alla|a )?\w* |
    (?:accetta|acconsent|autorizza)\w* (?:\w+ ){0,3}?(?:e ?mail|marketing|newsletter|
    comunicazion|trattamento|contatto)\w* |
    toestemming\w* | geabonneerd | aangemeld\w* | ingeschreven | akkoord \w+ | nieuwsbrief\w* |
    avg | zgod[aey]\w* | subskry\w* | zapisan\w* | rodo | соглас\w* | подпис(?:ан|ка|чик)\w* |
    разреш\w+ (?:рассыл|на|писем|маркет)\w* | рассылк\w* | onay\w* | izin | izin durumu |
    izinli | (?:iletisim|e ?posta|pazarlama|ileti|e ?mail) (?:izni|izin\w*) | acik riza |
    riza\w* | abone\w* | kvkk | iys | ticari ileti\w* | bulten\w* | dong y ?\w* |
    dang ky nhan ?\w* | cho phep ?\w* | chap thuan ?\w* | ban tin | setuju | persetujuan\w* |
    berlangganan | pelanggan (?:e ?mail|newsletter|buletin) | bersedia \w+ |
    izin (?:e ?mail|kirim|hubungi|pemasaran|kontak|komunikasi)\w* | samtyck\w* | samtykke\w* |
    prenumer\w* | tilmeldt? | pameldt? | suostumus\w* | tilaaja | tilannut | souhlas\w* |
    suhlas\w* | odber\w* | prihlasen\w* | hozzajarul\w* | feliratkoz\w* | consimtam\w* |
    acord (?:gdpr|marketing|e ?mail)\w* | συγκαταθεσ\w* | εγγραφ\w* | згод\w* | підпис\w* |
    съгласи\w* | privola\w* | saglasn\w* | nyhetsbrev\w* | nyhedsbrev\w* | uutiskirje\w*
"""
_CONSENT_GLUED = r"""
    동의|수신(?!자|인|일|시|처|메일주소|번호|전화|주소)|구독|옵트인|뉴스레터|소식지|同意|订阅|
    訂閱|订閱|许可邮件|接收(?:邮件|郵件|营销|行銷|资讯|資訊|推送|推广|通知)|是否接收|
    (?:邮件|郵件|营销|行銷|推广|推廣)(?:许可|許可|授权|授權)|电子报|電子報|承諾|購読|オプトイン|
    メルマガ|ニュースレター|配信(?:希望|許可|可否|可|同意|状況|ステータス)|
    (?:メール|案内|情報)(?:の)?(?:配信|受信|送付|送信)(?:可否|許可|希望|可)|
    受信(?:可否|許可|希望|可|設定)|ยินยอม|สมัครรับ|จดหมายข่าว|موافق|اشتراك|النشرة|הסכמה|דיוור|
    ניוזלטר|सहमति|सदस्यता
"""


def _folded(pattern: str) -> re.Pattern[str]:
    return re.compile(fold(pattern))


_MAIL = _folded(
    r"\b(?:e ?mails?|e ?post|mail|mails|mailings?|newsletters?|bulk|correo|courriel|posta|"
    r"eposta|почт\w*|рассыл\w*|hop thu|surat)\b|메일|이메일|뉴스레터|邮|郵|メール|メルマガ|"
    r"อีเมล"
)
_ALL_CHANNELS = _folded(r"\ball\b|\bany\b|alle|todos|tutti|전체|모든|全|すべて")
_OTHER_CHANNEL = _folded(
    r"\b(?:sms|mms|text(?: messages?)?|whats ?app|fax\w*|phones?|calls?|calling|telephone|"
    r"telefon\w*|telefone|telephonique|handy|anruf\w*|appel\w*|llamada\w*|push|viber|telegram|"
    r"messenger|postal|direct mail|post|brief\w*|web push|звон\w*|телефон\w*|смс|arama|bca|"
    r"dien thoai|cookies?|kakao|line|wechat|rcs|linkedin|do not call|donotcall|voice)\b|문자|"
    r"전화|팩스|카카오|알림톡|앱푸시|푸시|우편|短信|简讯|簡訊|电话|電話|传真|傳真|微信|"
    r"ショートメッセージ|ＳＭＳ|ファックス|郵送|쿠키|cookie"
)
# Beside an opt-out or a consent, these words say something of it, not whether.
_DETAIL = _folded(
    r"\b(?:reasons?|sources?|campaigns?|ids?|ip|url|urls|links?|methods?|counts?|numbers?|by|"
    r"text|comments?|notes?|title|version|language|form|page|plans?|types?|tiers?|levels?|"
    r"prices?|amount|mrr|arr|renewals?|owner|grund|anzahl|quelle|motivos?|motif|raison|fuente|"
    r"origen|origem|motivo|powod|zrodlo|причин\w*|источник\w*|neden\w*|kaynak|alasan|sumber|"
    r"ly do|other|product|currency|package|name|start\w*|end\w*|expir\w*|period|interval|"
    r"quantity|term|length|revenue|value|became|entered|exited|cumulative|latest|last|first|"
    r"since|opens?|opened|clicks?|clicked|sent|delivered|bounced|engaged|no of)\b|사유|경로|"
    r"출처|건수|횟수|原因|来源|來源|渠道|理由|経路|回数|요금제|플랜|套餐|プラン"
)
_WHEN = _folded(
    r"\b(?:dates?|times?|timestamp|at|on|datum|zeitpunkt|am|fecha|data|heure|le|дата|время|"
    r"tarih\w*|ngay|tanggal|datetime|day)\b|일시|날짜|일자|시각|시간|日期|时间|時間|日時|日付|"
    r"(?:동의|수신|거부|구독|同意|登録)일|해지일"
)
_NOT = _folded(
    r"\b(?:not|no|never|non|without|nicht|kein\w*|ohne|pas|sans|sin|sem|nao|senza|geen|niet|"
    r"nie|brak|bez|не|нет|без|degil|yok|khong|tidak|tanpa|inte|ikke|ei|isn't|hasn't)\b|"
    r"[미비불](?=수신|동의|구독)|안함|않|없|未|不|非|しない|なし|無"
)
_YES_OR_NO = _folded(
    r"\b(?:y|yes|j|ja|o|oui|s|si|sim|tak|t|да|evet|예|네|はい|是)(?: or| oder| ou| o)? (?:n|"
    r"no|nein|non|nee|nao|nie|нет|hayir|아니오|아니요|いいえ|否)\b|\btrue false\b|\b1 0\b|"
    r"\b0 1\b"
)
_ON_PAPER = _folded(r"\b(?:postal|direct|snail|paper) mails?\b")
_STATUS = _folded(
    r"\b(?:status|state|estado|statut|stato|statu|durum\w*|статус|stan|trang thai|tila|"
    r"stav)\b|상태|状态|狀態|状況|ステータス|状態"
)

# What somebody opted out of.
_SUBJECT = _folded(
    r"\b(?:newsletters?|mailing ?lists?|subscriptions?|рассылк\w*|infolettre|nieuwsbrief|boletin|"
    r"bulten\w*)\b|电子报|電子報|メルマガ|뉴스레터"
)
# What names the subject, a newsletter or a law, and not what somebody said of it, is vague.
# Per list are HubSpot's columns, one for each kind of subscription, whatever that is called.
_PER_LIST = _folded(r"(?:hs |has |is )?(?:opted out|unsubscribed|optout) (?:of|from|all|email)\b")
_VAGUE = _folded(
    r"(?:contact |e ?mail )?(?:subscri(?:ber|ption|bers|ptions)|newsletters?|mailing ?list|"
    r"gdpr|rgpd|dsgvo|lgpd|kvkk|iys|rodo|avg|dnc|legal basis.*|lawful basis.*|"
    r"marketing contact status|рассылк\w*|rechtsgrundlage.*|ban tin|bulten\w*|boletin\w*|"
    r"infolettre|nieuwsbrief|abonn\w*|assinatura|(?:\w+ )?preferences?|수신|구독|뉴스레터|"
    r"소식지|メルマガ|ニュースレター|电子报|電子報|订阅|訂閱|購読|.*(?:preference|einstellung|"
    r"설정|受信設定).*)"
)


def _spaced(patterns: str) -> re.Pattern[str]:
    lines = re.sub(r"(?<! )\|\n\s*", "|", patterns)
    parts = lines.replace(" |\n", " | ").split(" | ")
    return re.compile(rf"\b(?:{'|'.join(fold(part.strip()) for part in parts)})(?!\w)")


def _glued(patterns: str) -> re.Pattern[str]:
    return re.compile(fold("".join(patterns.split())))


_OUT, _OUT_GLUED = _spaced(_OPT_OUT), _glued(_OPT_OUT_GLUED)
_IN, _IN_GLUED = _spaced(_CONSENT), _glued(_CONSENT_GLUED)
_SPACELESS = r"[\u0590-\u06ff\u0900-\u097f\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
_SPACE_WITHIN_SCRIPT = re.compile(rf"(?<={_SPACELESS}) (?={_SPACELESS})")


@functools.lru_cache(maxsize=8192)
def consent_sense(heading: str) -> Sense:
    """What a column, or a trait of this name, says of consent to mail.

    SMS, calls, fax and the like are other channels: ''.
    """
    if is_other_channel(heading):
        return ""
    spaced = _YES_OR_NO.sub("", _words(heading)).strip()
    glued = _SPACE_WITHIN_SCRIPT.sub("", spaced)
    rest, outs = _OUT.subn("", glued)
    rest, more = _OUT_GLUED.subn("", rest)
    if outs or more:
        rest = _SUBJECT.sub("", rest)
    agrees = _IN.search(rest) or _IN_GLUED.search(rest)
    if outs or more:
        if _PER_LIST.match(spaced):
            return "unsubscribed"
        if _DETAIL.search(glued) and not _WHEN.search(glued):
            return "detail"
        return "unclear" if agrees or _NOT.search(rest) else "unsubscribed"
    if agrees:
        if _VAGUE.fullmatch(glued):
            return "unclear"
        if _DETAIL.search(glued) or _WHEN.search(glued):
            return ""
        return "unclear" if _NOT.search(glued) else "consent"
    return "status" if _STATUS.search(glued) else ""


def is_other_channel(heading: str) -> bool:
    """Whether a heading speaks of calls, text messages, fax or the like, and of no mail."""
    spaced = _words(heading)
    return bool(
        _OTHER_CHANNEL.search(spaced) and not (_MAIL.search(spaced) or _ALL_CHANNELS.search(spaced))
    )


def _words(heading: str) -> str:
    return _ON_PAPER.sub("postal", words(heading))

"""Whoever asked for no mail gets none, in whatever language and sense a file or a trait says it."""

from __future__ import annotations

import pytest

from domain.contacts.consent_headings import Sense, consent_sense
from domain.contacts.consent_values import Sense as ValueSense
from domain.contacts.consent_values import says_opted_out, wants_no_mail

HEADINGS: dict[Sense, str] = {
    "unsubscribed": """
        Unsubscribed|Opted out|Opt-Out|Do not email|Email Opt Out|HasOptedOutOfEmail|emailoptout|
        Unsubscribed from all email|Opted out of email: Marketing Information|UNSUB_TIME|
        unsubscribed|Opted out of email: Newsletter|
        Opted out of email: Last minute product offers|isUnsubscribed|hs_email_optout|
        hs_email_optout_6871816|HS Email Optout|Email Opted Out|EmailOptOut|doNotEmail|
        Do not allow Bulk Emails|DoNotBulkEMail|Do Not Contact|Don't email|No marketing emails|
        Unsubscribed (Yes/No)|Black Listed|EMAIL_BLACKLISTED|Marketing Suspended|Suppressed|
        Consent withdrawn|Consent revoked|Blocklisted|Global unsubscribe|
        unsubscribed_from_emails|이메일 수신 거부|수신거부|광고 수신거부 여부|
        마케팅 정보 수신거부|구독 취소됨|모든 이메일 구독 취소됨|수신거부일|
        모든 이메일에서 구독 취소됨|이메일 옵트아웃|연락 금지|이메일 수신 차단|메일 수신 안함|
        마케팅 미동의|구독해지일자|已退订|退订|邮件退订|取消订阅|已取消订阅|拒收邮件|不接收邮件|
        请勿联系|勿发邮件|拒绝接收营销邮件|退訂|取消訂閱電子報|配信停止|メール配信停止|購読解除|
        受信拒否|メルマガ不要|オプトアウト|すべてのメールの配信停止|配信停止日|
        Von allen E-Mails abgemeldet|Newsletter abgemeldet|Abmeldung|Keine E-Mails|Werbesperre|
        Widerspruch|Nicht kontaktieren|Widerruf|Désabonné de tous les e-mails|Désinscrit|
        Désabonnement|Ne pas contacter|Date de désinscription|Opposition marketing|
        Refus newsletter|Dado de baja|Baja de correo|Cancelación de la suscripción|No contactar|
        No desea recibir correos|Se ha desuscrito|Descadastrado|Não deseja receber e-mails|
        Cancelou a inscrição|Não contatar|Disiscritto|Cancellato dalla newsletter|Non contattare|
        Disiscrizione|Afgemeld|Uitgeschreven voor alle e-mails|Geen mailings|Niet mailen|
        Wypisany|Wypisano ze wszystkich wiadomości|Rezygnacja z newslettera|
        Sprzeciw marketingowy|Отписан|Отписался от рассылки|Отказ от рассылки|Не беспокоить|
        Не писать|Отписка|Abonelikten çıktı|Abonelik iptali|İletişim reddi|
        E-posta almak istemiyor|Hủy đăng ký|Đã hủy đăng ký|Từ chối nhận email|Không nhận email|
        Berhenti berlangganan|Menolak email|Tidak ingin menerima email|Avregistrerad|Odhlášen|
        Leiratkozott|Dezabonat|DNE|Stop marketing|Werbewiderspruch|Robinsonliste|Lista Robinson|
        Refuse les emails|Rechaza publicidad|Bloqueado para email|Rezygnuje z mailingu|İzin iptali
    """,
    "consent": """
        Email Marketing Consent|Marketing opt-in|Opted in|Opt-in (Y/N)|Subscribed|
        subscribed_to_emails|Accepts Marketing|Accepts Email Marketing|Consent|GDPR consent|
        Receives newsletter|emailOptIn|Email permission|Subscription status|Email consent status|
        May email|OPT_IN|Double opt-in|Subscribed to newsletter|Newsletter subscribed|
        Wants marketing emails|email_subscribe|수신 동의|마케팅 수신 동의|이메일 수신 동의 여부|
        광고성 정보 수신동의|마케팅 활용 동의|뉴스레터 구독|이메일 수신|同意|同意接收邮件|
        是否同意接收营销邮件|订阅状态|是否订阅|同意する|メール配信希望|メール受信可否|購読状況|
        配信許可|Einwilligung|E-Mail Einwilligung|Newsletter angemeldet|Zustimmung Marketing|
        Newsletter abonniert|Consentement|Consentement e-mail|Abonné à la newsletter|
        Accepte de recevoir des e-mails|Inscrit à la newsletter|Consentimiento|Suscrito|
        Suscrito al boletín|Acepta recibir correos|Acepta comunicaciones comerciales|
        Consentimento de marketing|Inscrito na newsletter|Aceita receber e-mails|Consenso|
        Consenso marketing|Iscritto alla newsletter|Toestemming|Ingeschreven voor nieuwsbrief|
        Zgoda|Zgoda marketingowa|Zapisany do newslettera|Согласие|Согласие на рассылку|Подписан|
        Подписан на рассылку|Onay|E-posta izni|Ticari ileti onayı|Đồng ý nhận email|
        Đăng ký nhận tin|Setuju|Persetujuan email|Berlangganan|Samtykke|Samtycke|Souhlas|Súhlas|
        Suostumus|Hozzájárulás|Accord mailing|Autoriza envío|Permiso marketing
    """,
    "unclear": """
        DNC|Not unsubscribed|No opt-out|Not subscribed?|Subscription|Subscriber|Newsletter|GDPR|
        DSGVO|수신 동의/거부|수신|구독|이메일 수신 동의 거부|Mailing list|Email preferences|
        Legal basis|Legal basis for processing contact's data|Marketing contact status|
        Kein Consent|メルマガ|订阅|Рассылка|未同意|Opt-in / opt-out|Communication preferences|
        RODO|Без согласия
    """,
    "detail": """
        Unsubscribe reason|UNSUB_REASON|UNSUB_CAMPAIGN_TITLE|hs_email_optout_survey_reason|
        구독 취소 사유|退订原因|Motif de désabonnement|Opt-out source|Unsubscribed by
    """,
    "status": """
        Status|Email status|Member status|Lead Status|상태|状态|Statut|Estado|Stato|Статус|Durum
    """,
    "": """
        Email|Email Address|First Name|Company|Do Not Call|DoNotCall|SMS Opt-In|
        Accepts SMS Marketing|Fax Opt Out|HasOptedOutOfFax|문자 수신 동의|전화 수신 거부|
        WhatsApp consent|Phone opt-out|短信退订|Subscription plan|Subscription type|
        Subscription start date|Subscription ID|Became a Subscriber Date|Opt-in date|Opt-in IP|
        OPTIN_TIME|CONFIRM_TIME|Consent source|Consent date|Options|Adoption|Optimizely ID|
        Industry|업종|수신자|수신일|Postal opt-in|Last marketing email open date|
        Marketing emails opened|Emails delivered|Annual Revenue|Notes|Loss reason|Причина отказа|
        거절 사유|Description|Stop|Number of Employees|Website|주소|Ad|Ort|Sales stage|
        Permission set|Agreement|Accepted date|Allowance|Position|Desktop|Newsletter opened
    """,
}


@pytest.mark.parametrize("sense", HEADINGS)
def test_a_heading_is_read_in_its_sense_or_not_at_all(sense: Sense) -> None:
    """An opt-out read as something else is mail to somebody who asked for none; an ordinary column
    read as one would stop everybody's."""
    names = [one.strip() for one in HEADINGS[sense].replace("\n", "|").split("|") if one.strip()]
    assert {one: found for one in names if (found := consent_sense(one)) != sense} == {}


YES = """
    Yes|TRUE|1|1.0|x|X|✓|✔|☑|Ja|Sí|Sim|Oui|はい|是|예|네|Tak|Да|Evet|Có|Ya|true|"1"|=TRUE()|'Yes|
    YES!|May 1, 2024|2024-05-01 09:30:00|5/1/24|1.5.2024|2024년 5월 1일|2024/05/01|1714521600000|
    01-May-2024|Yes, all|1 mai 2024|2024-05-01T09:30:00Z|30/04/2024 14:05
"""
NO = """
    No|FALSE|0|0.0|false|Nein|Non|いいえ|否|아니오|아니요|Nie|Нет|Hayır|Không|Tidak|×|☐|No, thanks|n
"""
OUT = """
    unsubscribed|Unsubscribed|UNSUBSCRIBED|Opted out|opted_out|OPT-OUT|Do not email|수신거부|
    수신 거부|已退订|退订|配信停止|abgemeldet|Désabonné|désabonnée|Dado de baja|Descadastrado|
    Disiscritto|Uitgeschreven|Wypisany|Отписан|Hủy đăng ký|Berhenti berlangganan|
    Abonelikten çıktı|Unsubscribe
"""
NO_CONSENT = """
    cleaned|never subscribed|NEVER_SUBSCRIBED|non-subscribed|No (unsubscribed)|No consent|
    Suppressed|withdrawn|미동의|동의 안함|거부|不同意|同意しない|Widerrufen|brak zgody|
    không đồng ý|tidak setuju|Do Not Allow|denied
"""
GIVEN = """
    subscribed|SUBSCRIBED|Opted in|opt-in|granted|동의|수신 동의|同意|已订阅|同意する|購読中|
    Eingewilligt|accepté|Согласен|Yes (double opt-in)|confirmed|Angemeldet
"""


def values(text: str) -> list[str]:
    return [one.strip() for one in text.replace("\n", "|").split("|") if one.strip()]


@pytest.mark.parametrize(
    ("text", "sense", "no_mail"),
    [
        (YES, "unsubscribed", True),
        (YES, "consent", False),
        (NO, "unsubscribed", False),
        (NO, "consent", True),
        (OUT, "unsubscribed", True),
        (OUT, "consent", True),
        (OUT, "status", True),
        (NO_CONSENT, "consent", True),
        (GIVEN, "consent", False),
        ("Customer|New|active|pending|Yes|No|1", "status", None),
        ("maybe|?|2|subscribed (no)|pending|yes/no|hello", "consent", None),
        ("maybe|2|pending|confirmed|active|Yes (resubscribed)", "unsubscribed", None),
        ("cleaned|Unsubscribed|non-subscribed|spam complaint|blocklisted", "status", True),
    ],
)
def test_a_value_is_read_by_its_heading_unless_it_says_it_by_itself(
    text: str, sense: ValueSense, no_mail: bool | None
) -> None:
    """The same yes means mail under one heading and none under the other."""
    found = {one: wants_no_mail(one, sense, "Heading") for one in values(text)}
    assert {one: said for one, said in found.items() if said is not no_mail} == {}


@pytest.mark.parametrize(
    ("value", "heading", "no_mail"),
    [
        ("X", "수신 동의", True),
        ("O", "수신 동의", False),
        ("○", "配信希望", False),
        ("×", "配信希望", True),
        ("x", "Newsletter opt-in", False),
        ("X", "수신 거부", None),
        ("X", "Unsubscribed", True),
    ],
)
def test_a_cross_is_a_tick_in_the_west_and_a_no_in_the_east(
    value: str, heading: str, no_mail: bool | None
) -> None:
    """In Korea a mail to 수신 동의 = X is unlawful; a cross that may be either is asked."""
    sense: ValueSense = "unsubscribed" if consent_sense(heading) == "unsubscribed" else "consent"
    assert wants_no_mail(value, sense, heading) is no_mail


def test_only_words_that_mean_nothing_else_speak_without_a_heading() -> None:
    """A lead that a rep has refused, or a machine that was cleaned, is no opt-out."""
    assert all(map(says_opted_out, ("Unsubscribed", "opted-out", "수신거부", "退订", "Abgemeldet")))
    assert not any(map(says_opted_out, ("cleaned", "Refused", "거절", "No", "X", "cancelled", "")))

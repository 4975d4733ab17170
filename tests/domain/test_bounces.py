"""What refusals mean, in the words of many mail systems."""

from __future__ import annotations

import itertools
import time

import pytest

from domain.engagement.bounces import BounceMeaning, bounce_meaning

DEAD, FULL, CONTENT, OURS, ROUTING, UNKNOWN = (
    BounceMeaning.ADDRESS_DEAD,
    BounceMeaning.MAILBOX_FULL,
    BounceMeaning.CONTENT,
    BounceMeaning.REPUTATION,
    BounceMeaning.ROUTING,
    BounceMeaning.UNKNOWN,
)

SAID = {
    DEAD: [
        ("5.1.1", "smtp; 550-5.1.1 The email account that you tried to reach does not exist.\n"
         "550-5.1.1 Please try double-checking the recipient's address for typos. NoSuchUser"),
        ("5.2.1", "550 5.2.1 The email account that you tried to reach is disabled."),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied. [AMS0.eur.prod.example]"),
        ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP lookup"),
        ("5.7.1", "550 5.7.1 <vic@lead.example>: Recipient address rejected: User unknown"),
        ("5.7.1", "550 5.7.1 No such user here"),
        ("5.0.0", "554 delivery error: dd This user doesn't have a lead.example account (vic@)"),
        ("", "550 5.1.1 <vic@lead.example>: Recipient address rejected: User unknown in virtual "
         "mailbox table"),
        ("550", "550 Unrouteable address"),
        ("", "Remote host said: 550 sorry, no mailbox here by that name. (#5.1.1)"),
        ("550", "Sorry, no mailbox here by that name (vpopmail)."),
        ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable (S2017062302)."),
        ("550", "Requested action not taken: mailbox unavailable. For explanation visit "
         "https://postmaster.mails.example/error"),
        ("550", "5.5.0 Requested actions not taken as the mailbox is unavailable"),
        ("550", "Invalid Recipient - https://community.mimecast.example/docs/DOC-1369#550"),
        ("550", "550 5.1.1 User Unknown"),
        ("550", "Mailbox not found. http://service.mail.example/cgi-bin/help?id=20022"),
        ("550", "The recipient may contain a non-existent account, please check the recipient "
         "address."),
        ("550", "User not found: vic@lead.example"),
        ("550", "5.1.1 No such user - nsmtp"),
        ("550", "Unknown user vic@phone.example"),
        ("550", "Invalid recipient: <vic@phone.example>"),
        ("5.1.2", "5.1.2 (bad destination system: no such domain)"),
        ("5.4.310", "DNS domain lead.example does not exist [Message=InfoDomainNonexistent]"),
        ("556", "556 5.1.10 The recipient's domain does not accept mail (null MX)"),
        ("5.1.6", ""),
        ("5.1.1", ""),
        ("550", "Empfänger unbekannt"),
        ("", "550 Das Postfach existiert nicht"),
        ("5.0.0", "Der Benutzer vic ist unbekannt"),
        ("", "您的邮件被退回,550 收件人不存在"),
        ("550", "用户不存在"),
        ("5.0.0", "该邮箱已停用"),
        ("5.0.0", "宛先のメールアドレスが見つかりませんでした。"),
        ("550", "該当するユーザーは存在しません"),
        ("5.0.0", "존재하지 않는 사용자입니다."),
        ("550", "수신자의 메일 주소를 찾을 수 없습니다"),
        ("550", "このメールアドレスは現在使われておりません"),
        ("550", "utilisateur inconnu"),
        ("550", "El usuario no existe"),
        ("550", "Usuário desconhecido"),
        ("550", "Utente sconosciuto"),
        ("550", "Пользователь не найден"),
        ("5.7.17", "Mailbox owner has changed"),
        ("550", "550 #5.1.0 Address rejected."),
        ("550", "5.1.1 <vic@lead.example> is not a valid mailbox"),
        ("550", "mailbox for vic@lead.example does not exist"),
        ("550", "This account has been deactivated"),
        ("550", "The person at this address no longer works here"),
    ],
    FULL: [
        ("550", "Mailbox has exceeded the limit"),
        ("5.2.2", ""),
        ("5.7.1", "552 Mailbox is full"),
        ("5.1.1", "550 5.1.1 mailbox full"),
        ("4.2.2", "452-4.2.2 The recipient's inbox is out of storage space."),
        ("5.2.2", "552-5.2.2 The email account that you tried to reach is over quota and inactive"),
        ("5.2.1", "550-5.2.1 The user you are trying to contact is receiving mail at a rate that "
         "prevents additional messages from being delivered."),
        ("550", "user vic@lead.example exceeded the mail quota, quota exceeded"),
        ("552", "Requested mail action aborted: exceeded storage allocation"),
        ("554", "5.2.2 STOREDRV.Deliver; mailbox full"),
        ("550", "Das Postfach ist voll"),
        ("550", "收件人邮箱已满"),
        ("5.0.0", "宛先のメールボックスの容量がいっぱいです"),
        ("5.0.0", "수신자의 메일함이 가득 찼습니다."),
        ("", "Boîte du destinataire pleine"),
    ],
    CONTENT: [
        ("5.2.3", ""),
        ("5.3.4", "552 5.3.4 Message size exceeds fixed limit"),
        ("552", "552 message size exceeds maximum permitted"),
        ("5.7.0", "552-5.7.0 This message was blocked because its content presents a potential "
         "security issue."),
        ("5.7.1", "554 5.7.1 Message rejected as spam by content filtering"),
        ("5.7.1", ""),
        ("5.6.1", ""),
        ("5.7.9", "554 5.7.9 Message not accepted for policy reasons."),
        ("5.7.133", "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup; authentication "
         "required; Delivery restriction check failed because the sender was not authenticated"),
        ("550", "Mail content denied. http://service.mail.example/cgi-bin/help?id=20022"),
        ("554", "DT:SPM 163 smtp10"),
        ("550", "Administrative prohibition"),
        ("550", "Nachricht zu groß"),
        ("550", "被识别为垃圾邮件"),
        ("554", "5.7.1 virus found in message"),
        ("5.7.1", "Mailbox unavailable"),
    ],
    OURS: [
        ("550", "RP-001 Unfortunately, some messages from your IP weren't sent."),
        ("5.7.26", "550-5.7.26 This mail has been blocked because the sender is unauthenticated."),
        ("5.7.26", ""),
        ("5.7.1", "550 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using Spamhaus"),
        ("5.7.1", "550 5.7.1 Relaying denied"),
        ("554", "554 5.7.1 <vic@lead.example>: Relay access denied"),
        ("550", "550 5.7.1 Unable to relay for vic@lead.example"),
        ("553", "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"),
        ("530", ""),
        ("530", "530 5.7.0 Authentication required"),
        ("535", "535 5.7.8 Username and Password not accepted"),
        ("550", "550 relay not permitted"),
        ("5.7.606", "550 5.7.606 Access denied, banned sending IP [192.0.2.1]"),
        ("550", "550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact "
         "your Internet service provider since part of their network is on our block list (S3150)"),
        ("5.7.1", "550-5.7.1 very low reputation of the sending domain"),
        ("5.7.25", "550-5.7.25 The IP address sending this message does not have a PTR record"),
        ("5.1.1", "550 5.1.1 rejected: 192.0.2.1 is listed at bl.spamcop.net"),
        ("5.1.8", "550 5.1.8 Sender address rejected: Domain not found"),
        ("553", "5.7.1 [BL21] Connections will not be accepted from 192.0.2.1"),
        ("4.7.0", "421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to user "
         "complaints"),
        ("554", "554 Blocked - see https://ipcheck.proofpoint.com/?ip=192.0.2.1"),
        ("554", "Your access to this mail system has been rejected due to the sending MTA's poor "
         "reputation."),
        ("550", "Rejected by header based Anti-Spoofing policy"),
        ("550", "SPF check failed"),
        ("554", "IP in blacklist"),
        ("550", "MI:IPB 163 mx10"),
        ("550", "Ip frequency limited"),
        ("554", "IP被列入黑名单"),
        ("554", "IP=192.0.2.1 - A problem occurred. (Ask your postmaster for help)"),
        ("554", "Email address is not verified. The following identities failed the check"),
        ("451", "Authentication failed: Maximum credits exceeded"),
        ("550", "5.4.5 Daily user sending limit exceeded."),
        ("5.7.1", "Unauthenticated email from us.example is not accepted due to domain's DMARC "
         "policy."),
        ("5.7.1", "Client does not have permissions to send as this sender"),
        ("550", "Domain of sender address does not exist"),
        ("554", "5.7.1 You are not allowed to connect"),
        ("5.7.1", "Rejected because of your domain's reputation"),
        ("550", "Sender is on the deny list"),
        ("5.0.0", "Ihre IP-Adresse steht auf einer Sperrliste"),
        ("550", "Relay verweigert"),
        ("530", "認証が必要です"),
        ("550", "5.7.64 TenantAttribution; Relay Access Denied"),
    ],
    ROUTING: [
        ("5.4.6", "routing loop detected"),
        ("5.4.4", "Host or domain name not found. Name service error for name=lead.example"),
        ("4.4.7", "Message expired"),
        ("5.4.1", "no answer from host"),
        ("", "connect to mx.lead.example: Connection timed out"),
        ("5.0.0", "retry timeout exceeded"),
        ("5.3.2", ""),
        ("421", ""),
    ],
    UNKNOWN: [
        ("", ""),
        ("5.0.0", ""),
        ("550", ""),
        ("554", "Transaction failed"),
        ("4.1.1", "450 4.1.1 User unknown in local recipient table"),
        ("450", "450 4.2.0 Greylisted, please come back in 5 minutes"),
        ("5.1.4", "ambiguous"),
        ("250", "OK"),
    ],
}  # fmt: skip
CASES = [(status, text, meaning) for meaning, said in SAID.items() for status, text in said]


@pytest.mark.parametrize(("status", "text", "meaning"), CASES)
def test_a_refusal_means_what_the_server_meant(
    status: str, text: str, meaning: BounceMeaning
) -> None:
    """If this failed, leads whose mailbox is fine would never get mail again, or mail would go on
    to those that are dead, or our own trouble would be taken for theirs."""
    assert bounce_meaning(status, text) == meaning


@pytest.mark.parametrize("meaning", list(BounceMeaning))
def test_an_address_in_the_text_says_nothing(meaning: BounceMeaning) -> None:
    """If this failed, a lead called ``user-unknown@…`` would be dead as soon as its server said
    anything at all."""
    names = ("user.unknown", "mailbox-full", "spam", "spamhaus.blocked", "relaying-denied", "dkim")
    texts = [text for status, text, found in CASES if found == meaning]
    statuses = [status for status, text, found in CASES if found == meaning]
    for name, (status, text) in itertools.product(names, zip(statuses, texts, strict=True)):
        quoted = f"<{name}@{name}.example>: {text}"
        assert bounce_meaning(status, quoted) == meaning, quoted


def test_case_line_breaks_and_codes_within_change_nothing() -> None:
    """If this failed, the same answer over several lines, as long ones are (RFC 5321 4.2.1), would
    mean something else."""
    for status, text, meaning in CASES:
        assert bounce_meaning(status, text.upper()) == meaning, text
        folded = text.replace(" is ", "\n550-5.9.9 is ").replace(" does ", "\r\n550 does ")
        if status:
            assert bounce_meaning(status, folded) == meaning, folded


def test_nothing_that_is_temporary_ends_an_address() -> None:
    """If this failed, a server that could not look its users up for an hour would cost us every
    lead there."""
    for subject, detail in itertools.product(range(8), range(40)):
        code = f"4.{subject}.{detail}"
        assert bounce_meaning(code, "User unknown") != DEAD
        assert bounce_meaning(code, "") != DEAD


def test_long_explanations_are_read_quickly_and_to_their_limit() -> None:
    """If this failed, somebody's crafted report would stop the web app, or the text of our own
    mail below a report would decide."""
    hostile = "mailbox " * 200 + "user " * 200 + "your ip " * 100 + "a" * 2000
    began = time.process_time()
    assert bounce_meaning("5.0.0", hostile) == UNKNOWN
    assert time.process_time() - began < 5
    assert bounce_meaning("5.1.1", " " + "x" * 5000 + " listed at spamhaus.org/query") == DEAD

"""What the DNS says of our domains, asked of a real server, and what is made of it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from domain.sending import authentication
from domain.sending.authentication import Level, Topic
from health.checks import State
from health.sender_domains import SenderDomains, check
from settings import Settings

DOMAIN = "lindenmoor.example"


@dataclass
class DnsServer:
    """A name server on this machine: what it has, and whether it answers."""

    records: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    fails: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                data, peer = self._socket.recvfrom(4096)
            except OSError:
                return
            if not data:
                return
            query = dns.message.from_wire(data)
            (question,) = query.question
            name = question.name.to_text().rstrip(".")
            kind = dns.rdatatype.to_text(question.rdtype)
            self.asked.append(name)
            answer = dns.message.make_response(query)
            answer.flags |= dns.flags.RA
            if name in self.fails:
                answer.set_rcode(dns.rcode.SERVFAIL)
            elif found := self.records.get((name, kind)):
                answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *found))
            elif not any(known == name for known, _ in self.records):
                answer.set_rcode(dns.rcode.NXDOMAIN)
            self._socket.sendto(answer.to_wire(), peer)

    def stop(self) -> None:
        """Answer no more."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join(5)
        self._socket.close()


@pytest.fixture
def server() -> Iterator[DnsServer]:
    """A name server that knows of a domain that is set up well."""
    made = DnsServer(
        {
            (DOMAIN, "TXT"): ['"v=spf1 include:_spf.mailer.example -all"', '"other=1"'],
            ("_spf.mailer.example", "TXT"): ['"v=spf1 ip4:192.0.2.0/24 -all"'],
            ("news._domainkey." + DOMAIN, "TXT"): ['"v=DKIM1; k=rsa; " "p=MIGfMA0"'],
            ("_dmarc." + DOMAIN, "TXT"): ['"v=DMARC1; p=quarantine"'],
            (DOMAIN, "MX"): [f"10 mx.{DOMAIN}."],
        }
    )
    yield made
    made.stop()


def domains(server: DnsServer, **said: object) -> SenderDomains:
    """What is found with this server by a deployment that sends mail."""
    settings = Settings.model_validate(
        {
            "email_channel": "smtp",
            "email_from": f"clara@{DOMAIN}",
            "dkim_selectors": "news",
            "dns_servers": server.address,
            "public_url": f"https://mail.{DOMAIN}",
            **said,
        }
    )
    return SenderDomains(settings)


def levels(found: SenderDomains, domain: str = DOMAIN) -> dict[Topic, Level]:
    """What is thought of each thing of a domain."""
    (one,) = (one for one in found.found(again=True) if one.domain == domain)
    return {each.topic: each.level for each in one.findings}


def test_a_domain_that_is_set_up_well_is_good(server: DnsServer) -> None:
    """Ops would look for a fault that is none. What is known is not asked again."""
    found = domains(server)
    assert set(levels(found).values()) == {Level.GOOD}
    assert check(found).state is State.OK
    number = len(server.asked)
    check(found)
    assert len(server.asked) == number


@pytest.mark.parametrize(
    ("at", "records", "topic", "level", "record"),
    [
        (f"{DOMAIN} TXT", [], "spf", Level.BAD, f"{DOMAIN} TXT v=spf1 mx ~all"),
        (f"{DOMAIN} TXT", ['"v=spf1 +all"'], "spf", Level.BAD, ""),
        (f"{DOMAIN} TXT", ['"v=spf1 mx -all"', '"v=spf1 a -all"'], "spf", Level.BAD, ""),
        (
            *(f"{DOMAIN} TXT", ['"v=spf1 mx a ptr a:a mx:b exists:c a:d a:e a:f a:g a:h -all"']),
            *("spf", Level.BAD, ""),
        ),
        (
            *(f"news._domainkey.{DOMAIN} TXT", [], "dkim", Level.BAD),
            f"news._domainkey.{DOMAIN} CNAME/TXT …",
        ),
        (f"news._domainkey.{DOMAIN} TXT", ['"v=DKIM1; p="'], "dkim", Level.BAD, ""),
        (
            *(f"_dmarc.{DOMAIN} TXT", [], "dmarc", Level.BAD),
            f"_dmarc.{DOMAIN} TXT v=DMARC1; p=none; rua=mailto:dmarc@{DOMAIN}",
        ),
        (f"_dmarc.{DOMAIN} TXT", ['"v=DMARC1; p=none"'], "dmarc", Level.GOOD, ""),
        (
            f"_dmarc.{DOMAIN} TXT",
            ['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"'],
            "dmarc",
            Level.BAD,
            "",
        ),
        (f"{DOMAIN} MX", [], "mx", Level.BAD, f"{DOMAIN} MX 10 mail.{DOMAIN}."),
        (f"{DOMAIN} MX", ["0 ."], "mx", Level.BAD, ""),
    ],
)
def test_what_is_wrong_is_told_with_the_record_to_add(
    server: DnsServer, at: str, records: list[str], *, topic: str, level: Level, record: str
) -> None:
    """Mail would be filed as spam, and nobody knew what to write where."""
    name, kind = at.split(" ")
    server.records[name, kind] = records
    (one,) = domains(server).found()
    (each,) = (each for each in one.findings if each.topic == topic)
    assert each.level is level
    wanted = each.record
    assert (f"{wanted.name} {wanted.type} {wanted.value}" if wanted else "") == record
    assert {each.level for each in one.findings if each.topic != topic} == {Level.GOOD}
    assert check(domains(server)).state is (State.OK if level is Level.GOOD else State.WARN)


def test_what_nobody_answers_is_not_known_and_never_bad(server: DnsServer) -> None:
    """A name server that is away for a minute would have ops change records that are right."""
    server.fails |= {DOMAIN, f"_dmarc.{DOMAIN}", f"news._domainkey.{DOMAIN}"}
    found = levels(domains(server))
    assert found == dict.fromkeys(found, Level.UNKNOWN) | {Topic.ONE_CLICK: Level.GOOD}
    assert check(domains(server)).state is State.UNKNOWN
    assert levels(domains(server, dns_servers="127.0.0.1:9"))[Topic.MX] is Level.UNKNOWN


def test_a_key_whose_name_nobody_knows_is_not_missing(server: DnsServer) -> None:
    """Each provider names its keys as it likes."""
    assert levels(domains(server, dkim_selectors=""))[Topic.DKIM] is Level.UNKNOWN


def test_a_domain_of_reps_needs_a_key_of_its_own(server: DnsServer) -> None:
    """Mail comes back to the company's domain, so SPF aligns nothing there, and DMARC fails."""
    found = levels(domains(server, email_domains="reps.example"), "reps.example")
    assert found[Topic.SPF] is Level.GOOD
    assert found[Topic.DKIM] is Level.BAD
    assert Topic.ONE_CLICK not in found


@pytest.mark.parametrize(
    "address", ["http://mail.lindenmoor.example", "https://localhost:8080", "https://10.0.0.7"]
)
def test_links_that_no_mail_program_can_post_to_are_found(address: str) -> None:
    """One click would unsubscribe nobody, and receivers count that as spam."""
    assert authentication.one_click(address).level is Level.BAD


def test_mail_that_stays_here_is_not_looked_at(server: DnsServer) -> None:
    """The demo would ask the DNS for domains that nobody has."""
    assert domains(server, email_channel="outbox").found() == ()
    assert server.asked == []


def test_sendgrid_must_be_named(server: DnsServer) -> None:
    """Its servers would fail SPF."""
    (one,) = domains(server, email_channel="sendgrid", dkim_selectors="news").found()
    (each,) = (each for each in one.findings if each.topic is Topic.SPF)
    assert each.level is Level.WARN
    assert each.record is not None
    value = "v=spf1 include:_spf.mailer.example include:sendgrid.net -all"
    assert each.record.value == value

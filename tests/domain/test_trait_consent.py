"""Traits and events that refuse mail, and those that only look so."""

from __future__ import annotations

from typing import Any

import pytest

from domain.consent.trait_consent import answers_in, event_refuses

REFUSALS: list[dict[str, Any]] = [
    # As HubSpot, Salesforce, Customer.io, Intercom, Klaviyo, Shopify, Brevo, Braze and people
    # write it.
    {"unsubscribed": True}, {"unsubscribed": "true"}, {"unsubscribed": 1}, {"Unsubscribed": "Yes "},
    {"UNSUBSCRIBED": "x"}, {"$unsubscribed": True}, {"unsubscribed": "everything"},
    {"unsubscribed": ["news"]}, {"unsubscribed_from_emails": True}, {"isUnsubscribed": "1"},
    {"optedOut": True}, {"email_opt_out": "1"}, {"HasOptedOutOfEmail": True}, {"opt-out": "y"},
    {"hasoptedoutofemail": "true"}, {"hs_email_optout": "true"}, {"hs_email_optout_123": True},
    {"doNotContact": True}, {"do_not_email": "y"}, {"dont_email": 1}, {"noEmail": True},
    {"no_more_emails": "yes"}, {"stopEmails": True}, {"removeFromList": True},
    {"emailBlacklisted": True}, {"email_suppressed": True}, {"notSubscribed": True},
    {"unsubscribed_at": "2024-05-01"}, {"unsubscribedAt": 1714521600},
    {"unsubscribe_reason": "too many"}, {"consent_withdrawn": True},
    {"consentRevokedAt": "2025-01-01"}, {"marketing_refused": True}, {"refusesMarketing": 1},
    {"marketingConsent": False}, {"subscribed": False}, {"subscribed": "false"},
    {"subscribed": "nein"}, {"isSubscribed": 0}, {"accepts_marketing": False},
    {"acceptsMarketing": "no"}, {"agreedToMarketing": "아니오"}, {"receive_emails": False},
    {"wantsNewsletter": False}, {"can_email": False}, {"canBeContacted": False},
    {"contactPermission": "off"}, {"emailable": False}, {"emailOptIn": False}, {"opt_in": "N"},
    {"optin": 0.0}, {"consent": "denied"}, {"consent": "×"}, {"gdprConsent": "FALSE"},
    {"email_permission": "withdrawn"}, {"double_opt_in": "pending"}, {"einwilligung": "nein"},
    {"수신거부": "예"}, {"수신 거부": True}, {"마케팅 수신 동의": "N"}, {"配信停止": "はい"},
    {"newsletter": False}, {"newsletter": "nein"}, {"newsletter": "Nein, danke"},
    {"Werbewiderspruch": True}, {"Lista Robinson": "sí"}, {"подписанНаРассылку": "нет"},
    {"email_marketing": False},
    {"marketing_emails": "off"}, {"emailFrequency": "never"}, {"email_notifications": False},
    {"email_marketing_consent": {"state": "unsubscribed", "opt_in_level": "single_opt_in"}},
    {"email_marketing_consent": {"state": "not_subscribed"}},
    {"preferences": {"email": {"subscribed": False}}}, {"preferences": {"email": False}},
    {"preferences": {"marketing": "no"}}, {"consent": {"marketing": False, "sms": True}},
    {"optOut": {"email": True, "sms": False}}, {"optOut": {"marketing": True}},
    {"cio_subscription_preferences": {"topics": {"topic_1": False}}},
    {"subscriptions": [{"name": "news", "status": "unsubscribed"}]},
    {"subscriptions": {"email": {"marketing": {"consent": "UNSUBSCRIBED"}}}},
    {"subscriptions": {"news": False, "offers": False}},
    {"lists": {"newsletter": {"subscribed": "no"}}}, {"crm": {"deep": {"unsubscribed": True}}},
    {"email_subscribe": "opted_out"}, {"email_status": "opted-out"}, {"status": "Unsubscribed"},
    {"tags": ["vip", "unsubscribed"]}, {"state": "수신 거부"}, {"status": "已退订"},
]  # fmt: skip
OTHERS: list[dict[str, Any]] = [
    {"unsubscribed": False}, {"unsubscribed": "false"}, {"unsubscribed": "no"},
    {"unsubscribed": None}, {"unsubscribed": ""}, {"unsubscribed": "n/a"}, {"unsubscribed": []},
    {"unsubscribed": "subscribed"}, {"unsubscribed": {"value": False, "updated_at": "2024"}},
    {"subscribed": True}, {"subscribed": "2024-05-01"}, {"subscribed_at": "2024"},
    {"marketingConsent": True}, {"marketingConsent": "yes"}, {"consent": "granted"},
    {"consent": ["email"]}, {"consent_source": "form"}, {"opt_in_ip": "192.0.2.1"},
    {"unsubscribe_url": "https://x.example/u"}, {"unsubscribeToken": "abc"},
    {"sms_opt_out": True}, {"do_not_call": True}, {"push_opt_in": False},
    {"whatsapp": {"subscribed": False}}, {"optOut": {"sms": True}},
    {"subscriptions": [{"channel": "sms", "opted_in": False}]}, {"cookie_consent": False},
    {"consent": {"analytics": False}}, {"do_not_track": True},
    {"subscription": {"plan": "pro", "active": False}}, {"subscription_status": "canceled"},
    {"subscription": "pro"}, {"subscriptions": {"news": True, "offers": False}},
    {"newsletter": "Product News"}, {"marketing": 0}, {"email_verified": False}, {"mail": True},
    {"email": "anna@acme.example"}, {"preferences": {"dark_mode": False}},
    {"settings": {"notifications": True}}, {"option": False}, {"optional": 0},
    {"unsubmitted_forms": 3}, {"priority": "baja"}, {"state": "no"}, {"country": "NO"},
    {"tags": ["no", "new"]}, {"casinoEmail": True}, {"contact": True}, {"mobile": True},
    {"isActive": False}, {"blocked": True}, {"no_of_employees": 5}, {"suppressed_by": None},
]  # fmt: skip


@pytest.mark.parametrize("said", REFUSALS, ids=str)
def test_a_no_is_found_however_it_is_told(said: dict[str, Any]) -> None:
    """Else the person gets mail after having told the site that they want none."""
    assert answers_in(said).refusal


@pytest.mark.parametrize("said", OTHERS, ids=str)
def test_what_refuses_no_mail_stops_none(said: dict[str, Any]) -> None:
    """Else a site that reports consents, other channels or bills as such loses all its leads."""
    assert not answers_in(said).refusal


def test_an_answer_that_is_neither_is_named() -> None:
    """Nobody would know that a site's consent is not understood."""
    told = {"marketingConsent": "vielleicht", "subscriptions": {"news": True, "offers": False}}
    assert answers_in(told).unclear == ("marketingConsent", "subscriptions.offers")


def test_the_evidence_says_where_it_stands() -> None:
    """Whoever is asked years later why somebody gets no mail must find it."""
    assert answers_in({"crm": {"optOut": "Ja"}}).refusal == 'crm.optOut: "Ja"'


def test_events_that_refuse_mail() -> None:
    """Segment's own e-mail events say it by their names."""
    refusing = (
        "Unsubscribed|Email Unsubscribed|Newsletter Unsubscribed|unsubscribed_from_all_emails|"
        "Unsubscribe Clicked|Email Marked as Spam|Opted Out|opt_out|수신거부|"
        "User Unsubscribed From Newsletter|Newsletter Subscription Cancelled"
    )
    others = (
        "Subscription Cancelled|Unsubscribe Page Viewed|Complaint Filed|Signed Up|Subscribed|"
        "Email Opened|Option Out|Opted In"
    )
    assert [name for name in refusing.split("|") if not event_refuses(name)] == []
    assert [name for name in others.split("|") if event_refuses(name)] == []


@pytest.mark.parametrize("said", [True, "false", []])
def test_a_value_nested_beyond_all_reason_is_told_of(said: object) -> None:
    """A recursion without end would stop the whole batch, and each time it is sent again."""
    for name, refuses in {"unsubscribed": True, "preferences": False}.items():
        as_map = as_list = said
        for _ in range(600):
            as_map, as_list = {"more": as_map}, [as_list]
        assert bool(answers_in({name: as_map}).refusal) is refuses
        assert bool(answers_in({name: as_list}).refusal) is refuses

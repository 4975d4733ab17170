"""What stands under mails until a brand policy is published."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

COMPANY = "{company}"
"""Stands for the company's name in the words of footers."""

WORDS: Mapping[str, Mapping[str, Any]] = {
    "en": {
        "preferences": "Choose what you get",
        "between": "or",
        "unsubscribe": "unsubscribe",
        "footer": "You get this because you asked {company} for information, or met us at an "
        "event.",
        "footer_customer": "You get this because you work with {company}. It helps you to get "
        "started.",
        "footer_called": "You get this because we called you about work that companies like yours "
        "do.",
        "footer_meeting": "You get this because of your meeting with {company}. It is sent "
        "whatever you chose for other mails.",
    },
    "ko": {
        "company": "린든무어",
        "preferences": "수신 설정",
        "between": "·",
        "unsubscribe": "수신 거부 (Unsubscribe)",
        "signed": "드림",
        "contact": True,
        "footer": "{company}에 정보를 신청하셨거나 행사에서 저희를 만나신 분께 보내 드리는 "
        "메일입니다.",
        "footer_customer": "{company} 고객께 시작을 돕기 위해 보내 드리는 메일입니다.",
        "footer_called": "{company}에서 업무와 관련해 전화드린 분께 보내 드리는 메일입니다.",
        "footer_meeting": "{company} 미팅에 관한 안내 메일로, 다른 메일의 수신 설정과 관계없이 "
        "발송됩니다.",
    },
    "zh": {
        "preferences": "订阅设置",
        "between": "·",
        "unsubscribe": "退订",
        "contact": True,
        "footer": "您向 {company} 索取过信息，或在活动上见过我们，因此会收到这封邮件。",
        "footer_customer": "您正在使用 {company}，这封邮件是为了帮助您顺利开始。",
        "footer_called": "我们曾就贵公司这类企业的业务给您打过电话，因此您会收到这封邮件。",
        "footer_meeting": "这封邮件与您和 {company} 的会议有关，无论您对其他邮件如何选择都会发送。",
    },
}
"""Language → field of ``BrandWords`` → words. They name the company without a particle or an
article, which would have to agree with its name."""

"""The words in which mail servers refuse, by what they mean.

Each pattern is searched in a text that is case-folded (so "ß" is "ss"), in NFKC, in one line, and
without addresses. A pattern is here because it says one thing only, whichever server says it.
"""

from __future__ import annotations

import re


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns))


# Lists that tell which senders are bad, by the names under which answers cite them.
_LISTS = (
    r"(?:spamhaus|spamcop|barracuda|sorbs|uceprotect|mailspike|invaluement|spamrats|abusix|psbl"
    r"|nixspam|zen\.|sbl|xbl|pbl|css|cbl|dnsbl|rbl|dnsrbl|surriel|senderbase|talos"
    r"|trend ?micro|ers"
    r"|cloudmark|symantec|truncate|proofpoint|block ?-?list\w*|black ?-?list\w*|deny ?-?list"
    r"|sperrliste|schwarze liste|liste noire|lista negra|черн\w+ спис\w+|黑名单|ブラックリスト"
    r"|블랙리스트|차단 ?목록)"
)
# The sender's side, as answers call it.
_US = (
    r"(?:your (?:ip|server|host|domain|network|mail ?server|isp|e?-?mail (?:server|system))"
    r"|sending (?:ip|mta|host|server|domain)|client host|source ip|remote host|originating ip"
    r"|sender(?:'s)? (?:ip|domain|host)|the ip\b|ip address|this ip|ip:|ip=)"
)

NO_MEANING = _any(
    r"\bgr[ae]y-?list", r"postgrey", r"try again (?:in|after) \d+ ?(?:s|sec|min)",
    r"early talker",
)  # fmt: skip
"""Asked to come back, as everybody is the first time."""

RESTRICTED = _any(
    r"resolver\.rst\.", r"restricted ?to ?recipients", r"sender ?not ?authenticated ?for",
    r"(?:not|n't) (?:have|has) permission to (?:send|e-?mail)",
    r"only accepts (?:mail|messages?|e-?mails?) from", r"not (?:in|on) (?:the "
    r"|its )?allow(?:ed)?",
    r"recipient (?:has )?(?:blocked|does not (?:want|accept) (?:mail|messages?) from)",
    r"blocked by (?:the )?(?:recipient|user)\b", r"受信拒否", r"수신 ?거부",
)  # fmt: skip
"""The recipient takes mail from some people only."""

OURS = _any(
    # Lists and reputation.
    rf"(?:block|list|reject|refus|denied|bann|found|deni|appear|verwei|blockier|gelistet)\w*"
    rf"\b.{{0,90}}\b{_LISTS}",
    rf"{_LISTS}[^.]{{0,60}}\b(?:block|list|reject|refus|denied|bann)\w*",
    r"(?:被列入|列入|加入|in) ?(?:黑名单|blacklist)", r"ip.{0,10}黑名单", r"黑名单",
    r"블랙리스트",
    r"spamhaus\.org/", r"bl\.spamcop\.net", r"barracudacentral\.org", r"ipcheck\.proofpoint",
    r"csi\.cloudmark\.com", r"senderbase\.org", r"sender\.office\.com", r"postmaster\.live\.com",
    r"(?:poor|bad|low|schlechte\w*|mauvaise) (?:ip |domain |sender |sending )?reputation",
    r"reputation (?:of|score|is|too|des|policy|filter)", r"reputations?(?:problem|filter)",
    r"banned send(?:ing|er)", r"bad outbound sender", r"access denied, (?:traffic|spam|banned)",
    r"\[(?:tss|bl|ts|gl)\d\d\]", r"\bs(?:3140|3150|775|77\d|844)\b", r"\bmi:(?:ipb|frl|stc|sfb"
    r"|nbb)",
    r"\brp:(?:trc|cel)", r"\[csi\]", r"ip=[\d.a-f:]+ - a problem occurred", r"[?&;]c=(?:bip"
    r"|pdr)\b",
    rf"{_US}.{{0,60}}\b(?:blocked|banned|rejected|blacklisted|not (?:allowed|accepted|trusted)"
    r"|denied|refused|suspicious|dynamic|unsolicited|spam)",
    rf"(?:blocked|banned|rejected|refused|unsolicited mail originating) (?:from )?{_US}",
    r"connections? (?:will )?not (?:be )?accepted from", r"unfortunately, messages from",
    r"mail from .{0,60} (?:was |is |has been )?(?:blocked|banned)",
    rf"(?:is|steht|are|auf|sur|su|en|in) (?:on |auf )?(?:the |a |an |our |einer? |der "
    rf"|une? )?{_LISTS}",
    r"(?:your|sender'?s?|sending) .{0,30}reputation", r"not allowed to connect",
    # Who we say we are.
    r"\bspf\b", r"sender policy framework", r"\bdkim\b", r"\bdmarc\b", r"\barc (?:fail"
    r"|validation)",
    r"sender is unauthenticated", r"unauthenticated (?:e-?mail|mail|sender)", r"anti-?spoof",
    r"authentication checks?", r"not (?:properly )?authenticated", r"5\.7\.26\b",
    r"reverse[ -]?(?:dns|ip|lookup|name|hostname)", r"\bptr\b", r"\br?dns ptr\b",
    r"cannot find your (?:reverse )?host", r"(?:helo|ehlo).{0,40}(?:reject|invalid|fail|not)",
    r"client host rejected", r"from header.{0,30}(?:align|match)",
    # Whom we send for.
    r"(?:sender|from)(?: address| domain)? (?:domain )?(?:does not|doesn't) exist",
    r"to send as\b",
    r"sender (?:address )?(?:was |is |has been )?(?:rejected|denied|refused|blocked|unknown"
    r"|not allowed|verif\w+ failed|invalid|not verified)", r"sender verify failed",
    r"(?:bad|invalid|unverified|unknown) sender", r"sender id .{0,40}(?:fail|not)",
    r"(?:from|sender)(?: address| identity)? (?:does not match|is not) (?:a )?verified",
    r"(?:e-?mail address|identity|domain|sender identity) (?:is )?not verified",
    r"not (?:authori[sz]ed|allowed|permitted) to send (?:from|as|on behalf|mail|e-?mail|using)",
    r"send ?as ?denied", r"absender.{0,30}(?:abgelehnt|verweigert|unbekannt|ungultig|ungültig)",
    r"发件人.{0,12}(?:拒绝|不存在|无效|未验证)", r"差出人.{0,12}(?:拒否|無効)",
    # Relaying and logins.
    r"relay(?:ing)? (?:access )?(?:is )?(?:denied|not (?:allowed|permitted|authori[sz]ed)"
    r"|prohibited|forbidden|rejected)", r"(?:unable|not (?:permitted|allowed"
    r"|authori[sz]ed)) to relay",
    r"(?:do(?:es)? not|don't|won't|cannot|can't|no) relay", r"relay (?:verweigert|nicht erlaubt)",
    r"rcpthosts", r"relais? (?:refus|interdit)", r"禁止转发|不允许转发|中继",
    r"中継.{0,8}(?:拒否|許可)",
    r"auth\w* (?:is )?(?:required|failed|failure|needed)", r"requires auth", r"smtp auth",
    r"(?:must|please|need to|first) (?:authenticate|log ?in|issue a? ?starttls)",
    r"not logged in",
    r"tls (?:is )?required", r"(?:requires|must use) (?:tls|encryption)", r"bad credentials",
    r"username and password not accepted", r"authentifi(?:zierung|cation) (?:erforderlich"
    r"|requise)",
    r"需要(?:身份)?(?:验证|认证)", r"認証(?:が必要|に失敗)", r"인증(?:이)? ?(?:필요|실패)",
    # Limits and the account at the provider.
    r"(?:maximum|insufficient|no|out of|not enough) (?:send(?:ing)? )?credits?\b",
    r"(?:sending|daily|hourly|monthly|message|mail|e-?mail|outbound|recipient)"
    r" (?:user )?(?:sending |message |mail )?(?:quota|rate|limit)s? (?:has been |was |is )?"
    r"(?:exceed|reach)\w*",
    r"exceeded (?:your|the|its|his|their)? ?(?:maximum|daily|hourly|sending|message rate)"
    r"(?! allowed size| size)[^.]{0,30}(?:send|limit|quota|rate|messages)",
    r"sending (?:is |has been |was )?(?:paused|suspended|disabled)",
    r"your (?:account|subscription|plan) (?:is|has been|was) ",
    r"account (?:is )?(?:under review)",
    r"(?:ip|connection|domain|sender) ?(?:rate|frequency) ?limit", r"rate limited",
    r"too many (?:connections|messages|e-?mails|sessions|concurrent|requests|login)",
    r"unusual (?:rate|sending|traffic)",
    r"(?:messages|mail) from (?:your|this) (?:ip|server|domain|address)[^.]{0,20} (?:was|were)"
    r"(?:n't| not) (?:sent|accepted|delivered)",
    r"unexpected volume", r"user complaints", r"mail ?flood",
    r"频率(?:过高|限制|超)", r"发信(?:频率|超限)", r"送信(?:数|量|制限).{0,6}(?:超|制限)",
)  # fmt: skip
"""Trouble of the sender, whoever the recipient is."""

_USER = (
    r"(?:users?|recipients?|mailbox(?:es)?|mail ?box|account|e-?mail ?account|address(?:es)?"
    r"|e-?mail ?address|addressee|alias|inbox|local[- ]?part|destination|customer|login|member"
    r"|rcpt|person)"
)

DEAD = _any(
    # English: the words around which servers build their sentence.
    rf"(?:no such|unknown|invalid|non-?existent|nonexisting|not a (?:valid|known)|undeliverable"
    rf"|not an? (?:existing|active)) (?:local |virtual |e-?mail |mail |destination "
    rf"|final )*{_USER}",
    rf"{_USER}(?: name| id)?:? ?(?:is |was |for |does |has |have |may |that |you |tried |to "
    rf"|reach "
    rf"|entered |listed |above |here |seems |contain |be |an? |could |can |, |\(|\) )*"
    rf"(?:unknown|invalid|not (?:be )?(?:found|known|exist(?:ing)?|valid|listed|recogni[sz]ed"
    rf"|registered|active|a valid)|no longer|non-?existent|n't (?:be )?(?:exist|found)"
    rf"|doesn't exist"
    rf"|couldn't be found|does ?n[o']t exist|disabled|deactivated|closed|terminated|expired"
    rf"|suspended|cancell?ed|deleted|removed|inactive|discontinued|been (?:disabled|closed"
    rf"|deactivated|deleted|suspended|terminated|removed)|never (?:logged|existed))",
    rf"(?:there is|we have|have|has|found|is|sorry,?) no (?:{_USER}|one|mailbox|body) (?:here )?"
    rf"(?:by|with|of|under|called|named)",
    r"no mailbox (?:here )?by that name", r"(?:no|not) (?:one )?(?:by that name|such person)",
    r"nosuchuser", r"no such (?:user|name|address|mailbox|id|person|domain)",
    r"user doesn't have a",
    r"(?:this )?user (?:does not|doesn't) have (?:a|an) ", r"not our customer", r"\bunknown rcpt",
    r"does not (?:accept|receive) (?:any )?(?:mail|e-?mail)\b(?! from)", r"null ?mx", r"nullmx",
    r"unrouteable address", r"unroutable address", r"address (?:is )?unroute?able",
    r"addressee unknown", r"bad destination (?:mailbox|system|host)", r"no valid recipients?",
    r"recipientnotfound", r"recipient ?not ?found", r"resolver\.adr\.", r"user ?unknown",
    r"unknown ?user", r"no longer (?:on|with|works?|employed|valid|in use|available"
    r"|accept\w* mail)",
    r"(?:mailbox|account|recipient|user|address) (?:has )?(?:moved|left)",
    r"has left the company",
    r"domain (?:name )?(?:does not|doesn't) exist", r"(?:no such|unknown|nonexistent) domain",
    r"nxdomain", r"(?:recipient|destination).{0,20}domain not found",
    r"unknown (?:or )?(?:illegal|"
    r"invalid) alias", r"not a mailbox", r"(?:unknown|invalid) or (?:invalid|unknown) address",
    r"recipient (?:address )?(?:rejected: )?(?:unknown|invalid|user unknown|undeliverable)",
    r"bad address syntax", r"can't create user|no account by that name"
    r"|account.{0,20}not available",
    # German, Dutch, the north.
    r"(?:empf[aä]nger|benutzer|adressat|adresse|postfach|mailbox|konto|nutzer|teilnehmer)\w*"
    r"[^.]{0,40}(?:unbekannt|existiert nicht|nicht (?:gefunden|vorhanden|bekannt|existent|mehr"
    r"|g[uü]ltig)|ung[uü]ltig|gesperrt|geschlossen|deaktiviert|gel[oö]scht|inaktiv)",
    r"(?:unbekannte[rs]?|ung[uü]ltige[rs]?) (?:empf[aä]nger|benutzer|adress|postfach|nutzer"
    r"|konto)",
    r"kein(?:e|en)? (?:solche[rsn]? )?(?:postfach|benutzer|empf[aä]nger|adresse|konto)",
    r"onbekende? (?:gebruiker|geadresseerde|ontvanger)|(?:gebruiker|mailbox|adres) bestaat niet",
    r"ok[aä]nd (?:mottagare|anv[aä]ndare)|ukendt (?:bruger|modtager)|tuntematon vastaanottaja",
    # French, Spanish, Portuguese, Italian.
    r"(?:utilisateur|destinataire|adresse|compte|bo[iî]te)[^.]{0,30}(?:inconnue?"
    r"|n'existe (?:pas|plus)"
    r"|inexistante?|invalide|introuvable|d[eé]sactiv[eé]e?|ferm[eé]e?)",
    r"(?:usuario|destinatario|direcci[oó]n|cuenta|buz[oó]n)[^.]{0,30}(?:desconocid|no existe"
    r"|inexistente|no (?:se )?encontr|inv[aá]lid|no v[aá]lid|desactivad)",
    r"(?:usu[aá]rio|destinat[aá]rio|endere[cç]o|conta|caixa)[^.]{0,30}(?:desconhecid"
    r"|n[aã]o existe"
    r"|inexistente|n[aã]o (?:foi )?encontrad|inv[aá]lid|desativad)",
    r"(?:utente|destinatario|indirizzo|casella)[^.]{0,30}(?:sconosciut|non (?:esiste|trovat)"
    r"|inesistente|non valid|disattivat)",
    # Slavic languages, Turkish.
    r"(?:пользовател|адресат|получател|ящик|адрес)\S*[^.]{0,30}(?:не (?:найден|существ|зарегистр)"
    r"|неизвест|неверн|заблокирован|удал[её]н|отключ)", r"нет такого (?:пользовател|адрес|ящик)",
    r"(?:u[zż]ytkownik|odbiorca|adres|konto|skrzynka)[^.]{0,30}(?:nie istnieje|nieznan"
    r"|nie znalezion)",
    r"(?:kullan[iı]c[iı]|al[iı]c[iı]|adres)[^.]{0,30}(?:bulunamad|bilinmiyor|mevcut de[gğ]il)",
    # Chinese, Japanese, Korean.
    r"(?:用户|用戶|使用者|收件人|账号|帐号|帳號|邮箱|信箱|邮件地址|地址|账户|帐户|域名"
    r"|收信人)[^。,.]{0,30}"
    r"(?:不存在|未找到|找不到|无效|無效|错误|已停用|被停用|已注销|已禁用|被禁用|已冻结|未注册)",
    r"(?:无此|没有此|沒有此|查无此|不存在的?|无效的?|未知)(?:用户|收件人|账号|帐号|邮箱|信箱"
    r"|使用者|地址|人)",
    r"(?:宛先|あて先|受信者|ユーザ|アカウント|メールアドレス|アドレス|メールボックス"
    r"|ドメイン)[^。.]{0,24}"
    r"(?:不明|存在しま?せん|存在しない|見つかりません|見つからない|無効|ありません|いません"
    r"|使(?:わ|用さ)れて(?:いない|いません|おりません)|停止|解約|削除)",
    r"(?:存在しない|不明な|無効な)(?:宛先|あて先|ユーザ|アドレス|メールアドレス|受信者"
    r"|アカウント)",
    r"(?:사용자|수신자|받는 ?사람|수신인|계정|메일 ?주소|주소|메일함|메일박스|아이디|회원"
    r"|도메인)[^.]{0,20}"
    r"(?:존재하지 ?않|없(?:습니다|는|음|어)|찾을 ?수 ?없|잘못|유효하지|알 ?수 ?없|탈퇴|해지"
    r"|휴면|정지|삭제)",
    r"(?:존재하지 ?않는|없는|알 ?수 ?없는|유효하지 ?않은|잘못된) ?(?:사용자|수신자|계정|메일"
    r"|주소|이메일|받는)",
)  # fmt: skip
"""The address is dead, whatever the code."""

DEAD_UNLESS_POLICY = _any(
    r"mailbox (?:is )?unavailable(?! or access)", r"mailbox not (?:available|local)",
    r"user not local",
    r"not local", r"recipient (?:address )?rejected$", r"invalid mailbox", r"unknown$",
)  # fmt: skip
"""What RFC 5321 has servers say of a mailbox that is not there, and of one that may not be used."""

FULL = _any(
    r"(?:mailbox|mail ?box|inbox|account|user|recipient|storage|quota|maildir|folder|box)"
    r"(?:'s)?[^.]{0,30} (?:is |are |was )?(?:full|over ?quota|over (?:its |his |her "
    r"|their )?(?:the )?"
    r"(?:disk |storage |mail ?box )?(?:quota|limit)|out of (?:storage|space|quota))",
    r"over ?-?quota", r"quota (?:is |was |has been |limit )?(?:exceed|full|reach|violat)\w*",
    r"exceed\w*[^.]{0,40}\bquota", r"\bquota\b[^.]{0,30}exceed", r"mailbox (?:size )?(?:limit"
    r"|quota)",
    r"mailbox full", r"full mailbox", r"out of storage", r"out of (?:disk )?space",
    r"(?:insufficient|not enough|no) (?:system |disk |mailbox |storage )*(?:storage|space)",
    r"exceeded (?:allocated )?storage", r"storage (?:allocation|limit|quota)", r"disk (?:quota"
    r"|full)",
    r"would exceed (?:maximum|the|its)[^.]{0,20}(?:storage|quota|mailbox)",
    r"mailbox (?:has |is )?exceed",
    r"receiving (?:mail|messages|e-?mail)[^.]{0,30}(?:too quickly|at a rate|rate that)",
    r"recipient.{0,20}(?:exceeded|reached).{0,30}(?:receiv|limit)", r"too much mail",
    r"postfach[^.]{0,30}(?:voll|[uü]berf[uü]llt|[uü]berschritten)|speicher(?:platz)?[^.]{0,30}"
    r"(?:[uü]berschritten|voll|ersch[oö]pft)|kontingent[^.]{0,20}[uü]berschritten"
    r"|postbus.{0,8} vol\b",
    r"bo[iî]te[^.]{0,24}(?:pleine|satur)|quota[^.]{0,12}d[eé]pass", r"buz[oó]n[^.]{0,12}llen[oa]",
    r"caixa[^.]{0,24}cheia", r"casella[^.]{0,12}piena", r"ящик[^.]{0,16}(?:переполнен|полон)",
    r"skrzynka[^.]{0,16}(?:pe[lł]na|przepe[lł]niona)", r"posta kutusu[^.]{0,10}dolu",
    r"(?:邮箱|信箱|邮件箱|空间|容量)[^。,.]{0,12}(?:已满|滿|满了|不足|超出|超过|用尽|用完)"
    r"|超(?:出|过)[^。]{0,10}"
    r"(?:容量|配额|限额)", r"(?:メールボックス|受信箱|容量|ディスク)[^。.]{0,20}(?:いっぱい"
    r"|一杯|満杯|超過|超え|不足"
    r"|オーバー|溢れ)", r"(?:메일함|편지함|메일박스|용량|저장 ?공간)[^.]{0,16}(?:가득|꽉|초과"
    r"|부족|찼)",
)  # fmt: skip
"""The mailbox takes nothing now."""

CONTENT = _any(
    r"(?:message|mail|size|attachment|e-?mail)[^.]{0,40}(?:too (?:large|big|long)|size limit"
    r"|exceed\w*[^.]{0,30}(?:size|limit|maximum))", r"message size", r"maximum (?:message )?size",
    r"\bspam\b", r"\bspammy\b", r"unsolicited", r"\bjunk\b", r"\bvirus", r"malware", r"phish",
    r"malicious", r"dangerous", r"(?:suspicious|prohibited|illegal|blocked|banned) (?:content"
    r"|attachment|file|message|link|url)", r"content (?:reject|filter|denied|polic|is not"
    r"|presents)",
    r"(?:message|mail) content", r"attachment", r"\bdt:spm\b|\bmi:sp[abf]\b",
    r"mail content denied",
    r"security polic", r"(?:local|message|e-?mail|admin\w*|our|its|site|company|for|due to|of) "
    r"polic(?:y|ies)", r"polic(?:y|ies) (?:reason|violation|reject|restrict)", r"administrative "
    r"prohibition", r"prohibited by admin", r"not accepted for policy", r"message (?:was "
    r"|has been )?"
    r"blocked", r"undesired|unwanted|objectionable", r"line too long|too many hops in header"
    r"|malformed|(?:missing|duplicate|invalid|multiple) (?:message-id|from|date|header)",
    r"zu gro(?:ss|ß)|unerw[uü]nscht|richtlinie", r"ind[eé]sirable|trop volumineux|trop grand",
    r"correo no deseado|demasiado grande", r"спам|слишком больш", r"垃圾邮件|垃圾郵件|敏感"
    r"|病毒|邮件过大"
    r"|邮件太大|附件|违反|策略", r"迷惑メール|スパム|ウイルス|サイズ.{0,10}(?:超|大き)"
    r"|ポリシー", r"스팸|바이러스"
    r"|첨부|크기.{0,8}초과|정책",
)  # fmt: skip
"""This mail is not wanted, or may not be sent there."""

ROUTING = _any(
    r"host (?:or domain name )?not found", r"name service error", r"dns (?:error|failure|lookup|"
    r"timeout|server)", r"no (?:mx|mail exchanger|route to host)", r"mail (?:is )?loop",
    r"loops? back"
    r" to myself", r"too many hops", r"hop count exceeded", r"routing loop", r"time[d ]? ?-?out",
    r"retry time(?:out| not reached)", r"connection (?:refused|timed|reset|dropped|lost|closed"
    r"|failed)",
    r"(?:can't|cannot|could not|couldn't|unable to|failed to) connect", r"network is unreachable",
    r"(?:message|delivery|queue) (?:time )?(?:has )?expired", r"delivery (?:has )?expired",
    r"server (?:is )?(?:busy|down|unavailable|not responding)",
    r"service (?:is )?(?:temporarily )?"
    r"(?:not available|unavailable)", r"mx record points to local host", r"no (?:host"
    r"|mail server)",
    r"local configuration error|mail system.{0,20}(?:not accept|configur)", r"unable to (?:route|"
    r"resolve)", r"abgelaufen|zeit[uü]berschreitung|nicht erreichbar", r"タイムアウト"
    r"|接続できません"
    r"|无法连接|超时|연결할 ?수 ?없|시간 ?초과",
)  # fmt: skip
"""The way there is broken."""

"""English."""

from domain.inbound.words.base import LanguagePatterns

_MAIL = (
    r"(?:(?:\w+ ){0,3}(?:e-?mails?|mails?|mailings?|messages?|newsletters?|updates?|letters?"
    r"|communications?|spam|offers?|promotions?|notifications?|stuff|ads?|advertis\w+|marketing"
    r"|correspondence|outreach))"
)
_LIST = (
    r"(?:(?:\w+ ){0,4}(?:lists?|mailings?|database|db|crm|records?|system|contacts?|distribution"
    r"|distro|newsletters?|campaigns?|subscriptions?|files?|e-?mails?))"
)
_US = r"(?:me|us|my|our|this|the following)"

WORDS = LanguagePatterns(
    commands=(
        r"(?:please |pls |kindly |just )*(?:unsubscribe|unsub|un-subscribe"
        r"|uns(?:ub?|b)s?c?[a-z]{0,3}b[ers]{0,3})"
        r"(?: me| us)?(?: please| pls| now| asap| thanks?| thank you| immediately)*",
        r"(?:please |pls |kindly |just )*(?:stop|stop it|stop this|stop please|remove|remove me"
        r"|remove us|delete me|take me off|opt[ -]?out|opt me out|opt us out|no more"
        r"|cease and desist|do not contact|dnc|stop all|stopall|end|quit|cancel)"
        r"(?: please| pls| now| thanks?| thank you)*",
        r"(?:please )?(?:no more|no further) (?:e-?)?mails?(?: please)?",
        r"(?:please )?leave me alone",
    ),
    stop=(
        r"(?:please|pls|kindly) (?:\w+ )?(?:unsubscribe|un-subscribe|opt[ -]?out)",
        rf"(?:unsubscribe|un-subscribe|opt[ -]?out) {_US}(?!\w)",
        r"(?:want|wish|like|need|love|prefer|ask\w*|request\w*|trying|tried|going|how do (?:i"
        r"|we))"
        r" (?:you )?(?:to )?(?:be )?(?:unsubscribed?|opt(?:ed)?[ -]?out)",
        r"(?:want|wish|like|need) (?:to )?(?:be )?(?:removed|taken off|deleted from|dropped "
        r"from)",
        r"(?:i|we) (?:hereby )?(?:unsubscribe|opt[ -]?out)",
        r"(?:how|where) (?:do|can) (?:i|we) (?:unsubscribe|opt[ -]?out|get off)",
        r"(?:tried|trying|asked|requested|attempted) ~(?:unsubscribe|opt[ -]?out|be removed)",
        r"(?:i|we) (?:have |'ve )?(?:already )?(?:unsubscribed|opted[ -]?out)",
        rf"(?:remove|delete|erase|strike|drop|take|scrub|purge|clear|exclude) {_US}(?!\w)~"
        rf"(?:from|off)(?: of)? {_LIST}",
        r"(?:remove|delete|erase|scrub|purge) (?:my|our|this) (?:e-?mail|address|data|details"
        r"|info"
        r"\w*|contact|name|account|record)",
        r"(?:please|pls|kindly) (?:remove|delete) (?:me|us)(?!\w)",
        r"(?:can|could|may|might) (?:i|we) (?:please )?(?:be |get )?(?:removed|taken off"
        r"|unsubscribed|deleted)",
        r"(?:remove|delete|take) (?:from|off) (?:the |your |this )?(?:e-?mail |mailing )?list",
        r"(?:ask\w*|tell\w*|told|want|beg\w*) you (?:\w+ )?to stop(?! by)",
        r"(?:did ?n[o']t|didn't|never) (?:\w+ )?(?:sign(?:ed)? up|subscribed?|opt(?:ed)? in"
        r"|ask(?:ed)? for) (?:for |to )?(?:this|these|your|any|it)",
        rf"(?:take|get|keep|leave) {_US}(?!\w)~off {_LIST}",
        r"(?:take|get) (?:me|us|my (?:name|e-?mail|address)) off",
        r"(?<!n't )(?<!not )(?<!never )(?:stop|cease|quit|halt|discontinue|refrain from|end)"
        r" (?:\w+ ){0,2}?(?:e-?mailing|mailing|writing|contacting|spamm?ing|messaging|bother\w*"
        r"|pester\w*|harass\w*|bombard\w*|reaching out|solicit\w*|all communications?"
        r"|communicat\w+|send\w* ~(?:me|us|e-?mails?|mails?|messages?|newsletters?|these|those"
        r"|this"
        r"|it|stuff|anything|spam|your|them)(?!\w)|send\w*$)",
        rf"(?<!n't )(?<!not )(?<!never )(?:stop|discontinue|cancel|end|no more|no further"
        rf"|enough of|not? (?:want|need|require)"
        rf"(?: any)?(?: more| further)?|rid of|tired of|sick of)(?: of)? (?:these|those|this|your"
        rf"|the|all|any|such|receiving|getting) {_MAIL}",
        r"cancel (?:my|our|the|this) (?:\w+ )?subscription",
        rf"(?:(?:do|would|does) ?n[o']t|no longer|never|not|don't) (?:\w+ ){{0,2}}?(?:want|wish"
        rf"|like"
        rf"|care|need|agree|consent|interested in) ~?(?:receiv\w+|get\w*|hear\w*|be (?:contacted"
        rf"|e-?mailed|on (?:your|this|any))|being contacted|{_MAIL}|(?:further|more) contact)",
        rf"(?:interested in|need) (?:receiving|getting) (?:any |more |further |your |these "
        rf")*{_MAIL}"
        r"\W*no(?! longer)",
        r"no longer (?:receive|get|be (?:contacted|e-?mailed)|e-?mail|contact|send)",
        r"(?:do not|don't|never|dont) (?:ever |please )?(?:e-?mail|mail|contact|write|message"
        r"|call or e-?mail|bother|spam|reach out|send|solicit)(?: to| out to)? "
        r"(?:me|us|my|this|anything|any(?:thing)? more|again|anymore)",
        rf"(?:do not|don't|never) send (?:me |us )?{_MAIL}",
        r"(?:withdraw|revoke|object\w*) ~(?:consent|permission|processing|direct marketing"
        r"|use of my)",
        r"(?:right to (?:be forgotten|erasure|object)|do not sell|gdpr (?:erasure|removal"
        r"|deletion))",
        r"(?:leave|let) (?:me|us) (?:alone|be)(?!\w)",
        r"lose (?:my|our|this) (?:e-?mail|address|number|contact)",
        r"(?:this is|report\w* (?:you|this|it) as|marked? (?:you|this|it) as|consider(?: this)?)"
        r" (?:spam|unsolicited)",
        rf"(?:not|never) (?:have )?(?:subscribe|sign(?:ed)? up|ask|consent|agree|opt in)\w* "
        rf"~(?:{_MAIL}|list)",
        r"(?:put|add|place) (?:me|us|this \w+) ~(?:do[ -]not[ -](?:contact|mail|e-?mail|call)|dnc"
        r"|suppression|block)",
        r"(?:me|us|my (?:e-?mail|address)) (?:off|out of) (?:your|this|the|any|all) (?:\w+ "
        r"){0,2}list",
    ),
    mention=(
        r"unsubscrib\w*",
        r"opt(?:ing|ed)?[ -]?out",
        r"(?:mailing|distribution|e-?mail) list",
        r"(?:stop|remove) (?:me|us|my)",
        r"no more (?:e-?)?mails?",
    ),
    spared=(
        r"(?:feature|function\w*|option|button|support|handle|manage|track|rate|page|link in"
        r"|when (?:a|our|someone|leads|contacts|customers)|our (?:customers|users|leads|contacts"
        r"|subscribers|employees)|their|your (?:tool|product|platform|software)|double opt)",
    ),
    automatic=(
        r"auto(?:matic|mated|-)?[ -]?(?:reply|response|answer|responder)(?=\s*(?:[:\-\[\]|(]|from"
        r"|to (?:your|re)|$))",
        r"auto(?=\s*:)|autoreply|auto[ -]?responder(?=\s*(?:[:\-]|$))",
        r"out of (?:the )?office(?=\s*(?:[:\-\[\]|(/,]|$|auto|re:|reply|response|message|notice"
        r"|notification|until|till|from|on|this|next|today|\d))(?! of)",
        r"o{2,3}(?=\s*(?:[:\-(\]|/]|$|until|till|from))",
        r"(?:on )?(?:vacation|holiday|annual leave|maternity leave|parental leave|leave|pto)"
        r" ?(?:reply|response|notice|message|notification|until|till|\d|[:\-]|$)",
        r"on (?:vacation|leave|holiday|annual leave|maternity leave|parental leave|pto)",
        r"i ?a?'?m (?:away|on vacation|on leave|out of (?:the )?office|on holiday)",
        r"away (?:from (?:the |my )?(?:office|desk|mail)|until|till|message|notice)|away(?=\s*:)",
        r"(?:currently )?(?:unavailable|not available|not in the office)(?=\s*(?:[:\-]|$|until))",
    ),
    away=(
        r"out of (?:the )?office",
        r"out of office",
        r"o{2,3}(?= (?:until|till|from|this|next|today|on)"
        r"|$)",
        r"(?:be|am|is|i'm|i'll be|are|been|currently|presently|now) (?:\w+ )?(?:out|away)"
        r" (?:until|till|from|on|this|and|through|for|at|the"
        r"|of (?:town|contact|reach|range|(?:the )?(?:country|state|city|building|lab|studio)))",
        r"(?:on|taking) (?:my |a |an |some |our )?(?:\w+ )?(?:vacation|leave|holidays?|pto|time "
        r"off"
        r"|business trip|sabbatical|honeymoon)",
        r"(?:not|n't) (?:be )?(?:in|at) (?:the |my )?(?:office|desk)",
        r"away from (?:the |my )?"
        r"(?:office|desk|computer|e-?mail|mail|inbox)",
        r"(?:i am|i'm|i will be|i'll be|currently) (?:un|not )available (?:until|till|from)",
        r"(?:i am|i'm|i will be|i'll be) (?:travell?ing|out until|off until|off work|off sick)",
        r"(?:office|company|we|offices) (?:is|are|will be) closed",
        r"(?:no longer|not) (?:work\w*|employed|with|at) ~(?:company|for|here|at|team)",
        r"(?:has|have|i've) left (?:the )?(?:company|firm|business|organi[sz]ation|team|job"
        r"|role|position)",
        r"has left (?!(?:an?|you|me|it|that|this|some|no|my|his|her|any|the)(?!\w))\w+",
        r"limited access to (?:my )?(?:e-?)?mail",
    ),
    beside=(
        r"(?:back|return\w*|respon\w+|reply|replying|answer\w*|get back|read|be in touch) "
        r"~(?:on|in|by"
        r"|at|when|upon|after|as soon|until|to you|your|once|from)",
        r"(?:limited|no|intermittent|sporadic|little) (?:\w+ )?(?:access|ability|availability)",
        r"(?:urgent|urgently|immediate|emergency|assistance|in my absence|meantime|meanwhile"
        r"|in the interim)",
        r"(?:contact|call|reach|e-?mail|write to|turn to|refer to) (?:\w+ ){0,4}(?:@|colleague|at"
        r"|my|our|on|instead)",
        r"\S+@\S+",
        r"(?:thank you|thanks) for (?:your|the|contacting|reaching)"
        r"|(?:thank you|thanks)$",
        r"(?:your )?(?:e-?mail|message|mail) (?:will not|won't|has not|is not"
        r"|will) be (?:forwarded|read)",
        r"merry|happy (?:holidays|new year|easter)|season's",
        r"(?:this is an )?auto\w*",
        r"(?:with |from |between )?\w* ?\d{1,2}(?:st|nd|rd|th)?\b.{0,30}",
    ),
    engages=(
        r"(?:contact|write|call|ping|e-?mail|ask) me (?:then|again|after|when|in|about)",
        r"let's (?:talk|speak|meet|chat|connect|do|discuss|schedule|set)",
        r"(?:talk|speak|meet|chat) (?:on|then|next|when i|after i|in)",
        r"(?:but|so) (?:let's|i(?:'d| would| am|'m)|we(?:'d| would)|please send|call me|could"
        r"|can)",
        r"(?:can|could|shall|should) (?:we|you) (?:call|talk|meet|send|speak|do|try|move)",
        r"(?:call|ring|phone) me (?:on|at|next|after|when|then)",
        r"how about",
        r"(?:i am|i'm|we are|we're|very|quite) interested",
        r"(?:looks|sounds) (?:good|great|interesting)",
        r"send me (?:a|the|your|some|more)",
        r"would (?:suit|work)|works for me",
    ),
    receipt=(
        r"(?:we|i|our team|support) (?:have |has |'ve )?(?:received|got|gotten|logged) (?:your"
        r"|the)"
        r" (?:e-?mail|mail|message|request|inquiry|enquiry|ticket|query|submission|application)",
        r"(?:your|this|a) (?:\w+ )?(?:request|ticket|case|message|inquiry|enquiry|issue|e-?mail)"
        r" ~(?:has been|was|is) (?:\w+ )?(?:received|created|opened|logged|assigned|registered"
        r"|closed|resolved|queued|delivered)",
        r"(?:this is|this was) an? (?:\w+ ){0,2}(?:auto(?:matic|mated|-)?\w*|system|computer)"
        r"[ -](?:\w+ )?(?:generated|e-?mail|reply|message|response|mail|answer|confirmation"
        r"|acknowledge?ment|notification)",
        r"(?:e-?mail|message|reply) (?:is|was|has been) (?:automatically|auto)[ -]?(?:generated"
        r"|sent)",
        r"(?:do not|don't|please do not|cannot) (?:reply|respond)(?: directly)? to this",
        r"(?:mailbox|inbox|address|account) is (?:not|un)\s?-?monitored",
        r"(?:someone|we|an agent|a member of our team|our team) will (?:get back|respond|reply"
        r"|be in"
        r" touch|contact you)",
        r"thank you for (?:contacting|reaching out to) (?!me)",
        r"(?:ticket|case|reference) (?:number|no|id|#)",
        r"(?:confirm you are|verify that you are|are) (?:a )?(?:human|not a robot|real person)",
        r"(?:spam protection|challenge[ -]response|click ~ to (?:deliver|approve|verify) "
        r"~message)",
        r"i am (?:an ai|a bot|a virtual)",
        r"this address is no longer (?:in use|active|valid)",
    ),
    accepted=(r"accepted", r"has accepted"),
    declined=(r"declined", r"cancell?ed", r"new time proposed", r"updated invitation"),
    tentative=(r"tentative(?:ly accepted)?", r"tentatively"),
    bounced=(
        r"undeliver\w*|delivery (?:status|failure|failed|has failed|incomplete|error|unsuccessful"
        r"|report|notification|problem)|(?:delivery|message|mail|e-?mail) (?:\w+ )?(?:could not"
        r"|can ?not"
        r"|can't|was not|wasn't|couldn't|has not been|not) (?:be )?(?:deliver|sent|send)\w*",
        r"failure notice|failure delivery|failed delivery|failed mail|mail (?:delivery|failure"
        r"|error|system error|returned)|non[- ]?delivery|return(?:ed|ing) (?:mail|message|to "
        r"sender"
        r"|e-?mail|unopened)|message (?:rejected|refused|blocked|bounced|returned|not delivered"
        r"|failed)|(?:user|recipient|mailbox|address|account) (?:\w+ ){0,2}(?:unknown|not found"
        r"|unavailable|rejected|disabled|does(?:n't| not) exist|not exist|over quota|full|invalid"
        r"|inactive)|(?:no such|unknown|invalid|bad) (?:user|recipient|mailbox|address|account)",
        r"bounced? (?:mail|message|e-?mail)|rejected mail|undelivered|unable to (?:deliver|relay)"
        r"|permanent(?:ly)? (?:error|fail\w*|fatal)|address(?:es)? (?:had|not|rejected|failed)",
    ),
    delayed=(
        r"delay(?:ed|s)?|still being (?:retried|tried)|will (?:be retried|keep trying|continue"
        r" trying|retry)|warning: (?:could not send|message)|not yet (?:been )?deliver\w+"
        r"|temporary (?:problem|delay)",
    ),
    later=(
        r"(?:contact|reach out|get back|get in touch|follow[ -]?up|try (?:again|us|me)|check "
        r"(?:back|in)"
        r"|circle back|call|write|e-?mail|talk|speak|touch base|ping|revisit|come back|reconnect"
        r"|pick (?:this|it) up|look at (?:this|it)|ask|meet|discuss|not before|not until|better "
        r"in"
        r"|wait until|again in|budget)",
    ),
)

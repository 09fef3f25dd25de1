"""Pure. The words by which machines give themselves away: senders, subjects and first lines, in many languages.

Words decide nothing alone where a person could have written them: a subject must begin with them, and the text of a
sender without any other sign must open with them. (A third of real bounces carries no header sign at all; measured on
`gold/email_class.csv`.) Every pattern is a plain alternation over a short, cut input: linear time.
"""

import re

from daemon.steps.bounce_report import RETURNED_TYPES
from threading_.message import Message

OPENING = 1500  #: characters of the text that count as its opening


def _any(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.I)


#: Local parts that no person reads (RFC 5230 §4.6, Zammad, Pigeonhole).
ROBOT = re.compile(
    r"^(?:(?:[a-z0-9]{1,30}[._+-])?(?:no|not|do[._-]?not)[._-]?repl(?:y|ies)(?:[._+=-].*|\d*)?"
    r"|(?:noreply|no-reply)[a-z0-9._+=-]*|donotrespond|unattended|root|abuse|daemon|nobody|cron|www-data|autoresponder"
    r"|auto-?reply|listserv|majordomo|mailman|sympa|owner-.+|.+-request|.+-owner|bounces?(?:[._+=-].*)?|.+-bounces(?:\+.*)?)$",
    re.I,
)
#: Local parts and names of mail systems.
MAIL_SYSTEM = re.compile(
    r"^(?:mailer[-_.]?daemon|post[-_.]?master|mail[-_.]?deliver|mail[-_.]system|mdaemon|mail[-_.]?admin)", re.I
)
MAIL_SYSTEM_NAME = re.compile(
    r"^\W{0,3}(?:mail ?deliver(?:y|er) ?(?:sub-?)?(?:system|service|agent)|mailer[- ]daemon|ndr administrator|content[- ]filter at)",
    re.I,
)

#: A subject that tells of a failed or delayed delivery.
BOUNCE_SUBJECT = _any(
    r"undeliver", r"non[- ]?deliver", r"not delivered", r"(?:could|can) ?not (?:be )?deliver", r"unable to deliver",
    r"deliver(?:y|ing) (?:has )?(?:fail|status|report|notif|problem|error|delay|incomplete)", r"delivery .{0,30}failed",
    r"mail(?:er)? (?:delivery|system|failure|error)", r"fail(?:ure|ed) (?:notice|delivery|mail)", r"mail failure",
    r"return(?:ed|ing) (?:mail|e-?mail|message|to sender)", r"rejected (?:mail|message)", r"message delayed",
    r"warning: (?:message|could not send)", r"error sending your mail", r"delivery delayed", r"bounce notification",
    r"message you sent .{0,40}(?:blocked|rejected)", r"unzustellbar", r"nicht zugestellt", r"zustell(?:ung|barkeit).{0,20}fehl",
    r"non remis", r"échec (?:de (?:la )?)?(?:remise|livraison)", r"remise .{0,20}(?:impossible|échou)",
    r"no se (?:puede|pudo|ha podido) entregar", r"no entregad", r"não (?:foi )?(?:entregue|possível entregar)", r"devolvid",
    r"mancat[ao] (?:consegna|recapito)", r"impossibile (?:recapitare|consegnare)", r"onbestelbaar", r"niet (?:worden )?bezorgd",
    r"не ?доставлен", r"не удалось доставить", r"niedostarczon", r"nie dostarczon", r"nedoručiteln", r"olevererbar", r"ikke leveres",
    r"teslim edilemedi", r"メールエラー", r"エラーメール", r"配[信達送]不能", r"配信(?:できま|エラー|不可)", r"送信(?:できま|エラー)",
    r"退信", r"无法(?:投递|传递|送达)", r"未送达", r"無法(?:傳遞|投遞)", r"배달 ?(?:못|실패|할 수)", r"반송",
)  # fmt: skip

#: The words in which a bounce says what happened.
BOUNCE_TEXT = _any(
    r"(?:could|can|was|were|has|have|is|did) ?not (?:be |been |yet been )?(?:deliver|reach|relayed|sent)", r"couldn'?t be (?:deliver|sent)",
    r"undeliver", r"non-?deliver", r"(?:wasn't|not) able to deliver", r"unable to deliver", r"deliver(?:y|ing).{0,60}fail",
    r"fail(?:ed|ure) .{0,30}deliver", r"delivery (?:problem|error|delay|status)", r"error delivering", r"trouble delivering",
    r"permanent (?:fatal |delivery )?error", r"returned? (?:to sender|your (?:mail|message))", r"transcript of (?:the )?session",
    r"mail delivery (?:agent|system|subsystem)", r"created automatically by mail delivery", r"(?:user|recipient|mailbox) (?:is )?unknown",
    r"unknown (?:user|recipient|address)", r"no such (?:user|mailbox|recipient|address)", r"invalid (?:user|recipient|address|mailbox)",
    r"mailbox (?:is )?(?:full|unavailable|not found)", r"rejected by", r"was rejected", r"recipient'?s? mailbox", r"failure reasons",
    r"delivery attempts", r"rcpt to:<", r"said: ?\d{3}", r"unzustellbar", r"nicht (?:zugestellt|ausgeliefert)", r"non (?:è stato|remis|pu être)",
    r"no (?:se )?(?:puede|pudo|ha podido) .{0,20}entreg", r"не (?:может быть|был[ои]?) доставлен", r"не удалось доставить", r"送信できません",
    r"配信(?:できま|不能|エラー)", r"送信に失敗", r"エラーメール", r"投稿できなかった", r"존재하지 않|배달", r"无法(?:投递|送达|发送)", r"退信",
)  # fmt: skip

#: Amazon SES tells what became of a mail in JSON, by mail through SNS; raw or wrapped once more.
_AMAZON = re.compile(r'\\?"notificationType\\?"\s?:\s?\\?"(Bounce|Complaint|Delivery)\\?"')
#: Complaints of Microsoft's junk mail reporting, which carry no report part.
COMPLAINT_SUBJECT = re.compile(r"^\s{0,4}complaint about message from [0-9a-f.:]{3,45}\s*$", re.I)

_PREFIX = r"^\s{0,4}(?:\[[^\]]{1,40}\]\s{0,4})?"
#: A subject that begins as absence notes and automatic answers do. Words that a person could use need their colon.
AUTO_REPLY_SUBJECT = re.compile(
    _PREFIX + r"[\[(【]?(?:(?:"
    r"auto(?:matic|matische|mated|mático|matisk)?[- ]?(?:reply|response|responder|antwort|answer|svar|antwoord)|auto-?respons(?:e|der)?"
    r"|out of (?:the )?office(?: auto-?reply)?|ooo|vacation (?:reply|message|notice|response)|automatische antwort|abwesenheits(?:notiz|meldung|nachricht)|abwesend|nicht im (?:haus|büro)"
    r"|réponse automatique|absence du bureau|absent(?:e)? du bureau|message d'absence|respuesta automática|fuera de (?:la )?oficina"
    r"|risposta automatica|fuori (?:sede|ufficio)|resposta automática|ausência temporária|fora do escritório|automatisch antwoord"
    r"|afwezigheids(?:bericht|melding)|niet aanwezig|autosvar|automatiskt svar|automatisk svar|frånvaro(?:meddelande)?|fravær(?:sbesked)?"
    r"|automaattinen vastaus|poissa|odpowiedź automatyczna|autoodpowiedź|автоответ(?:чик)?|автоматический ответ|автоматична відповідь"
    r"|automatická odpov[eě]ď|automatikus válasz|răspuns automat|αυτόματη απάντηση|otomatik yanıt|رد تلقائي|תשובה אוטומטית"
    r"|自動(?:応答|返信|回覆)|自动(?:回复|答复)|자동 ?(?:회신|응답)|부재 ?중"
    r")\s{0,3}(?:[:：;\-–(\[\])】]|$)"
    r"|(?:i am |i'm )?(?:currently )?(?:away from (?:my )?(?:desk|mail|office)|out of (?:the )?office|on (?:annual |parental )?leave|on vacation|away)"
    r",? (?:until|till|through|from \d|bis)[\w .,/-]{1,30}$|(?:【|\[)?(?:自動返信|自動応答|不在)|不在通知|외출 중)",
    re.I,
)
#: Words that mean an absence only where a machine answered: a person who asks about holidays writes them too.
ABSENCE_SUBJECT = re.compile(
    _PREFIX
    + r"(?:vacation|absen(?:ce|t)|holiday|urlaub|abwesenheit|congés?|ausen(?:te|cia)|ausência|assen(?:te|za)|ferie|semester"
    r"|afwezig(?:heid)?|vakantie|nieobecność|отпуск|dovolená|tatil|休假|休暇|휴가)\s{0,3}[:：]",
    re.I,
)
#: Sentences by which a text says that a machine wrote it. They must stand in its opening or its last lines.
MACHINE_TEXT = _any(
    r"this (?:e-?mail|message|mailbox|is an?) (?:address |was |is |has been )?(?:\(?an? )?(?:automat(?:ed|ic|ically)[- ](?:generated|reply|response|answer|created))",
    r"this is an automat(?:ed|ic) (?:e-?mail|message|reply|response|notification)",
    r"(?:please )?do not reply to this (?:e-?mail|message)", r"antworten sie (?:bitte )?nicht auf diese",
    r"ne (?:pas répondre|répondez pas) à ce", r"no respond(?:a|er) a este", r"non rispondere a quest", r"não responda a est",
    r"dies ist eine automatisch(?:e|\serstellte|\sgenerierte) (?:antwort|nachricht|e-?mail|mail)",
    r"diese (?:e-?mail|nachricht) wurde automatisch (?:erstellt|generiert|erzeugt)",
    r"ce(?:ci est un)? (?:e-?mail|message|courriel) (?:a été (?:généré|envoyé) automatiquement|automatique)",
    r"este (?:es un )?(?:correo|mensaje) (?:ha sido |fue )?(?:generado automáticamente|automático)",
    r"questo messaggio è stato generato automaticamente", r"esta (?:é uma )?mensagem (?:foi gerada automaticamente|automática)",
    r"dit is een automatisch (?:gegenereerd )?(?:bericht|antwoord)", r"это автоматическое (?:сообщение|письмо)",
    r"このメールは.{0,30}自動(?:的に|送信|返信|配信)", r"(?:此|本)邮件(?:由系统|为系统)?自动(?:发送|发出|回复)",
)  # fmt: skip

#: Subjects of calendar mail, as Outlook, Google and Apple write them.
CALENDAR_SUBJECT = re.compile(
    r"^\s{0,4}(?:(?:re|fw|fwd): ?)?(?:accepted|declined|tentative(?:ly accepted)?|invitation|updated invitation|cancell?ed(?: event)?"
    r"|new time proposed|angenommen|abgelehnt|zugesagt|mit vorbehalt|einladung|abgesagt|accepté|refusé|provisoire|invitation mise à jour"
    r"|aceptad[oa]|rechazad[oa]|provisional|invitación|accettato|rifiutato|invito|geaccepteerd|geweigerd|uitnodiging"
    r"|aceit[oa]|recusad[oa]|convite|承諾|辞退|招待状|已接受|已拒绝|邀请)\s?[:：]",
    re.I,
)
#: Subjects of aggregate and failure reports (RFC 7489 §7.2.1.1, RFC 8460 §5.3).
REPORT_SUBJECT = re.compile(
    r"^\s{0,4}(?:report[ -]domain\s?:.{1,200}submitter|(?:\[[^\]]{1,20}\]\s)?dmarc (?:failure|aggregate|forensic) report for"
    r"|\[[^\]]{0,30}dmarc[^\]]{0,20}report\])",
    re.I,
)

_REPLY_PREFIX = re.compile(
    r"^\s{0,4}(?:re|aw|wg|sv|vs|fw|fwd|tr|rv|antw|doorst|r|i|odp|回复|答复|转发|回覆)\s?(?:\[\d+\])?\s?[:：]", re.I
)
_FORWARD_MARK = re.compile(
    r"^[ \t>]{0,8}(?:-{2,}\s?(?:forwarded|original|weitergeleitete)[^\n]{0,40}|begin forwarded message|anfang der weitergeleiteten)",
    re.I | re.M,
)
_DELIVERY_FIELDS = re.compile(r"^[ \t>]{1,8}(?:final-recipient|action|status|diagnostic-code):", re.I | re.M)


def opening(message: Message) -> str:
    """The first characters of the text, without what is quoted or forwarded in it."""
    text = message.text[: OPENING * 2]
    forward = _FORWARD_MARK.search(text)
    if forward:
        text = text[: forward.start()]
    return "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))[:OPENING]


def reads_as_auto_reply(message: Message) -> bool:
    """Whether the subject is an automatic reply's; weaker words count where it answers without saying Re."""
    subject = message.subject[:300]
    answers = bool(message.in_reply_to or message.references)
    return bool(AUTO_REPLY_SUBJECT.match(subject) or (answers and ABSENCE_SUBJECT.match(subject)))


def is_reply_or_forward(subject: str) -> bool:
    """Whether the subject says that a person replied or passed something on."""
    return bool(_REPLY_PREFIX.match(subject))


def amazon_notice(message: Message) -> str:
    """`bounce`, `complaint` or `delivery` where the mail is a notice of Amazon SES, else ''."""
    if not message.text[:100].lstrip().startswith("{"):
        return ""
    match = _AMAZON.search(message.text[:2000])
    return match[1].lower() if match else ""


def from_mail_system(message: Message) -> bool:
    """Whether the sender is a mail system: by its local part, its name, or because there is none."""
    if message.sender is None or not message.sender.address:
        return bool(
            MAIL_SYSTEM_NAME.search(message.headers.get("from")) or MAIL_SYSTEM.match(message.headers.get("from"))
        )
    local = message.sender.address.partition("@")[0].strip()
    return bool(MAIL_SYSTEM.match(local) or MAIL_SYSTEM_NAME.search(message.sender.name))


def from_robot(message: Message) -> bool:
    """Whether nobody reads the sender's address."""
    return message.sender is not None and bool(ROBOT.match(message.sender.address.partition("@")[0]))


def tells_of_bounce(message: Message) -> bool:
    """Whether subject and words are a bounce's. A sender that is no mail system needs both, and a text that opens so."""
    if amazon_notice(message) == "bounce":
        return True
    # A robot's "could not be delivered" may be about a parcel: the returned mail beside it makes it a bounce.
    returned = any(part.content_type in RETURNED_TYPES for part in message.attachments)
    if returned and from_robot(message) and BOUNCE_TEXT.search(message.text[: OPENING * 2]):
        return True
    subject = bool(BOUNCE_SUBJECT.search(message.subject[:300]))
    if from_mail_system(message) or message.return_path == "":
        return subject or bool(BOUNCE_TEXT.search(message.text[: OPENING * 2]))
    first = "\n".join([line for line in opening(message).splitlines() if line.strip()][:6])
    if is_reply_or_forward(message.subject):
        return False
    if message.sender is None or not message.sender.address.strip("<>"):
        return subject or bool(BOUNCE_TEXT.search(first))
    return subject and bool(BOUNCE_TEXT.search(first))


def passes_on_bounce(message: Message) -> bool:
    """Whether the mail forwards a delivery report and adds no words of its own: nobody asks anything with it."""
    if not is_reply_or_forward(message.subject) or not BOUNCE_SUBJECT.search(message.subject[:300]):
        return False
    text = message.text[:16_384]
    forward = _FORWARD_MARK.search(text)
    if not forward or len(_DELIVERY_FIELDS.findall(text[forward.start() :])) < 2:
        return False
    own = text[: forward.start()]
    return len(own.split()) <= 5 and not re.search(r"[?？]", own)

"""Pure. The words by which mail programs of many languages announce an older mail. Matched on one line at a time."""

import re
from enum import StrEnum


class Label(StrEnum):
    """What a line of a quoted header block names."""

    FROM = "from"
    DATE = "date"
    TO = "to"
    CC = "cc"
    SUBJECT = "subject"


# Per language: en de fr es it pt nl da/no sv fi pl cs sk hu ro hr ru uk tr el ja zh ko vi he ar
_LABELS = {
    Label.FROM: (
        "from|von|de|de la|da|van|fra|från|lähettäjä|od|odesílatel|odosielateľ|feladó|expeditor|expeditorul|šalje|от"
        "|отправитель|від|відправник|kimden|gönderen|από|差出人|送信元|送信者|发件人|寄件者|寄件人|보낸 사람|보낸사람|từ|מאת|من|від кого|от кого|mittente|nadawca|saatja|remitente|expéditeur|remetente|afzender|absender|avsender|afsender|avsändare|posiljatelj|pošiljatelj|αποστολέας"
    ),
    Label.DATE: (
        "date|sent|sent at|datum|gesendet|gesendet am|envoyé|envoyé le|fecha|enviado|enviado el|enviada em|enviado em|data"
        "|inviato|verzonden|dato|sendt|skickat|päivämäärä|lähetetty|päiväys|wysłano|odesláno|odoslané|dátum|elküldve|dată"
        "|trimis|poslano|дата|отправлено|дата отправки|надіслано|tarih|gönderildi|ημερομηνία|στάλθηκε|日付|日時|送信日時|送信日"
        "|发送时间|日期|寄件日期|보낸 날짜|날짜|ngày|תאריך|נשלח|التاريخ|message du"
    ),
    Label.TO: (
        "to|an|à|a|para|aan|til|till|vastaanottaja|do|komu|címzett|destinatar|destinatarul|către|prima|za|кому|kime|alıcı"
        "|pre|pour|προς|宛先|送信先|收件人|받는 사람|đến|אל|إلى|destinatario|destinataire|adresat|saaja|primatelj|mottaker|mottagare|modtager|empfänger|ontvanger|παραλήπτης|reply-to|risposta|répondre à|antwort an"
    ),
    Label.CC: "cc|kopie|kopie (cc)|kopi|kopia|kopio|copie|copia|dw|másolat|копия|копія|bilgi|kópia|κοιν.|másolatot kap|copie à|kopie an|copia a|抄送|참조|cc to|bcc",
    Label.SUBJECT: (
        "subject|betreff|objet|sujet|asunto|oggetto|assunto|onderwerp|emne|ämne|aihe|temat|předmět|predmet|tárgy|subiect"
        "|subiectul|naslov|тема|konu|θέμα|件名|主题|主旨|主旨|제목|chủ đề|נושא|الموضوع"
    ),
}
_MARKUP = r"[\s*_|\u00a0]{0,12}"  # bounded: dashes may be stars too, and what matches both ways costs the product
_MARKUP_LETTERS = "*_|" + "".join(letter for letter in map(chr, range(0x3001)) if letter.isspace())
_LABEL_OF = {word: label for label, words in _LABELS.items() for word in words.split("|")}
_LONGEST_LABEL = 24
_COLON = re.compile("[:：]")


def read_label(line: str) -> tuple[Label, str] | None:
    """What a line of a header block names, and its value; None for any other line."""
    bare = line.lstrip(_MARKUP_LETTERS)
    colon = _COLON.search(bare, 0, 3 * _LONGEST_LABEL)
    if colon is None:
        return None
    name = bare[: colon.start()].rstrip(_MARKUP_LETTERS)
    label = _LABEL_OF.get(" ".join(name.lower().split())) if len(name) <= _LONGEST_LABEL else None
    return None if label is None else (label, bare[colon.end() :].lstrip(_MARKUP_LETTERS).rstrip())


# Verbs that end an attribution: "On … X wrote:".
WROTE = re.compile(
    r"\b(?:wrote|writes|sent|schrieb|schreibt|geschrieben|a écrit|écrit|escribió|escribio|ha scritto|scrisse|schreef"
    r"|geschreven|skrev|escreveu|kirjoitti|napisał(?:\(?a\)?)?|napsal(?:\(a\)|a)?|napísal(?:\(a\)|a)?|написал(?:\(?а\)?)?"
    r"|пишет|писал|пише|написав|írta|yazdı|a scris|je napisa(?:o|la)|έγραψε|đã viết)\b"
    r"|写道|寫道|のメール|wrote\b|님이 작성|כתב|כתבה|كتب",
    re.IGNORECASE,
)
# How a line starts that opens an attribution.
OPENER = re.compile(
    r"^(?:-{2,}\s*)?(?:on|at|am|le|el|il|il giorno|in data|op|den|d\.|på|em|w dniu|dnia|dne|vào|în|dana|στις|"
    r"mon|tue|wed|thu|fri|sat|sun|\w{2,12}\.?,)\b.{0,60}\d"
    r"|^\d{1,4}[-/.:年]\s?\d{1,2}|^\d{1,2}\.? \w{3,12}\.? \d{4}|^在\s?\d|^\w{2,4}\.? \d{1,2}\.? \w{3,12}\.? \d{4}",
    re.IGNORECASE,
)
DATE = re.compile(
    r"\d{1,4}\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,4}|\d{1,2}[:.]\d{2}|\b\d{1,2}\.?(?:st|nd|rd|th)?[ -](?:de )?\w{3,12}\.?,?[ -](?:de )?\d{4}"
    r"|\b\w{3,12}\.? \d{1,2},? \d{4}",
    re.IGNORECASE,
)
#: Gmail's attribution that has no verb and may have no end: "2016-03-03 17:21 GMT+01:00 Some One".
GMAIL_DATE = re.compile(
    r"^\d{4}-\d{2}-\d{2} \d{1,2}:\d{2} (?:GMT|UTC)?[+-]?\d{0,2}:?\d{0,2}\s*\S|^\d{4}/\d{1,2}/\d{1,2} \S.*<"
)

_DASHES = r"[-–—=_*]{1,40}"
ORIGINAL = re.compile(
    rf"^{_MARKUP}{_DASHES}\s?\*?\s?(?:(?:start )?original (?:message|mail|e-?mail|appointment)|ursprüngliche nachricht|urspr\. nachricht"
    r"|originalnachricht|message d'origine|message d’origine|message original|mensaje original|mensagem original"
    r"|messaggio originale|oorspronkelijk bericht|oprindelig (?:besked|meddelelse|e-mail)|opprinnelig melding"
    r"|ursprungligt meddelande|originalmeddelande|alkuperäinen viesti|wiadomość oryginalna|oryginalna wiadomość"
    r"|původní zpráva|pôvodná správa|eredeti üzenet|mesaj original|исходное сообщение|оригинальное сообщение"
    rf"|оригінальне повідомлення|özgün ileti|orijinal mesaj|原始邮件|原始郵件|邮件原件|元のメッセージ|원본 메시지)\s?\*?\s?{_DASHES}",
    re.IGNORECASE,
)
_FORWARDED = (
    r"forwarded (?:message|mail|e-?mail)|weitergeleitete (?:nachricht|e-?mail)|message (?:transféré|transmis|réexpédié)"
    r"|mensaje reenviado|mensagem (?:encaminhada|reencaminhada)|messaggio inoltrato|doorgestuurd bericht"
    r"|videresendt (?:meddelelse|melding|besked)|vidarebefordrat (?:meddelande|mejl|brev)|(?:edelleen)?lähetetty viesti"
    r"|välitetty viesti|wiadomość przesłana dalej|przekazana wiadomość|treść przekazanej wiadomości|přeposlaná zpráva"
    r"|preposlaná správa|továbbított (?:üzenet|levél)|mesaj redirecționat|proslijeđena poruka|перенаправленное сообщение"
    r"|пересылаемое сообщение|переслане повідомлення|перенаправлене повідомлення|i̇letilen i̇leti|İletilen İleti|i̇letilmiş mesaj"
    r"|İletilmiş Mesaj|iletilen ileti|メッセージを転送|転送されたメッセージ|转发的邮件|转发邮件|轉寄的郵件|전달된 메시지|προωθημένο μήνυμα|הודעה שהועברה"
)
FORWARDED = re.compile(
    rf"^{_MARKUP}(?:{_DASHES}\s?\*?\s?(?:{_FORWARDED})[^\n]{{0,30}}?\s?\*?\s?{_DASHES}"
    r"|forwarded message:"
    r"|begin forwarded message:|anfang der weitergeleiteten (?:nachricht|e-mail):|début du message (?:réexpédié|transféré) ?:"
    r"|inicio del mensaje reenviado:|inizio messaggio inoltrato:|início da mensagem (?:reencaminhada|encaminhada):"
    r"|begin doorgestuurd bericht:|start på videresendt besked:|videresendt melding:|vidarebefordrat mejl:"
    r"|välitetty viesti alkaa:|początek przekazywanej wiadomości:|začátek přeposílané zprávy:|začiatok preposlanej správy:"
    r"|továbbított levél kezdete:|începe mesajul redirecționat:|započni proslijeđenu poruku:"
    r"|начало переадресованного сообщения:|початок листа, що пересилається:|(?:İ|i̇|i)leti başlangıcı:|转发的邮件：|転送されたメッセージ：)",
    re.IGNORECASE,
)

# The line by which a device or a mail program signs. Its rest is a name, not a sentence (see the test's near-misses).
_DEVICE_END = r"(?:\W*$|[.,;!]?\s*(?:please|excuse|sorry|pardon|apolog|so |<|http|\()|<)"
SENT_FROM = re.compile(
    r"^[\s<(\[*_]*(?:"
    r"sent (?:from|via|with|using|by)(?: my| the| a)?(?: \S+){1,6}?" + _DEVICE_END + "|"
    r"from my (?:iphone|ipad|android|phone|mobile)(?: \S+){0,3}\W*$"
    r"|get outlook for|(?:von|aus) meinem .{2,40}gesendet|gesendet (?:von|mit|über|aus)(?: \S+){1,6}\W*$|gesendet von outlook"
    r"|diese nachricht wurde von meinem .{0,60}gesendet|(?:envoyé|envoye) (?:depuis|de|à partir de|avec|par)(?: \S+){1,7}\W*$"
    r"|télécharger outlook|enviado (?:desde|do|de|pelo|com)(?: \S+){1,6}\W*$|obtener outlook para|obter o outlook"
    r"|inviato da(?:l mio| mio)?(?: \S+){1,5}\W*$|scarica outlook|ottieni outlook|verzonden (?:vanaf|met|via|vanuit)(?: \S+){1,6}\W*$"
    r"|sendt fra(?: \S+){1,5}\W*$|hent outlook|skickat från(?: \S+){1,5}\W*$|hämta outlook|lähetetty(?: \S+){1,4}\W*$"
    r"|wysłan[eo] z(?: \S+){1,5}\W*$|odesláno z(?: \S+){1,5}\W*$|odoslané z(?: \S+){1,5}\W*$|отправлено с(?: \S+){1,5}\W*$"
    r"|надіслано з(?: \S+){1,5}\W*$|\S+[ ']?(?:imden|ımdan) gönderildi|trimis de pe(?: \S+){1,4}\W*$"
    r"|iphoneから送信|從我的 .{2,20}傳送|发自我的|從我的|나의 .{2,20}에서 보냄)",
    re.IGNORECASE,
)

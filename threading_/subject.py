"""Pure. Subjects: what stays when every mail client's "Re:" is taken off, and the case tag in brackets."""

import re

from threading_.ids import find_reference

# Prefixes of replies, by the clients and languages that write them (RFC 5256 §2.1 knows only the English ones).
_REPLY = (
    "re|aw|antw|antwort|sv|ynt|yan|yanıt|odp|atb|odg|odgovor|ref|réf|rép|rif|r|res|resp|ris|risposta|vá|bls|bl|balas"
    "|на|отв|ответ|відп|απ|σχετ|ΣΧΕΤ|回复|回覆|答复|答覆|返信|回|답장|회신|ตอบ|השב|تצ|رد|trả lời"
)
# … and of forwarded mails. VS is a Dane's and a Norwegian's forward and a Finn's reply; who strips it need not know.
_FORWARD = (
    "fwd?|fw|wg|vs|vl|redir\\.?|weiterl|tr|rv|enc|vb|doorst|i|inoltra|pd|pdl|přep|továbbítás|továbbítva|továbbította|ilet|i̇lt|ilt|ÎÎ|πρθ"
    "|переслать|пересл|转发|轉寄|轉發|転送|전달|ส่งต่อ|הועבר|إعادة توجيه|fs|vidarebefordrat|videresendt|välitetty"
)
_COUNT = r"(?:\s?[\[(]\d{1,4}[\])]|\s?\^\d{1,4}|\s?\*\d{1,4}|\d{1,2})?"
_PREFIX = re.compile(rf"\s*(?:(?P<forward>{_FORWARD})|(?:{_REPLY})){_COUNT}\s*[:：∶]\s*", re.IGNORECASE)
# "[list] Re: subject", but "[FL-…]" is no list, and a subject that is only a bracket stays.
_LIST_TAG = re.compile(r"\s*\[[^\[\]]{1,60}\]\s*(?=\S)")
_OUTER_FORWARD = re.compile(r"\s*\[fwd:(.*)\]\s*", re.IGNORECASE | re.DOTALL)
_TRAILER = re.compile(r"(?:\s*\(fwd\))+\s*$", re.IGNORECASE)
_CASE_TAG = re.compile(r"\[\s*(F[\s-]?L[^\[\]]{4,20})\]", re.IGNORECASE)
_LONGEST = 1_000  # letters looked at: no subject line is longer (RFC 5322 §2.1.1)


def _strip(subject: str) -> tuple[str, bool]:
    """The bare subject, and whether a forward's prefix was among what was taken off."""
    text = " ".join(subject[:_LONGEST].split())
    text = _CASE_TAG.sub(" ", text).strip() if case_tag(text) else text
    forward = False
    while True:
        before = text
        if trailer := _TRAILER.search(text):
            text, forward = text[: trailer.start()], True
        if outer := _OUTER_FORWARD.fullmatch(text):
            text, forward = outer[1], True
        if prefix := _PREFIX.match(text):
            text, forward = text[prefix.end() :], forward or prefix["forward"] is not None
        elif (tag := _LIST_TAG.match(text)) and _PREFIX.match(text, tag.end()):
            text = text[tag.end() :]
        text = text.strip()
        if text == before:
            break
    return text, forward


def base_subject(subject: str) -> str:
    """The subject without reply and forward prefixes of any language, their counters, list tags and the case tag.

    Letters keep their case; the result is '' where there was nothing else.
    """
    text, _ = _strip(subject)
    while (tag := _LIST_TAG.match(text)) is not None:
        text = text[tag.end() :]
    return " ".join(text.split())


def reply_subject(subject: str, case: str = "") -> str:
    """The subject of our answer: "Re: " once, never empty, under 200 letters; the tag of this `case` stays, no other."""
    text, _ = _strip(subject)
    tag = case if case_tag(subject) == case else ""
    shown = text if len(text) <= 200 else f"{text[:197].rstrip()}..."
    return " ".join(("Re:", *((f"[{tag}]",) if tag else ()), shown or "your message"))


def case_tag(subject: str) -> str | None:
    """The case reference in brackets, `[FL-…]`, in its one spelling; None where there is none, or its check fails."""
    for match in _CASE_TAG.finditer(subject[:_LONGEST]):
        if (reference := find_reference(match[1])) is not None:
            return reference
    return None


def is_reply(subject: str) -> bool:
    """Whether the outermost prefix says that the mail is an answer."""
    text = " ".join(subject[:_LONGEST].split())
    text = _CASE_TAG.sub(" ", text).strip() if case_tag(text) else text
    prefix = _PREFIX.match(text)
    return prefix is not None and prefix["forward"] is None


def is_forward(subject: str) -> bool:
    """Whether a prefix says that the mail was passed on."""
    return _strip(subject)[1]

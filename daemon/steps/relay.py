"""Pure. What a person answers, as a mail to the customer: from the support address, in the customer's thread.

Text and HTML are made anew from the words alone, so that nothing else of the agent's mail travels with them. Their files
and the pictures that the words show go with them; what may hold other people's words or addresses does not.
"""

import html
import re
from collections.abc import Sequence

from daemon.steps.markdown import sanitise
from daemon.steps.verdicts import ComposedMail, TurnView
from daemon.steps.voice import Voice
from store.records import Case, Direction, Draft, Kind, Role, Turn
from threading_.ids import loop_token, plus_address, sign_id, trim_references
from threading_.message import Address, Attachment, Message, OutgoingMail
from threading_.subject import reply_subject

_PICTURE = re.compile(r"\[cid:([^\]\s]{1,300})\]", re.IGNORECASE)
_URL = re.compile(
    r"(?:([^\s<>]{1,200}) )?<((?:https?://|mailto:)[^\s<>]{1,2000})>|(https?://[^\s<>\"]{1,2000}[^\s<>\".,;:!?)\]'])"
)
#: Files that no person attached: signatures, cards and containers of mail programs; and other mails, whosoever they are.
_NOT_CARRIED = re.compile(
    r"message/|multipart/|application/(?:ms-tnef|vnd\.ms-tnef|(?:x-)?pkcs7-|pgp-)|text/(?:x-)?v?-?(?:vcard|directory)",
    re.IGNORECASE,
)


def newest_of_customer(history: Sequence[Turn]) -> Turn | None:
    """The customer's newest mail on the case that may be answered; None where there is none."""
    theirs = [
        turn
        for turn in history
        if turn.direction is Direction.IN and turn.kind is Kind.CUSTOMER and turn.refused is None and turn.trusted
    ]
    return theirs[-1] if theirs else None


def carried(message: Message, text: str) -> tuple[tuple[Attachment, ...], tuple[str, ...]]:
    """The files of an agent's mail that go to the customer, and the names of those that do not.

    A picture goes where the words show it; one that only what was cut shows (a logo, a quote) does not.
    """
    shown = {name.lower() for name in _PICTURE.findall(text)}
    mentioned = {name.lower() for name in re.findall(r"cid:([^\"'\s>)\]]{1,300})", message.html, re.IGNORECASE)}
    files: list[Attachment] = []
    left: list[str] = []
    for part in message.attachments:
        identity = part.content_id.lower()
        if _NOT_CARRIED.match(part.content_type) or part.name.lower().endswith((".eml", ".msg", ".vcf")):
            if not part.content_type.startswith(("application/pgp-signature", "application/pkcs7-signature")):
                left.append(part.name)
        elif identity and identity in shown:
            files.append(_file(part, inline=True))
        elif not identity or identity not in mentioned:
            files.append(_file(part, inline=False))
    return tuple(files), tuple(left)


def relay(
    case: Case,
    customer: Turn,
    voice: Voice,
    *,
    text: str,
    files: Sequence[Attachment],
    agent: str,
    nonce: str,
    view: TurnView,
) -> ComposedMail:
    """The words of a person as a mail to the customer. A person wrote it: no word in it says that a machine did."""
    words = _signed(text, voice.reply.signature.strip())
    language = view.triage.language or case.language or voice.reply.language
    return _mail(
        case,
        voice,
        nonce=nonce,
        agent=agent,
        view=view,
        to=Address(customer.sender_name, customer.sender),
        subject=reply_subject(customer.subject or case.subject, case.reference),
        in_reply_to=customer.message_id,
        references=(*customer.references, *((customer.message_id,) if customer.message_id else ())),
        text=_plain(words, files),
        html=voice.render("mail.html", language, {"body": _page(words, files)}),
        files=files,
    )


def approved(
    case: Case, draft: Draft, voice: Voice, *, files: Sequence[Attachment], agent: str, nonce: str, view: TurnView
) -> ComposedMail:
    """A draft as it stands, sent because a person said so."""
    return _mail(
        case,
        voice,
        nonce=nonce,
        agent=agent,
        view=view,
        to=Address(draft.recipient_name, draft.recipient),
        subject=draft.subject,
        in_reply_to=draft.in_reply_to,
        references=draft.references,
        text=draft.text,
        html=draft.html,
        files=files,
    )


def _mail(
    case: Case,
    voice: Voice,
    *,
    nonce: str,
    agent: str,
    view: TurnView,
    to: Address,
    subject: str,
    in_reply_to: str | None,
    references: Sequence[str],
    text: str,
    html: str | None,
    files: Sequence[Attachment],
) -> ComposedMail:
    plus = Address(voice.mailbox.name, plus_address(voice.ring, case.reference, voice.mailbox.address))
    mail = OutgoingMail(
        message_id=sign_id(voice.ring, case=case.reference, nonce=nonce, domain=voice.domain),
        date=view.now,
        sender=voice.mailbox,
        to=to,
        reply_to=plus if voice.reply.plus_addressing else None,
        subject=subject,
        in_reply_to=in_reply_to,
        references=trim_references(tuple(references)),
        headers=(("X-Firstline-Loop", loop_token(voice.ring, case.reference)),),
        text=text.strip() + "\n",
        html=html,
        attachments=tuple(files),
    )
    return ComposedMail(role=Role.RELAY, mail=mail, envelope_sender=voice.envelope_sender, note=agent)


def _file(part: Attachment, *, inline: bool) -> Attachment:
    return Attachment(
        name=part.name,
        content_type=part.content_type,
        size=part.size,
        inline=inline,
        content=part.content,
        content_id=part.content_id if inline else "",
    )


def _signed(text: str, signature: str) -> str:
    """With the team's signature, unless the words end with it."""
    if not signature or " ".join(text.split()).endswith(" ".join(signature.split())):
        return text
    return f"{text}\n\n{signature}"


def _plain(text: str, files: Sequence[Attachment]) -> str:
    names = {one.content_id.lower(): one.name for one in files if one.inline}
    return _PICTURE.sub(lambda found: f"[{names[found[1].lower()]}]" if found[1].lower() in names else "", text)


def _page(text: str, files: Sequence[Attachment]) -> str:
    """The words as HTML: paragraphs, lines, quotes, links, and the pictures that came with them."""
    known = {one.content_id.lower(): one.content_id for one in files if one.inline}
    blocks: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        lines = paragraph.split("\n")
        quoted = all(line.startswith(">") for line in lines)
        shown = "<br>\n".join(_line(line.lstrip("> ") if quoted else line, known) for line in lines)
        blocks.append(f"<blockquote><p>{shown}</p></blockquote>" if quoted else f"<p>{shown}</p>")
    return sanitise("\n".join(blocks), pictures=True)


def _line(line: str, pictures: dict[str, str]) -> str:
    out: list[str] = []
    end = 0
    for found in re.finditer(f"{_PICTURE.pattern}|{_URL.pattern}", line, re.IGNORECASE):
        out.append(html.escape(line[end : found.start()], quote=False))
        end = found.end()
        picture, shown, target, bare = found[1], found[2], found[3], found[4]
        if picture is not None:
            identity = pictures.get(picture.lower())
            out.append(f'<img src="cid:{html.escape(identity)}" alt="">' if identity else "")
            continue
        url = target or bare
        out.append(f'<a href="{html.escape(url)}">{html.escape(shown or url, quote=False)}</a>')
    out.append(html.escape(line[end:], quote=False))
    indent = len(line) - len(line.lstrip(" "))
    return "&nbsp;" * indent + "".join(out).lstrip(" ") if indent else "".join(out)

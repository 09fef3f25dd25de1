"""Pure. What a mail is to us: the values that `parse` returns and `write` takes.

Terms are RFC 5322's. Header names are lower case throughout; ids stand without their angle brackets.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


def address_key(address: str) -> str:
    """The form under which two spellings of one mailbox are equal: all lower case.

    No letter becomes one of another script: the Kelvin sign (U+212A) has the small k for its lower case, and an address
    with it is another person's.
    """
    return address.lower() if address.isascii() else "".join(map(_lower, address))


def _lower(letter: str) -> str:
    lower = letter.lower()
    return letter if lower.isascii() and not letter.isascii() else lower


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox (RFC 5322 §3.4): `address` is lower case in its domain, `name` is decoded, '' where there is none."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        """The part after the last @, lower case; '' where there is none."""
        return self.address.rpartition("@")[2].lower() if "@" in self.address else ""

    @property
    def key(self) -> str:
        """What mailboxes are compared by; see `address_key`."""
        return address_key(self.address)


@dataclass(frozen=True, slots=True)
class Headers:
    """The header block in its order: names lower case, values decoded to str, unfolded, free of CR, LF and NUL."""

    fields: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """The first value of the header, '' where it is missing."""
        return next((value for key, value in self.fields if key == name), "")

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of the header, in order; empty where it is missing."""
        return tuple(value for key, value in self.fields if key == name)

    def __contains__(self, name: object) -> bool:
        return any(key == name for key, _ in self.fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A part that is not the mail's own text. Its content is never opened; a mail may hold another mail (rfc822)."""

    name: str  #: safe to show and to write as a file name: no path, no control characters; never empty
    content_type: str  #: lower case, without parameters
    size: int  #: bytes after decoding
    inline: bool = False  #: shown inside the HTML text (Content-ID)
    content: bytes = field(
        default=b"", repr=False
    )  #: kept for machine-readable parts alone (message/*, text/rfc822-headers), and where `parse` is asked for it
    content_id: str = ""  #: by which the HTML text shows it, without brackets


class Encryption(StrEnum):
    """How the text is hidden from us, where it is."""

    SMIME = "smime"
    PGP = "pgp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A received mail. Every mail becomes one: what could not be read is said in `unreadable`, never raised."""

    digest: str  #: SHA-256 of the raw bytes, hex
    size: int  #: of the raw bytes
    message_id: str | None  #: without brackets; None where missing or unusable
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()  #: oldest first, as in the header
    sender: Address | None = None  #: the first From
    reply_to: tuple[Address, ...] = ()
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    delivered_to: tuple[str, ...] = ()  #: Delivered-To, X-Original-To, Resent-To addresses, lower case
    return_path: str | None = None  #: '' is the null path <>; None where the header is missing
    subject: str = ""
    date: datetime | None = None  #: aware, UTC; None where missing or nonsense
    headers: Headers = Headers()
    content_type: str = "text/plain"  #: of the whole mail, lower case, without parameters
    report_type: str = ""  #: the parameter of multipart/report, lower case
    text: str = ""  #: the mail's own text: the plain part, else the HTML rendered; never that of attached mails
    html: str = ""  #: the mail's own HTML part as it came, '' where there is none
    attachments: tuple[Attachment, ...] = ()
    encryption: Encryption | None = None
    defects: tuple[str, ...] = ()  #: what was odd but could be read around
    unreadable: str | None = None  #: why the mail could not be read at all; its raw bytes are kept

    @property
    def referenced(self) -> tuple[str, ...]:
        """Every id that this mail names as an ancestor, nearest first, each once (RFC 5256: References, then In-Reply-To)."""
        return tuple(dict.fromkeys((*self.in_reply_to[:1], *reversed(self.references), *self.in_reply_to[1:])))


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMail:
    """A mail of ours, before it is bytes. `write` turns it into RFC 5322 and refuses what would break a header."""

    message_id: str  #: without brackets, fixed before any connection opens
    date: datetime
    sender: Address  #: From
    to: Address  #: the one recipient
    reply_to: Address | None = None
    subject: str = ""
    in_reply_to: str | None = None
    references: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()  #: further ones, such as Auto-Submitted
    text: str = ""
    html: str | None = None
    attached_mail: bytes | None = field(default=None, repr=False)  #: the original, attached as message/rfc822
    attachments: tuple[Attachment, ...] = ()  #: further files, after all else


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
    """A mail that somebody passed on inside another: what could be read of its header block and its text."""

    sender: str  #: the address where one was found, else the name as written
    subject: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewText:
    """What is new in a mail. `text` is never empty where the mail is not; what was cut is kept for humans."""

    text: str
    quoted: str = ""
    signature: str = ""
    forwarded: Forwarded | None = None


class LinkedBy(StrEnum):
    """How a mail found its case (contract.md `link.by`)."""

    NEW = "new"
    SIGNED_ID = "signed_id"  #: an id that we signed
    PLUS_ADDRESS = "plus_address"
    REFERENCE = "reference"  #: any id ever seen in References or In-Reply-To of the case
    BODY_TOKEN = "body_token"  # noqa: S105 - the name of a way to link, not a secret
    SUBJECT_TAG = "subject_tag"  #: only from a participant of that case
    LINKED = "linked"  #: a new case tied to an old one


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A case that a mail may belong to, gathered by the ids and the subject tag that the mail names."""

    case: str  #: its reference, FL-…
    customer: str  #: the customer's address key
    participants: frozenset[str] = frozenset()  #: address keys of all who may write on it, the customer included
    ids: frozenset[str] = frozenset()  #: those ids of the mail that this case knows (ours, theirs, ghosts)
    ghosts: frozenset[str] = frozenset()  #: those of `ids` that its mails only mention: of no mail that we have
    closed: bool = False
    resolved: bool = False
    opened_at: datetime | None = None
    last_activity: datetime | None = None
    aliases: frozenset[str] = frozenset()  #: references of cases that were merged into it
    tied_to: str | None = None  #: the case that it continues, or grew out of
    subjects: frozenset[str] = frozenset()  #: of its mails, as written


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where a mail belongs. `case` None means: open a new one; `tied_to` names the old case a new one is linked with."""

    by: LinkedBy
    case: str | None
    trusted: bool  #: the sender is a participant, or the case is new
    why: str
    tied_to: str | None = None
    learns: bool = True  #: what the mail refers to belongs to its case too; False for a stranger's, or another matter
    merges: tuple[str, ...] = ()  #: references of cases of the same customer that it joins with `case`

"""Pure. Fingerprints under which two mails of one robot are alike, and two of one person hardly ever.

A robot repeats itself with another number, name or address each time ("Your request #4711 was received"). So what a
robot fills in is left out before the rest is hashed: words with a digit, addresses, links, quoted words, case
references, the greeting. What is left are words, in their order, in small letters.
"""

import hashlib
import re
import unicodedata
from collections.abc import Collection

from daemon.steps.free_mail import FREE_MAIL
from store.records import Trace
from threading_.message import address_key
from threading_.subject import base_subject

_READ = 4_000  #: characters: what makes two mails alike stands at their beginning
_WORDS = 120
#: A shorter text is nobody's own: "Thank you!" of six customers is no storm. Its subject must be the same too.
_TELLING = 8
_FEW = 4  #: words below which even one sender may repeat itself: "yes", "thanks a lot"
_FILLED_IN = re.compile(
    r"\"[^\"\n]{1,200}\"|“[^”\n]{1,200}”|„[^“\n]{1,200}“|«[^»\n]{1,200}»"  # quoted: our subject, a name
    r"|\bfl[-–][0-9a-z]{4}[-–][0-9a-z]{3}\b"  # case references, ours or another Firstline's
    # Looked for from the start of a word alone: from each letter of a long one it takes quadratic time.
    r"|(?<![^\s\"“”„«»])\S*(?:@|://|\d)\S*"
)
_GREETING = re.compile(r"\A\W*[^\n.?!]{1,60}[,!:]\s*\n")
_WORD = re.compile(r"[^\W\d_]+")


def words(text: str) -> list[str]:
    """The words by which a text is compared, in order."""
    plain = unicodedata.normalize("NFKC", text[:_READ]).casefold()
    return _WORD.findall(_FILLED_IN.sub(" ", _GREETING.sub("", plain, count=1)))[:_WORDS]


def fingerprint(*parts: str) -> str:
    """A short digest of the parts."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def trace_of(address: str, subject: str, text: str, exempt: Collection[str] = ()) -> Trace:
    """By what a mail is counted. `exempt` are further hosts whose domain tells nothing.

    Subjects are compared among mails of one domain alone (of one address at free-mail hosts): "Can't sign in" from
    many companies is an outage, and everybody gets the answer.
    """
    sender = address_key(address)
    domain = sender.rpartition("@")[2]
    if domain in FREE_MAIL or domain in exempt:
        domain = ""
    said, about = words(text), words(base_subject(subject) + " ")
    if len(said) >= _TELLING:
        content = fingerprint("text", *said)
    else:
        content = fingerprint("short", *about, "", *said) if said else ""
    return Trace(
        sender=sender,
        domain=domain,
        content=content,
        subject=fingerprint("subject", domain or sender, *about) if len(about) > 1 else "",
    )


def repeatable(text: str) -> bool:
    """Whether a text is so short that a person, too, may write it again word for word."""
    return len(words(text)) < _FEW


def said(text: str) -> str:
    """Digest of what a mail of ours says, whatever reference, date and name it is filled in with; '' of nothing."""
    found = words(text)
    return fingerprint("said", *found) if found else ""

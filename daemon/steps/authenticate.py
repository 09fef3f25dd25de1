"""Pure. Is a mail from whom its From says? What our own mail server found, read from where only it can write.

Authentication-Results (RFC 8601) is text that every sender can write too. So only the topmost field counts, and only
where it bears the name of the server that the configuration pins; comments and quoted text say nothing; and a pass
counts only for the domain of the From that we read (peers.md G: the holes that reviewers found in others).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from daemon.settings import AuthenticationSettings, Unproven
from daemon.steps.verdicts import Authenticated, Proof
from threading_.message import Message

RESULTS, SEALED_RESULTS, SEAL = "authentication-results", "arc-authentication-results", "arc-seal"
_LONGEST = 20_000  #: characters of a field that are read; real ones have a few hundred
_HIDDEN = "\x00"  #: stands for a separator inside quotes
_METHOD = re.compile(r"([a-z][a-z0-9_-]*)(?:/1)?")
_INSTANCE = re.compile(r"\s*i\s*=\s*(\d{1,3})\s*;(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class _Result:
    """One clause: `dkim=pass header.d=example.com`."""

    method: str
    result: str
    properties: tuple[tuple[str, str], ...]

    def domains(self, *names: str) -> tuple[str, ...]:
        """The domains that these properties name."""
        return tuple(_domain(value) for name, value in self.properties if name in names)


def authenticate(message: Message, authserv_id: str) -> Authenticated:
    """What the pinned server says of the sender. Never raises; linear in the mail.

    PASS: DMARC passed for the domain of From; or, where DMARC has no verdict, DKIM or SPF passed for it.
    FAIL: DMARC failed; or the domain's SPF record forbids the host and no DKIM signature of the domain holds; or the
    mail has more than one From. NONE: everything else, and always where no server is pinned.
    """
    if not authserv_id:
        return _none("no server is pinned in [authentication] authserv_id")
    if message.sender is None or not message.sender.domain:
        return _none("it has no sender")
    fields = message.headers.all(RESULTS)
    if not fields:
        return _none("no Authentication-Results of ours")
    server, results = _read(fields[0])
    if server != authserv_id.lower():
        return _none(f"the topmost Authentication-Results is not by {authserv_id}")
    if len(message.headers.all("from")) > 1:
        return _fail("it has more than one From")
    domain = _domain(message.sender.domain)
    own = _verdict(results, domain)
    if own.verdict is Proof.PASS or not any(one.method == "arc" and one.result == "pass" for one in results):
        return own
    sealed = _sealed(message, authserv_id.lower())
    if sealed is not None and _verdict(sealed, domain).verdict is Proof.PASS:
        return _pass(f"passed when {authserv_id} first saw it, and sealed (ARC) until now")
    return own


def unproven(auth: Authenticated, settings: AuthenticationSettings) -> str | None:
    """Why the sender is not believed, None where the configuration lets the mail through."""
    refused = {Proof.FAIL: settings.on_fail, Proof.NONE: settings.on_none}.get(auth.verdict)
    return auth.why if refused is Unproven.ESCALATE else None


def _verdict(results: tuple[_Result, ...], domain: str) -> Authenticated:
    dmarc = [one for one in results if one.method == "dmarc"]
    for one in dmarc:
        about = one.domains("header.from")
        if one.result == "pass" and any(not _covers(other, domain) for other in about):
            return _fail(f"DMARC passed for {about[0]}, but From says {domain}")
        if one.result == "fail":
            return _fail(f"DMARC failed for {domain}")
    if dmarc and all(one.result == "pass" and one.domains("header.from") for one in dmarc):
        return _pass(f"DMARC passed for {domain}")
    # No verdict of DMARC: the domain has no record, or the server does not look for one.
    if any(one.method == "dkim" and one.result == "pass" and _aligned(one, domain) for one in results):
        return _pass(f"a DKIM signature of {domain} holds")
    mail_from = [one for one in results if one.method == "spf" and _aligned(one, domain)]
    if mail_from and all(one.result == "pass" for one in mail_from):
        return _pass(f"SPF passed for {domain}")
    if any(one.result == "fail" for one in mail_from):
        return _fail(f"the SPF record of {domain} forbids the host that sent it")
    return _none(f"nothing in Authentication-Results proves {domain}")


def _aligned(one: _Result, domain: str) -> bool:
    """Whether a DKIM or SPF result is about the domain of From. One that names two domains is about neither."""
    names = ("header.d",) if one.method == "dkim" else ("smtp.mailfrom", "smtp.mail")
    about = one.domains(*names) or one.domains("header.i")
    return bool(about) and all(_covers(other, domain) for other in about)


def _covers(above: str, domain: str) -> bool:
    """Whether `above` is the domain or stands above it: a company signs for its departments.

    DMARC's relaxed alignment (RFC 7489 §3.1) also goes the other way. Without the list of public suffixes, that would
    let alice.github.io speak for github.io; what is lost are passes of domains that have no DMARC record.
    """
    return bool(above) and (domain == above or ("." in above and domain.endswith(f".{above}")))


def _read(value: str) -> tuple[str, tuple[_Result, ...]]:
    """(the server's name, its results); ('', ()) where the field is not of RFC 8601 §2.2's form."""
    clauses = _clauses(value[:_LONGEST])
    if not clauses:
        return "", ()
    server, *version = clauses[0].split()[:3] or [""]
    if not server or version not in ([], ["1"]):
        return "", ()
    return server.lower(), tuple(result for clause in clauses[1:] if (result := _result(clause)) is not None)


def _result(clause: str) -> _Result | None:
    pairs = [word.partition("=") for word in re.sub(r"\s*=\s*", "=", clause).split()]
    if not pairs or not pairs[0][1]:
        return None
    method = _METHOD.fullmatch(pairs[0][0].lower())
    if method is None:
        return None
    properties = tuple((name.lower(), value) for name, sign, value in pairs[1:] if sign)
    return _Result(method[1], pairs[0][2].lower(), properties)


def _clauses(value: str) -> list[str] | None:
    """The field cut at its semicolons, without comments; None where a comment or a quote does not end."""
    out: list[str] = []
    depth, quoted, escaped = 0, False, False
    for letter in value:
        if escaped:
            escaped = False
            if quoted:
                out.append(letter if letter.isalnum() else _HIDDEN)
        elif letter == "\\" and (depth or quoted):
            escaped = True
        elif quoted:
            quoted = letter != '"'
            if quoted:
                out.append(_HIDDEN if letter in " \t;=" else letter)
        elif letter == "(":
            depth += 1
            out.append(" ")
        elif depth:
            depth -= letter == ")"
        elif letter == '"':
            quoted = True
        else:
            out.append("\n" if letter == ";" else " " if letter.isspace() else letter)
    return None if depth or quoted else "".join(out).split("\n")


def _domain(value: str) -> str:
    """The domain of an address or a domain as written, in its ASCII form; '' where it is none."""
    domain = value.strip("<>").rpartition("@")[2].rstrip(".").lower()
    if not domain.isascii() and len(domain) <= 253:
        try:
            domain = domain.encode("idna").decode()
        except UnicodeError:
            return ""
    return domain if re.fullmatch(r"[a-z0-9_.-]{1,253}", domain) else ""


def _sealed(message: Message, server: str) -> tuple[_Result, ...] | None:
    """What the pinned server itself had found earlier, where an ARC set of its own says so (RFC 8617 §4.1).

    The chain holds, as the topmost field said; then a set is as good as the domain that sealed it. Anybody can seal
    with a domain of their own, so it must be one that the pinned server's name lies in.
    """
    for instance, value in _instances(message, SEALED_RESULTS):
        found, results = _read(value)
        seals = [
            _domain(tag[2].strip())
            for number, seal in _instances(message, SEAL)
            if number == instance
            for tag in (part.partition("=") for part in seal.split(";"))
            if tag[0].strip().lower() == "d"
        ]
        if found == server and len(seals) == 1 and "." in seals[0] and _covers(seals[0], server):
            return results
    return None


def _instances(message: Message, name: str) -> Iterator[tuple[int, str]]:
    """(number, the rest) of the ARC fields of that name; RFC 8617 §4.2.1 allows 50."""
    for value in message.headers.all(name)[:50]:
        if (match := _INSTANCE.match(value[:_LONGEST])) is not None:
            yield int(match[1]), match[2]


def _pass(why: str) -> Authenticated:
    return Authenticated(verdict=Proof.PASS, why=why)


def _fail(why: str) -> Authenticated:
    return Authenticated(verdict=Proof.FAIL, why=why)


def _none(why: str) -> Authenticated:
    return Authenticated(verdict=Proof.NONE, why=why)

"""Pure. Ids that prove themselves: signed Message-IDs, the loop header's token, and case references to read aloud."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

# Crockford's base32 without U: no I, L, O that look like 1 and 0, and no accidental words.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOK_ALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
_PREFIX = "FL"
_LENGTH = 6  # letters of 5 bits: 30 bits, before the check letter
_REFERENCE = re.compile(
    r"(?<![0-9A-Za-z])F[\s_.\-\u2010-\u2015]{0,3}L[\s_.:#\-\u2010-\u2015]{0,3}"
    r"((?:[0-9A-Za-z][\s_.\-\u2010-\u2015]{0,3}?){6}[0-9A-Za-z])(?![0-9A-Za-z])",
    re.IGNORECASE,
)
_ID_PURPOSE = b"message-id"
_LOOP_PURPOSE = b"loop"
_PLUS_PURPOSE = b"plus-address"
_SIGNATURE_LETTERS = 26  # 128 bits in base32
_SIGNED = re.compile(r"fl\.([0-9a-z]{1,32})\.([0-9a-z]{1,40})\.([a-z2-7]{26})@", re.IGNORECASE)
_TOKEN = re.compile(r"([0-9a-z]{1,32})\.([a-z2-7]{26})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """Keys for signing, newest first: the newest signs, all verify."""

    keys: tuple[bytes, ...] = field(repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError where there is no key, or one that is shorter than 16 bytes."""
        if not self.keys or any(len(key) < 16 for key in self.keys):
            raise ValueError("a key ring needs at least one key, each of 16 bytes or more")


@dataclass(frozen=True, slots=True)
class SignedId:
    """What an id of ours says: `case` is a case reference (FL-…), `nonce` makes the id unique."""

    case: str
    nonce: str


def _sign(key: bytes, purpose: bytes, text: str) -> str:
    """HMAC-SHA-256 cut to 128 bits, in lower-case base32: hex of that length costs points with SpamAssassin
    (peers.md F), and case must not matter, because some systems fold ids to lower case."""
    digest = hmac.new(key, purpose + b"\0" + text.encode(), hashlib.sha256).digest()
    return base64.b32encode(digest[:16]).decode().rstrip("=").lower()


def _verify(ring: KeyRing, purpose: bytes, text: str, signature: str) -> bool:
    given = signature.lower()
    # Every key is tried, whatever the first says: the time taken tells nothing.
    return any([hmac.compare_digest(_sign(key, purpose, text), given) for key in ring.keys])


def _compact(case: str) -> str:
    compact = case.replace("-", "").lower()
    if not re.fullmatch(r"[0-9a-z]{1,32}", compact):
        raise ValueError(f"not a case reference: {case!r}")
    return compact


def _spread(compact: str) -> str:
    """The reference again, from how it stands in an id."""
    upper = compact.upper()
    if re.fullmatch(rf"{_PREFIX}[0-9A-Z]{{7}}", upper):
        return f"{_PREFIX}-{upper[2:6]}-{upper[6:]}"
    return upper


def sign_id(ring: KeyRing, *, case: str, nonce: str, domain: str) -> str:
    """A Message-ID of ours without brackets: `fl.CASE.NONCE.SIGNATURE@domain`, its local part lower case, under 80 long.

    `nonce` is up to 40 letters and digits, new for each mail. Raises ValueError where a part has another form.
    """
    nonce = nonce.lower()
    if not re.fullmatch(r"[0-9a-z]{1,40}", nonce):
        raise ValueError("a nonce is made of letters and digits")
    if not re.fullmatch(r"[0-9A-Za-z]([0-9A-Za-z.-]{0,252}[0-9A-Za-z])?", domain):
        raise ValueError(f"not a domain for a Message-ID: {domain!r}")
    compact = _compact(case)
    return f"fl.{compact}.{nonce}.{_sign(ring.keys[0], _ID_PURPOSE, f'{compact}.{nonce}')}@{domain.lower()}"


def read_id(ring: KeyRing, message_id: str) -> SignedId | None:
    """What an id says where we signed it, None otherwise. The domain is not signed: gateways rewrite it."""
    match = _SIGNED.match("".join(message_id.split()).strip("<>"))
    if match is None:
        return None
    compact, nonce = match[1].lower(), match[2].lower()
    if not _verify(ring, _ID_PURPOSE, f"{compact}.{nonce}", match[3]):
        return None
    return SignedId(_spread(compact), nonce)


def loop_token(ring: KeyRing, case: str) -> str:
    """The value of our `X-Firstline-Loop` header: a mail that carries it was written by us."""
    compact = _compact(case)
    return f"{compact}.{_sign(ring.keys[0], _LOOP_PURPOSE, compact)}"


def loop_case(ring: KeyRing, token: str) -> str | None:
    """The case that a loop header's value names where it carries our signature, None otherwise."""
    return _read_token(ring, _LOOP_PURPOSE, token)


def is_ours(ring: KeyRing, token: str) -> bool:
    """Whether a loop header's value carries our signature."""
    return loop_case(ring, token) is not None


def plus_address(ring: KeyRing, case: str, mailbox: str) -> str:
    """The mailbox's address with the signed case behind a plus sign: what is sent to it finds its case."""
    local, _, domain = mailbox.rpartition("@")
    compact = _compact(case)
    return f"{local}+{compact}.{_sign(ring.keys[0], _PLUS_PURPOSE, compact)}@{domain}"


def plus_case(ring: KeyRing, address: str) -> str | None:
    """The case that a plus address of ours names, None where it names none that we signed."""
    return _read_token(ring, _PLUS_PURPOSE, address.rpartition("@")[0].partition("+")[2])


def _read_token(ring: KeyRing, purpose: bytes, token: str) -> str | None:
    match = _TOKEN.fullmatch("".join(token.split()))
    if match is None or not _verify(ring, purpose, match[1].lower(), match[2]):
        return None
    return _spread(match[1].lower())


def spellings(message_id: str) -> tuple[str, ...]:
    """The id, and how else it may be known: Amazon SES tells the sender `0102…` and writes `<0102…@eu-west-1.amazonses.com>`
    (peers.md B, e2a#498)."""
    local, _, domain = message_id.rpartition("@")
    return (message_id, local) if local and domain.lower().endswith("amazonses.com") else (message_id,)


def _check_letter(letters: str) -> str:
    """A weighted sum in the field of 32 elements (x^5 + x^2 + 1): finds every wrong letter and every two swapped."""
    total = 0
    for letter in letters:
        total ^= _ALPHABET.index(letter)
        total = total << 1 ^ (0b100101 if total & 16 else 0)
    return _ALPHABET[total]


def case_reference(number: int) -> str:
    """The reference of a case from a random number below 2^30: `FL-7K2Q-9DX`, the last letter checks the others.

    Raises ValueError for a number out of range.
    """
    if not 0 <= number < 1 << 5 * _LENGTH:
        raise ValueError("a case number has 30 bits")
    letters = "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))
    return f"{_PREFIX}-{letters[:4]}-{letters[4:]}{_check_letter(letters)}"


def find_reference(text: str) -> str | None:
    """The first case reference in a text whose check letter is right; case, dashes and spaces may have been lost."""
    return next(_references(text), None)


def find_references(text: str) -> tuple[str, ...]:
    """Every case reference in a text, in order, each once."""
    return tuple(dict.fromkeys(_references(text)))


def _references(text: str) -> Iterator[str]:
    for match in _REFERENCE.finditer(text):
        letters = "".join(re.findall(r"[0-9A-Za-z]", match[1])).upper().translate(_LOOK_ALIKES)
        if _check_letter(letters[:_LENGTH]) == letters[_LENGTH]:
            yield f"{_PREFIX}-{letters[:4]}-{letters[4:]}"


def trim_references(ids: Sequence[str], limit: int = 1500) -> tuple[str, ...]:
    """Ids for a References header of at most `limit` bytes: the first, which names the thread, and the newest.

    Relays refuse header blocks over 4,096 bytes (peers.md B, FreeScout 5542), and RFC 5322 §3.6.4 lets it be cut.
    An id that is longer than half the limit by itself is left out.
    """
    unique = [one for one in dict.fromkeys(ids) if one and len(one.encode()) + 5 <= limit // 2]
    if not unique:
        return ()
    first, *rest = unique
    room = limit - len("References:") - _cost(first)
    kept: list[str] = []
    for one in reversed(rest):
        room -= _cost(one)
        if room < 0:
            break
        kept.append(one)
    return (first, *reversed(kept))


def _cost(one: str) -> int:
    return len(one.encode()) + len("\r\n <>")

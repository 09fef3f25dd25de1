"""What a hostile mail can make us send: nothing but our own headers, to the sender alone. Over the whole sequence."""

import asyncio
import base64
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from store.records import OutboxItem
from store.store import open_store
from tests.fuzz.examined import sent
from tests.integration.test_pipeline import World, settings
from threading_.ids import KeyRing, case_reference, read_id, sign_id
from threading_.parse import parse

EVIL = "Bcc: evil@evil.test"


def word(text: str) -> bytes:
    """The text as an encoded word (RFC 2047): what a header cannot hold, hidden in one that it can."""
    return b"=?utf-8?b?" + base64.b64encode(text.encode()) + b"?="


def mail(**headers: bytes) -> bytes:
    """A mail of these raw header values."""
    whole = {"From": b"Alice <alice@customer.test>", "To": b"support@example.com", "Subject": b"Stuck label"}
    whole |= {"Message-ID": b"<a@customer.test>"} | {name.replace("_", "-"): value for name, value in headers.items()}
    head = b"\r\n".join(name.encode() + b": " + value for name, value in whole.items())
    return head + b"\r\n\r\nHow do I get a stuck label out of the printer?\r\n"


async def answered(raws: Sequence[bytes], *, sure: bool = True) -> list[OutboxItem]:
    """Every mail that leaves because of these."""
    with tempfile.TemporaryDirectory(prefix="fl-") as folder:
        async with open_store(Path(folder) / "s.sqlite3", durable=False) as store:
            world = World(store, settings(), sure=sure)
            for raw in raws:
                await world.receive(raw=raw)
                while await world.act():
                    pass
            await world.deliver()
            return world.smtp.taken


def hold(items: Sequence[OutboxItem], sender: str) -> None:
    """What must be true of every one of them."""
    for item in items:
        message = sent(item.raw)
        (to,) = message.to
        assert to.key == item.recipient.lower()
        assert item.recipient.lower() in (sender, "queue@example.com")
        head = item.raw.split(b"\r\n\r\n", 1)[0]
        assert not re.search(rb"(?im)^(?:bcc|cc|x-evil):", head)


HOSTILE = {
    "a line break in an encoded subject": mail(Subject=word(f"Hi\r\n{EVIL}\r\n\r\nbody")),
    "a bare LF in an encoded subject": mail(Subject=word(f"Hi\n{EVIL}")),
    "Unicode's own line breaks": mail(Subject=word(f"Hi\u2028{EVIL}\u2029{EVIL}\x85{EVIL}\x0b{EVIL}\x0c{EVIL}")),
    "NUL in a subject": mail(Subject=b"Hi\0" + EVIL.encode()),
    "a bare CR in a subject": mail(Subject=b"Hi\r" + EVIL.encode()),
    "a line break in an encoded name": mail(From=word(f"Alice\r\n{EVIL}") + b" <alice@customer.test>"),
    "a quoted name that closes itself": mail(From=b'"Alice\\" <evil@evil.test>, \\"" <alice@customer.test>'),
    "a name that is an address": mail(From=b'"evil@evil.test" <alice@customer.test>'),
    "an encoded comma in a name": mail(From=word("evil@evil.test, Alice") + b" <alice@customer.test>"),
    "a line break in an address": mail(From=b'"alice\r\n Bcc: evil@evil.test"@customer.test'),
    "an id with a line break": mail(Message_ID=b"<a\r\n Bcc: evil@evil.test\r\n @customer.test>"),
    "an id that closes its bracket": mail(Message_ID=b"<a@customer.test>\r\n " + EVIL.encode() + b"\r\n <b@c>"),
    "an encoded id": mail(Message_ID=b"<" + word(f"a>\r\n{EVIL}") + b"@customer.test>"),
    "ids without end": mail(References=b" ".join(b"<%d@%s>" % (n, b"x" * 80) for n in range(1_500))),
    "one endless id": mail(References=b"<" + b"x" * 150_000 + b"@customer.test>"),
    "8-bit ids": mail(References="<grüße@customer.test>".encode() + b" <\xff\xfe@customer.test>"),
    "two senders": mail(From=b"alice@customer.test, evil@evil.test"),
    "a reply address of somebody else": mail(Reply_To=b"evil@evil.test"),
    "an endless subject": mail(Subject=b"Re: " * 20_000),
    "a subject of wide letters": mail(Subject=word("\U0001f600" * 400)),
    "a header of ours": mail(X_Firstline_Case=b"FL-1\r\nX-Evil: 1"),
    "bidi in a name": mail(From=word("Al\u202eice\u2066") + b" <alice@customer.test>"),
    "a template in a name": mail(From=b"{{ mailbox }} {% include 'x' %} <alice@customer.test>"),
}


@pytest.mark.parametrize("sure", [True, False], ids=["answered", "handed over"])
@pytest.mark.parametrize("raw", HOSTILE.values(), ids=list(HOSTILE))
async def test_no_hostile_mail_adds_a_header_or_a_recipient(raw: bytes, sure: bool) -> None:
    items = await answered([raw], sure=sure)
    hold(items, "alice@customer.test")
    assert items, "it is answered, or a human hears of it"


_VALUES = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=40).map(word),
    st.sampled_from([f"x\r\n{EVIL}", f"x\n{EVIL}", f"x\r{EVIL}", f"x\r\n\r\n{EVIL}"]).map(word),
    st.sampled_from([b"<a@b>", b"=?", b"?=", b'"', b"\\", b",", b";", b"\r\n ", b"\n\t", b"\0", b"<", b">", b"@"]),
)
_HEADER = st.lists(_VALUES, max_size=6).map(b"".join)


@hypothesis(max_examples=40, deadline=None)
@given(_HEADER, _HEADER, _HEADER, _HEADER)
def test_whatever_stands_in_its_headers_none_of_ours_breaks(
    subject: bytes, name: bytes, id_: bytes, ids: bytes
) -> None:
    raw = mail(Subject=subject, From=name + b" <alice@customer.test>", Message_ID=id_, References=ids)
    sender = parse(raw).sender
    hold(asyncio.run(answered([raw])), sender.key if sender else "")


async def test_references_stay_short_however_long_a_thread_grows() -> None:
    ids = [f"<{number}.{'x' * 60}@customer.test>".encode() for number in range(300)]
    raws = [mail(Message_ID=ids[count], References=b"\r\n ".join(ids[:count])) for count in (1, 20, 299)]
    items = await answered(raws, sure=False)
    assert items
    for item in items:
        found = re.search(rb"(?im)^References:[^\r]*(?:\r\n[ \t][^\r]*)*", item.raw.split(b"\r\n\r\n")[0])
        assert found is None or len(found[0]) <= 1_500
    hold(items, "alice@customer.test")


RING = KeyRing((b"k" * 32,))
_CASES = st.integers(0, (1 << 30) - 1).map(case_reference)
_NONCES = st.from_regex(r"[0-9a-z]{1,40}", fullmatch=True)


@given(_CASES, _NONCES, st.integers(0, 120), st.sampled_from(["\r\n ", "\n\t", " "]), st.booleans())
def test_a_signed_id_survives_folding_and_the_case_of_its_domain(
    case: str, nonce: str, at: int, fold: str, upper: bool
) -> None:
    signed = sign_id(RING, case=case, nonce=nonce, domain="mail.example.com")
    local, _, domain = signed.partition("@")
    domain = domain.upper() if upper else domain.title()
    changed = f"{local}@{domain}"
    folded = f"<{changed[:at]}{fold}{changed[at:]}>" if at < len(changed) else f"{fold}<{changed}>"
    for name in ("In_Reply_To", "References"):
        message = parse(mail(**{name: folded.encode()}))
        (found,) = [read_id(RING, one) for one in message.referenced]
        assert found is not None
        assert (found.case, found.nonce) == (case, nonce)

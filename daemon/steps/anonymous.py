"""Pure. Texts of mails without what tells who wrote them: for digests and suggested articles, read by more than one team.

Rules alone, and on the safe side: a number too many is taken out, and a person reads the result before anybody else does.
"""

import re
from collections.abc import Iterable

from daemon.steps.sentences import without_courtesies

_ADDRESS = re.compile(r"(?:mailto:)?[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_QUERY = re.compile(r"(https?://)(?:[^\s/@]+@)?([^\s?#)\]>]+)[?#][^\s)\]>]*")
_CASE = re.compile(r"\bFL-[0-9A-Z]{4}-[0-9A-Z]{2,4}\b", re.IGNORECASE)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_CARD = re.compile(r"(?<![\w.])\d(?:[ -]?\d){12,18}(?!\w|\.\d)")
_PHONE = re.compile(
    r"(?<![\w.,])(?:(?:\+|00)\d[\d ()./-]{6,}\d|0\d{1,5}[ /-]{0,3}\d[\d /-]{4,}\d|\(\d{2,5}\)[ -]?\d[\d -]{4,}\d"
    r"|\d{3}[-. ]\d{3}[-. ]\d{4})(?!\w|\.\d)"
)
#: A number that follows such a word names one customer's thing.
_NAMED = re.compile(
    r"\b((?:order|invoice|ticket|customer|account|serial|tracking|reference|ref|contract|bestell\w*|rechnung\w*|kunden\w*|auftrag\w*"
    r"|vertrags\w*|serien\w*|commande|facture|client|pedido|factura|fattura|ordine|cliente|encomenda|fatura|bestelling|factuur|klant\w*)"
    r"(?:[ -]?(?:number|no|nr|id|nummer|numéro|número|numero|nummer|code))?\.?\s*[:#]?\s*)#?(?=[\w-]*\d{3})[A-Z0-9][\w/-]{3,}",
    re.IGNORECASE,
)
_LONG = re.compile(r"(?<![\w.,:/])#?(?:[A-Z]{1,5}[-_]?)?\d{6,}(?:[-_/]\w+)*(?![\w])(?!\.\d)")
_STREET = re.compile(
    r"\b\d{1,5}[a-z]? (?:[A-Z]\w+ ){1,3}(?:Street|St|Road|Rd|Avenue|Ave|Lane|Drive|Boulevard|Blvd|Court|Way)\b\.?"
    r"|\b[A-ZÄÖÜ][\wäöüß-]*(?:straße|strasse|str\.|weg|platz|allee|gasse|straat|laan) ?\d{1,4}[a-z]?\b"
    r"|\b\d{1,4},? (?:rue|avenue|boulevard|place) (?:de |du |des |la |le )*[A-ZÀ-Þ][\w'’ -]{2,30}"
    r"|\b(?:via|calle|rua|avenida|piazza) (?:de |del |della |da |do )*[A-ZÀ-Þ][\w'’ ]{2,30},? (?:n\.? ?)?\d{1,4}\b",
)
_INTRODUCED = re.compile(
    r"\b((?:my name is|this is|i am called|ich hei(?:ß|ss)e|mein name ist|je m['’]appelle|me llamo|mi chiamo|meu nome é|ik heet|mijn naam is)\s+)"
    r"[A-ZÀ-Þ][\w'’-]+(?: [A-ZÀ-Þ][\w'’-]+){0,2}",
    re.IGNORECASE,
)
_SIGNED_DASH = re.compile(r"\n-- ?\n.*\Z", re.DOTALL)
#: Given names that are words first: left alone unless they stand beside the family name.
_WORDS = frozenset(
    "will may mark grant rose bill art drew grace hope joy faith dawn sue pat rob jack an may max min".split()
)


def anonymous(text: str, names: Iterable[str] = ()) -> str:
    """The text without greeting, closing and signature, and without addresses, numbers of people and things, and names.

    `names` are those known of the people of the case: the customer's, the agent's.
    """
    text = without_courtesies(_SIGNED_DASH.sub("", text.replace("\r\n", "\n")))
    text = _ADDRESS.sub("[address]", text)
    text = _QUERY.sub(r"\1\2", text)
    text = _CASE.sub("[case]", text)
    text = _STREET.sub("[address]", text)
    for pattern in (_IBAN, _CARD, _PHONE):
        text = pattern.sub("[number]", text)
    text = _NAMED.sub(r"\1[number]", text)
    text = _LONG.sub("[number]", text)
    text = re.sub(_INTRODUCED.pattern.replace("[A-ZÀ-Þ]", "(?-i:[A-ZÀ-Þ])"), r"\1[name]", text, flags=re.IGNORECASE)
    return _without_names(text, names).strip()


def _without_names(text: str, names: Iterable[str]) -> str:
    for name in names:
        parts = [part for part in re.findall(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*", name) if len(part) > 2]
        if len(parts) > 1:
            text = re.sub(r"\b" + r"[ ,]+".join(map(re.escape, parts)) + r"\b", "[name]", text, flags=re.IGNORECASE)
        for part in parts:
            if part.lower() not in _WORDS:
                spelt = "|".join(map(re.escape, dict.fromkeys((part, part.title(), part.upper()))))
                text = re.sub(rf"\b(?:{spelt})\b", "[name]", text)
    return text

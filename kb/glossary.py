"""I/O. A mail in German, French, Spanish, Italian, Portuguese or Dutch, put into rough English word by word.

The bundled model and most knowledge bases know English alone: a German mail is to them a row of letters. What the words of
`glossary.tsv` beside this file say is enough to find what the mail is about, not what it says: it finds the article that a
person is shown, and nothing that is in another language than the customer's is sent on its strength (product.md §2).
"""

import csv
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

GLOSSARY = Path(__file__).with_name("glossary.tsv")
_TOKEN = re.compile(r"[^\W_]+|[\W_]+")
_LONGEST = 4  # words of a phrase


@dataclass(frozen=True, slots=True)
class _Words:
    """What is known of one language. Keys are folded."""

    phrases: dict[tuple[str, ...], str] = field(default_factory=dict)  #: whole words, one or several
    stems: dict[str, str] = field(default_factory=dict)  #: beginnings of words


@cache
def _languages() -> dict[str, _Words]:
    found: defaultdict[str, _Words] = defaultdict(_Words)
    with GLOSSARY.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            english = row.pop("en")
            for language, cell in row.items():
                for said in map(str.strip, cell.split("|")):
                    if said.endswith("*"):
                        found[language].stems.setdefault(_folded(said[:-1]), english)
                    else:
                        found[language].phrases.setdefault(tuple(_TOKEN.findall(_folded(said))[::2]), english)
    return dict(found)


def in_english(text: str, language: str) -> str:
    """Return the text with each word that the glossary knows in English; '' where it does not know the language.

    What it does not know stays: names, numbers, and what is English anyway.
    """
    known = _languages().get(language)
    if known is None:
        return ""
    tokens = [token for token in _TOKEN.findall(text) if token]
    folded = [_folded(token) for token in tokens]
    said: list[str] = []
    place = 0
    while place < len(tokens):
        if not folded[place][:1].isalnum():
            said.append(tokens[place])
            place += 1
            continue
        for count in range(_LONGEST, 0, -1):
            words = tuple(folded[place : place + 2 * count - 1 : 2])
            if len(words) == count and words in known.phrases:
                said.append(known.phrases[words])
                place += 2 * count - 1
                break
        else:
            said.append(_by_stem(known, folded[place]) or tokens[place])
            place += 1
    return "".join(said)


def _by_stem(known: _Words, word: str) -> str | None:
    return next((known.stems[word[:end]] for end in range(len(word), 3, -1) if word[:end] in known.stems), None)


def _folded(text: str) -> str:
    """Lower case without accents."""
    return "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))

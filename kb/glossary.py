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
    """What is known of one language, in lower case: as it is spelled and, where nothing else is spelled so, without accents."""

    phrases: dict[str, str] = field(default_factory=dict)  #: one word, or several with a space between
    stems: dict[str, str] = field(default_factory=dict)  #: beginnings of words


@cache
def _languages() -> dict[str, _Words]:
    with GLOSSARY.open(encoding="utf-8", newline="") as file:
        rows = [*csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    found: defaultdict[str, _Words] = defaultdict(_Words)
    for spelled in (str.casefold, _without_accents):
        for row in rows:
            english = row["en"]
            for language, cell in row.items():
                for said in map(str.strip, cell.split("|") if language != "en" else ()):
                    words = found[language].stems if said.endswith("*") else found[language].phrases
                    words.setdefault(" ".join(_TOKEN.findall(spelled(said))[::2]), english)
    return dict(found)


def in_english(text: str, language: str) -> str:
    """Return the text with each word that the glossary knows in English; '' where it does not know the language.

    What it does not know stays: names, numbers, and what is English anyway.
    """
    known = _languages().get(language)
    if known is None:
        return ""
    tokens = _TOKEN.findall(text)
    said: list[str] = []
    place = 0
    while place < len(tokens):
        count, english = _phrase(known, tokens[place : place + 2 * _LONGEST - 1 : 2]) or (1, tokens[place])
        said.append(english)
        place += 2 * count - 1
    return "".join(said)


def _phrase(known: _Words, words: list[str]) -> tuple[int, str] | None:
    """Return how many of the words the longest phrase at their start has, and its English."""
    for count in range(len(words), 0, -1):
        said = " ".join(words[:count])
        for spelled in (said.casefold(), _without_accents(said)):
            if spelled in known.phrases:
                return count, known.phrases[spelled]
    for spelled in (words[0].casefold(), _without_accents(words[0])):
        for end in range(len(spelled), 3, -1):
            if spelled[:end] in known.stems:
                return 1, known.stems[spelled[:end]]
    return None


def _without_accents(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(each))

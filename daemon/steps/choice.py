"""Pure. Which of the numbered candidates of a clarification a customer means: "2", "the second", "number 2", or none.

A number is a choice only where nothing else can be meant: at the start, alone, or called a number; a version is none.
"""

import re
from collections.abc import Sequence

from daemon.steps.words import fold

#: What `chosen` returns where the customer says that nothing offered fits.
NONE = 0

_OFFERED = re.compile(r"\((\d)\) “([^”]{1,300})”")
_SHORT = 15  # words; in a longer text "the first" is a story's
_ORDINALS = (
    r"first|1st|erste[nrs]?|erstere[nrs]?|premiere?|1(?:er|re|ere)|primer[oa]?|prim[oa]|primeir[oa]|eerste",
    r"second|2nd|zweite[nrs]?|letztere[nrs]?|deuxieme|seconde?|2e(?:me)?|segund[oa]|second[oa]|tweede",
    r"third|3rd|dritte[nrs]?|troisieme|3e(?:me)?|tercer[oa]?|terz[oa]|terceir[oa]|derde",
)
_ARTICLE = r"(?:the|das|die|der|den|dem|le|la|les|el|los|il|lo|o|a|de|het)"
_CALLED = (
    r"(?:number|no\.?|nr\.?|option|nummer|numero|numer[oa]|opcion|opcao|opzione|optie|choice|question|punkt|point|#)"
)
_NUMBER = re.compile(rf"(?<![\w.]){_CALLED}\s*\(?([1-9])\)?(?![\w]|[.,]\d)")
_LEADING = re.compile(
    r"^\W*\(?([1-9])\)?(?=\s*$|\s*[.,;:!)\-–](?!\d)|\s+(?:and|und|et|y|e|en|please|bitte|por favor|per favore|aub|thanks|danke)\b)"
)
_NONE = re.compile(
    r"\b(?:none|neither|nothing of (?:that|these)|something else|keine?[srn]? (?:davon|von)|nichts davon|etwas anderes|weder noch"
    r"|aucune?|ni l'un|autre chose|ningun[oa]?|ninguna de|otra cosa|nessun[oa]?|qualcos'?altro|nenhum[a]?|outra coisa"
    r"|geen van|iets anders)\b"
)
_LINE = re.compile(r"^\(?([1-9])\s*[.):]\s*(.+)$")


def offered(text: str) -> tuple[str, ...]:
    """The titles that a clarification of ours offers, in the order of their numbers."""
    found = [(int(number), title) for number, title in _OFFERED.findall(" ".join(text.split()))]
    return tuple(title for place, (number, title) in enumerate(found, start=1) if number == place)


def chosen(text: str, titles: Sequence[str]) -> int | None:
    """The number of the title that the text chooses, from 1; `NONE` where it says that none fits; None where it says
    neither."""
    lines = [line for raw in text.splitlines() if (line := fold(raw).strip())]
    if not lines or not titles:
        return None
    numbered = {int(match[1]): match[2] for line in lines if (match := _LINE.match(line))}
    if 1 in numbered and len(numbered) > 1:  # an answer to each question: the first one is about the choice
        return _of(numbered[1], titles)
    return _of(" ".join(lines), titles)


def _of(said: str, titles: Sequence[str]) -> int | None:
    number = _LEADING.match(said) or _NUMBER.search(said)
    if number and int(number[1]) <= len(titles):
        return int(number[1])
    named = [place for place, title in enumerate(titles, start=1) if fold(title) in said]
    if len(named) == 1:
        return named[0]
    if len(said.split()) > _SHORT:
        return None
    for place, words in enumerate(_ORDINALS[: len(titles)], start=1):
        if re.search(
            rf"\b(?:{_ARTICLE}\s+(?:{words})|l[ao]?'?\s?(?:{words})|(?:{words})\s+(?:one|option))\b|^\W*(?:{words})\W*$",
            said,
        ):
            return place
    return NONE if _NONE.search(said) else None

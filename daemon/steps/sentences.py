"""Pure. The sentences of a mail, and which of them carry it: not the greeting, the thanks, the closing or the name."""

import re

_BREAK = re.compile(
    r"(?<=[.!?…])\s+|(?<=[.!?…][\"'”’)\]])\s+|(?<=[!?])(?=[A-ZÀ-Þ¿¡])|\n\s*\n|\n(?=\s*(?:[-*•–]|\d+[.)])\s)"
    r"|\n(?=[^\n]*\S \| \S)"  # a row of a table
)
_ABBREVIATION = re.compile(
    r"^\d{1,3}[.)]$|(?:\b(?:e\.g|i\.e|z\.b|d\.h|etc|ca|bzw|nr|no|vs|dr|mr|mrs|ms|st|approx|p\.ej|incl|inkl|max|min|fig|usw)|(?<![^\s(.])(?<!\d )[A-Z])\.$",
    re.IGNORECASE,
)
_GREETING = re.compile(
    r"^\W*(?:(?:hi|hello|hey|hiya|howdy|dear|good (?:morning|day|afternoon|evening)|greetings|hallo|guten (?:tag|morgen|abend)"
    r"|moin|servus|liebe[sr]?|sehr geehrte[rs]?|bonjour|bonsoir|salut|hola|buen[oa]s(?: d[ií]as| tardes| noches)?"
    r"|estimad[oa]s?|ciao|salve|buongiorno|buonasera|gentil[ei]|ol[áa]|bom dia|boa tarde|boa noite|prezad[oa]s?|caro|cara"
    r"|beste|geachte|goedemorgen|goedemiddag|goedendag|to whom it may concern)\b)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^\W*(?:(?:best|kind|warm|many|with)?\s*regards|best(?: wishes)?|cheers|sincerely|yours(?: truly| sincerely| faithfully)?"
    r"|(?:many |kind )?thanks(?: (?:again|in advance|a lot))?(?: and (?:best |kind )?regards)?|thank you(?: (?:again|in advance|so much|very much))?"
    r"|(?:viele|beste|liebe|herzliche|freundliche|sch[öo]ne)n? gr[üu](?:ß|ss)e?n?|mit freundlichen gr[üu](?:ß|ss)en|gr[üu](?:ß|ss)e?|mfg|lg|vg"
    r"|danke(?: (?:im voraus|sch[öo]n|vielmals))?|vielen dank(?: im voraus)?"
    r"|cordialement|bien (?:à vous|cordialement)|merci(?: (?:d['’]avance|beaucoup))?|salutations|bonne journ[ée]e"
    r"|(?:un )?saludos?(?: cordiales?)?|atentamente|(?:muchas )?gracias(?: (?:de antemano|por adelantado))?"
    r"|(?:cordiali |distinti )?saluti|grazie(?: (?:mille|in anticipo))?|obrigad[oa](?: desde j[áa])?|atenciosamente|abra[çc]os?|cumprimentos"
    r"|(?:met )?(?:vriendelijke|hartelijke) groet(?:en)?|groet(?:en|jes)?|mvg|(?:hartelijk )?(?:bedankt|dank)(?: alvast)?|alvast bedankt)"
    r"[\s,.!:)–-]*$",
    re.IGNORECASE,
)
_SENT_FROM = re.compile(
    r"^\W*(?:sent from my|gesendet von|von meinem .{3,30} gesendet|envoyé de(?:puis)? mon|enviado (?:desde|do) m[ie]|inviato da|verzonden (?:vanaf|van) mijn|get outlook for)",
    re.IGNORECASE,
)
# Without a question mark only English word order is sure enough: "how can I …", "is there …", never "do not …".
_ASKING = re.compile(
    r"^\W*(?:(?:and|but|so|also|or|ok|then|please)\W+)?(?:(?:how|what|where|why|which|who|when) (?:\w+ )?(?:do|does|did|can|could|is|are|should|would|will|to|much|many|long)\b"
    r"|(?:can|could|should|may) (?:i|we|you|it|one|someone|somebody|this|that)\b|(?:is|are) (?:there|it|this|that|you|these|they)\b|(?:do|does|did|would|will) (?:i|we|you|it|they|he|she|this|that|the)\b)",
    re.IGNORECASE,
)
_INDIRECT = re.compile(
    r"\b(?:(?:would|i'?d|we'?d) like to (?:know|ask)|(?:want|need|wanted|trying) to (?:know|find out|ask)|(?:was|am|'?m) wondering|(?:tell|show|explain to|advise) (?:me|us) (?:how|what|where|when|why|if|whether|which)"
    r"|(?:do not|don'?t|didn'?t|can'?t|could not|couldn'?t) (?:know|find|see|understand|figure out) (?:how|what|where|when|why|if|whether|which)|any (?:idea|advice|suggestion|tip|chance|clue)s?|please (?:explain|advise|tell|let (?:me|us) know (?:how|what|where|when|why|if|whether|which))"
    r"|(?:ich|wir) (?:m[öo]chten?|w[üu]rden?|wollten?) (?:gerne? )?(?:wissen|fragen)|(?:wei(?:ß|ss)|verstehe|finde) (?:ich )?(?:leider )?nicht,? (?:wie|wo|ob|was|wann|warum)"
    r"|(?:je|nous) (?:voudrais|souhaite(?:rais)?|aimerais|voudrions) savoir|je ne (?:sais|comprends|trouve) pas (?:comment|o[ùu]|si|quoi|pourquoi)"
    r"|(?:quer[íi]a|quisiera|me gustar[íi]a) saber|no s[ée] (?:c[óo]mo|d[óo]nde|si|qu[ée]|por qu[ée])|vorrei sapere|non so (?:come|dove|se|perch[ée])|gostaria de saber|n[ãa]o sei (?:como|onde|se|por)"
    r"|(?:ik|we|wij) (?:wil|willen|zou|zouden) graag weten|weet niet (?:hoe|waar|of|wat|wanneer))\b",
    re.IGNORECASE,
)


#: Lines that may follow a closing.
_AFTER_CLOSING = 6


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, each on one line, in their order. A list item is a sentence, and so is a row
    of a table; a wrapped line is not.
    """
    found: list[str] = []
    open_end = False
    for piece in _BREAK.split(text):
        sentence = " ".join(piece.split()) if piece else ""
        if not sentence:
            continue
        if found and open_end:
            found[-1] += " " + sentence
        else:
            found.append(sentence)
        open_end = bool(_ABBREVIATION.search(sentence))
    return tuple(found)


def without_courtesies(text: str) -> str:
    """The text without its greeting, its closing with all that follows it, and `Sent from my …` lines."""
    lines = text.strip().split("\n")
    greeting = next((n for n, line in enumerate(lines) if line.strip() and not _is_greeting(line)), len(lines))
    lines = lines[greeting:]
    # A closing counts where it stands alone on its line and little follows: names, titles, a phone number.
    written = [index for index, line in enumerate(lines) if line.strip()]
    for index in written[-_AFTER_CLOSING - 1 :]:
        if _CLOSING.match(lines[index]) and (index >= len(lines) // 2 or index == written[-1]):
            lines = lines[:index]
            break
    kept = [line for line in lines if not _SENT_FROM.match(line)]
    rest = _after_greeting("\n".join(kept).strip())
    return rest or text.strip()


def questions_of(text: str) -> tuple[str, ...]:
    """The sentences that ask, in their order: by their mark, by how they begin, or indirectly."""
    return tuple(sentence for sentence in sentences(text) if asks(sentence))


def asks(sentence: str) -> bool:
    """Whether a sentence asks something. A bare tail such as `ok?` does not."""
    words = re.findall(r"\w+", sentence)
    if sentence.rstrip(" \"'”’)!:;").endswith("?"):
        return len(words) >= 2
    if _INDIRECT.search(sentence):
        return True
    return len(words) >= 4 and sentence[-1:] not in ".!" and bool(_ASKING.match(sentence))


def _is_greeting(line: str) -> bool:
    """A line that only greets: `Hi Sam,`. One that goes on (`Hi, my printer …`) does more."""
    match = _GREETING.match(line)
    return match is not None and bool(re.fullmatch(r"(?:\s+[\w.@'’-]+){0,4}[\s,!.:)–-]*", line[match.end() :]))


def _after_greeting(text: str) -> str:
    """`Hi Sam, my printer …` → `my printer …`."""
    match = re.match(rf"(?:{_GREETING.pattern})(?:\s+[\w.@’'-]+){{0,3}}\s*[,!.:–-]+\s+", text, re.IGNORECASE)
    return text[match.end() :] if match and match.end() < len(text) else text

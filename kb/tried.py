"""Pure. Whether a customer has already read or tried what the articles say: then the article that is nearest did not help.

Two signs. The mail speaks of the articles ("your guide says", "as described"), or asks what else there is. Or it tells of
three things or more that its writer did ("I restarted it", "and changed the cable"). Of the texts of `kb/reading/train` that
an article answers, 25 of 1,920 show the first and 18 the second, both 2; of those that are near to an article and that
none answers, 51 of 958 and 37, both 8.
"""

import re

#: So many things that were done are a story of trying.
DONE = 3
_READ = re.compile(
    r"\bwhat (?:else|now|next)\b|\byou (?:say|write|wrote|said|describe)\b|\bI(?:['’]ve| have)? read\b"
    r"|\byour (?:article|guide|instruction|manual|faq|documentation|help (?:page|text|article|cent(?:er|re)))s?\b"
    r"|\bas (?:you )?(?:described|instructed|suggested|recommended)\b"
    r"|\bI(?:['’]ve| have)? (?:followed|done everything|did everything|tried everything)",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\bI(?:['’]ve| have)?,? (?:(?:already|also|even|then|just) )*"
    r"(?:\w+ed|chose|chosen|put|set|ran|went|took|did|done|made|reset|read|wrote|got|found|gave|left|kept|held)\b"
    r"|(?:,| and) (?:(?:also|even|then) )?(?:restarted|reinstalled|replugged|unplugged|rebooted|checked|tried|changed|closed"
    r"|switched|turned|removed|pulled|updated|waited|looked|cleared|deleted|reset)\b",
    re.IGNORECASE,
)


def tried(text: str) -> int:
    """Return how many of the two signs a text shows that its writer has read or tried what the articles say. English alone."""
    return (_READ.search(text) is not None) + (len(_DONE.findall(text)) >= DONE)

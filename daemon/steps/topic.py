"""Pure. What a mail is about, by the articles that lie nearest to it: no training, the team's own folders and topics."""

from collections import Counter

from kb.evidence import Evidence

#: How many of the best passages are asked, and how many of them must agree.
_ASKED, _AGREE = 5, 3


def topic(evidence: Evidence | None, sure: float) -> str | None:
    """The topic of the article that answers, where the confidence is at least `sure`: an answer goes by the rules of the
    topic that it is taken from. Else that on which most of the nearest passages agree, None where they do not.
    """
    if evidence is None:
        return None
    if evidence.cited and evidence.cited[0].topic and evidence.confidence >= sure:
        return evidence.cited[0].topic
    found = Counter(hit.passage.topic for hit in evidence.hits[:_ASKED] if hit.passage.topic)
    if not found:
        return None
    name, count = found.most_common(1)[0]
    return name if count >= min(_AGREE, len(evidence.hits)) else None

"""Pure. The language that a text is written in. The only file that knows py3langid."""

import re
from functools import cache
from typing import Any

_NOISE = re.compile(r"https?://\S+|\S+@\S+|[\d\W_]+")
# Scripts whose letters say much by themselves: a few of them are enough.
_SCRIPTS = re.compile("[\u0370-\u03ff\u0590-\u05ff\u0600-\u06ff\u0e00-\u0e7f\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
# Languages that customers' mails come in. Without the rest (Latin, Esperanto, Faroese …) short texts are told better.
_LANGUAGES = (
    "ar bg bn bs ca cs da de el en es et eu fa fi fr gl he hi hr hu hy id is it ja ka kk ko lt lv mk ms nb nl nn no pl pt"
    " ro ru sk sl sq sr sv ta th tr uk ur vi zh"
).split()
_LONGEST = 4_000  #: letters looked at; more does not change the verdict
_SHORTEST = 10  #: letters; below, a wrong language is as likely as the right one
_SURE = 0.50


@cache
def _identifier() -> Any:
    """The model, loaded when first needed, once in a process."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([one for one in identifier.labels if one in _LANGUAGES])
    return identifier


def language(text: str) -> str:
    """ISO 639-1 of the text; '' where it is too short or the verdict is unsure."""
    words = " ".join(_NOISE.sub(" ", text[:_LONGEST]).split())
    if len(words) < (4 if _SCRIPTS.search(words) else _SHORTEST):
        return ""
    code, probability = _identifier().classify(words)
    if float(probability) < _SURE:
        return ""
    return "no" if code in ("nb", "nn") else str(code)

"""Pure. File names of attachments that are safe to show and to write."""

import mimetypes
import re
import unicodedata

_FORBIDDEN = re.compile(r'[<>:"|?*\x00-\x1f\x7f-\x9f]')
_RESERVED = re.compile(r"^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
_KINDS = {"message/rfc822": ".eml", "message/delivery-status": ".txt", "text/rfc822-headers": ".txt"}
_LONGEST = 120  #: letters; file systems take 255 bytes


def safe_name(name: str, content_type: str, number: int) -> str:
    """The last part of a name as a mail gave it: no path, no control or bidi letters, never empty.

    `number` and the type make the name where the mail gives none.
    """
    name = name.replace("\\", "/").rpartition("/")[2]
    # Cf holds the bidi controls that make `exe.pdf` of `fdp.exe`; Cs cannot be written at all.
    name = "".join(letter for letter in name if unicodedata.category(letter) not in ("Cf", "Cc", "Cs", "Co"))
    name = " ".join(_FORBIDDEN.sub("_", name).split()).strip(". ")
    if _RESERVED.match(name):
        name = f"_{name}"
    if len(name) > _LONGEST:
        stem, dot, suffix = name.rpartition(".")
        name = f"{stem[: _LONGEST - len(suffix) - 1]}.{suffix}" if dot and len(suffix) <= 10 else name[:_LONGEST]
    return name or f"part-{number}{_KINDS.get(content_type) or mimetypes.guess_extension(content_type) or '.bin'}"

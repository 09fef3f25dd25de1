"""Pure. format=flowed (RFC 3676): paragraphs that a mail client cut into lines, as paragraphs again."""

_SIGNATURE = "-- "


def unflow(text: str, *, delsp: bool = False) -> str:
    """The text with soft line breaks taken back and stuffed spaces removed. Quote depths are never mixed.

    `delsp` is the parameter DelSp=yes: the space before a soft break is not part of the text (RFC 3676 §4.1).
    """
    out: list[str] = []
    paragraph: list[str] = []
    depth = 0

    def flush() -> None:
        if paragraph:
            out.append(f"{'>' * depth}{' ' if depth else ''}{''.join(paragraph)}")
            paragraph.clear()

    for line in text.split("\n"):
        level = len(line) - len(line.lstrip(">"))
        content = line[level:].removeprefix(" ")
        if paragraph and level != depth:
            flush()
        depth = level
        if content == _SIGNATURE:  # the signature's separator is never flowed (§4.3)
            flush()
            out.append(f"{'>' * depth}{' ' if depth else ''}{_SIGNATURE}")
        elif content.endswith(" "):
            paragraph.append(content[:-1] if delsp else content)
        else:
            paragraph.append(content)
            flush()
    flush()
    return "\n".join(out)

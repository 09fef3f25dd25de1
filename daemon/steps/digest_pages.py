"""Pure. The sections of a digest as text, as HTML that mail programs show without asking anybody, and as CSV.

The HTML stands on tables with background colours: Outlook draws no other bars, and Gmail fetches no picture. Everything
is written into the elements themselves, since both drop style sheets.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, tzinfo
from html import escape

from daemon.steps.digest import Done, Figures, total
from daemon.steps.digest_sections import Line, Section, Tone, sections
from daemon.steps.voice import Voice
from threading_.message import Address, Attachment, OutgoingMail

_FONT = "font-family:'Segoe UI',Helvetica,Arial,sans-serif"
_INK, _SOFT, _RULE, _BACK = "#1f2933", "#616e7c", "#e4e7eb", "#f5f7fa"
_COLOUR = {Tone.PLAIN: "#3e7cb1", Tone.GOOD: "#3f9142", Tone.BAD: "#c0392b"}
_BAR = 220  #: pixels of the longest bar
_LABEL = 48  #: letters of a label in the text at most
_TEXT_BAR = 20  #: letters of the longest bar in the text


def heading(name: str, figures: Figures, zone: tzinfo) -> str:
    """What the digest is called: its day or week, and the time that it covers."""
    since, until = figures.since.astimezone(zone), figures.until.astimezone(zone)
    span = f"{since:%a} {since.day} {since:%b %H:%M} to {until:%a} {until.day} {until:%b %Y %H:%M}"
    return f"Firstline, week {until.isocalendar().week}: {span}" if name == "weekly" else f"Firstline: {span}"


def as_mail(name: str, figures: Figures, voice: Voice, *, to: str, nonce: str, now: datetime) -> OutgoingMail:
    """The digest as a mail to the team, its figures attached as CSV."""
    title = heading(name, figures, voice.zone)
    told = sections(figures, voice.zone)
    until = figures.until.astimezone(voice.zone)
    shadow = all(fate.shadow for fate in figures.fates)
    would = "would be " if shadow and figures.fates else ""
    short = ", ".join(
        f"{total(figures, done, shadow=bool(would))} {would}{words}"
        for done, words in ((Done.ANSWERED, "answered"), (Done.HANDED_OVER, "handed over"))
    )
    what = "the week" if name == "weekly" else f"{until:%a} {until.day} {until:%b}"
    wrong = any(section.key == "wrong" for section in told)
    numbers = as_csv(told)
    return OutgoingMail(
        message_id=f"digest.{nonce}@{voice.domain}",
        date=now,
        sender=voice.mailbox,
        to=Address("", to),
        subject=f"Firstline, {what}: {short}{' – look at this' if wrong else ''}",
        headers=(("Auto-Submitted", "auto-generated"),),  # RFC 3834 §5
        text=as_text(title, told),
        html=as_html(title, told),
        attachments=(
            Attachment(
                name=f"firstline-{name}-{until:%Y-%m-%d}.csv",
                content_type="text/csv",
                size=len(numbers),
                content=numbers,
            ),
        ),
    )


def as_text(title: str, sections: Sequence[Section]) -> str:
    """The digest as plain text."""
    parts = [title, "=" * len(title)]
    for section in sections:
        parts += ["", section.title, "-" * len(section.title)]
        named = [line for line in section.lines if line.label]
        width = max((len(line.label) for line in named if len(line.label) <= _LABEL), default=0)
        parts += [_text_line(line, width) for line in named]
        if section.note:
            parts += ["", section.note]
    return "\n".join(parts) + "\n"


def _text_line(line: Line, width: int) -> str:
    shown = line.shown or line.value
    if not shown:
        return f"! {line.label}"
    if len(line.label) > _LABEL:  # words of customers: the figure comes first
        return f"{shown}: {line.label}"
    bar = "█" * max(1, round(line.share * _TEXT_BAR)) if line.share else ""
    return f"{line.label:<{width}}  {shown:<16}  {bar}".rstrip()


def as_csv(sections: Sequence[Section]) -> bytes:
    """Section, key, value, label: one figure a line, for spreadsheets (RFC 4180, UTF-8 with its mark)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(("section", "key", "value", "label"))
    for section in sections:
        for line in section.lines:
            writer.writerow((section.key, line.key, _harmless(line.value), _harmless(line.label)))
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: labels hold words of customers."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def as_html(title: str, sections: Sequence[Section]) -> str:
    """The digest as HTML."""
    inner = "".join(_tiles(section) if section.key == "in_short" else _section(section) for section in sections)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light">'
        f"<title>{escape(title)}</title></head>\n"
        f'<body style="margin:0;padding:0;background:{_BACK}">'
        f'<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" bgcolor="{_BACK}"><tr>'
        '<td align="center" style="padding:24px 8px">'
        '<table role="presentation" width="640" cellpadding="0" cellspacing="0" border="0" bgcolor="#ffffff"'
        f' style="max-width:640px;width:100%;background:#ffffff;border:1px solid {_RULE}">'
        f'<tr><td style="padding:24px 28px 4px;{_FONT};color:{_INK};font-size:18px;font-weight:bold">{escape(title)}</td></tr>'
        f"\n{inner}"
        '<tr><td style="padding:8px 28px 24px"></td></tr></table></td></tr></table></body></html>\n'
    )


def _tiles(section: Section) -> str:
    width = 100 // max(1, len(section.lines))
    cells = "".join(
        f'<td width="{width}%" align="left" valign="top" style="padding:10px 8px;{_FONT}">'
        f'<div style="font-size:28px;line-height:32px;color:{_INK}">{escape(line.shown or line.value)}</div>'
        f'<div style="font-size:12px;line-height:16px;color:{_SOFT}">{escape(line.label)}</div></td>'
        for line in section.lines
    )
    return (
        '<tr><td style="padding:8px 20px 0"><table role="presentation" width="100%" cellpadding="0" cellspacing="0"'
        f' border="0"><tr>{cells}</tr></table></td></tr>\n'
    )


def _section(section: Section) -> str:
    stacked = any(line.share is not None and len(line.label) > _LABEL for line in section.lines)
    rows = "".join(_row(line, stacked=stacked) for line in section.lines if line.label)
    note = (
        f'<tr><td colspan="3" style="padding:6px 0 0;{_FONT};font-size:12px;color:{_SOFT}">{_marked(section.note)}</td></tr>'
        if section.note
        else ""
    )
    colour = _COLOUR[Tone.BAD] if section.key == "wrong" else _INK
    return (
        f'<tr><td style="padding:18px 28px 0"><div style="{_FONT};font-size:15px;font-weight:bold;color:{colour};'
        f'padding-bottom:6px;border-bottom:1px solid {_RULE}">{escape(section.title)}</div>'
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin-top:4px">'
        f"{rows}{note}</table></td></tr>\n"
    )


def _row(line: Line, *, stacked: bool) -> str:
    text = f"{_FONT};font-size:13px;line-height:18px;color:{_INK}"
    shown = line.shown or line.value
    if not shown:
        return f'<tr><td colspan="3" style="padding:4px 0;{text};color:{_COLOUR[line.tone]}">{_marked(line.label)}</td></tr>'
    if line.share is None:
        return (
            f'<tr><td valign="top" style="padding:3px 12px 3px 0;{text}" width="240">{escape(line.label)}</td>'
            f'<td colspan="2" valign="top" style="padding:3px 0;{text};color:{_value_colour(line)};word-break:break-all">'
            f"{escape(shown)}</td></tr>"
        )
    if stacked:  # words of customers: a line of their own, the bar below
        return (
            f'<tr><td colspan="3" style="padding:8px 0 2px;{text}">{escape(line.label)}</td></tr>'
            f'<tr><td valign="middle" width="{_BAR}" style="padding:0 0 3px">{_bar(line)}</td>'
            f'<td colspan="2" valign="top" align="left" style="padding:0 0 3px 10px;{text};color:{_SOFT}">{escape(shown)}</td></tr>'
        )
    return (
        f'<tr><td valign="top" style="padding:3px 12px 3px 0;{text}" width="240">{escape(line.label)}</td>'
        f'<td valign="middle" width="{_BAR}" style="padding:3px 0">{_bar(line)}</td>'
        f'<td valign="top" align="left" style="padding:3px 0 3px 10px;{text};color:{_SOFT};white-space:nowrap">{escape(shown)}</td></tr>'
    )


def _bar(line: Line) -> str:
    """A row of two cells, the first in colour: every mail program draws it."""
    width = max(2, round((line.share or 0.0) * _BAR)) if line.value != "0" else 0
    rest = _BAR - width
    filled = f'<td width="{width}" height="12" bgcolor="{_COLOUR[line.tone]}" style="font-size:1px;line-height:1px">&nbsp;</td>'
    empty = f'<td width="{rest}" height="12" bgcolor="{_BACK}" style="font-size:1px;line-height:1px">&nbsp;</td>'
    return (
        f'<table role="presentation" width="{_BAR}" cellpadding="0" cellspacing="0" border="0"><tr>'
        f"{filled if width else ''}{empty if rest else ''}</tr></table>"
    )


def _value_colour(line: Line) -> str:
    return _INK if line.tone is Tone.PLAIN else _COLOUR[line.tone]


def _marked(text: str) -> str:
    """Escaped, with commands in back-ticks as code."""
    parts = escape(text).split("`")
    return "".join(
        f'<code style="font-family:Consolas,monospace;background:{_BACK}">{part}</code>' if number % 2 else part
        for number, part in enumerate(parts)
    )

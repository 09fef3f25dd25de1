"""What is new in a mail is found, what is old is kept apart, and nothing is ever lost."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from threading_.html import html_text
from threading_.message import Forwarded, Message
from threading_.parse import parse
from threading_.quotes import new_text

MAILS = Path(__file__).parent.parent / "mails"


def message(text: str, subject: str = "Re: Login") -> Message:
    return Message(digest="", size=0, message_id="m@example.net", subject=subject, text=text)


@pytest.mark.parametrize(
    "announcement",
    [
        "On Fri, Nov 20, 2026 at 11:03 AM Support <support@example.com> wrote:",
        "On Fri, Nov 20, 2026 at 11:03 AM Support <\nsupport@example.com> wrote:",
        "Am 20.11.26 um 11:03 schrieb Support:",
        "Le ven. 20 nov. 2026 à 11:03, Support <support@example.com> a écrit :",
        "El vie, 20 nov 2026 a las 11:03, Support (<support@example.com>) escribió:",
        "Il giorno ven 20 nov 2026 alle ore 11:03 Support\n<support@example.com> ha scritto:",
        "Op vr 20 nov 2026 om 11:03 schreef Support <support@example.com>:",
        "Em sex., 20 de nov. de 2026 às 11:03, Support <support@example.com> escreveu:",
        "Den fre 20 nov. 2026 kl 11:03 skrev Support <support@example.com>:",
        "pt., 20 lis 2026 o 11:03 Support <support@example.com> napisał(a):",
        "пт, 20 нояб. 2026 г. в 11:03, Support <support@example.com>:",
        "20 Kas 2026 Cum 11:03 tarihinde Support <support@example.com> şunu yazdı:",
        "2026-11-20 11:03 GMT+01:00 Support <support@example.com>:",
        "在 2026年11月20日，上午11:03，Support <support@example.com> 写道：",
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----\nVon: Support <support@example.com>",
        "From: Support <support@example.com>\nSent: Friday, 20 November 2026 11:03\nTo: Alice\nSubject: Login",
        "*Von:* Support <support@example.com>\n*Gesendet:* Freitag, 20. November 2026\n*An:* Alice\n*Betreff:* Login",
        "________________________________\nDe : Support <support@example.com>\nEnvoyé : vendredi\nÀ : Alice\nObjet : Login",
    ],
)
@pytest.mark.parametrize("mark", ["", "> "])
def test_an_announced_mail_is_cut(announcement: str, mark: str) -> None:
    old = "\n".join(f"{mark}{line}".rstrip() for line in ("Open the settings.", "", "Press Reset."))
    found = new_text(message(f"It is still locked.\n\n{announcement}\n\n{old}\n"))
    assert found.text == "It is still locked."
    assert "Press Reset." in found.quoted
    assert found.forwarded is None


@pytest.mark.parametrize(
    "text",
    [
        "As I wrote on 12 November: it does not work.",
        "On Monday I tried it again.\n\nIt failed at 10:30.",
        "I need three things:\n\n- a\n- b",
        "From: Berlin\nTo: Paris\nDate: 3 May\n\nCan I take my dog?",
        "Steps:\n\n1. Sign in\n2. Press -- then the error comes\n\n-1 would be wrong here",
        "Sent from my desk, this is easier than by phone.",
        "The log says:\n\nERROR 10:30 user wrote nothing",
    ],
)
def test_ordinary_words_are_not_cut(text: str) -> None:
    assert new_text(message(text)).text == text


def test_answers_between_quoted_lines_keep_the_lines() -> None:
    text = (
        "On Fri, Nov 20, 2026 at 11:03 AM Support <s@example.com> wrote:\n> Which browser?\n\nFirefox.\n\n"
        "> Which version?\n\n140\n\n> Thank you\n> Support"
    )
    assert new_text(message(text)).text == "> Which browser?\n\nFirefox.\n\n> Which version?\n\n140"


def test_an_answer_below_the_quote_is_found() -> None:
    text = "On 20 Nov 2026 11:03, Support <s@example.com> wrote:\n> Did it work?\n\nYes, thank you."
    assert new_text(message(text)).text == "Yes, thank you."


@pytest.mark.parametrize(
    "signature",
    [
        "-- \nAlice Archer\nExample Ltd",
        "Sent from my iPhone",
        "Von meinem iPhone gesendet",
        "Get Outlook for Android",
        "Envoyé de mon iPhone",
    ],
)
def test_a_signature_is_told_apart(signature: str) -> None:
    found = new_text(message(f"It works now.\n\n{signature}\n"))
    assert found.text == "It works now."
    assert found.signature == signature.replace("-- ", "--")


@pytest.mark.parametrize(
    "text",
    ["> only a quote", "-- \nAlice", "On 20 Nov 2026 11:03, S <s@example.com> wrote:\n> old", "Sent from my iPhone"],
)
def test_nothing_is_cut_where_nothing_would_remain(text: str) -> None:
    assert new_text(message(text)).text.strip()


def test_our_own_words_are_a_quote_in_any_language() -> None:
    ours = "Open the settings of your account, press Reset, and wait for the mail that we send you."
    text = "Oa se tuk.\n\nOpen the settings of your account, press\nReset, and wait for the mail that we\nsend you.\n"
    found = new_text(message(text), [ours])
    assert found.text == "Oa se tuk."
    assert "press" in found.quoted


def test_a_few_words_that_we_also_wrote_are_the_customers() -> None:
    assert (
        new_text(message("My answer: thank you very much"), ["Thank you very much"]).text
        == "My answer: thank you very much"
    )


@pytest.mark.parametrize("name", ["gmail-reply.eml", "outlook-reply.eml"])
def test_the_structure_of_html_tells_a_quote_whatever_its_language(name: str) -> None:
    found = new_text(parse((MAILS / name).read_bytes()))
    assert found.text in ("It still says that my account is locked.", "That worked, thank you.")
    assert "Open the settings and press Reset." in found.quoted


@pytest.mark.parametrize(
    "block",
    [
        "---------- Forwarded message ---------\nFrom: Bob <bob@example.org>\nDate: Fri, 20 Nov 2026\nSubject: Broken\nTo: Alice\n\nIt broke.",
        "Begin forwarded message:\n\n> From: Bob <bob@example.org>\n> Subject: Broken\n> Date: 20 November 2026\n>\n> It broke.",
        "-------- Weitergeleitete Nachricht --------\nBetreff: \tBroken\nDatum: \tFri\nVon: \tBob <bob@example.org>\nAn: \tAlice\n\n\nIt broke.",
    ],
)
def test_a_forwarded_mail_is_told_from_the_note_above_it(block: str) -> None:
    want = Forwarded(sender="bob@example.org", subject="Broken", text="It broke.")
    found = new_text(message(f"Please help Bob.\n\n{block}", "Fwd: Broken"))
    assert (found.text, found.forwarded) == ("Please help Bob.", want)
    alone = new_text(message(block, "Fwd: Broken"))
    assert (alone.text, alone.forwarded) == ("It broke.", want)


def test_a_reply_that_quotes_a_forward_is_no_forward() -> None:
    text = (
        "Done.\n\nOn 20 Nov 2026, Bob <bob@example.org> wrote:\n> ---------- Forwarded message ---------\n"
        "> From: Carol <c@example.org>\n> Subject: x\n> old"
    )
    found = new_text(message(text))
    assert found.forwarded is None
    assert found.text == "Done."


@given(st.text(max_size=400), st.lists(st.text(max_size=80), max_size=2))
def test_text_never_becomes_empty(text: str, ours: list[str]) -> None:
    found = new_text(message(text), ours)
    assert bool(found.text.strip()) == bool(text.strip())


pieces = st.sampled_from(
    ["On Fri, Nov 20, 2026 at 11:03 AM S <s@example.com> wrote:", "> old", ">", "", "new", "-- ", "From: a@b.c", "Subject: x",
     "---- Original Message ----", "---------- Forwarded message ---------", "Sent from my iPhone", "________________"]
)  # fmt: skip


@given(st.lists(pieces, max_size=14), st.sampled_from(["Re: x", "Fwd: x"]))
def test_text_never_becomes_empty_among_announcements(lines: list[str], subject: str) -> None:
    text = "\n".join(lines)
    assert bool(new_text(message(text, subject)).text.strip()) == bool(text.strip())


@pytest.mark.parametrize(
    ("html", "want"),
    [
        ("<p>a</p><p>b<br>c</p>", "a\n\nb\nc"),
        ("<ol><li>one<li>two<ul><li>x</ul></ol>end", "1. one\n2. two\n  - x\n\nend"),
        ("<pre>if x:\n    y</pre>", "if x:\n    y"),
        ("<table><tr><th>Plan<th>Price<tr><td>Gold<td>5</table>", "Plan | Price\nGold | 5"),
        ("<blockquote>old</blockquote>new", "> old\n\nnew"),
        ("a<script>x</script><!-- y -->b", "ab"),
        ("<p hidden>x</p><p style='font-size:0'>y</p><p style='color:#fff'>z</p>shown", "shown"),
        ("<div style='max-height:0;overflow:hidden'>pre-header</div>shown", "shown"),
        ("<p style='font-size:0.9em;line-height:0;height:0'>small</p>", "small"),
        ("a &amp; b&nbsp;c", "a & b c"),
        ("", ""),
        ("<div>" * 20_000 + "deep", "deep"),
    ],
)
def test_html_is_readable_as_text(html: str, want: str) -> None:
    assert html_text(html) == want

"""Forms and calls: whose they are, what stands in them, and whom nobody answers. Every mail here is written anew."""

from email.message import EmailMessage
from typing import Any

import pytest

from daemon.settings import Settings
from daemon.steps.authenticate import authenticate
from daemon.steps.guard import Ours, Seen, guard
from daemon.steps.intake import Form, intake
from daemon.steps.phone import phone_call
from threading_.ids import KeyRing
from threading_.parse import parse

RING = KeyRing((b"k" * 16,))
OURS = Ours(
    addresses=frozenset({"support@example.com"}),
    queue=frozenset({"queue@example.com"}),
    agents=frozenset({"ann@example.com"}),
    ring=RING,
)
PASS = "mx.example.com; dkim=pass header.d=example.com"
FAIL = "mx.example.com; dmarc=fail header.from=example.com"
PINNED = {"authentication": {"authserv_id": "mx.example.com"}}


def form(
    text: str, *, html: str = "", sender: str = "forms@example.com", subject: str = "New request", **headers: str
) -> bytes:
    mail = EmailMessage()
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail["From"], mail["To"], mail["Subject"] = f"Web form <{sender}>", "support@example.com", subject
    mail["Message-ID"] = "<form@example.com>"
    if text:
        mail.set_content(text)
        if html:
            mail.add_alternative(html, subtype="html")
    else:
        mail.set_content(html, subtype="html")
    return mail.as_bytes()


def read(raw: bytes, fields: dict[str, str] | None = None, subject: str = "", **more: Any) -> Form | None:
    rule = {"from": "Forms@Example.com", "fields": fields or {}, "subject": subject}
    settings = Settings.model_validate({"intake": [rule], **more})
    message = parse(raw)
    return intake(message, authenticate(message, settings.authentication.authserv_id), settings, OURS)


def told(found: Form | None) -> tuple[str, str, str, str, str, str]:
    assert found is not None
    assert found.message.sender is not None
    sender, beside = found.message.sender, found.told
    return (sender.name, sender.address, beside.product, beside.severity, beside.phone, found.message.text)


TABLE = "<table>{}</table>"
ROW = "<tr><td><b>{}</b></td><td>{}</td></tr>"
CASES = {
    "en, label: value": (
        "New submission from the website\n\nName: Alice Archer\nEmail: alice@example.net\nProduct: Tapir One\n"
        "Priority: Urgent\nPhone: +44 20 7946 0000\nMessage: The label is stuck.\n\nHow do I get it out?\n"
        "-- \nThis mail was sent from the form on example.com\n",
        ("Alice Archer", "alice@example.net", "Tapir One", "high", "+44 20 7946 0000",
         "The label is stuck.\n\nHow do I get it out?"),
    ),
    "de": (
        "Vorname: Anja\nNachname: Köhler\nE-Mail-Adresse: anja@example.de\nProdukt: Tapir Eins\nDringlichkeit: niedrig\n"
        "Nachricht:\nDas Etikett klemmt.\nWie bekomme ich es heraus?\n",
        ("Anja Köhler", "anja@example.de", "Tapir Eins", "low", "", "Das Etikett klemmt.\nWie bekomme ich es heraus?"),
    ),
    "fr": (
        "Nom : Amélie\nCourriel : amelie@example.fr\nGravité : moyenne\nDescription du problème : L'étiquette est coincée.\n",
        ("Amélie", "amelie@example.fr", "", "normal", "", "L'étiquette est coincée."),
    ),
    "es": (
        "Nombre: Ana\nCorreo electrónico: ana@example.es\nPrioridad: alta\nTeléfono: 910 000 000\nMensaje: No imprime.\n",
        ("Ana", "ana@example.es", "", "high", "910 000 000", "No imprime."),
    ),
    "it": (
        "Nome e cognome: Anna Bianchi\nIndirizzo e-mail: anna@example.it\nUrgenza: bassa\nRichiesta: Non stampa.\n",
        ("Anna Bianchi", "anna@example.it", "", "low", "", "Non stampa."),
    ),
    "pt": (
        "Nome completo: Ana\nSeu e-mail: ana@example.pt\nPrioridade: crítica\nModelo: Tapir\nMensagem: Não imprime.\n",
        ("Ana", "ana@example.pt", "Tapir", "high", "", "Não imprime."),
    ),
    "nl": (
        "Naam: Anke\nUw e-mailadres: anke@example.nl\nPrioriteit: laag\nBericht: Hij print niet.\n",
        ("Anke", "anke@example.nl", "", "low", "", "Hij print niet."),
    ),
    "labels on lines of their own": (
        "Your name\n\nAlice\n\nYour email\n\nalice@example.net\n\nYour message\n\nThe label is stuck.\nHelp!\n",
        ("Alice", "alice@example.net", "", "", "", "The label is stuck.\nHelp!"),
    ),
    "marked in Markdown, with required stars": (
        "**Name \\*:** Alice\n*Email* (required): <alice@example.net>\n**Message:** Stuck.\n".replace("\\", ""),
        ("Alice", "alice@example.net", "", "", "", "Stuck."),
    ),
    "what the customer wrote may look like fields": (
        "Email: alice@example.net\nMessage: I see this:\nError: 42\nProduct: unknown\nMessage: paper\nand then it stops\n"
        "Name: Alice\n",
        ("Alice", "alice@example.net", "unknown", "", "", "I see this:\nError: 42\nMessage: paper\nand then it stops"),
    ),
    "the address as a link": (
        "Email: alice@example.net <mailto:alice@example.net>\nMessage: Stuck.\n",
        ("", "alice@example.net", "", "", "", "Stuck."),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CASES.values(), ids=list(CASES))
def test_a_form_in_text_is_the_mail_that_the_customer_would_have_written(text: str, expected: tuple[str, ...]) -> None:
    assert told(read(form(text))) == expected


@pytest.mark.parametrize(
    "html",
    [
        TABLE.format(
            ROW.format("Name", "Alice") + ROW.format("Email", '<a href="mailto:alice@example.net">alice@example.net</a>')
            + ROW.format("Message", "The label is stuck.<br>Help!")
        ),
        TABLE.format(
            "".join(
                f"<tr><td><strong>{label}</strong></td></tr><tr><td>{value}</td></tr>"
                for label, value in (("Name", "Alice"), ("Email", "alice@example.net"), ("Message", "The label is stuck.<br>Help!"))
            )
        ),
        "<p><b>Name:</b> Alice</p><p><b>Email:</b> alice@example.net</p><p><b>Message:</b> The label is stuck.<br>Help!</p>",
        "<dl><dt>Name</dt><dd>Alice</dd><dt>Email</dt><dd>alice@example.net</dd><dt>Message</dt><dd>The label is stuck.<br>Help!</dd></dl>",
    ],
    ids=["rows of two cells", "rows in turn", "paragraphs", "a list of definitions"],
)  # fmt: skip
@pytest.mark.parametrize("text", ["", "See the HTML part."])
def test_a_form_in_html_is_read_as_the_same(html: str, text: str) -> None:
    assert told(read(form(text, html=html))) == ("Alice", "alice@example.net", "", "", "", "The label is stuck.\nHelp!")


def test_labels_of_ones_own_come_before_those_that_are_known() -> None:
    fields = {"Who are you?": "name", "Reach me at": "customer", "Message": "ignore", "What happened": "text"}
    raw = form("Who are you? Alice\nReach me at: alice@example.net\nMessage: id 7\nWhat happened: Stuck.\n")
    assert told(read(raw, fields))[1:] == ("alice@example.net", "", "", "", "Stuck.")


@pytest.mark.parametrize(
    "text",
    [
        "Email: none\nMessage: Stuck.\n",
        "Email: alice@\nMessage: Stuck.\n",
        "Email: alice@example.net, bob@example.net\nMessage: Stuck.\n",
        "Message: Stuck.\nEmail: alice@example.net\nEmail: bob@example.net\n",
        "Message: Stuck.\n",
    ],
)
def test_a_form_with_no_address_or_with_two_is_nobodys(text: str) -> None:
    assert told(read(form(text)))[1] == ""


def test_without_a_field_the_customer_is_who_answers_are_asked_to() -> None:
    assert told(read(form("Message: Stuck.\n", Reply_To="Alice <alice@example.net>")))[:2] == (
        "Alice",
        "alice@example.net",
    )
    assert told(read(form("Message: Stuck.\n", Reply_To="forms@example.com")))[1] == ""


@pytest.mark.parametrize(
    ("raw", "more"),
    [
        (form("Email: alice@example.net\n", sender="other@example.com"), {}),
        (form("Email: alice@example.net\n", sender="forms@example.com.evil.test"), {}),
        (form("Email: alice@example.net\n", subject="Newsletter"), {"subject": "^New request"}),
        (form("Email: alice@example.net\n", Authentication_Results=FAIL), PINNED),
    ],
    ids=["another sender", "a look-alike", "another subject", "failed"],
)
def test_only_the_mail_of_a_rule_is_claimed_and_none_that_failed(raw: bytes, more: dict[str, Any]) -> None:
    assert read(raw, **more) is None


def test_where_a_server_is_pinned_only_its_pass_is_believed() -> None:
    text = "Email: alice@example.net\nMessage: Stuck.\n"
    passed, unknown = read(form(text, Authentication_Results=PASS), **PINNED), read(form(text), **PINNED)
    assert passed is not None and passed.unproven is None  # noqa: PT018 - one fact
    assert unknown is not None and unknown.unproven  # noqa: PT018
    assert read(form(text)).unproven is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "address", ["support@example.com", "Support+x@Example.com", "queue@example.com", "ann@example.com"]
)
def test_a_form_that_names_one_of_our_own_addresses_is_refused(address: str) -> None:
    found = read(form(f"Email: {address}\nMessage: Stuck.\n"))
    assert found is not None
    assert found.ours
    verdict = guard(found.message, OURS, Seen(form=True, form_of_ours=found.ours))
    assert (verdict.reply, verdict.rule) == (False, "form_of_ours")


ROBOTS = (
    {"Auto_Submitted": "auto-generated"},
    {"Precedence": "bulk"},
    {"Return_Path": "<>"},
    {"X_Auto_Response_Suppress": "All"},
    {"List_Unsubscribe": "<mailto:x@example.com>"},
    {"X_Autoreply": "yes"},
)


@pytest.mark.parametrize("headers", ROBOTS, ids=[next(iter(one)) for one in ROBOTS])
def test_the_guard_lets_a_robots_form_through_only_where_a_rule_claims_it(headers: dict[str, str]) -> None:
    raw = form("Email: alice@example.net\nMessage: Stuck.\n", **headers)
    found = read(raw)
    assert found is not None
    assert guard(found.message, OURS, Seen(form=True)).reply
    assert not guard(parse(raw), OURS, Seen()).reply


def test_a_long_form_takes_linear_time() -> None:
    assert (
        told(read(form("Email: alice@example.net\nMessage: " + "a:" * 100_000 + "\n" * 50_000)))[1]
        == "alice@example.net"
    )


# ── calls ───────────────────────────────────────────────────────────────────────────────────────────────────────


def call(text: str, sender: str = "ann@example.com", *, local: bool = True, **headers: str) -> Form | None:
    agents = [{"name": "Ann", "address": "Ann@Example.com"}]
    settings = Settings.model_validate({"agents": agents, "queue": {"trust_local": local}, **PINNED})
    message = parse(form(text, sender=sender, subject="A call", **headers))
    return phone_call(message, authenticate(message, "mx.example.com"), settings, OURS)


LOGGED = "Customer: alice@example.net\nName: Alice Archer\nPhone: +44 1\nPriority: high\nSubject: Stuck label\n\nIt is stuck.\nSince Monday.\n"


def test_an_agents_note_of_a_call_is_the_customers_case() -> None:
    found = call(LOGGED)
    assert told(found) == ("Alice Archer", "alice@example.net", "", "high", "+44 1", "It is stuck.\nSince Monday.")
    assert found is not None
    assert (found.told.agent.lower(), found.told.channel, found.message.subject) == (
        "ann@example.com",
        "phone",
        "Stuck label",
    )


def test_a_call_without_an_address_has_its_number() -> None:
    assert told(call("Customer: +49 30 1234567\nIt is stuck.\n"))[1:5] == ("", "", "", "+49 30 1234567")


@pytest.mark.parametrize(
    ("text", "sender", "headers"),
    [
        (LOGGED, "mallory@example.net", {}),
        ("It is stuck.\nCustomer: alice@example.net\n", "ann@example.com", {}),
        (LOGGED, "ann@example.com", {"In_Reply_To": "<x@example.com>"}),
    ],
    ids=["nobody of us", "not on top", "an answer"],
)
def test_other_mails_log_no_call(text: str, sender: str, headers: dict[str, str]) -> None:
    assert call(text, sender, **headers) is None


@pytest.mark.parametrize("headers", [{}, {"Authentication_Results": FAIL}], ids=["unknown", "failed"])
def test_a_call_of_an_agent_who_is_not_proven_is_nobodys_word(headers: dict[str, str]) -> None:
    found = call(LOGGED, local=False, **headers)
    assert found is not None
    assert found.unproven is not None
    assert "in the name of Ann" in found.unproven
    assert found.message.sender is not None
    assert found.message.sender.address == "ann@example.com"
    assert call(LOGGED, local=False, Authentication_Results=PASS).unproven is None  # type: ignore[union-attr]

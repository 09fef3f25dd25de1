"""Triage: what a mail is about, and above all that an open case is never taken for solved. All sentences are ours."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from daemon.cli.triage import triage as command
from daemon.steps.sentences import questions_of, sentences, without_courtesies
from daemon.steps.triage import triage, triage_text
from daemon.steps.verdicts import Flag, Outcome, Previous, Request
from store.records import Direction, Role, Turn
from tests.unit.example_case import ASKED, ours, theirs

SHARED = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("That fixed it, thanks a lot!", Outcome.RESOLVED),
        ("All good now.", Outcome.RESOLVED),
        ("The restart helped and the report prints again. Problem solved.", Outcome.RESOLVED),
        ("Thank you very much for the quick reply!", Outcome.RESOLVED),
        ("The window doesn't flicker any more, great.", Outcome.RESOLVED),
        ("Jetzt läuft es wieder, vielen Dank!", Outcome.RESOLVED),
        ("C'est réglé, merci beaucoup.", Outcome.RESOLVED),
        ("Ya está solucionado, gracias.", Outcome.RESOLVED),
        ("Tutto risolto, grazie mille!", Outcome.RESOLVED),
        ("Deu certo, muito obrigada!", Outcome.RESOLVED),
        ("Het is opgelost, bedankt.", Outcome.RESOLVED),
        ("Thanks, but the report is still empty.", Outcome.NOT_RESOLVED),
        ("Thank you for the steps. Sadly it did not help.", Outcome.NOT_RESOLVED),
        ("I followed all of it and the printer is still offline.", Outcome.NOT_RESOLVED),
        ("It works on my tablet, but my phone shows the same message.", Outcome.NOT_RESOLVED),
        ("It worked for an hour and then it stopped again.", Outcome.NOT_RESOLVED),
        ("Thanks. Not working.", Outcome.NOT_RESOLVED),
        ("I wish that had solved it. It didn't.", Outcome.NOT_RESOLVED),
        ("Your article describes another menu, there is no such entry in mine.", Outcome.NOT_RESOLVED),
        ("Danke für die Mühe, aber es geht leider immer noch nicht.", Outcome.NOT_RESOLVED),
        ("Merci, mais cela ne fonctionne toujours pas.", Outcome.NOT_RESOLVED),
        ("Gracias, pero sigue sin funcionar.", Outcome.NOT_RESOLVED),
        ("Grazie, purtroppo non funziona ancora.", Outcome.NOT_RESOLVED),
        ("Obrigado, mas ainda não funciona.", Outcome.NOT_RESOLVED),
        ("Bedankt, maar het werkt nog steeds niet.", Outcome.NOT_RESOLVED),
        ("Great, that works! Can I do the same for two users?", Outcome.NEW_QUESTION),
        ("Thanks for the explanation. And how do I undo it later?", Outcome.NEW_QUESTION),
        ("Danke! Kann man das auch automatisch machen?", Outcome.NEW_QUESTION),
        ("Merci. Combien de temps faut-il attendre ?", Outcome.NEW_QUESTION),
        ("Thanks, I'll test it tomorrow and let you know whether it works.", Outcome.ACK_PENDING),
        ("Will give it a go after lunch.", Outcome.ACK_PENDING),
        ("Ich probiere es morgen aus und melde mich.", Outcome.ACK_PENDING),
        ("Okay.", Outcome.ACK_PENDING),
        ("Please take me off your list.", Outcome.STOP),
        ("Do not contact me again.", Outcome.STOP),
        ("Let me talk to a real person please.", Outcome.WANTS_HUMAN),
        ("Ich will mit einem Menschen sprechen.", Outcome.WANTS_HUMAN),
        ("Thanks, still broken. Could somebody ring me?", Outcome.WANTS_HUMAN),
        ("I am out of the office until 4 May and will answer when I return.", Outcome.AUTO),
        ("Ich bin bis Freitag nicht im Büro.", Outcome.AUTO),
        ("My serial number is X200-77.", Outcome.ANSWER_TO_QUESTION),
    ],
)
def test_what_a_reply_says_of_our_answer(text: str, outcome: Outcome) -> None:
    assert triage_text(text).outcome is outcome


@pytest.mark.parametrize(
    "text",
    [
        "Thanks for getting back to me so quickly. The cable arrived yesterday and looks fine, the red one at least.",
        "Thank you. I need the invoice with another address.",
        "I hope this works.",
        "If that works I am happy.",
        "It should work now, you say, but nothing happens.",
        "Super, danke. Dann warte ich auf die Gutschrift.",
        "I don't think this is fixed.",
        "Has it been fixed?",
        "Perfect, another standard answer.",
        "Thanks for nothing.",
        "Nothing works.",
        "It never worked.",
        "Not solved.",
        "Is it solved if I restart?",
        "Es funktioniert nicht.",
        "Ça marche pas.",
        "No funciona.",
        "It was working before your update.",
        "I got it working once, then it failed.",
    ],
)
def test_nothing_open_is_taken_for_solved(text: str) -> None:
    assert triage_text(text).outcome is not Outcome.RESOLVED


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("The blue one", Outcome.ANSWER_TO_QUESTION),
        ("Yes, both.", Outcome.ANSWER_TO_QUESTION),
        ("1. Windows 11\n2. No, I have not", Outcome.ANSWER_TO_QUESTION),
        ("the second", Outcome.ANSWER_TO_QUESTION),
        ("It has sorted itself out, thank you", Outcome.RESOLVED),
    ],
)
def test_after_a_question_of_ours_a_plain_text_answers_it(text: str, outcome: Outcome) -> None:
    assert triage_text(text, previous=Previous.QUESTION).outcome is outcome


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("Please let somebody from your team phone me.", Flag.WANTS_HUMAN),
        ("I'd like to talk to your supervisor.", Flag.WANTS_HUMAN),
        ("Je voudrais parler à une personne réelle.", Flag.WANTS_HUMAN),
        ("Quiero hablar con un agente.", Flag.WANTS_HUMAN),
        ("Posso parlare con un operatore?", Flag.WANTS_HUMAN),
        ("Quero falar com um atendente.", Flag.WANTS_HUMAN),
        ("Ik wil graag met een medewerker spreken.", Flag.WANTS_HUMAN),
        ("Ich möchte bitte mit einem Menschen über meine Rechnung sprechen.", Flag.WANTS_HUMAN),
        ("Kann ich mit jemandem aus Ihrem Team über die Sache sprechen?", Flag.WANTS_HUMAN),
        ("Können Sie mich mit Ihrem Kundendienst verbinden?", Flag.WANTS_HUMAN),
        ("Kan ik een medewerker over mijn rekening spreken?", Flag.WANTS_HUMAN),
        ("Our solicitor will write to you.", Flag.LEGAL_OR_REGULATED),
        ("I am going to report this to trading standards.", Flag.LEGAL_OR_REGULATED),
        ("The adapter caught fire and I burned my fingers.", Flag.LEGAL_OR_REGULATED),
        ("Ich schalte meinen Anwalt ein.", Flag.LEGAL_OR_REGULATED),
        ("Je vais porter plainte.", Flag.LEGAL_OR_REGULATED),
        ("Your service is a disgrace.", Flag.ANGRY),
        ("THIS IS THE THIRD TIME I WRITE TO YOU", Flag.ANGRY),
        ("We need this asap, the fair opens in two hours.", Flag.URGENT),
        ("Das ist dringend.", Flag.URGENT),
        ("I want my money back.", Flag.CANCEL_OR_REFUND),
        ("Please cancel my subscription.", Flag.CANCEL_OR_REFUND),
        ("You billed me twice.", Flag.CANCEL_OR_REFUND),
        ("Ich möchte mein Geld zurück.", Flag.CANCEL_OR_REFUND),
        ("My account was hacked last night.", Flag.SECURITY_INCIDENT),
        ("I think this mail from you is phishing.", Flag.SECURITY_INCIDENT),
        ("Somebody logged into my account from abroad.", Flag.SECURITY_INCIDENT),
        ("Mein Konto wurde gehackt.", Flag.SECURITY_INCIDENT),
        ("My husband passed away in March.", Flag.VULNERABLE),
        ("I want to end my life.", Flag.VULNERABLE),
        ("Mein Vater ist gestorben.", Flag.VULNERABLE),
    ],
)
def test_what_must_reach_a_human_is_flagged(text: str, flag: Flag) -> None:
    assert flag in triage_text(text).flags


@pytest.mark.parametrize(
    "text",
    [
        "Where do I set the account manager of a customer?",
        "The session manager does not open.",
        "How do I enter a contact person?",
        "What is your refund policy?",
        "The cancel button of the dialog is grey.",
        "How do I kill a task that hangs?",
        "My battery dies after an hour.",
        "The voltage regulator gets warm.",
        "There is a memory leak in version 2.",
        "No rush: how do I rename a project?",
        "The agent version on the server is 3.1.",
        "Wie ändere ich das Feld Ansprechpartner?",
        "Wie kann ich den Drucker mit dem neuen WLAN verbinden?",
        "Ich kann das Telefon nicht mit der App verbinden.",
        "Wie kann ich Nachrichten an eine andere Adresse weiterleiten?",
        "Ik wil een nieuw nummer bellen.",
        "Ou trouver la politique de retour ?",
        "The servo moves immediately after power on.",
    ],
)
def test_what_only_sounds_like_it_raises_nothing(text: str) -> None:
    assert triage_text(text).flags == frozenset()


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("How do I export my contacts?", Request.QUESTION),
        ("The export stops with error 12.", Request.PROBLEM),
        ("Please delete my project from your server.", Request.SERVICE_REQUEST),
        ("Could you send me the invoice again?", Request.SERVICE_REQUEST),
        ("Könnten Sie mir bitte die Rechnung zuschicken?", Request.SERVICE_REQUEST),
        ("Thanks!", Request.NONE),
    ],
)
def test_what_is_wanted_of_us(text: str, request_: Request) -> None:
    assert triage_text(text).request is request_


@pytest.mark.parametrize(
    ("text", "urgency", "priority"),
    [
        ("Where do I change the colour?", 0, "normal"),
        ("I can't log in, and I need it by Friday.", 1, "normal"),
        ("Our production line is down and we lose money.", 2, "high"),
        ("Someone hacked my account.", 2, "high"),
        ("Happy new year!", 0, "low"),
    ],
)
def test_how_much_it_presses(text: str, urgency: int, priority: str) -> None:
    found = triage_text(text)
    assert (found.urgency, found.priority) == (urgency, priority)


def test_sentiment_is_low_for_anger_and_high_for_praise() -> None:
    angry = triage_text("What a joke of a company. Useless idiots, worst service ever.").sentiment
    plain = triage_text("Where is the export?").sentiment
    glad = triage_text("Great product, thank you, works perfectly.").sentiment
    assert -1 <= angry < -0.6 < plain < glad <= 1


def test_the_query_is_the_matter_without_courtesy_and_signature() -> None:
    found = triage_text(
        "Hi Sam,\n\nThe export stops at 40 %. What can I do?\n\nMany thanks\nAlice Archer\nAcme Ltd",
        "Re: Backup of contacts",
    )
    assert found.query == "Backup of contacts\nThe export stops at 40 %. What can I do?"
    assert found.questions == ("What can I do?",)


@pytest.mark.parametrize("subject", ["Question", "HELP!!", "Re: hello", "Frage", "Problem", ""])
def test_an_idle_subject_is_not_searched_for(subject: str) -> None:
    assert triage_text("The export stops at 40 %.", subject).query == "The export stops at 40 %."


def turns(*mails: Turn) -> tuple[tuple[Turn, ...], tuple[Turn, ...]]:
    return mails[-1:], mails


def test_a_first_mail_has_no_outcome_whatever_it_says() -> None:
    current, history = turns(replace(ASKED, text="It still does not work."))
    assert triage(current, history, default_language="en").outcome is None


@pytest.mark.parametrize(
    ("subject", "text", "nothing"),
    [
        pytest.param("Export", "That did it, it was the cable. Thank you so much!", True, id="solved by somebody else"),
        pytest.param("Export", "ok thx will try that", True, id="an answer that somebody else gave"),
        pytest.param(
            "Export", "That did it, thanks. How do I switch it off now?", False, id="a question behind thanks"
        ),
        pytest.param("Export", "The export stops at 40 %.", False, id="a problem"),
        pytest.param("How do I export my contacts?", "Thank you so much!", False, id="a question in the subject alone"),
        pytest.param("Re: How do I export my contacts?", "Thank you so much!", True, id="thanks under an old subject"),
    ],
)
def test_a_first_mail_may_only_end_what_somebody_else_answered(subject: str, text: str, nothing: bool) -> None:
    current, history = turns(replace(ASKED, subject=subject, text=text))
    assert triage(current, history, default_language="en").asks_nothing == nothing


def test_a_notice_is_no_answer_that_a_reply_could_speak_of() -> None:
    current, history = turns(ASKED, ours(2, Role.NOTICE, "A colleague …", minutes=3), theirs(3, "Thanks!"))
    assert triage(current, history, default_language="en").outcome is None


def test_a_thank_you_after_the_closure_still_speaks_of_the_answer() -> None:
    current, history = turns(
        ASKED, ours(2, Role.REPLY, "…", minutes=3), ours(3, Role.CLOSURE, "…", minutes=2), theirs(4, "Thanks!")
    )
    assert triage(current, history, default_language="en").outcome is Outcome.RESOLVED


def test_a_humans_own_answer_counts_as_an_answer() -> None:
    answered = replace(ours(2, Role.REPLY, "…", minutes=3), role=None, direction=Direction.OUT)
    current, history = turns(ASKED, answered, theirs(3, "It works, thank you!"))
    assert triage(current, history, default_language="en").outcome is Outcome.RESOLVED


def test_details_that_we_asked_for_are_searched_with_the_question_they_belong_to() -> None:
    current, history = turns(ASKED, ours(2, Role.QUESTIONS, "Web or app?", minutes=3), theirs(3, "The app, version 3"))
    found = triage(current, history, default_language="en")
    assert found.outcome is Outcome.ANSWER_TO_QUESTION
    assert found.query.startswith("Can't sign in after the upgrade\nSince the upgrade")
    assert found.query.endswith("The app, version 3")


def test_a_short_further_question_is_searched_with_the_one_before_it_and_a_whole_one_is_not() -> None:
    reply = ours(2, Role.REPLY, "…", minutes=3)
    short = triage(
        *turns(ASKED, reply, theirs(3, "Thanks! And how would I do that for all users?")), default_language="en"
    )
    whole = triage(
        *turns(ASKED, reply, theirs(3, "One more thing: how do I export my contacts?")), default_language="en"
    )
    assert (short.outcome, whole.outcome) == (Outcome.NEW_QUESTION, Outcome.NEW_QUESTION)
    assert "sign in" in short.query
    assert "sign in" not in whole.query


def test_several_mails_of_one_turn_are_one_text() -> None:
    second = theirs(2, "P.S. My account is blocked by a hacker, he changed my password.")
    found = triage((ASKED, second), (ASKED, second), default_language="en")
    assert "How do I unlock it?" in found.query
    assert "P.S." in found.query


def test_a_text_too_short_to_tell_is_in_the_default_language() -> None:
    assert triage_text("ok", default_language="fr").language == "fr"
    assert triage_text("Ich kann mich seit gestern nicht mehr anmelden.").language == "de"


@pytest.mark.parametrize("text", ["", " \n", "?", "...", "\x00", "👍" * 500, "a" * 20_000, "no " * 5_000])
def test_any_text_is_taken(text: str) -> None:
    assert -1 <= triage_text(text).sentiment <= 1


def test_sentences_are_cut_at_their_ends_alone() -> None:
    text = (
        'It fails, e.g. on Mac OS 14.2. Why?\nIt says "no." Then:\n1. I click Save.\n2. Nothing\n\nA | B\n1 | 2\n\nBye'
    )
    assert sentences(text) == (
        "It fails, e.g. on Mac OS 14.2.",
        "Why?",
        'It says "no."',
        "Then:",
        "1. I click Save.",
        "2. Nothing",
        "A | B",
        "1 | 2",
        "Bye",
    )


def test_courtesy_goes_and_what_is_only_courtesy_stays() -> None:
    assert without_courtesies("Dear team,\nthe app hangs.\nKind regards\nA. Archer") == "the app hangs."
    assert without_courtesies("Hello, the app hangs.\n\nSent from my phone") == "the app hangs."
    assert without_courtesies("Thanks!") == "Thanks!"


def test_asking_needs_no_question_mark() -> None:
    assert questions_of("I was wondering how to export it. Thanks.") == ("I was wondering how to export it.",)
    assert questions_of("how can I export it") == ("how can I export it",)
    assert questions_of("It exports. Fine.") == ()


def run(*arguments: str, lines: str = "") -> tuple[int, str]:
    app = typer.Typer()
    app.command()(command)
    found = CliRunner().invoke(app, list(arguments), input=lines)
    return found.exit_code, found.output


def test_the_command_prints_one_record_a_line_in_the_documented_shape() -> None:
    lines = '{"id": "a", "text": "Danke, es geht wieder."}\n\n{"id": "b", "text": "Web", "previous": "question", "more": 1}\n'
    code, output = run("--json", lines=lines)
    first, second = map(json.loads, output.splitlines())
    assert code == 0
    assert list(first) == ["id", "language", "request", "sentiment", "urgency", "flags", "outcome"]
    assert (first["id"], first["language"], first["outcome"]) == ("a", "de", "resolved")
    assert (second["id"], second["outcome"], second["flags"]) == ("b", "answer_to_question", [])


def test_the_command_names_the_line_that_is_wrong() -> None:
    code, output = run("--json", lines='{"id": "a", "text": "x"}\n{"id": "b"}\n')
    assert code == 2
    assert "line 2" in output


def test_the_command_shows_one_text_to_a_person() -> None:
    code, output = run("Could somebody phone me?")
    assert code == 0
    assert "wants_human" in output


def rows(name: str) -> list[dict[str, Any]]:
    source = SHARED / name / "dev.jsonl"
    if not source.is_file():
        pytest.skip("the shared development data is not beside this checkout")
    return [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]


def test_no_open_reply_of_the_labelled_set_is_taken_for_solved() -> None:
    previous = {"question": Previous.QUESTION, "statement": Previous.ANSWER}
    found = Counter[str]()
    for row in rows("replies"):
        outcome = triage_text(str(row["text"]), previous=previous.get(str(row.get("prev_type")))).outcome
        accepted = (row["label"], *row.get("alt", ()))
        found["all"] += 1
        found["right"] += outcome in accepted
        if row["label"] in ("not_resolved", "new_question", "wants_human"):
            found["harm"] += outcome is Outcome.RESOLVED and "resolved" not in accepted
    assert found["harm"] <= 2
    assert found["right"] / found["all"] >= 0.85


def test_flags_of_the_labelled_set_are_found_and_plain_texts_left_alone() -> None:
    critical = {Flag.WANTS_HUMAN, Flag.LEGAL_OR_REGULATED, Flag.SECURITY_INCIDENT, Flag.VULNERABLE}
    due = hit = plain = alarms = 0
    for row in rows("triggers"):
        flags, labels = triage_text(str(row["text"])).flags, row["flags"]
        maybe = set(row.get("maybe", ()))
        wanted = {flag for flag in critical if labels[flag.value] and flag.value not in maybe}
        due, hit = due + len(wanted), hit + len(wanted & flags)
        if labels["none"]:
            plain, alarms = plain + 1, alarms + bool({flag.value for flag in flags} - maybe)
    assert hit / due >= 0.95
    assert alarms / plain <= 0.06

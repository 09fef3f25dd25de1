"""What tells who somebody is does not stay in a text that others read; what an article needs does."""

import pytest

from daemon.steps.anonymous import anonymous


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hello Alice,\n\nopen the cover and pull.\n\nBest regards\nAnn Berger\nTapir Ltd, +49 30 1234567", "open the cover and pull."),
        ("Write to bob.o'neil+x@shop.example or call +44 20 7946 0958.", "Write to [address] or call [number]."),
        ("Call 030 / 1234 5678 or (555) 123-4567 or 555-123-4567 now.", "Call [number] or [number] or [number] now."),
        ("My order 4711-0815 did not come.", "My order [number] did not come."),
        ("Order no. AB12345 and invoice #2026-0042 are mine.", "Order no. [number] and invoice #[number] are mine."),
        ("Meine Bestellnummer: 9988776 fehlt.", "Meine Bestellnummer: [number] fehlt."),
        ("Pay to DE89 3704 0044 0532 0130 00 please.", "Pay to [number] please."),
        ("Card 4111 1111 1111 1111 was charged.", "Card [number] was charged."),
        ("Send it to 221b Baker Street please, or Lindenstraße 12a.", "Send it to [address] please, or [address]."),
        ("Your case FL-7K2Q-9DX is closed.", "Your case [case] is closed."),
        ("See https://shop.example/reset?token=abc#x there.", "See https://shop.example/reset there."),
        ("My name is Igor Vasic and it fails.", "My name is [name] and it fails."),
        # What is no person's.
        ("Install version 3.7.2022.01 within 30 days.", "Install version 3.7.2022.01 within 30 days."),
        ("Open 192.168.1.1 and set port 8080, then press 5 seconds.", "Open 192.168.1.1 and set port 8080, then press 5 seconds."),
        ("It costs 1,299.00 € since 2026.", "It costs 1,299.00 € since 2026."),
        ("1. Open Orders.\n2. Press Return.", "1. Open Orders.\n2. Press Return."),
        ("Your order ships within 3 days.", "Your order ships within 3 days."),
    ],
)  # fmt: skip
def test_what_stays_of_a_text(text: str, left: str) -> None:
    assert anonymous(text) == left


def test_names_that_are_known_go_and_words_that_are_names_too_stay() -> None:
    text = "Alice tried it. ALICE ARCHER wrote that it will work. Will Smith agrees; ask Ann-Marie."
    assert anonymous(text, ["Alice Archer", "Will Smith", "Ann-Marie"]) == (
        "[name] tried it. [name] wrote that it will work. [name] agrees; ask [name]."
    )


def test_a_long_text_takes_linear_time() -> None:
    anonymous("1 " * 20_000 + "a@" * 5_000 + "order " * 5_000)

"""Mails in six languages are put into English words, well enough to be found by."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.glossary import GLOSSARY, in_english


@pytest.mark.parametrize(
    ("text", "language", "english"),
    [
        pytest.param("Mir fehlt die Rechnung.", "de", "me missing the invoice.", id="German"),
        pytest.param("mot de passe oublié", "fr", "password forgotten", id="a phrase wins over its words"),
        pytest.param("a / à", "fr", "have / to", id="accents tell words apart"),
        pytest.param("DIRECCIÓN", "es", "address", id="capitals and accents"),
        pytest.param("direccion", "es", "address", id="accents left out"),
        pytest.param("Kreditkartennummer", "de", "credit card", id="a stem"),
        pytest.param("Portenta X8, 24 V!", "it", "Portenta X8, 24 V!", id="names and numbers stay"),
        pytest.param("Where is my parcel?", "en", "", id="English is English"),
        pytest.param("Gdzie jest moja paczka?", "pl", "", id="a language that it does not know"),
    ],
)
def test_the_words_that_it_knows_are_put_into_english(text: str, language: str, english: str) -> None:
    assert in_english(text, language) == english


@given(st.text(max_size=200), st.sampled_from(["de", "fr", "es", "it", "pt", "nl"]))
def test_any_text_is_taken(text: str, language: str) -> None:
    in_english(text, language)


def test_every_word_of_the_glossary_is_said_in_all_languages() -> None:
    with GLOSSARY.open(encoding="utf-8", newline="") as file:
        rows = [*csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)]
    assert rows[0] == ["en", "de", "fr", "es", "it", "pt", "nl"]
    for row in rows:
        assert len(row) == 7, row
        for cell in row:
            for said in cell.split("|"):
                assert said == said.strip(), row
                assert said, row
                assert "*" not in said[:4], row

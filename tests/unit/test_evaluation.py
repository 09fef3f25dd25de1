"""The figures of `evaluate` say what they claim."""

import pytest

from daemon.evaluation import Judged, calibration, evaluate, labelled, wilson


def judged(
    label: str, decision: str, confidence: float, *, gold: str = "a.md", answer: str = "Facts.", found=("a.md",)
):
    row = labelled({"body": "x", "label": label, "gold": [gold], "answer_must_contain": ["facts"]}, 1)
    return Judged(
        row=row,
        found=found,
        cited=found[:1],
        answer=answer,
        confidence=confidence,
        decision=decision,
        ids={"a.md": "77"},
    )


@pytest.mark.parametrize("gold", ["deep/a.md", "a", "77"])
def test_gold_is_a_path_a_name_or_an_id(gold):
    row = labelled({"question": "x", "kind": "answerable", "gold": gold}, 1)
    one = Judged(
        row=row, found=(), cited=("deep/a.md",), answer="", confidence=1, decision="answer", ids={"deep/a.md": "77"}
    )
    assert one.right


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        ("out_of_kb", "unanswerable"),
        ("out_of_domain", "unanswerable"),
        ("needs_clarify", "clarify"),
        ("needs_human", "human"),
    ],
)
def test_other_names_of_labels_are_known(kind, label):
    assert labelled({"question": "x", "kind": kind}, 1).label == label


@pytest.mark.parametrize("row", [{}, {"body": "x"}, {"label": "human"}, {"body": 3, "label": "human"}])
def test_a_row_without_text_or_label_is_refused(row):
    with pytest.raises(ValueError, match="needs"):
        labelled(row, 1)


@pytest.mark.parametrize(
    ("one", "right"),
    [
        (judged("answerable", "answer", 0.9), True),
        (judged("answerable", "answer", 0.9, answer="Other."), False),
        (judged("answerable", "answer", 0.9, gold="b"), False),
        (judged("unanswerable", "answer", 0.9), False),
    ],
)
def test_an_answer_is_right_by_label_article_and_facts(one, right):
    assert one.right is right


def test_the_figures_of_a_small_set():
    found = evaluate(
        [
            judged("answerable", "answer", 0.95),
            judged("answerable", "escalate", 0.4, found=("b.md", "c.md", "a.md")),
            judged("unanswerable", "answer", 0.9),
            judged("human", "escalate", 0.1),
        ]
    )
    assert found["retrieval"] == {"hit@1": 0.5, "hit@3": 1.0}
    selective = found["selective"]
    assert (selective["answered"], selective["precision"], selective["coverage_of_answerable"]) == (2, 0.5, 0.5)
    assert selective["answered_unanswerable"] == 1
    assert [point["answered"] for point in selective["curve"]] == [1, 2, 3, 4]
    assert found["confusion"]["answerable"] == {"answer": 1, "escalate": 1}
    assert found["wrong"] == ["1"]


def test_nothing_answered_has_no_precision():
    assert evaluate([judged("human", "escalate", 0.1)])["selective"]["precision"] is None


def test_equal_confidences_are_one_point_of_the_curve():
    curve = evaluate([judged("answerable", "answer", 0.5), judged("human", "escalate", 0.5)])["selective"]["curve"]
    assert [(point["answered"], point["precision"]) for point in curve] == [(2, 0.5)]


def test_a_perfect_confidence_has_no_error_and_a_boaster_has():
    honest = calibration([(0.0, False)] * 50 + [(1.0, True)] * 50)
    assert honest["ece"] == 0
    assert [each["n"] for each in honest["bins"]] == [10] * 10
    boaster = calibration([(0.9, k % 10 < 5) for k in range(100)])
    assert boaster["ece"] == pytest.approx(0.4, abs=0.1)
    low, high = boaster["interval"]
    assert low <= boaster["ece"] <= high


def test_few_rows_still_have_bins():
    assert len(calibration([(0.5, True)] * 3)["bins"]) == 3
    assert calibration([])["ece"] is None


def test_a_small_set_has_an_error_by_chance_and_a_perfect_model_says_how_much():
    few, many = (calibration([(0.65 + k / 10_000, k % 10 < 7) for k in range(count)])["perfect"] for count in (30, 600))
    assert 0.1 < few < 0.5
    assert many < few / 2


def test_what_is_sure_is_judged_whatever_was_decided():
    sure = evaluate(
        [judged("answerable", "answer", 0.95), judged("human", "escalate", 0.92), judged("human", "escalate", 0.5)]
    )
    assert (sure["sure"]["n"], sure["sure"]["precision"]) == (2, 0.5)
    assert evaluate([judged("human", "escalate", 0.1)])["sure"] == {"n": 0, "precision": None, "interval": None}


def test_the_interval_of_a_share():
    assert wilson(9, 10) == [0.5958, 0.9821]
    assert wilson(0, 0) is None

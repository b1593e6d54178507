import json
import tracemalloc
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, log_loss, precision_score, recall_score

from inklab.errors import DataError, InklabError
from inklab.evaluation import Report, evaluate, softmax, wilson_interval

SEEDS = st.integers(0, 2**32 - 1)

# Four images. The predicted digit has a logit of log 9 and the others 0, so its probability is
# 9 / (9 + 9 * 1) = 1/2. The last two images are a 4 predicted as 9 and a 9 predicted as 4.
FOUR = np.log(9) * np.eye(10)[[7, 2, 9, 4]]
FOUR_LABELS = np.array([7, 2, 4, 9])

GOLDEN = """\
{
  "format": 2,
  "data": "mnist",
  "split": "test",
  "n": 2,
  "errors": 1,
  "accuracy": 0.5,
  "accuracy_interval": [0.09453120573423074, 0.9054687942657693],
  "nll": 10000.0,
  "ece": 0.5,
  "precision": [0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
  "recall": [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
  "confusion": [[1, 0, 0, 0, 0, 0, 0, 0, 0, 0], \
[1, 0, 0, 0, 0, 0, 0, 0, 0, 0], \
[0, 0, 0, 0, 0, 0, 0, 0, 0, 0], \
[0, 0, 0, 0, 0, 0, 0, 0, 0, 0], \
[0, 0, 0, 0, 0, 0, 0, 0, 0, 0], \
[0, 0, 0, 0, 0, 0, 0, 0, 0, 0], \
[0, 0, 0, 0, 0, 0, 0, 0, 0, 0], \
[0, 0, 0, 0, 0, 0, 0, 0, 0, 0], \
[0, 0, 0, 0, 0, 0, 0, 0, 0, 0], \
[0, 0, 0, 0, 0, 0, 0, 0, 0, 0]],
  "mistakes": [{"index": 1, "label": 1, "predicted": 0, "confidence": 1.0}]
}
"""


def random_logits(seed: int, n: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, 10, n)
    return (generator.normal(size=(n, 10)) + 2 * np.eye(10)[labels]).astype(np.float32), labels


def certain_pair() -> Report:
    """Return the report of `GOLDEN`: a 0 and a 1, both predicted as 0 with certainty."""
    return evaluate(2e4 * np.eye(10)[[0, 0]], np.array([0, 1]), data="mnist", split="test")


def test_report_by_hand() -> None:
    report = evaluate(FOUR, FOUR_LABELS, data="mnist", split="valid")
    assert (report.data, report.split) == ("mnist", "valid")
    assert (report.n, report.errors, report.accuracy) == (4, 2, 0.5)
    assert report.accuracy_interval == wilson_interval(2, 4)
    # the label has probability 1/2 if the image is correct, else 1/18
    assert report.nll == pytest.approx((np.log(2) + np.log(18)) / 2)
    assert report.ece == pytest.approx(0)  # at a confidence of 1/2, half are correct
    assert report.confusion[4][9] == report.confusion[9][4] == report.confusion[7][7] == 1
    assert list(report.precision) == [0, 0, 1, 0, 0, 0, 0, 1, 0, 0]
    assert report.recall == report.precision
    assert [(mistake.index, mistake.label, mistake.predicted) for mistake in report.mistakes] == [
        (2, 4, 9),
        (3, 9, 4),
    ]
    assert [mistake.confidence for mistake in report.mistakes] == pytest.approx([0.5, 0.5])


def test_names_are_empty_by_default() -> None:
    report = evaluate(FOUR, FOUR_LABELS)
    assert (report.data, report.split) == ("", "")


def test_first_of_equal_logits_is_predicted() -> None:
    assert evaluate(np.zeros((1, 10)), np.array([0])).errors == 0


def test_report_is_printed_in_one_line() -> None:
    logits = 10 * np.eye(10)[np.zeros(10_000, int)]
    labels = np.repeat([0, 1], [9_673, 327])
    assert str(evaluate(logits, labels)) == (
        "accuracy 96.73% (95% interval 96.36% to 97.06%), 327 errors in 10,000 images; "
        "negative log-likelihood 0.327; calibration error 0.032"
    )
    assert ", 1 error in 2 images; " in str(certain_pair())


def test_most_confident_mistakes_are_sorted_by_confidence_and_index() -> None:
    logits = np.array([3.0, 9.0, 5.0, 5.0])[:, None] * np.eye(10)[[1, 1, 1, 1]]
    report = evaluate(logits, np.array([0, 1, 2, 3]))
    assert [mistake.index for mistake in report.most_confident_mistakes(9)] == [2, 3, 0]
    assert [mistake.index for mistake in report.most_confident_mistakes(1)] == [2]
    assert report.most_confident_mistakes(0) == []


@given(seed=SEEDS, n=st.integers(1, 60))
def test_report_equals_the_metrics_of_scikit_learn(seed: int, n: int) -> None:
    logits, labels = random_logits(seed, n)
    report = evaluate(logits, labels)
    predicted = logits.argmax(axis=1)
    options = {"labels": range(10), "average": None, "zero_division": 0}
    assert report.accuracy == pytest.approx(accuracy_score(labels, predicted))
    assert report.nll == pytest.approx(log_loss(labels, softmax(logits), labels=range(10)))
    assert report.precision == pytest.approx(precision_score(labels, predicted, **options))
    assert report.recall == pytest.approx(recall_score(labels, predicted, **options))
    assert [mistake.index for mistake in report.mistakes] == np.flatnonzero(labels != predicted).tolist()


@given(seed=SEEDS, n=st.integers(1, 60))
def test_order_of_the_images_changes_only_the_indices(seed: int, n: int) -> None:
    logits, labels = random_logits(seed, n)
    order = np.random.default_rng(seed).permutation(n)
    report, shuffled = evaluate(logits, labels), evaluate(logits[order], labels[order])
    assert shuffled.confusion == report.confusion
    assert (shuffled.nll, shuffled.ece) == pytest.approx((report.nll, report.ece), abs=1e-12)
    assert sorted(order[mistake.index] for mistake in shuffled.mistakes) == [m.index for m in report.mistakes]


def test_ten_thousand_images_need_little_memory() -> None:
    logits, labels = random_logits(0, 10_000)
    tracemalloc.start()
    try:
        evaluate(logits, labels)
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes < 10e6  # the logits in float64 are 0.8 MB


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (np.zeros((2, 9)), [0, 1], r"logits have shape \(2, 9\); expected \(n, 10\)"),
        (np.zeros(10), [0], r"logits have shape \(10,\); expected \(n, 10\)"),
        (np.zeros((0, 10)), [], "labels is empty; expected at least one"),
        (np.full((1, 10), np.nan), [0], "logits reach nan; expected finite"),
        (np.full((1, 10), np.inf), [0], "logits reach inf; expected finite"),
        (np.zeros((2, 10)), [0, 10], "labels contains 10; expected integers from 0 to 9"),
        (np.zeros((2, 10)), [0, -1], "labels contains -1; expected integers from 0 to 9"),
        (np.zeros((2, 10)), [0], r"labels has shape \(1,\); expected \(2,\)"),
    ],
)
def test_invalid_arrays_are_refused(logits: NDArray[np.float64], labels: list[int], message: str) -> None:
    with pytest.raises(DataError, match=message):
        evaluate(logits, np.array(labels, int))


def test_golden_file(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    certain_pair().save(path)
    written, golden = path.read_text().splitlines(), GOLDEN.splitlines()
    interval = 7  # its last digits depend on the machine; test_metrics.py tests the values
    assert written[interval].startswith('  "accuracy_interval": [0.09453')
    assert written[:interval] + written[interval + 1 :] == golden[:interval] + golden[interval + 1 :]


def test_golden_file_loads(tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(GOLDEN)
    assert Report.load(path) == Report.load(str(path)) == certain_pair()


@given(seed=SEEDS, n=st.integers(1, 60), data=st.text(), split=st.text())
def test_saved_and_loaded_report_is_equal(
    tmp_path_factory: pytest.TempPathFactory, seed: int, n: int, data: str, split: str
) -> None:
    report = evaluate(*random_logits(seed, n), data=data, split=split)
    path = tmp_path_factory.getbasetemp() / "report.json"
    report.save(str(path))
    assert Report.load(path) == report
    assert Report.from_dict(report.to_dict()) == report
    assert json.loads(path.read_text()) == report.to_dict()


def test_integers_are_accepted_as_fractions() -> None:
    document = certain_pair().to_dict()
    document["nll"] = 10_000  # as JavaScript writes 10000.0
    document["recall"] = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    report = Report.from_dict(document)
    assert report == certain_pair()
    assert isinstance(report.nll, float)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("data", 3, "data is 3; expected a string"),
        ("split", None, "split is None; expected a string"),
        ("n", 3, "n is 3; expected 2"),
        ("n", 2.0, "n is 2.0; expected 2"),
        ("errors", True, "errors is True; expected 1"),
        ("accuracy", 0.51, "accuracy is 0.51; expected 0.5"),
        ("accuracy", "0.5", "accuracy is '0.5'; expected 0.5"),
        ("accuracy_interval", [0.1], r"accuracy_interval is \[0.1\]; expected \[0.09"),
        ("precision", 0, r"precision is 0; expected \[0.5"),
        ("precision", [0.5], r"precision is \[0.5\]; expected \[0.5, 0.0"),
        ("recall", [0] * 10, r"recall is \[0, 0.*; expected \[1.0"),
        ("nll", -0.1, "nll is -0.1; expected a number from 0"),
        ("nll", float("nan"), "nll is nan; expected a number from 0"),
        ("nll", float("inf"), "nll is inf; expected a number from 0"),
        ("nll", 10**400, "nll is 1000.*; expected a number from 0"),
        ("nll", True, "nll is True; expected a number from 0"),
        ("ece", 1.1, "ece is 1.1; expected a number from 0 to 1"),
        ("confusion", 7, "confusion is 7; expected a list"),
        ("confusion", [7], "a row of confusion is 7; expected a list"),
        ("confusion", [[1] * 9] * 10, r"confusion has rows of \[9, .*; expected 10 rows of 10"),
        ("confusion", [[0] * 10] * 9, "confusion has rows of .*; expected 10 rows of 10"),
        ("confusion", [[0.5] * 10] * 10, "a cell of confusion is 0.5; expected a whole number"),
        ("confusion", [[-1] * 10] * 10, "a cell of confusion is -1; expected a whole number"),
        ("confusion", [[2**53 + 1] * 10] * 10, "a cell of confusion is 9007199254740993; expected"),
        ("confusion", [[0] * 10] * 10, "the sum of confusion is 0; expected at least one image"),
        ("mistakes", {}, "mistakes is {}; expected a list"),
        ("mistakes", [], r"the list of mistakes is \(\); expected the mistakes counted in confusion"),
        ("mistakes", [7], "a mistake is 7; expected an object with confidence, index, label, predicted"),
        ("mistakes", [{"index": 1}], "a mistake lacks confidence, label, predicted; expected every field"),
    ],
)
def test_wrong_field_is_refused(field: str, value: object, message: str) -> None:
    with pytest.raises(DataError, match="^" + message):
        Report.from_dict(certain_pair().to_dict() | {field: value})


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("index", 2, r"the list of indices is \[2\]; expected rising numbers from 0 to 1"),
        ("index", -1, "the index of a mistake is -1; expected a whole number from 0"),
        ("index", 1.0, "the index of a mistake is 1.0; expected a whole number from 0"),
        ("label", 10, "the label of a mistake is 10; expected a whole number from 0 to 9"),
        ("label", 2, "the list of mistakes is .*; expected the mistakes counted in confusion"),
        ("predicted", 1, "the list of mistakes is .*; expected the mistakes counted in confusion"),
        ("confidence", 1.5, "the confidence of a mistake is 1.5; expected a number from 0 to 1"),
        ("note", 0, "a mistake has no field 'note'; was it written by a newer inklab"),
    ],
)
def test_wrong_mistake_is_refused(field: str, value: object, message: str) -> None:
    document = certain_pair().to_dict()
    document["mistakes"][0][field] = value
    with pytest.raises(DataError, match="^" + message):
        Report.from_dict(document)


def test_mistakes_out_of_order_are_refused() -> None:
    document = evaluate(FOUR, FOUR_LABELS).to_dict()
    document["mistakes"].reverse()
    with pytest.raises(DataError, match=r"the list of indices is \[3, 2\]; expected rising numbers"):
        Report.from_dict(document)


@pytest.mark.parametrize("field", [name for name in json.loads(GOLDEN) if name != "format"])
def test_missing_field_is_refused(field: str) -> None:
    document = certain_pair().to_dict()
    del document[field]
    with pytest.raises(DataError, match=f"^the report lacks {field}; expected every field"):
        Report.from_dict(document)


@pytest.mark.parametrize("found", [1, 3, None, "2", 2.0, True])
def test_another_format_is_refused(tmp_path: Path, found: object) -> None:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(certain_pair().to_dict() | {"format": found}))
    message = rf"^{path} is not a valid report: format is {found!r}; expected 2; run `inklab evaluate` again$"
    with pytest.raises(DataError, match=message):
        Report.load(path)


def test_report_without_a_format_is_refused() -> None:
    document = certain_pair().to_dict()
    del document["format"]
    with pytest.raises(DataError, match=r"^format is 1; expected 2$"):
        Report.from_dict(document)


def test_unknown_field_is_refused() -> None:
    with pytest.raises(DataError, match=r"^the report has no field 'color'; was it written by a newer"):
        Report.from_dict(certain_pair().to_dict() | {"color": "red"})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(choices=st.data(), value=JSON)
def test_mutated_document_is_refused_or_valid(choices: st.DataObject, value: object) -> None:
    document = deepcopy(evaluate(FOUR, FOUR_LABELS).to_dict())
    place: Any = document
    key = choices.draw(st.sampled_from(sorted(document)))
    while isinstance(place[key], dict | list) and place[key] and choices.draw(st.booleans()):
        place = place[key]
        key = choices.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
    place[key] = value
    try:
        report = Report.from_dict(document)
    except DataError as error:
        assert "\n" not in str(error)  # noqa: PT017  (a valid document raises nothing)
    else:
        valid = report.to_dict()
        for name in ("data", "split", "nll", "ece", "confusion", "mistakes"):
            assert valid[name] == document[name]


@given(at=st.integers(0, len(GOLDEN) - 1), byte=st.binary(max_size=1))
def test_damaged_file_is_refused_or_valid(
    tmp_path_factory: pytest.TempPathFactory, at: int, byte: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.json"
    content = GOLDEN.encode()
    path.write_bytes(content[:at] + byte + content[at + 1 :])
    try:
        report = Report.load(path)
    except DataError as error:
        assert str(error).startswith(f"{path} is not a valid report: ")  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
    else:
        assert report.n == 2


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe\xfd", GOLDEN[:-3].encode(), b"[]", b"null", b"[" * 100_000, b"9" * 5_000],
    ids=["empty", "not UTF-8", "cut short", "a list", "null", "nested without end", "a long number"],
)
def test_invalid_file_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "report.json"
    path.write_bytes(content)
    with pytest.raises(
        DataError, match=r"report\.json is not a valid report: .*; run `inklab evaluate` again$"
    ):
        Report.load(path)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"none\.json: No such file or directory; run `inklab evaluate` to write it"
    ):
        Report.load(tmp_path / "none.json")
    with pytest.raises(DataError, match="Is a directory; run `inklab evaluate` to write it"):
        Report.load(tmp_path)


def test_unwritable_path_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InklabError, match=r"cannot write .*report\.json"):
        certain_pair().save(tmp_path / "missing" / "report.json")

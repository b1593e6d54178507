"""Measure the included network on real pictures from other people's hands, and draw what remains wrong.

    python benchmarks/real_pictures.py FOLDER

FOLDER holds `exam-digits/labels.csv` with its pictures, and `usps.h5`; none is trained on. The third set
comes with scikit-learn. The measurements go to benchmarks/real_pictures.json, the curves and contact sheets
to docs/images/real-pictures.
"""

import argparse
import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import h5py
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray
from sklearn.datasets import load_digits

from inklab.data import load_mnist
from inklab.evaluation import expected_calibration_error
from inklab.imaging import Picture, decode
from inklab.palette import LIGHT
from inklab.recognition import Prediction, Recognizer
from inklab.utils.atomic import write_text

RESULTS = Path(__file__).parent / "real_pictures.json"
PICTURES = Path(__file__).parent.parent / "docs/images/real-pictures"
COVERAGES = (1.0, 0.99, 0.98, 0.95, 0.9)
"""Fractions of the pictures that are answered, the most confident ones, in the table of risks."""
_THUMBNAIL, _COLUMNS, _MAX_SHOWN = 72, 10, 60

Labeled = tuple[Picture, int]


def exam_digits(folder: Path) -> Iterator[Labeled]:
    """Yield the pencil digits of exam papers with their labels."""
    with (folder / "exam-digits/labels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield folder / "exam-digits" / row["file"], int(row["digit"])


def usps(folder: Path) -> Iterator[Labeled]:
    """Yield the postal digits of both parts of USPS with their labels."""
    with h5py.File(folder / "usps.h5") as file:
        for part in ("train", "test"):
            gray = np.asarray(file[f"{part}/data"]).reshape(-1, 16, 16)
            labels = file[f"{part}/target"][:].tolist()
            yield from zip(np.rint(255 * gray).astype(np.uint8), labels, strict=True)


def enlarged_digits() -> Iterator[Labeled]:
    """Yield the 8 x 8 digits of scikit-learn, enlarged to 56 x 56, dark on white, with 14 pixels around."""
    digits = load_digits()
    for image, label in zip(digits.images, digits.target.tolist(), strict=True):
        enlarged = cv2.resize(image * (255 / 16), (56, 56), interpolation=cv2.INTER_CUBIC)
        yield np.pad(255 - np.rint(enlarged.clip(0, 255)).astype(np.uint8), 14, constant_values=255), label


@dataclass(frozen=True, eq=False)
class Answers:
    """The predictions for a set of pictures."""

    predictions: Sequence[Prediction]
    labels: NDArray[np.int64]

    @property
    def accepted(self) -> NDArray[np.bool]:
        """Whether each picture was accepted."""
        return np.array([prediction.digit is not None for prediction in self.predictions])

    @property
    def right(self) -> NDArray[np.bool]:
        """Whether each picture was accepted and read correctly."""
        return np.array([p.digit == label for p, label in zip(self.predictions, self.labels, strict=True)])

    def risks(self) -> NDArray[np.float64]:
        """Return the error rate among the 1, 2, ... most confident accepted pictures."""
        order = np.argsort([-p.confidence for p in self.predictions], kind="stable")[: self.accepted.sum()]
        risks: NDArray[np.float64] = np.cumsum(~self.right[order]) / np.arange(1, len(order) + 1)
        return risks

    def to_dict(self) -> dict[str, object]:
        """Return the measurements as a JSON object."""
        n, accepted, right = len(self.labels), self.accepted, self.right
        probabilities = np.array([p.probabilities for p in self.predictions if p.digit is not None])
        sets = [p.prediction_sets for p in self.predictions]
        risks = self.risks()
        return {
            "n": n,
            "right": int(right.sum()),
            "refused": int((~accepted).sum()),
            "wrong": int((accepted & ~right).sum()),
            "ece": expected_calibration_error(probabilities, self.labels[accepted]),
            "missed_by_sets": {
                str(rate): sum(
                    int(label) not in found[rate]
                    for found, label in zip(sets, self.labels, strict=True)
                    if found
                )
                for rate in next(found for found in sets if found)
            },
            "risk_at_coverage": {
                str(c): float(risks[int(c * n) - 1]) if int(c * n) <= len(risks) else None for c in COVERAGES
            },
        }


def draw_curves(answers: dict[str, Answers]) -> Figure:
    """Draw the error rate among the most confident pictures against the fraction that is answered."""
    figure = Figure(figsize=(5.5, 3.6), layout="constrained")
    axes = figure.subplots()
    colors = ("series-5", "series-6", "series-1", "series-2")
    for (name, answer), color in zip(answers.items(), colors, strict=False):
        risks = answer.risks()
        coverage = np.arange(1, len(risks) + 1) / len(answer.labels)
        axes.plot(100 * coverage, 100 * risks, label=name, color=LIGHT[color])
    axes.set(
        xlabel="pictures answered, most confident first (%)", ylabel="wrong among them (%)", xlim=(80, 100)
    )
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure


def contact_sheet(pictures: Sequence[Picture], answers: Answers) -> NDArray[np.uint8]:
    """Return the pictures that were refused or read wrongly, each with its label and its answer."""
    tiles = [
        _tile(picture, f"{label}: {'-' if p.digit is None else f'{p.digit} {p.confidence:.0%}'}")
        for picture, label, p, is_right in zip(
            pictures, answers.labels, answers.predictions, answers.right, strict=True
        )
        if not is_right
    ][:_MAX_SHOWN]
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % _COLUMNS)
    rows = [np.hstack(tiles[start : start + _COLUMNS]) for start in range(0, len(tiles), _COLUMNS)]
    return np.vstack(rows)


def _tile(picture: Picture, text: str) -> NDArray[np.uint8]:
    gray = decode(picture)
    scale = (_THUMBNAIL - 8) / max(gray.shape)
    shown = cv2.resize(
        gray, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    )
    tile = np.full((_THUMBNAIL + 16, _THUMBNAIL), 255, np.uint8)
    tile[4 : 4 + shown.shape[0], 4 : 4 + shown.shape[1]] = np.rint(255 * shown.clip(0, 1))
    cv2.putText(tile, text, (4, _THUMBNAIL + 10), cv2.FONT_HERSHEY_SIMPLEX, 0.38, 0, 1, cv2.LINE_AA)
    return tile


def main() -> None:
    """Measure every set, write the measurements, and draw the curves and contact sheets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of exam-digits/ and usps.h5")
    folder = parser.parse_args().folder
    test = load_mnist().test
    sets: dict[str, list[Labeled]] = {
        "MNIST test": list(zip(test.images, test.labels.tolist(), strict=True)),
        "exam digits": list(exam_digits(folder)),
        "USPS": list(usps(folder)),
        "scikit-learn digits": list(enlarged_digits()),
    }
    recognizer, answers = Recognizer(), dict[str, Answers]()
    PICTURES.mkdir(parents=True, exist_ok=True)
    for name, labeled in sets.items():
        pictures, labels = zip(*labeled, strict=True)
        answers[name] = Answers(list(recognizer.read_many(pictures)), np.array(labels))
        if name != "USPS":  # its pictures are for research, not for print
            cv2.imwrite(
                str(PICTURES / f"{name.replace(' ', '-').lower()}.png"),
                contact_sheet(pictures, answers[name]),
            )
        print(f"{name}: {answers[name].to_dict()}")
    draw_curves(answers).savefig(PICTURES / "risk-coverage.png", dpi=150)
    write_text(RESULTS, json.dumps({name: a.to_dict() for name, a in answers.items()}, indent=2) + "\n")


if __name__ == "__main__":
    main()

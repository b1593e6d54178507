"""Train the network that inklab ships, from scratch, and measure it.

    python benchmarks/network.py [--pictures FOLDER]

A committee of four is trained (runs/network/committee, half an hour or more), then the network that learns
from it (runs/network/student). Each is resumed where it was stopped and kept where it is finished; one that
was begun with another recipe has to be moved away. The artifact, in eight bits and with all that was measured
in its card, goes to src/inklab/recognition/shipped/digits.inklab; which goals it misses is printed.

What is no part of inklab is measured where it is there: in the folder of --pictures, `exam-digits/labels.csv`
with the pictures that it names, and `usps.h5`; Fashion-MNIST where Debian's package of it is installed.
"""

import argparse
import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import h5py
import numpy as np
from no_digits import FASHION, SETS
from numpy.typing import NDArray
from reproduce import opened
from torch import nn

from inklab.data import Dataset, load_mnist
from inklab.export.export import export_run
from inklab.imaging import Picture, prepare_image
from inklab.models import Ensemble
from inklab.recognition import Artifact, evaluate_artifact
from inklab.recognition.recognizer import SHIPPED
from inklab.runs import Run, unfinished_trainings
from inklab.training import find_recipe
from inklab.training.augmentation.degradation import Degradation
from inklab.training.augmentation.geometric import Augmentation

RUNS = Path("runs/network")
COMMITTEE = find_recipe("committee", columns=({},) * 4, views=1)
STUDENT = replace(
    find_recipe("apac"),
    name="shipped",
    label_smoothing=0,
    views=1,
    augmentation=Augmentation(rotation=10, scale=0.2, shear=0.15, shift=1, elastic_alpha=16),
    degradation=Degradation(share=0.5, stroke=0.6, blur=1.2, fading=0.7, gap=2, noise=0.12),
    negatives_per_epoch=24_000,
    negative_pools=8,
    distillation=True,
    network_options={"width": 40},
    steps=40_000,
    log_every=250,
    eval_every=1000,
)
AT_LEAST = {
    "test": {"accepted_correct": 0.9972},
    "usps": {"accepted_correct": 0.99},
    "exam-digits": {"accepted_correct": 0.98},
    "no digit": {"refused": 0.97},
}
"""The goals, by what is measured; a digit that is refused is not read right."""
AT_MOST = {
    "test": {"ece": 0.003, "nll": 0.012, "refused": 0.005},
    "exam-digits": {"refused": 0.01},
    "network": {"size_bytes": 2_500_000},
}

Figures = dict[str, float]


def committee(data: Dataset) -> list[nn.Sequential]:
    """Return the columns of the committee, trained as far as they have not been."""
    run = opened(RUNS / "committee", COMMITTEE, data)
    for part, training in unfinished_trainings(run, data):
        for progress in part.train(training):
            print(f"{part.path}: {progress}", flush=True)
    model = run.load_model()
    assert isinstance(model, Ensemble)
    return [column for column in model.columns if isinstance(column, nn.Sequential)]


def student(data: Dataset, teachers: Sequence[nn.Sequential]) -> Run:
    """Return the finished run of the network that learns from teachers."""
    run = opened(RUNS / "student", STUDENT, data)
    if not run.is_finished:
        for progress in run.train(run.resume(data, teachers=teachers)):
            print(f"{run.path}: {progress}", flush=True)
    return run


def exported(run: Run, data: Dataset) -> Artifact:
    """Return the run's artifact, whose card tells all that it learned from."""
    artifact = export_run(run, data, int8=True)
    distillation = f"taught by a committee of {len(COMMITTEE.columns)} that learned from the same digits"
    negatives_per_epoch = f"{run.recipe.negatives_per_epoch:,} images without a digit an epoch, in {run.recipe.negative_pools} sets"
    learned = f"{artifact.card.trained_on}; {negatives_per_epoch}; {distillation}"
    return Artifact(artifact.onnx, replace(artifact.card, trained_on=learned))


def metrics(artifact: Artifact, data: Dataset, pictures: Path | None) -> dict[str, Figures]:
    """Return everything that is measured, by what it was measured on."""
    found: dict[str, Figures] = {"network": dict(artifact.card.metrics["network"])}
    for split in (data.valid, data.test):
        found[split.name] = measured(artifact, split.images, split.labels)
    if pictures:
        for name, labelled in (("exam-digits", exam_digits(pictures)), ("usps", usps(pictures))):
            found[name] = read(artifact, *zip(*labelled, strict=True))
    for name, (make, n) in SETS.items():
        if name != "fashion" or FASHION.exists():
            found[f"no digit: {name}"] = refused(artifact, make(n, np.random.default_rng(0)))
    found["no digit"] = together([one for name, one in found.items() if name.startswith("no digit")])
    return found


def measured(artifact: Artifact, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> Figures:
    """Return how images are read that are placed already."""
    return evaluate_artifact(artifact.network.logits(images), labels, artifact.card.calibration).metrics()


def read(artifact: Artifact, pictures: Sequence[Picture], labels: Sequence[int]) -> Figures:
    """Return how pictures are read; one in which no digit is found, or several are, counts as refused."""
    placed = [prepare_image(picture).image for picture in pictures]
    there = [image is not None for image in placed]
    images = np.stack([image for image in placed if image is not None])
    found = measured(artifact, images, np.array(labels)[there])
    n, seen = len(placed), len(images)
    lost = (n - seen) / n
    shares = {name: found[name] * seen / n for name in ("accuracy", "accepted_correct", "refused")}
    return {**found, **shares, "refused": shares["refused"] + lost, "n": n}


def refused(artifact: Artifact, pictures: Iterable[Picture]) -> Figures:
    """Return how many pictures without a digit are refused: as blank, as several digits or as none."""
    placed = [prepare_image(picture).image for picture in pictures]
    images = np.array([image for image in placed if image is not None], np.uint8).reshape(-1, 28, 28)
    accepted = artifact.card.calibration.is_accepted(artifact.network.logits(images))
    return {"n": len(placed), "refused": 1 - int(accepted.sum()) / len(placed)}


def together(parts: Sequence[Figures]) -> Figures:
    """Return how many of all pictures without a digit are refused."""
    n = sum(part["n"] for part in parts)
    return {"n": n, "refused": sum(part["n"] * part["refused"] for part in parts) / n}


def exam_digits(folder: Path) -> Iterator[tuple[Path, int]]:
    """Yield the pencil digits of exam papers and what they are."""
    with (folder / "exam-digits/labels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield folder / "exam-digits" / row["file"], int(row["digit"])


def usps(folder: Path) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Yield the postal digits of both files and what they are."""
    with h5py.File(folder / "usps.h5") as file:
        for part in ("train", "test"):
            grey = np.asarray(file[f"{part}/data"]).reshape(-1, 16, 16)
            yield from zip(
                np.rint(255 * grey).astype(np.uint8), file[f"{part}/target"][:].tolist(), strict=True
            )


def missed(found: dict[str, Figures]) -> Iterator[str]:
    """Yield a line for each goal that was measured and missed."""
    for goals, sign, word in ((AT_LEAST, 1, "at least"), (AT_MOST, -1, "at most")):
        for name in [one for one in goals if one in found]:
            for what, goal in goals[name].items():
                if sign * found[name][what] < sign * goal:
                    yield f"missed: {name}, {what} {found[name][what]:.6g}, {word} {goal:.6g} was the goal"


def main() -> None:
    """Train the committee and its student, measure, and write the artifact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="exam-digits/ and usps.h5 are there")
    options = parser.parse_args()
    data = load_mnist()
    artifact = exported(student(data, committee(data)), data)
    found = metrics(artifact, data, options.pictures)
    for name, numbers in found.items():
        print(f"{name}: {', '.join(f'{what} {number:.6g}' for what, number in numbers.items())}")
    for line in missed(found):
        print(line)
    SHIPPED.parent.mkdir(exist_ok=True)
    Artifact(artifact.onnx, replace(artifact.card, metrics=found)).save(SHIPPED)


if __name__ == "__main__":
    main()

"""Train the network that inklab ships, from scratch, and measure it.

    python benchmarks/network.py [--pictures FOLDER]

The script trains an ensemble of four networks (runs/network/committee, half an hour or more), a network that
is distilled from the ensemble (runs/network/student), and from its weights the included network, which also
learns other ways of writing (runs/network/tuned). It resumes an interrupted run and keeps a finished run;
move a run away if its recipe has changed. The artifact, quantized to int8 and with all results on its card,
is written to src/inklab/recognition/shipped/digits.inklab. The script prints the goals that it misses.

Some test data are not part of inklab and are used if they are present: `exam-digits/labels.csv` with its
pictures, and `usps.h5`, in the folder of --pictures; and the Debian package of Fashion-MNIST.
"""

import argparse
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from no_digits import FASHION, GENERATORS
from numpy.typing import NDArray
from real_pictures import exam_digits, usps
from reproduce import open_run, train
from torch import nn

from inklab.data import Dataset, load_mnist
from inklab.export.export import export_run
from inklab.imaging import Picture, prepare_image
from inklab.models import Ensemble
from inklab.recognition import Artifact, evaluate_artifact
from inklab.recognition.recognizer import SHIPPED
from inklab.runs import Run
from inklab.training import find_recipe
from inklab.training.augmentation.degradation import Degradation
from inklab.training.augmentation.geometric import Augmentation

RUNS = Path("runs/network")
COMMITTEE = find_recipe("committee", members=({},) * 4, tta_views=1)
STUDENT = replace(
    find_recipe("apac"),
    name="shipped",
    label_smoothing=0,
    tta_views=1,
    augmentation=Augmentation(rotation=10, scale=0.2, shear=0.15, translate=1, elastic_alpha=16),
    degradation=Degradation(probability=0.5, stroke=0.6, blur=1.2, fade=0.7, stroke_gap=2, noise=0.12),
    negatives_per_epoch=24_000,
    negative_pools=8,
    distillation=True,
    network_options={"width": 40},
    steps=40_000,
    log_every=250,
    eval_every=1000,
)
TUNED = replace(
    STUDENT,
    learning_rate=0.001,
    warmup_ratio=0.1,
    redrawn_per_epoch=20_000,
    negative_pools=7,
    steps=5000,
)
MIN_RESULTS = {
    "test": {"accepted_correct": 0.996},
    "usps": {"accepted_correct": 0.99},
    "exam-digits": {"accepted_correct": 0.99},
    "no digit": {"refused": 0.975},
}
"""Split -> metric -> the smallest result that reaches the goal; a refused digit is not correct."""
MAX_RESULTS = {
    "test": {"ece": 0.003, "nll": 0.012, "refused": 0.005},
    "exam-digits": {"refused": 0.01},
    "network": {"size_bytes": 1_000_000},
}

Metrics = dict[str, float]


def trained_ensemble(data: Dataset) -> list[nn.Sequential]:
    """Return the networks of the ensemble; train those that are not finished."""
    model = train(RUNS / "committee", COMMITTEE, data).load_model()
    assert isinstance(model, Ensemble)
    return [member for member in model.members if isinstance(member, nn.Sequential)]


def distilled(data: Dataset, teachers: Sequence[nn.Sequential]) -> Run:
    """Return the finished run of the network that is distilled from the teachers."""
    run = open_run(RUNS / "student", STUDENT, data)
    if not run.is_finished:
        for progress in run.train(run.resume(data, teachers=teachers)):
            print(f"{run.path}: {progress}", flush=True)
    return run


def tuned(data: Dataset, student: nn.Module) -> Run:
    """Return the finished run of the network that begins with the student's weights and learns from it."""
    assert isinstance(student, nn.Sequential)
    run = open_run(RUNS / "tuned", TUNED, data)
    if not run.is_finished:
        training = run.resume(data, teachers=[student])
        if training.step == 0:
            for network in (training.network, training.model):
                network.load_state_dict(student.state_dict())
        for progress in run.train(training):
            print(f"{run.path}: {progress}", flush=True)
    return run


def exported(run: Run, data: Dataset) -> Artifact:
    """Return the artifact of the run; its card names all training data."""
    artifact = export_run(run, data, int8=True)
    recipe, teachers = run.recipe, len(COMMITTEE.members)
    trained_on = (
        f"{artifact.card.trained_on}; {recipe.redrawn_per_epoch:,} redrawn digits and "
        f"{recipe.negatives_per_epoch:,} images without a digit per epoch, in {recipe.negative_pools} pools; "
        f"distilled from the network whose weights it began with, which an ensemble of {teachers} networks "
        f"taught"
    )
    return Artifact(artifact.onnx, replace(artifact.card, trained_on=trained_on))


def all_metrics(artifact: Artifact, data: Dataset, folder: Path | None) -> dict[str, Metrics]:
    """Return the metrics of every split and test set that is present."""
    metrics: dict[str, Metrics] = {"network": dict(artifact.card.metrics["network"])}
    for split in (data.valid, data.test):
        metrics[split.name] = image_metrics(artifact, split.images, split.labels)
    if folder:
        for name, labeled in (("exam-digits", exam_digits(folder)), ("usps", usps(folder))):
            metrics[name] = picture_metrics(artifact, *zip(*labeled, strict=True))
    refusals = {
        f"no digit: {name}": refusal_metrics(artifact, generate(n, np.random.default_rng(0)))
        for name, (generate, n) in GENERATORS.items()
        if name != "fashion" or FASHION.exists()
    }
    n = sum(refusal["n"] for refusal in refusals.values())
    refused = sum(refusal["n"] * refusal["refused"] for refusal in refusals.values()) / n
    return {**metrics, **refusals, "no digit": {"n": n, "refused": refused}}


def image_metrics(artifact: Artifact, images: NDArray[np.uint8], labels: NDArray[np.int64]) -> Metrics:
    """Return the metrics of prepared images."""
    return evaluate_artifact(artifact.network.logits(images), labels, artifact.card.calibration).metrics()


def picture_metrics(artifact: Artifact, pictures: Sequence[Picture], labels: Sequence[int]) -> Metrics:
    """Return the metrics of pictures; a picture without a prepared image counts as refused."""
    prepared = [prepare_image(picture).image for picture in pictures]
    has_image = [image is not None for image in prepared]
    images = np.stack([image for image in prepared if image is not None])
    metrics = image_metrics(artifact, images, np.array(labels)[has_image])
    n, n_images = len(prepared), len(images)
    fractions = {name: metrics[name] * n_images / n for name in ("accuracy", "accepted_correct", "refused")}
    return {**metrics, **fractions, "refused": fractions["refused"] + (n - n_images) / n, "n": n}


def refusal_metrics(artifact: Artifact, pictures: Iterable[Picture]) -> Metrics:
    """Return the fraction of refused pictures, as blank, as several digits, or as no digit."""
    prepared = [prepare_image(picture).image for picture in pictures]
    images = np.array([image for image in prepared if image is not None], np.uint8).reshape(-1, 28, 28)
    accepted = artifact.card.calibration.is_accepted(artifact.network.logits(images))
    return {"n": len(prepared), "refused": 1 - int(accepted.sum()) / len(prepared)}


def missed_goals(metrics: dict[str, Metrics]) -> Iterator[str]:
    """Yield a line for each goal that was measured and missed."""
    for goals, sign, word in ((MIN_RESULTS, 1, "at least"), (MAX_RESULTS, -1, "at most")):
        for split in [name for name in goals if name in metrics]:
            for metric, goal in goals[split].items():
                value = metrics[split][metric]
                if sign * value < sign * goal:
                    yield f"missed: {split}, {metric} {value:.6g}; the goal is {word} {goal:.6g}"


def main() -> None:
    """Train the ensemble, distill the network, measure it, and write the artifact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="folder of exam-digits/ and usps.h5")
    options = parser.parse_args()
    data = load_mnist()
    student = distilled(data, trained_ensemble(data)).load_model()
    artifact = exported(tuned(data, student), data)
    metrics = all_metrics(artifact, data, options.pictures)
    for split, values in metrics.items():
        print(f"{split}: {', '.join(f'{metric} {value:.6g}' for metric, value in values.items())}")
    for line in missed_goals(metrics):
        print(line)
    SHIPPED.parent.mkdir(exist_ok=True)
    Artifact(artifact.onnx, replace(artifact.card, metrics=metrics)).save(SHIPPED)


if __name__ == "__main__":
    main()

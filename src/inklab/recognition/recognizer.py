"""Recognizer: pictures in, predictions out."""

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from inklab.constants import IMAGE_SIZE
from inklab.errors import ArtifactError, PictureError
from inklab.imaging import Picture, prepare_image
from inklab.imaging.input_forms import SupportsArray, iter_pictures, name_of
from inklab.recognition.artifact import Artifact
from inklab.recognition.prediction import NO_DIGIT, Prediction, predictions_from_logits
from inklab.utils.parallel import map_chunks

SHIPPED = Path(__file__).parent / "shipped" / "digits.inklab"

Images: TypeAlias = NDArray[np.uint8]


class Recognizer:
    """Recognize the digit in pictures; the recognizer is thread-safe.

        recognizer = Recognizer()
        print(recognizer.read("seven.png"))                     # 7  99.9%
        for prediction in recognizer.read_many(Path("scans").iterdir()):
            print(prediction.digit, prediction.confidence)

    Args:
        model: an artifact or its path; by default the artifact that comes with inklab.

    Raises:
        ArtifactError: the artifact is missing, damaged, or not safe to run.
    """

    def __init__(self, model: Artifact | str | os.PathLike[str] | None = None) -> None:
        if model is None and not SHIPPED.exists():
            advice = "pass the path of an artifact, as `inklab export` writes it"
            raise ArtifactError(f"this inklab comes without a network: {SHIPPED} does not exist; {advice}")
        self.artifact = model if isinstance(model, Artifact) else Artifact.load(model or SHIPPED)

    def read(self, picture: Picture) -> Prediction:
        """Return the prediction for one picture, see `inklab.imaging.decode`, or the reason for a refusal."""
        return read_chunk(self.artifact, [picture])[0]

    def read_many(
        self, pictures: Iterable[Picture] | SupportsArray, *, processes: int = 0
    ) -> Iterator[Prediction]:
        """Yield the prediction for each picture, in order, on all cores and in bounded memory.

        Args:
            pictures: as `read` takes them; they are taken a few chunks ahead of the predictions.
            processes: the number of worker processes; 0 uses threads, of which only one at a time runs
                Python code. Processes take about a second to start and pay off from about a thousand
                pictures. They need pictures that can be pickled, and a script needs its `__main__` guard.

        Raises:
            DataError: `pictures` is a single picture.
            InklabError: a process died, as happens when memory runs out.
        """
        chunks = partial(read_chunk, self.artifact)
        return map_chunks(chunks, iter_pictures(pictures), processes=processes)

    def predict(self, pictures: Iterable[Picture] | SupportsArray) -> NDArray[np.int64]:
        """Return (n,) int64: the most probable digit of each picture, never refusing; see `predict_proba`."""
        return np.asarray(self.predict_proba(pictures).argmax(axis=1), np.int64)

    def predict_proba(self, pictures: Iterable[Picture] | SupportsArray) -> NDArray[np.float64]:
        """Return (n, 10): the probability of each digit, given that each picture shows one.

        Args:
            pictures: as `read_many` takes them; or prepared images, (n, 28, 28) uint8, ink 255 on background
                0, sized and centered as in MNIST.

        Raises:
            DataError: `pictures` is a single picture, or an array of images of another dtype.
            PictureError: no image can be prepared from a picture; `read_many` reports the reason instead.
        """
        if isinstance(pictures, np.ndarray) and pictures.shape[1:] == (IMAGE_SIZE, IMAGE_SIZE):
            images = pictures
        else:
            prepared = list(map_chunks(_prepare_chunk, iter_pictures(pictures)))
            images = np.stack(prepared) if prepared else np.empty((0, IMAGE_SIZE, IMAGE_SIZE), np.uint8)
        return self.artifact.card.calibration.probabilities(self.artifact.network.logits(images))


def read_chunk(artifact: Artifact, pictures: Sequence[Picture]) -> list[Prediction]:
    """Return the prediction for each picture; their images are one batch for the network."""
    results = list(map(image_or_refusal, pictures))
    predictions: Iterator[Prediction] = iter(())
    if images := [result for result in results if isinstance(result, np.ndarray)]:
        logits = artifact.network(np.stack(images))
        predictions = iter(predictions_from_logits(logits, artifact.card.calibration))
    return [result if isinstance(result, Prediction) else next(predictions) for result in results]


def image_or_refusal(picture: Picture) -> Images | Prediction:
    """Return the prepared image (28, 28) of a picture, or a prediction with the reason for its refusal."""
    try:
        prepared = prepare_image(picture)
    except PictureError as error:
        return Prediction(reason=f"unreadable: {error}")
    return Prediction(reason=prepared.reason or NO_DIGIT) if prepared.image is None else prepared.image


def _prepare_chunk(pictures: Sequence[Picture]) -> list[Images]:
    images = []
    for picture in pictures:
        image = image_or_refusal(picture)
        if isinstance(image, Prediction):
            advice = "expected one digit in each picture; `read_many` reports refused pictures"
            raise PictureError(f"{name_of(picture)} is refused: {image.reason}; {advice}")
        images.append(image)
    return images

"""Recogniser: pictures in, readings out."""

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklab.errors import ArtifactError, DataError, PictureError
from inklab.imaging import Picture, prepare_image
from inklab.recognition.artifact import Artifact
from inklab.recognition.prediction import NO_DIGIT, Prediction, predictions_from_logits
from inklab.utils.parallel import in_chunks

SHIPPED = Path(__file__).parent / "shipped" / "digits.inklab"
"""The network that comes with inklab."""
_AXES, _CHANNELS = 3, 4  # an array with more of them holds several pictures


class Recognizer:
    """Reads pictures of a digit; any number of threads may use one at once.

        recogniser = Recogniser()
        print(recogniser.read("seven.png"))                     # 7  99.9 %
        for reading in recogniser.read_many(Path("scans").iterdir()):
            print(reading.digit, reading.confidence)

    Args:
        model: an artifact, or the path of one; by default the one that comes with inklab.

    Raises:
        ArtifactError: it is missing, damaged or not safe to run.
    """

    def __init__(self, model: Artifact | str | os.PathLike[str] | None = None) -> None:
        if model is None and not SHIPPED.exists():
            advice = "give the path of one, as `inklab export` makes it"
            raise ArtifactError(f"no network comes with this inklab: {SHIPPED} does not exist; {advice}")
        self.artifact = model if isinstance(model, Artifact) else Artifact.load(model or SHIPPED)

    def read(self, picture: Picture) -> Prediction:
        """Return what is read in one picture, in any of the ways that `inklab.imaging` takes it.

        A picture that is blank, cannot be decoded or shows no digit gives a reading with the reason.
        """
        return read_chunk(self.artifact, [picture])[0]

    def read_many(self, pictures: Iterable[Picture], *, processes: int = 0) -> Iterator[Prediction]:
        """Yield a reading for each picture, in their order; all cores work, and memory does not grow.

        Pictures are taken from the iterable a few chunks ahead of what is yielded.

        Args:
            pictures: as `read` takes them.
            processes: how many processes decode and read; with 0 the threads of this one do, of which only
                one at a time runs Python. Worth their start, a second or so, from a thousand pictures on.
                Pictures must then be what can be pickled, and a script needs its `__main__` guard.

        Raises:
            DataError: this is one picture, and not several.
            InklabError: a process died, as it does where memory runs out.
        """
        if _is_one(pictures):
            raise DataError(
                f"this is one picture ({type(pictures).__name__}); expected several; `read` takes one"
            )
        return in_chunks(partial(read_chunk, self.artifact), pictures, processes=processes)

    def predict_proba(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return how probable each digit is, if it is a digit.

        Args:
            images: (n, 28, 28) uint8, ink bright on 0, placed as MNIST places it: no pictures, but what
                `inklab.imaging` makes of them.

        Returns:
            (n, 10), rows sum to 1.

        Raises:
            DataError: the images are of another type or shape.
        """
        return self.artifact.card.calibration.probabilities(self.artifact.network.logits(images))


def _is_one(pictures: object) -> bool:
    """Whether this is a picture by itself, in one of the ways that `inklab.imaging` takes it."""
    if isinstance(pictures, np.ndarray):
        return pictures.ndim < _AXES or (pictures.ndim == _AXES and pictures.shape[-1] <= _CHANNELS)
    is_file = isinstance(pictures, str | bytes | bytearray | memoryview) or hasattr(pictures, "read")
    return is_file or not isinstance(pictures, Iterable)


def read_chunk(artifact: Artifact, pictures: Sequence[Picture]) -> list[Prediction]:
    """Return a reading for each picture; their images pass the network together."""
    found: dict[int, Prediction] = {}
    images: dict[int, NDArray[np.uint8]] = {}
    for number, picture in enumerate(pictures):
        try:
            placed = prepare_image(picture)
        except PictureError as error:
            found[number] = Prediction(reason=f"unreadable: {error}")
            continue
        if placed.image is None:
            found[number] = Prediction(reason=placed.reason or NO_DIGIT)
        else:
            images[number] = placed.image
    if images:
        logits = artifact.network(np.stack(list(images.values())))
        found |= dict(zip(images, predictions_from_logits(logits, artifact.card.calibration), strict=True))
    return [found[number] for number in range(len(pictures))]

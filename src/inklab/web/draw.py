"""The Draw room: what the network makes of a drawing, layer by layer, and why; drawings that are kept."""

from typing import Annotated

import numpy as np
from fastapi import APIRouter, File, Path, UploadFile
from numpy.typing import NDArray
from pydantic import Base64Bytes, Field

from inklab.errors import DataError, PictureError
from inklab.explain.attribution import occlusion, pixel_contributions, saliency
from inklab.explain.layers import Layer, LayerInspector
from inklab.explain.unit import UnitExplanation, explain_unit
from inklab.imaging import prepare_image
from inklab.recognition import Prediction, predictions_from_logits
from inklab.web.documents import Document, packed
from inklab.web.drawings import MOST_BYTES, Drawings
from inklab.web.reading import Answer, ErrorRate, NetworkName
from inklab.web.workbench import SHIPPED, Cache, Workbench

STRONGEST = 6
"""So many maps of the layer below are shown in the account of a number; the others as their sum."""
_PIXELS = 28 * 28

Label = Annotated[int, Path(ge=0, le=9, description="what the drawing is")]


class LayerOpened(Document):
    """One layer of a network."""

    name: str
    kind: str
    """convolution, pooling, normalising, rectifying or fully connected."""
    shape: tuple[int, int, int]
    """Maps, rows, columns; a unit is a map of one pixel."""
    below: tuple[int, int, int]
    """The shape of what it looks at."""
    parameters: int
    """How many numbers of it were learned or measured in training."""
    window: tuple[int, int]
    """Rows and columns that a pixel looks at."""


class NetworkOpened(Document):
    """A network and its layers, in the order in which an image passes them."""

    name: str
    recipe: str
    trained_on: str
    layers: list[LayerOpened]
    single: bool
    """Whether it is a single layer, so that evidence is shown."""


class Look(Document):
    """What a network makes of a picture; arrays are base64 of their bytes, little-endian, row by row."""

    answer: Answer
    image: str | None
    """uint8 28 x 28: what the network sees; null where no image could be made."""
    layers: list[str]
    """float32, of each layer what it puts out, in the order of `/api/draw/network`."""
    pixel_contributions: str | None
    """float32 10 x 28 x 28, of a network of one layer: what each pixel says for and against each digit."""
    biases: list[float] | None
    """Of such a network, what each digit starts from."""


class Asked(Document):
    """A question about an image that the network saw."""

    network: str = Field(SHIPPED, max_length=300)
    image: Base64Bytes = Field(max_length=2048)
    """28 x 28 bytes, as `Look.image` has them."""


class NumberAsked(Asked):
    """Which number of which layer."""

    layer: str = Field(max_length=100)
    map: int
    row: int
    column: int


class Part(Document):
    """What one map of the layer below adds to a number."""

    map: int
    sum: float
    window: list[list[float]]
    filter: list[list[float]] | None


class NumberExplained(Document):
    """How a number came about: value = sum of all parts + bias, or the largest of the window."""

    value: float
    bias: float
    row: int
    """Of the window's first row in the layer below; below 0 it lies beyond the edge."""
    column: int
    parts: list[Part]
    """The strongest, whatever their sign."""
    others: int
    """How many maps of the layer below are not among the parts."""
    others_sum: float


class DigitAsked(Asked):
    """Which digit the question is about."""

    digit: int = Field(ge=0, le=9)


class Relevance(Document):
    """What a digit's probability hangs on, found by asking the network again with the image changed."""

    saliency: list[float]
    """28 x 28: how much the log odds rise with the ink of each pixel, by central differences."""
    occlusion: list[float]
    """28 x 28: the probability of the digit when a patch of 5 x 5 around each pixel is blank."""
    probability: float
    """With the image as it is."""


class Kept(Document):
    """A drawing that was kept."""

    label: int
    name: str
    counts: list[int]
    """How many of each digit there are now."""


class Counts(Document):
    """How many drawings of each digit are kept."""

    counts: list[int]
    folder: str


def router(workbench: Workbench) -> APIRouter:
    """Return the paths of this room."""
    room = APIRouter(prefix="/api", tags=["draw"])
    networks: Cache[LayerInspector] = Cache(8)
    drawings = Drawings(workbench.drawings)

    def opened(name: str) -> LayerInspector:
        artifact = workbench.artifact(name)
        return networks.get(artifact, lambda: LayerInspector(artifact))

    @room.get("/draw/network", summary="Open a network: its layers, with their shapes")
    def open_network(network: NetworkName = SHIPPED) -> NetworkOpened:
        found = opened(network)
        card = found.artifact.card
        return NetworkOpened(
            name=network,
            recipe=card.name,
            trained_on=card.trained_on,
            layers=[_layer(layer) for layer in found.layers],
            single=len(found.layers) == 1,
        )

    @room.post("/draw/look", summary="Read one picture, with what every layer makes of it")
    def look(
        picture: Annotated[UploadFile, File(description="PNG, JPEG, WebP, BMP, TIFF or GIF")],
        network: NetworkName = SHIPPED,
        error_rate: ErrorRate = "0.01",
    ) -> Look:
        return _look(opened(network), picture.file.read(), picture.filename or "", float(error_rate))

    @room.post("/draw/number", summary="Explain one number of one layer: window, filter and sum")
    def number(asked: NumberAsked) -> NumberExplained:
        found = opened(asked.network)
        names = {layer.name: layer for layer in found.layers}
        if asked.layer not in names:
            raise DataError(f"{asked.layer!r} is no layer of it; it has {', '.join(names)}")
        seen = found.activations(_image(asked))
        return _explained(explain_unit(names[asked.layer], seen, asked.map, asked.row, asked.column))

    @room.post("/draw/relevance", summary="Find the pixels that a digit's probability hangs on")
    def relevance(asked: DigitAsked) -> Relevance:
        found, image = opened(asked.network), _image(asked)
        logits = found.network(image[np.newaxis])
        return Relevance(
            saliency=saliency(found, image, asked.digit).ravel().tolist(),
            occlusion=occlusion(found, image, asked.digit).ravel().tolist(),
            probability=float(found.artifact.card.calibration.probabilities(logits)[0, asked.digit]),
        )

    @room.get("/drawings", summary="Count the drawings that are kept")
    def counted() -> Counts:
        return Counts(counts=drawings.counts(), folder=str(drawings.folder))

    @room.post("/drawings/{label}", summary="Keep a drawing as what it is")
    def keep(label: Label, picture: Annotated[UploadFile, File(description="PNG")]) -> Kept:
        name = drawings.keep(picture.file.read(MOST_BYTES + 1), label)
        return Kept(label=label, name=name, counts=drawings.counts())

    @room.delete("/drawings/{label}/{name}", summary="Remove a drawing that was kept")
    def remove(label: Label, name: str) -> Counts:
        drawings.remove(label, name)
        return counted()

    return room


def _look(network: LayerInspector, content: bytes, name: str, error_rate: float) -> Look:
    try:
        placed = prepare_image(content)
    except PictureError as error:
        return _unseen(Prediction(reason=f"unreadable: {error}"), name, error_rate)
    if placed.image is None:
        return _unseen(Prediction(reason=placed.reason or ""), name, error_rate)
    artifact = network.artifact
    (reading,) = predictions_from_logits(
        artifact.network(placed.image[np.newaxis]), artifact.card.calibration
    )
    seen, said = network.activations(placed.image), pixel_contributions(network, placed.image)
    return Look(
        answer=_answer(reading, name, error_rate),
        image=packed(placed.image),
        layers=[packed(seen[layer.output].astype("<f4")) for layer in network.layers],
        pixel_contributions=None if said is None else packed(said.pixels.astype("<f4")),
        biases=None if said is None else said.biases.tolist(),
    )


def _unseen(reading: Prediction, name: str, error_rate: float) -> Look:
    answer = _answer(reading, name, error_rate)
    return Look(answer=answer, image=None, layers=[], pixel_contributions=None, biases=None)


def _answer(reading: Prediction, name: str, error_rate: float) -> Answer:
    return Answer.model_validate(reading.to_dict(name, error_rate=error_rate))


def _layer(layer: Layer) -> LayerOpened:
    return LayerOpened(
        name=layer.name,
        kind=layer.kind,
        shape=layer.shape,
        below=layer.input_shape,
        parameters=layer.parameters,
        window=layer.kernel_size,
    )


def _explained(found: UnitExplanation) -> NumberExplained:
    parts = found.parts
    strongest = np.argsort(-np.abs(parts), kind="stable")[:STRONGEST]
    return NumberExplained(
        value=found.value,
        bias=found.bias,
        row=found.row,
        column=found.column,
        parts=[
            Part(
                map=found.maps[one],
                sum=float(parts[one]),
                window=found.window[one].tolist(),
                filter=None if found.filter is None else found.filter[one].tolist(),
            )
            for one in strongest
        ],
        others=len(parts) - len(strongest),
        others_sum=float(parts.sum() - parts[strongest].sum()),
    )


def _image(asked: Asked) -> NDArray[np.uint8]:
    if len(asked.image) != _PIXELS:
        raise DataError(f"the image has {len(asked.image)} bytes; expected {_PIXELS}, 28 x 28")
    return np.frombuffer(asked.image, np.uint8).reshape(28, 28)

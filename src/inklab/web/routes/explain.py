"""Explain a prediction: the layers of the network, their activations, single units, and attribution."""

from typing import Annotated

import numpy as np
from fastapi import APIRouter, File, UploadFile
from numpy.typing import NDArray
from pydantic import Base64Bytes, Field

from inklab.constants import IMAGE_SIZE, N_PIXELS
from inklab.errors import DataError
from inklab.explain.attribution import occlusion, pixel_contributions, saliency
from inklab.explain.layers import LayerInspector
from inklab.explain.unit import UnitExplanation, explain_unit
from inklab.recognition import Prediction as DigitPrediction
from inklab.recognition import predictions_from_logits
from inklab.recognition.recognizer import image_or_refusal
from inklab.web.schemas import ErrorRate, ModelName, Prediction, Schema, base64_array
from inklab.web.services.cache import Cache
from inklab.web.services.workbench import SHIPPED, Workbench

MAX_TERMS = 6
"""Maps of the layer below whose terms are sent; the others are sent as their sum."""


class NetworkLayer(Schema):
    """One layer of a network."""

    name: str
    kind: str
    """convolution, pooling, batch norm, ReLU, or fully connected."""
    shape: tuple[int, int, int]
    """Maps, rows, columns of the output; a unit is a map of one value."""
    input_shape: tuple[int, int, int]
    parameters: int
    kernel_size: tuple[int, int]
    """Rows and columns of the window that a value depends on."""


class NetworkLayers(Schema):
    """A network with its layers, from input to output."""

    name: str
    layers: list[NetworkLayer]


class ExplainedPrediction(Schema):
    """A prediction with the activations of all layers; arrays are base64, little-endian, row by row."""

    prediction: Prediction
    image: str | None = None
    """uint8 28 x 28: the input of the network; null if no image could be made of the picture."""
    activations: tuple[str, ...] = ()
    """float32: the output of each layer, in the order of `/api/explain/layers`."""
    contributions: str | None = None
    """float32 10 x 28 x 28, only for a single layer: the contribution of each pixel to each logit."""
    biases: list[float] | None = None
    """The bias of each logit, only for a single layer."""


class ImageRequest(Schema):
    """An image, as `ExplainedPrediction.image` has it."""

    model: str = Field(SHIPPED, max_length=300)
    image: Base64Bytes = Field(max_length=2048)

    def array(self) -> NDArray[np.uint8]:
        """Return the image as (28, 28)."""
        if len(self.image) != N_PIXELS:
            raise DataError(f"the image has {len(self.image)} bytes; expected {N_PIXELS}, 28 x 28")
        return np.frombuffer(self.image, np.uint8).reshape(IMAGE_SIZE, IMAGE_SIZE)


class UnitRequest(ImageRequest):
    """One value in the output of a layer."""

    layer: str = Field(max_length=100)
    map: int
    row: int
    column: int


class UnitTerm(Schema):
    """The term of one map of the layer below."""

    map: int
    sum: float
    window: list[list[float]]
    kernel: list[list[float]] | None


class UnitSum(Schema):
    """How a value is computed: the sum of all terms and the bias, or the maximum of the window."""

    value: float
    bias: float
    row: int
    """The first row of the window in the layer below; negative if the window begins in the padding."""
    column: int
    terms: list[UnitTerm]
    """The terms with the largest magnitudes."""
    other_maps: int
    """The number of maps of the layer below that are not among the terms."""
    other_sum: float
    """The sum of their terms."""

    @classmethod
    def from_explanation(cls, explanation: UnitExplanation) -> "UnitSum":
        """Return the schema of an explanation."""
        sums = explanation.parts
        largest = np.argsort(-np.abs(sums), kind="stable")[:MAX_TERMS]
        return cls(
            value=explanation.value,
            bias=explanation.bias,
            row=explanation.row,
            column=explanation.column,
            terms=[
                UnitTerm(
                    map=explanation.maps[i],
                    sum=sums[i],
                    window=explanation.window[i].tolist(),
                    kernel=None if explanation.filter is None else explanation.filter[i].tolist(),
                )
                for i in largest
            ],
            other_maps=len(sums) - len(largest),
            other_sum=sums.sum() - sums[largest].sum(),
        )


class AttributionRequest(ImageRequest):
    """A digit whose probability is to be explained."""

    digit: int = Field(ge=0, le=9)


class Attribution(Schema):
    """The effect of pixels on the probability of a digit, measured by changing the image."""

    saliency: list[float]
    """28 x 28: the slope of the log odds with respect to each pixel, by central differences."""
    occlusion: list[float]
    """28 x 28: the probability of the digit without the 5 x 5 pixels around each pixel."""
    probability: float
    """The probability for the unchanged image."""


def router(workbench: Workbench) -> APIRouter:
    """Return the routes for explanations."""
    routes = APIRouter(prefix="/explain", tags=["explain"])
    inspectors: Cache[LayerInspector] = Cache(8)

    def inspector(model: str) -> LayerInspector:
        artifact = workbench.artifact(model)
        return inspectors.get(artifact, lambda: LayerInspector(artifact))

    @routes.get("/layers", summary="List the layers of a network")
    def layers(model: ModelName = SHIPPED) -> NetworkLayers:
        layers = [NetworkLayer.model_validate(layer) for layer in inspector(model).layers]
        return NetworkLayers(name=model, layers=layers)

    @routes.post("/predict", summary="Predict the digit in a picture, with the activations of all layers")
    def predict(
        picture: Annotated[UploadFile, File(description="PNG, JPEG, WebP, BMP, TIFF, GIF, or AVIF")],
        model: ModelName = SHIPPED,
        error_rate: ErrorRate = "0.01",
    ) -> ExplainedPrediction:
        network = inspector(model)
        name, rate = picture.filename or "", float(error_rate)
        image = image_or_refusal(picture.file.read())
        if isinstance(image, DigitPrediction):
            return ExplainedPrediction(prediction=Prediction(**image.to_dict(name, error_rate=rate)))
        logits = network.artifact.network(image[np.newaxis])
        prediction = predictions_from_logits(logits, network.artifact.card.calibration)[0]
        activations = network.activations(image)
        outputs = (activations[layer.output] for layer in network.layers)
        explained = ExplainedPrediction(
            prediction=Prediction(**prediction.to_dict(name, error_rate=rate)),
            image=base64_array(image),
            activations=tuple(base64_array(output.astype("<f4")) for output in outputs),
        )
        if contributions := pixel_contributions(network, image):
            explained.contributions = base64_array(contributions.pixels.astype("<f4"))
            explained.biases = contributions.biases.tolist()
        return explained

    @routes.post("/unit", summary="Explain one value of one layer: window, kernel, and sum")
    def unit(request: UnitRequest) -> UnitSum:
        network = inspector(request.model)
        layers = {layer.name: layer for layer in network.layers}
        if request.layer not in layers:
            raise DataError(f"the network has no layer {request.layer!r}; it has {', '.join(layers)}")
        activations = network.activations(request.array())
        explanation = explain_unit(
            layers[request.layer], activations, request.map, request.row, request.column
        )
        return UnitSum.from_explanation(explanation)

    @routes.post("/attribution", summary="Find the pixels that matter for the probability of a digit")
    def attribution(request: AttributionRequest) -> Attribution:
        network, image = inspector(request.model), request.array()
        probabilities = network.artifact.card.calibration.probabilities(
            network.network.logits(image[np.newaxis])
        )
        return Attribution(
            saliency=saliency(network, image, request.digit).ravel().tolist(),
            occlusion=occlusion(network, image, request.digit).ravel().tolist(),
            probability=probabilities[0, request.digit],
        )

    return routes

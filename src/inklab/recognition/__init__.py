"""Pictures in, digits out, with an honest doubt: what a trained network is for. No torch here."""

from inklab.recognition.artifact import Artifact, Card
from inklab.recognition.calibration import Doubt
from inklab.recognition.evaluate import Measured, measure
from inklab.recognition.onnx_model import OPSET, Network, open_session, run_session
from inklab.recognition.prediction import Reading, readings
from inklab.recognition.recognizer import Recogniser

__all__ = [
    "OPSET",
    "Artifact",
    "Card",
    "Doubt",
    "Measured",
    "Network",
    "Reading",
    "Recogniser",
    "measure",
    "open_session",
    "readings",
    "run_session",
]

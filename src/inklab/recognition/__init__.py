"""Pictures in, digits out, with an honest doubt: what a trained network is for. No torch here."""

from inklab.recognition.artifact import Artifact, Card
from inklab.recognition.calibration import Calibration
from inklab.recognition.evaluate import ArtifactReport, evaluate_artifact
from inklab.recognition.onnx_model import OPSET, OnnxModel, open_session, run_session
from inklab.recognition.prediction import Prediction, predictions_from_logits
from inklab.recognition.recognizer import Recognizer

__all__ = [
    "OPSET",
    "Artifact",
    "ArtifactReport",
    "Calibration",
    "Card",
    "OnnxModel",
    "Prediction",
    "Recognizer",
    "evaluate_artifact",
    "open_session",
    "predictions_from_logits",
    "run_session",
]

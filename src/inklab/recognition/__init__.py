"""Recognize the digit in a picture, with a calibrated confidence. Imports no torch."""

from inklab.recognition.artifact import Artifact, Card
from inklab.recognition.calibration import Calibration
from inklab.recognition.evaluate import ArtifactReport, evaluate_artifact
from inklab.recognition.onnx_check import OPSET
from inklab.recognition.onnx_model import OnnxModel, open_session, run_session
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

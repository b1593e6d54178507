"""Pictures in, digits out, with an honest doubt: what a trained network is for. No torch here."""

from inklab.recognition.artifact import Artifact, Card
from inklab.recognition.doubt import Doubt
from inklab.recognition.measure import Measured, measure
from inklab.recognition.network import OPSET, Network, open_session, run_session
from inklab.recognition.reading import Reading, readings
from inklab.recognition.recogniser import Recogniser

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

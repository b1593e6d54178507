"""A network opened, by its ONNX file alone: what each layer makes of an image, and why. No torch here."""

from inklab.opened.account import Account, account
from inklab.opened.network import Layer, OpenNetwork
from inklab.opened.relevance import evidence, occlusion, saliency

__all__ = ["Account", "Layer", "OpenNetwork", "account", "evidence", "occlusion", "saliency"]

"""Rewrite ONNX graphs without changing what they compute. Imports no torch."""

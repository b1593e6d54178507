"""Rewrites of ONNX graphs that keep their results. No torch."""

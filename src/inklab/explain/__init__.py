"""Look inside a network. Some modules need torch, others only an ONNX file: import the modules by name."""

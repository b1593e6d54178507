"""What happens inside a network. Import the modules: some need torch, others only the ONNX file."""

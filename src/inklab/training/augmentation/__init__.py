"""Random changes of training batches, on the device: deformations and degradations."""

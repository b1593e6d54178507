"""Digits redrawn in ways of writing that MNIST has few of."""

"""The sizes that MNIST fixes, in one place."""

IMAGE_SIZE = 28
"""Height and width of an image, in pixels."""
N_PIXELS = IMAGE_SIZE * IMAGE_SIZE
"""Pixels of an image."""
N_CLASSES = 10
"""Digits."""

"""The sizes that MNIST fixes."""

IMAGE_SIZE = 28
"""Height and width of an image in pixels."""
N_PIXELS = IMAGE_SIZE * IMAGE_SIZE
"""Number of pixels of an image."""
N_CLASSES = 10
"""Number of digits."""

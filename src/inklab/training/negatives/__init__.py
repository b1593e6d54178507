"""Images without a digit, so that a network can learn to refuse them."""

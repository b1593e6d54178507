"""Images without a digit, which a network learns to refuse."""

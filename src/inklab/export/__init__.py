"""Export a trained run as an artifact."""

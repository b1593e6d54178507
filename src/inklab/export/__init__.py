"""A trained run becomes an artifact."""

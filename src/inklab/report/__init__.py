"""Figures and HTML pages that show what a run has learned."""

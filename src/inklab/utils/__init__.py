"""Helpers for every package: atomic files, hardware, parallel work, folder locks, JSON validation."""

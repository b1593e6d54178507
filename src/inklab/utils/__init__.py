"""Helpers that every package uses: atomic files, hardware, parallel work, locks, validation of documents."""

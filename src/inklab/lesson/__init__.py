"""The lesson. Import the modules: its texts need no torch."""

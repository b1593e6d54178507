"""The lesson of two networks. `text` needs no torch, so import the modules by name."""

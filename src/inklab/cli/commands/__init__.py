"""The commands: one thin file each, with imports inside the function that needs them."""

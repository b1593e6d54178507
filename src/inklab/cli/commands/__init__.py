"""The commands: a thin file each, importing what it needs when it is called."""

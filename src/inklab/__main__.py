"""`python -m inklab`: the same commands as `inklab`."""

from inklab.cli.main import main

main()

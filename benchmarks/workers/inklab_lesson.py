"""The lesson's CNN in inklab; the argument is the precision."""

import sys

from protocol import BATCH, STEPS, serve_turns

from inklab.data import load_mnist
from inklab.training import Training, find_recipe

recipe = find_recipe(
    "lesson-cnn",
    batch_size=BATCH,
    steps=10**9,
    log_every=STEPS,
    eval_every=STEPS,
    precision=sys.argv[1],
)
reports = iter(Training(recipe, load_mnist().train))
next(reports)  # the one before the first step
serve_turns(lambda: print(next(reports), file=sys.stderr))

"""A recipe of inklab, trained from scratch with another seed in each turn; the argument is its name."""

import sys

from protocol import serve_epochs

from inklab.data import load_mnist
from inklab.evaluation import accuracy
from inklab.models import predict_logits
from inklab.training import Training, find_recipe


class Runs:
    """Consecutive trainings with the seeds 0, 1, 2, and so on."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.data = load_mnist()
        self.seed = 0

    def train(self) -> None:
        """Train with the next seed."""
        self.training = Training(find_recipe(self.name, seed=self.seed), self.data.train)
        self.seed += 1
        self.training.run()

    def accuracy(self) -> float:
        """Return the test accuracy, a fraction."""
        logits = predict_logits(self.training.model, self.data.test.images)
        return accuracy(self.data.test.labels, logits.argmax(axis=1))


runs = Runs(sys.argv[1])
serve_epochs(runs.train, runs.accuracy)

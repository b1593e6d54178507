"""The words of the lesson: what its two networks do and why, and what the best systems reach."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Part:
    """One of the lesson's two networks, with the words that go with it."""

    folder: Literal["softmax", "cnn"]
    recipe: str
    heading: str
    idea: tuple[str, ...]
    question: str
    """What to look for in its pictures."""


SINGLE_LAYER = Part(
    folder="softmax",
    recipe="lesson-softmax",
    heading="Part 1. A single layer",
    idea=(
        "An image is 784 numbers, one a pixel. For each digit, a weight a pixel says whether ink there "
        "speaks for the digit or against it; the weighted sum, plus a bias, is that digit's evidence.",
        "Softmax turns the ten sums of evidence into ten probabilities. Training lowers the cross-entropy: "
        "the surprise, -log p, at the probability given to the right digit.",
        "It begins with all weights zero, takes 50 images at a time, and moves every weight a little "
        "against its gradient.",
    ),
    question="Each of the ten weight images is a blurred sketch of its digit: ink on blue counts for it, ink "
    "on red against it. One sketch a digit is all that a single layer can have.",
)
CONVOLUTIONAL = Part(
    folder="cnn",
    recipe="lesson-cnn",
    heading="Part 2. A convolutional network",
    idea=(
        "A stroke is a stroke wherever it stands. So small filters of 5 x 5 weights slide over the image, "
        "and each makes a map of where it finds what it looks for; ReLU drops what speaks against; pooling "
        "keeps the strongest answer in every 2 x 2 pixels.",
        "Twice over, and strokes have become parts of digits. A fully connected layer weighs the parts "
        "together; dropout leaves out half of its units at random in every step, so that none relies on "
        "another; softmax decides as before.",
        "Adam takes the steps: gradient descent that gives each weight a pace of its own.",
    ),
    question="Follow the digit from the top. The filters begin as random numbers, and training leans each "
    "towards strokes and edges of its own; the first maps are the digit as those edges see it; the second "
    "maps are hardly pictures any more, but say which parts stand where.",
)
PARTS = (SINGLE_LAYER, CONVOLUTIONAL)

RECORDS = (
    ("System", "Test error", "Idea"),
    ("Dropout in a deep network (Srivastava 2014)", "1.06%", "while training, leave out units at random"),
    (
        "Multi-column network, 35 networks (Ciresan 2012)",
        "0.23%",
        "many networks, each with its own view of the digit, average their answers",
    ),
    (
        "Augmented pattern classification (Sato 2015)",
        "0.23%",
        "deform the digits to train on, and again the digit to decide about",
    ),
    (
        "DropConnect, five networks (Wan 2013)",
        "0.21%",
        "leave out single weights instead of units, and let five such networks vote",
    ),
)
"""What the best published systems reach on MNIST, and by which idea; the first row is the heading."""

ABOUT_RECORDS = (
    "These errors are as published, on MNIST. Near 0.2% the 10,000 test images leave an uncertainty of "
    "about 0.09 points either way, so the last three are equals. What they share: more than one network, or "
    "more than one look at the digit, decides."
)

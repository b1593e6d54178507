"""The texts of the lesson: its two networks, and published results."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Part:
    """One of the lesson's two networks, and the text about it."""

    folder: Literal["softmax", "cnn"]
    recipe: str
    heading: str
    explanation: tuple[str, ...]
    """How the network works; one paragraph each."""
    observation: str
    """What the figures show."""


SINGLE_LAYER = Part(
    folder="softmax",
    recipe="lesson-softmax",
    heading="Part 1. A single layer",
    explanation=(
        "An image is 784 numbers, one per pixel. Each digit has one weight per pixel. If the weight is "
        "positive, ink there is evidence for the digit; if it is negative, ink is evidence against it. The "
        "logit of the digit is the weighted sum of the pixels plus a bias.",
        "Softmax turns the ten logits into ten probabilities. Training lowers the cross-entropy: -log p, "
        "where p is the probability of the correct digit.",
        "All weights start at zero. Each step of gradient descent takes 50 images and moves every weight a "
        "little against its gradient.",
    ),
    observation="Each weight image shows what distinguishes its digit from the others: ink on blue makes the "
    "digit more probable, and ink on orange makes it less probable. A single layer has only one weight image "
    "per digit.",
)
CONVOLUTIONAL = Part(
    folder="cnn",
    recipe="lesson-cnn",
    heading="Part 2. A convolutional network",
    explanation=(
        "A stroke has the same meaning at every position. A convolution therefore slides small filters of "
        "5 x 5 weights over the image. Each filter makes a feature map that shows where the image matches "
        "it. ReLU sets negative values to zero. Pooling keeps the largest value of every 2 x 2 pixels.",
        "A second convolution combines the feature maps into larger patterns. A fully connected layer "
        "combines these patterns. Dropout sets a random half of its units to zero in each training step, so "
        "that no unit relies on another. The last layer computes the ten logits, and softmax turns them into "
        "probabilities.",
        "Training uses Adam: gradient descent with a step size per weight.",
    ),
    observation="Compare the trained filters with their random start: the caption gives their correlation. "
    "The feature maps of the first convolution still look like the digit. The feature maps of the second no "
    "longer do; they show where larger patterns are.",
)
PARTS = (SINGLE_LAYER, CONVOLUTIONAL)

RECORDS = (
    ("System", "Test error", "Method"),
    ("Dropout in a deep network (Srivastava 2014)", "1.06%", "random units set to zero in training"),
    (
        "Multi-column network, 35 networks (Ciresan 2012)",
        "0.23%",
        "an ensemble of networks, trained on digits of different widths",
    ),
    ("Augmented pattern classification (Sato 2015)", "0.23%", "augmentation in training and at test time"),
    (
        "DropConnect, five networks (Wan 2013)",
        "0.21%",
        "random weights set to zero in training, and an ensemble of five networks",
    ),
)
"""Published results on MNIST; the first row is the header."""

ABOUT_RECORDS = (
    "These are published test errors on MNIST. At an error of 0.2%, the 95% interval for 10,000 images is "
    "about ±0.09 percentage points, so the last three do not differ significantly. All three combine "
    "several predictions per digit, from several networks or several views."
)

# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 4. Calibration and refusal
#
# A classifier always gives an answer. If you show it a face, it may answer "0". This lesson is about three
# questions. How confident can you be in an answer? When should the model refuse to answer? Why does a network
# with a high accuracy on MNIST have a lower accuracy on *your* digits? The lesson uses the trained network
# that comes with inklab, and pictures of your own if you like.
#
# **After this lesson you can**
#
# - measure whether a confidence of 90% means 90% accuracy, and correct it with one number;
# - compute prediction sets with a guaranteed error rate, and say when the guarantee holds;
# - reduce the error rate by refusing uncertain images;
# - explain how a picture is prepared for a network, and why many digit demos fail at this step;
# - find out which changes to the input reduce the accuracy, and detect such changes without labels.
#
# You need lesson 1 and, from lesson 3, the purpose of the validation and the test set.

# %% tags=["parameters"]
full = True  # False: fewer images and steps, for a quick run
my_pictures = ""  # the path of a picture of a digit, or of a folder of pictures; "" uses drawn digits

# %%
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import cv2
import matplotlib.pyplot as plt
import numpy as np
from matplotlib import get_data_path
from PIL import Image, ImageDraw, ImageFont

from inklab import RECIPES, Recognizer, Training, evaluate, load_mnist, predict_logits, prepare_image
from inklab import softmax as softmax_of_logits
from inklab.evaluation import (
    accuracy,
    conformal_thresholds,
    coverage,
    expected_calibration_error,
    fit_temperature,
    negative_log_likelihood,
    prediction_sets,
    wilson_interval,
)
from inklab.palette import LIGHT

TEXT, ACCENT, VALIDATION = (LIGHT[name] for name in ("text", "accent", "validation"))
SERIES = [LIGHT[f"series-{number}"] for number in range(1, 4)]
plt.rcParams.update({"figure.dpi": 110, "figure.constrained_layout.use": True})
plt.rcParams.update({"axes.spines.right": False, "axes.spines.top": False})
mnist = load_mnist()
valid, test = (mnist.valid, mnist.test) if full else (mnist.valid[:1000], mnist.test[:1000])


def hide_axes(axes, **properties):
    """Remove the frame and the ticks around an image."""
    axes.set(xticks=[], yticks=[], **properties)
    axes.spines[:].set_visible(False)


# %% [markdown]
# ## The published accuracy
#
# Every network is published with one number: its accuracy. Here is the accuracy of the network that comes
# with inklab, measured now.

# %%
recognizer = Recognizer()
network, calibration = recognizer.artifact.network, recognizer.artifact.card.calibration
logits = network.logits(test.images)  # (10000, 11): ten digits, and "not a digit"
report = evaluate(calibration.scale(logits), test.labels, data="mnist", split="test")
print(report)

# %% [markdown]
# What does this number say? It is the accuracy on images like these: the same writers, pens, and scanner,
# and the same program that cropped and centered the digits. It does not yet tell you the accuracy on your
# own pictures.
#
# ## Confidence and accuracy
#
# If a network has a confidence of 90% for a hundred images, about ninety of its answers should be correct.
# A network with this property is **calibrated**. To check calibration, divide the images into bins by
# confidence. In each bin, compare the mean confidence with the accuracy. On the dotted line, the two are
# equal. Below the line the network is overconfident, and above the line it is underconfident.
#
# The figure shows two networks that were trained for a few seconds. One is a fully connected network that
# memorized 1,000 images. The other is a convolutional network trained with label smoothing, which keeps its
# confidence below 100%.

# %% alt="Accuracy against confidence: one network is below the dotted line, the other is above it."
small = replace(
    RECIPES["mlp"],
    network_options={"units": 256},
    batch_size=50,
    steps=1000 if full else 100,
    eval_every=500,
)
smoothed = replace(RECIPES["fast-99"], steps=240 if full else 60)
trainings = {
    "memorized": Training(small, mnist.train[:1000]),
    "label smoothing": Training(smoothed, mnist.train),
}
valid_logits, test_logits = {}, {}
for name, training in trainings.items():
    for _ in training:
        pass
    valid_logits[name] = predict_logits(training.model, valid.images)
    test_logits[name] = predict_logits(training.model, test.images)


def draw_reliability(axes, probabilities, labels, name):
    """Draw accuracy against confidence; the area of a dot grows with the number of images in its bin."""
    confidence, correct = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    edges = np.linspace(0, 1, 11)
    for low, high in pairwise(edges):
        inside = (confidence > low) & (confidence <= high)
        if inside.sum() >= 10:
            marker_size = np.sqrt(12 + 100 * inside.mean()) * 1.4
            axes.plot(confidence[inside].mean(), correct[inside].mean(), "o", ms=marker_size, color=ACCENT)
    axes.plot([0, 1], [0, 1], ":", color=TEXT, lw=1)
    error = expected_calibration_error(probabilities, labels)
    axes.set(
        title=f"{name}\naccuracy {correct.mean():.1%}, calibration error {error:.3f}",
        xlabel="confidence",
        xlim=(0.2, 1.02),
    )
    axes.grid(alpha=0.25)


figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 3.8), sharey=True)
for axes, (name, logits) in zip((left, right), test_logits.items(), strict=True):
    draw_reliability(axes, softmax_of_logits(logits), test.labels, name)
left.set(ylabel="accuracy", ylim=(0.2, 1.02))
plt.show()

# %% [markdown]
# ### Exercise 1: overconfidence
#
# The **calibration error** above is the mean distance from the dotted line. It does not say whether the
# network is overconfident or underconfident. Write a function that does: mean confidence minus accuracy. The
# result should be above 0 for an overconfident network.


# %% tags=["exercise"]
def overconfidence(probabilities, labels):
    """Return mean confidence minus accuracy, for probabilities (n, k) and labels (n,)."""
    return 0.0


# %% tags=["check"]
probabilities = np.array([[0.9, 0.1], [0.8, 0.2], [0.3, 0.7], [0.4, 0.6]])
calibrated = overconfidence(probabilities, np.array([0, 1, 1, 1]))
overconfident = overconfidence(probabilities, np.array([1, 1, 1, 1]))
if np.isclose(calibrated, 0) and np.isclose(overconfident, 0.25):
    print("Correct: with a mean confidence of 75%, an accuracy of 75% gives 0, and 50% gives 0.25.")
elif np.isclose(overconfident, -0.25):
    print("Not yet: the sign is wrong; an overconfident network should have a number above 0.")
else:
    print("Not yet: for four answers with a mean confidence of 75%, two of them correct, the result should")
    print(f"be 0.25; yours is {overconfident:.2f}.")

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def overconfidence(probabilities, labels):
#     correct = probabilities.argmax(axis=1) == labels
#     return probabilities.max(axis=1).mean() - correct.mean()
# ```
#
# </details>
#
# ## Temperature scaling
#
# Lesson 1 showed that multiplying all logits makes a network more confident, and dividing them makes it less
# confident. The answers do not change. So divide all logits by one number, the **temperature**. Choose the
# temperature with the smallest validation loss, because the loss penalizes wrong confidence. A temperature
# above 1 corrects an overconfident network, and a temperature below 1 corrects an underconfident one.

# %% alt="Validation loss against temperature, with the minimum marked; calibration after scaling."
figure, (loss_row, reliability_row) = plt.subplots(2, 2, figsize=(8.5, 6.4), height_ratios=(1, 1.6))
for above, below, name in zip(loss_row, reliability_row, valid_logits, strict=True):
    temperatures = np.geomspace(0.2, 5, 60)
    losses = [negative_log_likelihood(valid_logits[name] / t, valid.labels) for t in temperatures]
    temperature = fit_temperature(valid_logits[name], valid.labels)
    above.plot(temperatures, losses, color=VALIDATION)
    above.plot(temperature, min(losses), "o", color=TEXT)
    above.axvline(1, ls=":", color=TEXT, lw=1)
    above.set(
        xscale="log", xlabel="temperature", title=f"{name}: {temperature:.2f}", xticks=[0.2, 0.5, 1, 2, 5]
    )
    above.set_xticklabels(["0.2", "0.5", "1", "2", "5"])
    above.minorticks_off()
    scaled = softmax_of_logits(test_logits[name] / temperature)
    draw_reliability(below, scaled, test.labels, "after scaling, test set")
    below.set(ylim=(0.2, 1.02))
loss_row[0].set(ylabel="validation loss")
reliability_row[0].set(ylabel="accuracy")
plt.show()

# %% [markdown]
# The network that comes with inklab was calibrated in this way. The first report of this lesson shows its
# calibration error.
#
# ## Prediction sets
#
# A single answer with a confidence of 60% is hard to use. Instead, you can ask for a **prediction set**: a
# set of digits that contains the correct digit in 99 of 100 cases. An easy image gets a set of one digit, and
# a difficult image gets more. **Conformal prediction** computes such sets for any network, and its guarantee
# is a theorem.
#
# The method has two steps:
#
# - For each validation image, look up the probability that the network assigns to the *true* digit. Find the
#   threshold that only 1 in 100 of these probabilities is below.
# - For a new image, the prediction set contains every digit whose probability is at least the threshold.
#
# Why does this work? Assume that the new image comes from the same distribution as the validation images.
# Then all orders of the $n + 1$ probabilities are equally likely, so each rank of the new probability is
# equally likely:
#
# $$P(\text{the new probability is among the } k \text{ smallest}) = \frac{k}{n + 1}$$
#
# Exclude the $k = \lfloor (n + 1) \cdot \text{error rate} \rfloor$ smallest probabilities. The set then
# misses the correct digit at most at this error rate, *whatever the network is*. A poor network keeps the
# guarantee too; its sets are just larger. (The guarantee is an average over all possible validation sets.
# With 5,000 images, each single validation set is close to it.)
#
# ### Exercise 2: the threshold
#
# You are given the probabilities of the true digits of $n$ images, and the allowed error rate. Return the
# threshold. Note the $n + 1$, which includes the new image; the function below does not. With too few images
# for the error rate, $k$ is 0 and no image may be missed. Return 0 in this case, so that the set contains
# every digit.


# %% tags=["exercise"]
def threshold(true_probabilities, error_rate):
    """Return the minimum probability of a digit in the prediction set."""
    k = int(len(true_probabilities) * error_rate)
    return np.sort(true_probabilities)[k]


# %% tags=["check"]
nine, many = np.arange(1, 10) / 10, np.random.default_rng(0).random(999)
if not np.isclose(result := threshold(nine, 0.2), 0.2):
    print(
        "Not yet: for the probabilities 0.1, 0.2, ..., 0.9 and an error rate of 0.2, n + 1 is 10 and k is 2."
    )
    print(f"The threshold is the second smallest probability, 0.2; yours is {result:g}.")
elif not np.isclose(result := threshold(nine, 0.05), 0):
    print(f"Not yet: nine images are too few for an error rate of 0.05; return 0 instead of {result:g}.")
elif not np.isclose(threshold(many, 0.01), np.sort(many)[9]):
    print("Not yet: for 999 images and an error rate of 0.01, the threshold is the tenth smallest value.")
else:
    print("Correct, for few images and for many.")

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# The k-th smallest value has index k - 1. The tiny number avoids a rounding error: 1,000 times 0.01 may be
# slightly below 10.
#
# ```python
# def threshold(true_probabilities, error_rate):
#     k = int((len(true_probabilities) + 1) * error_rate + 1e-9)
#     return np.sort(true_probabilities)[k - 1] if k else 0.0
# ```
#
# </details>
#
# Does the guarantee hold? Here are a poor network and a good one, calibrated on the validation set and
# measured on the test set:

# %%
single_layer = replace(RECIPES["lesson-softmax"], steps=1000 if full else 200)
training = Training(single_layer, mnist.train)
for _ in training:
    pass
probabilities = {
    "a single layer": [
        softmax_of_logits(predict_logits(training.model, split.images)) for split in (valid, test)
    ],
    "inklab's network": [recognizer.predict_proba(split.images) for split in (valid, test)],
}
for name, (on_valid, on_test) in probabilities.items():
    print(name)
    for rate, minimum in conformal_thresholds(on_valid, valid.labels, [0.05, 0.01, 0.001]).items():
        sets = prediction_sets(on_test, minimum)
        print(f"  allowed error rate {rate:5.1%}: {coverage(sets, test.labels)}")
        print(f"        mean size of a set: {sets.sum(axis=1).mean():.2f} digits")

# %% alt="Six images with a prediction set of three digits from the single layer, and the sets."
on_valid, on_test = probabilities["a single layer"]
minimum = conformal_thresholds(on_valid, valid.labels, [0.01])[0.01]
sets = prediction_sets(on_test, minimum)
figure, grid = plt.subplots(1, 6, figsize=(9, 2))
for axes, index in zip(grid, np.flatnonzero(sets.sum(axis=1) == 3), strict=False):
    axes.imshow(test.images[index], cmap="gray_r")
    hide_axes(axes, title=f"label {test.labels[index]}\nset {np.flatnonzero(sets[index]).tolist()}")
plt.show()

# %% [markdown]
# The poor network keeps the guarantee with larger sets. The good network has an error rate below the allowed
# 1%. To use up the allowed errors, it returns *empty* sets for some images. An empty set is also useful: it
# means that the image is unlike the training images.
#
# Remember the condition: *the new image comes from the same distribution as the validation images*.
#
# ## Refusal
#
# Sometimes a wrong digit is worse than no answer, for example on a bank check. Then a person should read the
# uncertain images. Sort the images by confidence, refuse the least confident ones, and measure the error
# rate of the rest. The curve shows how many errors remain for a given amount of manual work.

# %% alt="Error rate of the accepted images against the share of refused images; all curves fall steeply."
figure, axes = plt.subplots(figsize=(7, 3.4))
shares = np.linspace(0, 0.2, 81)
candidates = {name: on_test for name, (_, on_test) in probabilities.items()}
candidates["label smoothing"] = softmax_of_logits(test_logits["label smoothing"])
for (name, on_test), color in zip(candidates.items(), SERIES, strict=True):
    order = np.argsort(on_test.max(axis=1))  # the least confident first
    wrong = (on_test.argmax(axis=1) != test.labels)[order]
    error_rates = [100 * wrong[int(share * len(wrong)) :].mean() for share in shares]
    axes.plot(100 * shares, error_rates, color=color, label=name)
    print(
        f"{name:16} error rate {error_rates[0]:.2f}%; {error_rates[8]:.2f}% with 2% refused, "
        f"{error_rates[40]:.2f}% with 10% refused"
    )
axes.set(xlabel="refused, %", ylabel="error rate of the accepted, %", ylim=(0, 12))
axes.set_yscale("symlog", linthresh=0.1)
axes.set(yticks=[0, 0.1, 1, 10], yticklabels=["0", "0.1", "1", "10"])
axes.legend(frameon=False)
axes.grid(alpha=0.25)
plt.show()

# %% [markdown]
# ## Your own pictures
#
# Set `my_pictures` at the top to the path of a picture, or of a folder of pictures, with one digit each.
# Photograph what you wrote, or draw digits in any program. Otherwise the next cell draws ten digits with
# varying ink, paper, size, position, and lighting. Compare the two rows: the pictures, and the images that
# the network gets. If a prediction is wrong, look at its confidence.

# %% alt="Ten pictures of digits on paper; below each, the prepared image and the prediction."
STROKES = {  # in the unit square; y points down
    0: [[(0.5, 0), (0.15, 0.2), (0.1, 0.6), (0.3, 0.95), (0.6, 1), (0.88, 0.7), (0.85, 0.25), (0.5, 0)]],
    1: [[(0.3, 0.25), (0.55, 0), (0.5, 1)]],
    2: [[(0.15, 0.25), (0.35, 0), (0.75, 0.05), (0.8, 0.35), (0.5, 0.7), (0.1, 1), (0.9, 0.97)]],
    3: [[(0.15, 0.1), (0.6, 0), (0.8, 0.2), (0.45, 0.45), (0.85, 0.65), (0.7, 0.95), (0.15, 0.95)]],
    4: [[(0.6, 0), (0.1, 0.65), (0.95, 0.62)], [(0.7, 0.3), (0.65, 1)]],
    5: [[(0.85, 0), (0.3, 0.02), (0.22, 0.45), (0.65, 0.42), (0.85, 0.7), (0.6, 1), (0.12, 0.92)]],
    6: [[(0.7, 0), (0.3, 0.3), (0.15, 0.75), (0.45, 1), (0.8, 0.8), (0.6, 0.55), (0.2, 0.7)]],
    7: [[(0.1, 0.05), (0.9, 0.02), (0.45, 1)]],
    8: [[(0.8, 0.12), (0.4, 0), (0.25, 0.25), (0.75, 0.65), (0.6, 1), (0.2, 0.85), (0.4, 0.5), (0.8, 0.12)]],
    9: [[(0.8, 0.25), (0.45, 0.02), (0.2, 0.25), (0.4, 0.5), (0.8, 0.25), (0.78, 0.6), (0.6, 1)]],
}


def smooth_curve(corners):
    """Return points on a smooth curve: each round replaces every corner with two points near it."""
    for _ in range(3):
        before, after = corners[:-1], corners[1:]
        points = np.stack([0.75 * before + 0.25 * after, 0.25 * before + 0.75 * after], axis=1).reshape(-1, 2)
        corners = np.concatenate([corners[:1], points, corners[-1:]])
    return corners


def draw_digit(strokes, rng):
    """Return a picture of the strokes on paper with random position, size, jitter, colors, and lighting."""
    ink = Image.new("L", (320, 240))
    size, width = rng.uniform(50, 150), int(rng.integers(4, 10))
    corner = np.array([rng.uniform(20, 300 - size), rng.uniform(20, 220 - size)])
    for stroke in strokes:
        jittered = np.array(stroke) * [0.75, 1] + rng.normal(0, 0.02, (len(stroke), 2))
        points = [tuple(point) for point in corner + size * smooth_curve(jittered)]
        ImageDraw.Draw(ink).line(points, fill=255, width=width, joint="curve")
    blurred = cv2.GaussianBlur(np.asarray(ink, np.float32) / 255, (0, 0), 1.0)
    opacity = blurred[..., np.newaxis]  # (240, 320, 1)
    paper_color = np.array([(250, 250, 250), (214, 212, 205), (240, 230, 200)][rng.integers(3)])
    ink_color = np.array([(35, 45, 120), (40, 40, 40), (25, 60, 60)][rng.integers(3)])
    light = 1 - rng.uniform(0, 0.35) * np.linspace(0, 1, 320)[np.newaxis, :, np.newaxis]
    page = (paper_color * (1 - opacity) + ink_color * opacity) * light + rng.normal(0, 3, (240, 320, 1))
    return np.clip(page, 0, 255).astype(np.uint8)


def load_my_pictures():
    """Return up to ten of your pictures, or ten drawn ones, as arrays of shape (h, w, 3)."""
    if not my_pictures:
        rng = np.random.default_rng(4)
        return [draw_digit(STROKES[digit], rng) for digit in range(10)]
    path = Path(my_pictures)
    files = [path] if path.is_file() else sorted(file for file in path.iterdir() if file.is_file())
    return [np.asarray(Image.open(file).convert("RGB")) for file in files[:10]]


pictures = load_my_pictures()
predictions = list(recognizer.read_many(pictures))
figure, grid = plt.subplots(2, len(pictures), figsize=(11, 2.9), squeeze=False)
for (above, below), picture, prediction in zip(grid.T, pictures, predictions, strict=True):
    above.imshow(picture)
    image = prepare_image(picture).image
    below.imshow(np.zeros((28, 28)) if image is None else image, cmap="gray")
    hide_axes(above)
    hide_axes(below)
    below.set_title(prediction, fontsize=8)
plt.show()

# %% [markdown]
# ## Why is the accuracy on photos lower than on MNIST?
#
# Between a photo and a network there is a preparation step, which many demos omit. Take test images that the
# network classifies almost without error. Place each at a random position on a sheet of paper, dark on
# light, like a picture from a user. Then prepare the sheet in four ways:
#
# 1. Resize it to 28 x 28 pixels.
# 2. Also invert it, because MNIST digits are bright on a dark background.
# 3. Also crop the digit and scale it to 20 pixels, as in MNIST.
# 4. `prepare_image`: remove the background and uneven lighting, and center the digit by its *center of
#    mass*, as in MNIST.


# %% alt="A digit prepared in four ways, with the accuracy of the network for each way."
def place_on_sheet(image, rng):
    """Return a picture (240, 320) with the digit at a random position, under uneven light."""
    size = int(rng.integers(60, 140))
    large = cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC) / 255
    ink = np.zeros((240, 320))
    top, left = int(rng.integers(0, 240 - size)), int(rng.integers(0, 320 - size))
    ink[top : top + size, left : left + size] = large
    light = 1 - rng.uniform(0, 0.4) * np.linspace(0, 1, 320)
    return np.clip((225 - 180 * ink) * light, 0, 255).astype(np.uint8)


def resize(page):
    return cv2.resize(page, (28, 28), interpolation=cv2.INTER_AREA)


def crop(page):
    """Return the ink, the pixels darker than halfway between paper and ink, scaled to 20 pixels."""
    inverted = 255 - page
    is_ink = inverted > (int(inverted.max()) + int(inverted.min())) / 2
    inverted = np.where(is_ink, inverted, 0).astype(np.uint8)
    rows, columns = np.flatnonzero(is_ink.any(axis=1)), np.flatnonzero(is_ink.any(axis=0))
    box = inverted[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = 20 / max(box.shape)
    height, width = (max(1, round(scale * length)) for length in box.shape)
    image = np.zeros((28, 28), np.uint8)
    top, left = (28 - height) // 2, (28 - width) // 2
    image[top : top + height, left : left + width] = cv2.resize(
        box, (width, height), interpolation=cv2.INTER_AREA
    )
    return image


rng = np.random.default_rng(0)
count = 500 if full else 60
pages = [place_on_sheet(image, rng) for image in test.images[:count]]
methods = {
    "resized": resize,
    "and inverted": lambda page: resize(255 - page),
    "and cropped": crop,
    "prepare_image": lambda page: prepare_image(page).image,
}
figure, grid = plt.subplots(1, 5, figsize=(9.5, 2.3), width_ratios=(1.4, 1, 1, 1, 1))
grid[0].imshow(pages[0], cmap="gray", vmin=0, vmax=255)
hide_axes(grid[0], title="sheet")
for axes, (name, method) in zip(grid[1:], methods.items(), strict=True):
    images = [method(page) for page in pages]
    has_image = [image is not None for image in images]
    answers = np.full(count, -1)
    answers[has_image] = recognizer.predict_proba(
        np.stack([image for image in images if image is not None])
    ).argmax(axis=1)
    axes.imshow(images[0], cmap="gray", vmin=0, vmax=255)
    hide_axes(axes, title=f"{name}\naccuracy {accuracy(test.labels[:count], answers):.1%}")
plt.show()

# %% [markdown]
# The digits and the network are the same in all four cases. If a demo misreads your drawing, check its
# preparation step first. The network did not become worse; it got images that are unlike its training
# images. On clean sheets, cropping brings most of the accuracy. `prepare_image` also handles ruled lines,
# frames, specks, and shadows, which are common on real paper.
#
# ## Distribution shift
#
# Good preparation corrects position, size, color, and lighting. It cannot undo blur or rotation, and it
# cannot turn something else into a digit. The next figure degrades the test images step by step and shows
# three curves:
#
# - the accuracy of the accepted images;
# - the share of refused images;
# - the mean confidence of the accepted images.
#
# Where the dashed curve is above the solid blue curve, the network is overconfident.

# %% alt="A digit with more and more rotation, blur, or noise; curves of accuracy, refusal, and confidence."
shifted_count = 1000 if full else 200
subset = test[:shifted_count]


def rotate(images, degrees):
    matrix = cv2.getRotationMatrix2D((13.5, 13.5), degrees, 1)
    return np.stack([cv2.warpAffine(image, matrix, (28, 28)) for image in images])


def blur(images, deviation):
    if not deviation:
        return images
    blurred = np.stack([cv2.GaussianBlur(image, (0, 0), deviation).astype(float) for image in images])
    return (blurred * (255 / blurred.max(axis=(1, 2), keepdims=True))).astype(np.uint8)


def add_noise(images, deviation):
    rng = np.random.default_rng(0)
    return np.clip(images + rng.normal(0, 255 * deviation, images.shape), 0, 255).astype(np.uint8)


shifts = {
    "rotation, degrees": (rotate, (0, 15, 30, 45, 60, 75, 90)),
    "blur, pixels": (blur, (0, 1, 1.5, 2, 2.5, 3, 4)),
    "noise, share of full ink": (add_noise, (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)),
}
figure = plt.figure(figsize=(10, 4.6))
grid = figure.add_gridspec(2, 3, height_ratios=(1, 2.6))
measurements = []
for column, (name, (degrade, strengths)) in enumerate(shifts.items()):
    strip = np.concatenate([degrade(subset.images[:1], strength)[0] for strength in strengths], axis=1)
    above, below = figure.add_subplot(grid[0, column]), figure.add_subplot(grid[1, column])
    above.imshow(strip, cmap="gray_r", vmin=0, vmax=255)
    hide_axes(above)
    curves = []
    for strength in strengths:
        logits = network.logits(degrade(subset.images, strength))
        confidence = calibration.probabilities(logits).max(axis=1)
        correct = logits[:, :10].argmax(axis=1) == subset.labels
        accepted = calibration.is_accepted(logits)
        curves.append(
            (correct[accepted].mean(), confidence[accepted].mean(), 1 - accepted.mean())
            if accepted.any()
            else (np.nan, np.nan, 1.0)
        )
        measurements.append((name, strength, correct, confidence, accepted))
    accuracies, confidences, refused = 100 * np.array(curves).T
    below.plot(strengths, accuracies, "o-", color=ACCENT, label="accuracy of the accepted")
    below.plot(strengths, confidences, "--", color=ACCENT, label="confidence of the accepted")
    below.plot(strengths, refused, "s-", color=SERIES[1], ms=4, label="refused")
    below.set(xlabel=name, ylim=(-3, 103))
    below.grid(alpha=0.25)
    if column == 0:
        below.set(ylabel="%")
    if column == 2:
        below.legend(frameon=False, fontsize=8, loc="center left")
plt.show()

# %% [markdown]
# Refusal helps: the more an image is rotated or blurred, the more often it is refused. It does not restore
# the calibration. An upside-down 6 *is* a 9, and no confidence score can tell what you meant. Refusal does
# not help against noise: the network is less confident on noisy digits, but it hardly ever refuses them.
#
# ## Pictures without a digit
#
# The next pictures show letters, two digits, scribbles, a face, and a blank sheet. Some letters look
# exactly like digits. Which pictures would you refuse?

# %% alt="Pictures without a digit or with two digits, and the prediction for each."
font = ImageFont.truetype(str(Path(get_data_path()) / "fonts/ttf/cmr10.ttf"), 90)


def draw_text(text):
    page = Image.new("L", (200, 160), 245)
    ImageDraw.Draw(page).text((100, 80), text, fill=30, font=font, anchor="mm")
    return np.asarray(page)


def draw_sketch(draw):
    page = Image.new("L", (200, 160), 245)
    draw(ImageDraw.Draw(page))
    return np.asarray(page)


def draw_face(pen):
    pen.ellipse((60, 30, 150, 130), outline=30, width=6)
    for eye in (88, 118):
        pen.ellipse((eye, 60, eye + 8, 68), fill=30)
    pen.arc((80, 70, 130, 112), 20, 160, fill=30, width=5)


def draw_scribble(pen):
    rng = np.random.default_rng(1)
    pen.line([tuple(point) for point in rng.uniform((50, 40), (150, 120), (12, 2))], fill=30, width=6)


def draw_pair(rng):
    first, second = (test.images[index] for index in rng.integers(len(test), size=2))
    return cv2.resize(255 - np.concatenate([first[:, 2:-4], second[:, 4:-2]], axis=1), None, fx=5, fy=5)


examples = {letter: draw_text(letter) for letter in "AKgmSBOl"}
examples |= {
    "two digits": draw_pair(np.random.default_rng(1)),
    "scribble": draw_sketch(draw_scribble),
    "face": draw_sketch(draw_face),
}
examples["blank"] = np.full((160, 200), 245, np.uint8)
figure, grid = plt.subplots(2, 6, figsize=(9.5, 3.8))
for axes, (name, picture) in zip(grid.flat, examples.items(), strict=True):
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255)
    hide_axes(axes, title=str(recognizer.read(picture)))
    axes.set_xlabel(name)
plt.show()

letters = [draw_text(letter) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"]
rng = np.random.default_rng(2)
pairs = [draw_pair(rng) for _ in range(200 if full else 40)]
for name, group in {"letters": letters, "pairs of digits": pairs}.items():
    refused = sum(prediction.digit is None for prediction in recognizer.read_many(group))
    print(f"{name}: {refused / len(group):.0%} of {len(group)} refused")

# %% [markdown]
# The face and the scribble are refused because the training set of this network also contained faces,
# scribbles, and letters. They form an eleventh class, "not a digit". A network with ten outputs has no such
# class: softmax *must* divide 100% among the ten digits. But even an eleventh class only covers the kinds of
# pictures that its developers included.
#
# The pair is refused before it reaches the network: its ink consists of separate parts, so `prepare_image`
# reports several digits. If two digits touch, they form one part, and only the network can refuse them. Its
# training set contained pairs too.
#
# Many letters are read as digits. O, l, I, S, Z, B, g, q, and a few others look exactly like digits. When you
# see a refusal rate for letters, ask which letters were used. The rate in inklab's documentation is for
# letters that do not resemble a digit.
#
# ## Detecting distribution shift without labels
#
# In production there are no labels. But you have the confidence of the network, and you can measure its
# normal behavior on the validation set. Call an answer *uncertain* if it is refused or its confidence is
# below 99%. Measure the share of uncertain answers on the validation set, and then monitor this share on new
# pictures. If, of 200 new pictures, many more are uncertain than chance allows, the pictures are unlike the
# training images. The published accuracy then no longer applies. This test needs no labels.

# %% alt="Error rate against the share of uncertain answers: with more errors, more answers are uncertain."
logits = network.logits(valid.images)
is_uncertain = ~calibration.is_accepted(logits) | (calibration.probabilities(logits).max(axis=1) < 0.99)
base_rate = is_uncertain.mean()
batch_size = 200
alarm_threshold = base_rate + 4 * np.sqrt(base_rate * (1 - base_rate) / batch_size)
print(f"uncertain on the validation set: {base_rate:.1%}")
print(f"alarm threshold for {batch_size} pictures: {alarm_threshold:.1%}")

figure, axes = plt.subplots(figsize=(7, 3.6))
for (shift, *_), color, marker in zip(shifts.items(), SERIES, "os^", strict=True):
    points = []
    for name, strength, correct, confidence, accepted in measurements:
        if name == shift:
            uncertain = (~accepted | (confidence < 0.99)).mean()
            error_rate = (accepted & ~correct).sum() / max(1, accepted.sum())
            points.append((100 * uncertain, 100 * error_rate))
            alarm = "ALARM" if uncertain > alarm_threshold else "ok"
            print(
                f"{name:26}{strength:5g}: uncertain {uncertain:6.1%}  {alarm:5}  error rate {error_rate:6.1%}"
            )
    axes.plot(*np.array(points).T, marker + "-", color=color, label=shift.split(",")[0])
axes.axvline(100 * alarm_threshold, color=TEXT, ls=":", lw=1)
axes.set(
    xlabel="uncertain answers, % (needs no labels)", ylabel="error rate of the accepted, %", ylim=(-2, None)
)
axes.legend(frameon=False)
axes.grid(alpha=0.25)
plt.show()

# %% [markdown]
# The alarm says *that* the accuracy has probably changed, but not by how much. To measure the accuracy, you
# have to label some of your own pictures and count the errors. Even a few labeled pictures give useful
# information.

# %% alt="95% intervals for the error rate against the number of labeled pictures, for two error rates."
counts = np.array([20, 50, 100, 200, 500])
figure, axes = plt.subplots(figsize=(7, 3))
for share, color, name in [(0.0, SERIES[0], "no errors"), (0.04, SERIES[1], "1 error in 25")]:
    intervals = np.array([wilson_interval(round(share * n), int(n)) for n in counts]) * 100
    axes.fill_between(counts, *intervals.T, color=color, alpha=0.3, lw=0, label=f"{name} observed")
axes.set(xlabel="labeled pictures", ylabel="error rate, %: 95% interval", xscale="log", xticks=counts)
axes.set_xticklabels(counts)
axes.minorticks_off()
axes.legend(frameon=False)
axes.grid(alpha=0.25)
plt.show()
low, high = wilson_interval(0, 50)
print(f"no error in 50 pictures: the true error rate may still be up to {high:.1%}")

# %% [markdown]
# ## Checklist
#
# 1. State which data a published accuracy was measured on, and the number of images.
# 2. Check the calibration on images that were not used for training.
# 3. Use prediction sets or refusal where a wrong answer is worse than no answer.
# 4. Prepare new pictures exactly as the training images were prepared. Look at the images that the network
#    gets.
# 5. Monitor the share of uncertain answers. If it rises, the published accuracy no longer applies.
# 6. Label fifty pictures of your own before you rely on the network.
#
# ## References
#
# - C. Guo, G. Pleiss, Y. Sun, K. Weinberger, *On Calibration of Modern Neural Networks*, 2017: temperature
#   scaling.
# - V. Vovk, A. Gammerman, G. Shafer, *Algorithmic Learning in a Random World*, 2005, and A. Angelopoulos,
#   S. Bates, *A Gentle Introduction to Conformal Prediction*, 2021: prediction sets.
# - C. Chow, *On Optimum Recognition Error and Reject Tradeoff*, 1970: refusal.
# - D. Hendrycks, K. Gimpel, *A Baseline for Detecting Misclassified and Out-of-Distribution Examples*,
#   2017.
# - C. Yadav, L. Bottou, *Cold Case: The Lost MNIST Digits*, 2019: how the MNIST images were centered.
# - E. Wilson, *Probable Inference, the Law of Succession, and Statistical Inference*, 1927: the interval.

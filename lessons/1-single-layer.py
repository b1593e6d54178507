# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 1. A single layer
#
# In this course you teach a computer to recognize handwritten digits. Nobody can write down the rule for
# this task, so the computer learns it from examples. This lesson builds the simplest model that can learn
# it: softmax regression, a single linear layer. You build it first in NumPy and then in PyTorch. The lesson
# ends with three things that the model cannot do.
#
# **After this lesson you can**
#
# - explain why the data is divided into three splits, and what each split is for;
# - turn ten logits into ten probabilities, and say what such a probability means;
# - compute a cross-entropy loss on paper;
# - derive the gradient of a single layer, check it numerically, and write gradient descent in twenty lines;
# - explain why mini-batches are efficient;
# - read the weights of a linear classifier as images, and name three things that it cannot learn.
#
# You need some Python and NumPy, and you should know what a derivative is. The lesson has two exercises.
# Change the code cell below the text of the exercise; the cell after it checks your answer.

# %% tags=["parameters"]
full = True  # False: fewer images and steps, for a quick run

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import torch

from inklab import RECIPES, BatchSampler, Training, evaluate, load_mnist, predict_logits
from inklab.evaluation import accuracy
from inklab.explain.filters import weight_images
from inklab.palette import LIGHT

TEXT, MUTED, ACCENT, TRAINING, VALIDATION = (
    LIGHT[name] for name in ("text", "muted", "accent", "training", "validation")
)
SERIES = [LIGHT[f"series-{number}"] for number in range(1, 4)]
plt.rcParams.update({"figure.dpi": 110, "figure.constrained_layout.use": True})
plt.rcParams.update({"axes.spines.right": False, "axes.spines.top": False})


def hide_axes(axes, **properties):
    """Remove the frame and the ticks around an image."""
    axes.set(xticks=[], yticks=[], **properties)
    axes.spines[:].set_visible(False)


# %% [markdown]
# ## An image is a table of numbers
#
# MNIST contains 70,000 digits written by American census employees and high school students. Each image has
# 28 x 28 pixels. A pixel is an integer: 0 is blank, and 255 is full ink. You see a seven or a three; the
# computer sees only the table on the right.

# %% alt="Left: a handwritten digit. Right: its middle rows as integers from 0 to 255, one per pixel."
mnist = load_mnist()
image, label = mnist.train[1]

figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 4), width_ratios=(1, 1.5))
left.imshow(image, cmap="gray_r")
left.set_title(f"an image with label {label}")
left.add_patch(plt.Rectangle((5.5, 7.5), 12, 9, fill=False, color=ACCENT, lw=2))
part = image[8:17, 6:18]
right.imshow(part, cmap="gray_r", alpha=0.6)
for (row, column), value in np.ndenumerate(part):
    right.text(column, row, value, ha="center", va="center", fontsize=8)
right.set_title("the pixel values in the frame")
hide_axes(left)
hide_axes(right)
plt.show()

# %% [markdown]
# ## Training, validation, and test sets
#
# A student who memorizes the answers to an exam passes that exam without understanding the subject. A model
# can memorize its training images in the same way. Therefore the images are divided into three splits
# before anything else happens:
#
# - **train** is for learning. Training fits the weights to these images.
# - **valid** is for making choices: the number of steps, the learning rate, the network. The model does not
#   learn from these images, but you choose by them, so the validation accuracy is slightly too optimistic.
# - **test** is for measuring the final model once, after all choices are made. Lesson 3 shows what happens
#   if you choose on the test set.

# %% alt="A bar divided into train, valid, and test; below, the share of each digit in each split."
splits = {"train": mnist.train, "valid": mnist.valid, "test": mnist.test}
colors = {"train": TRAINING, "valid": VALIDATION, "test": SERIES[0]}

figure, (above, below) = plt.subplots(2, 1, figsize=(8.5, 4.2), height_ratios=(1, 2.6))
start = 0
for name, split in splits.items():
    above.barh(0, len(split), left=start, color=colors[name], edgecolor="white", lw=2)
    above.annotate(f"{name}\n{len(split):,}", (start + len(split) / 2, -0.42), ha="center", va="top")
    start += len(split)
hide_axes(above, ylim=(-1.4, 0.5), title="70,000 images, each in exactly one split")
for position, (name, split) in enumerate(splits.items()):
    percent = 100 * np.bincount(split.labels, minlength=10) / len(split)
    below.bar(np.arange(10) + 0.27 * (position - 1), percent, 0.25, color=colors[name])
below.set(xticks=range(10), xlabel="digit", ylabel="share of the split, %")
plt.show()

# %% [markdown]
# Each digit makes up about a tenth of each split. A model that always answers "1" is therefore correct for
# about one image in nine. This is the baseline.

# %%
constant_answer = np.ones(len(mnist.valid), dtype=np.int64)
print(f"always answering 1: validation accuracy {accuracy(mnist.valid.labels, constant_answer):.1%}")

# %% [markdown]
# ## One-hot labels
#
# A label is a category, not a quantity. A 9 is not three times a 3, and a 9 is no closer to an 8 than to
# any other digit. So the model does not predict the number 9. It predicts ten numbers, one per digit. The
# target has a 1 at the position of the label and 0 everywhere else. This is a **one-hot** encoding. You can
# read it as probabilities: *the probability of this digit is 1*.

# %% alt="Five digits; beside each, a row of ten squares in which the square of its label is filled."
few = mnist.train[:5]
figure, grid = plt.subplots(5, 2, figsize=(6, 3.4), width_ratios=(1, 10))
for (left, right), digit, one_hot in zip(grid, few.images, few.one_hot(), strict=True):
    left.imshow(digit, cmap="gray_r")
    hide_axes(left)
    right.imshow(one_hot[np.newaxis], cmap="Blues", vmin=0, vmax=1.3)
    for index, value in enumerate(one_hot):
        right.text(index, 0, f"{value:g}", ha="center", va="center", color="white" if value else TEXT)
    hide_axes(right)
grid[-1][1].set_xticks(range(10))
plt.show()

# %% [markdown]
# ## Logits: x W + b
#
# Write the pixels of an image as one row $x$ of 784 numbers between 0 and 1. Each digit gets 784 weights,
# one per pixel. A positive weight means that ink in this pixel is evidence for the digit. A negative weight
# means that ink is evidence against the digit. Multiply each pixel by its weight and add up the products.
# Finally, add a bias: one number per digit that does not depend on the image. For all ten digits at once:
#
# $$z = x W + b$$
#
# Here $x$ has shape 1 x 784, $W$ has shape 784 x 10, and $b$ and $z$ have shape 1 x 10. The ten sums $z$
# are called **logits**.
#
# Which weights should we use? Here is a guess that needs no learning. Use the mean of the training images
# of a digit, $m$, as the weights of that digit. Pixels that usually have ink in this digit then count in
# its favor. But a digit with a lot of ink in its mean image would always win. So set the bias to minus half
# of the mean's squared length: $b = - m \cdot m / 2$. (This is the same as choosing the mean image that is
# nearest to $x$. Can you see why?)

# %% alt="The mean image of each digit: ten blurred digits."
train_x, valid_x = mnist.train.flat(), mnist.valid.flat()  # (55000, 784), (5000, 784)
means = np.stack([train_x[mnist.train.labels == digit].mean(axis=0) for digit in range(10)])  # (10, 784)
mean_w, mean_b = means.T, -0.5 * (means**2).sum(axis=1)  # (784, 10), (10,)

logits = valid_x @ mean_w + mean_b  # (5000, 10)
print(
    f"mean images as weights: validation accuracy {accuracy(mnist.valid.labels, logits.argmax(axis=1)):.1%}"
)

figure, grid = plt.subplots(1, 10, figsize=(8.5, 1.3))
for digit, axes in enumerate(grid):
    axes.imshow(means[digit].reshape(28, 28), cmap="gray_r")
    hide_axes(axes, title=str(digit))
plt.show()

# %% [markdown]
# This formula is much better than always answering "1", and it needs no search. The rest of the lesson
# finds better weights.
#
# ## Softmax: from logits to probabilities
#
# A logit can be any number. We want ten probabilities: each at least 0, and together 1. The **softmax**
# function first takes $e$ to the power of each logit, which makes all numbers positive. Then it divides
# them by their sum:
#
# $$p_j = \frac{e^{z_j}}{\sum_k e^{z_k}}$$
#
# What does *the probability is 0.9* mean? Of all images for which the model predicts a probability of 0.9,
# nine in ten should have the predicted label. The model makes a statement about its own accuracy, and you
# can measure whether that statement is true. Lesson 4 does this.
#
# The figure shows two properties of softmax:
#
# - Only *differences* between logits matter. Adding 5 to all logits changes nothing.
# - Multiplying all logits by a number above 1 makes the model more confident, but its answer stays the
#   same.


# %% alt="Bar charts of softmax for three logits, for these logits plus 5, and for 3 times these logits."
def softmax_of_row(z):
    powers = np.exp(z)
    return powers / powers.sum()


z = np.array([2.0, 1.0, -1.0])
figure, grid = plt.subplots(1, 3, figsize=(8.5, 2.4), sharey=True)
for axes, (name, logits) in zip(grid, {"z": z, "z + 5": z + 5, "3 z": 3 * z}.items(), strict=True):
    p = softmax_of_row(logits)
    bars = axes.bar(range(3), p, color=ACCENT)
    axes.bar_label(bars, [f"{value:.3f}" for value in p])
    axes.set(title=name, xticks=range(3), xticklabels=[f"{value:g}" for value in logits], xlabel="logits")
grid[0].set(ylabel="probability", ylim=(0, 1.15))
plt.show()

# %% [markdown]
# ### Exercise 1: a numerically stable softmax
#
# The function below applies the formula to a table with one row of logits per image. It fails for large
# logits: $e^{1000}$ overflows, and the result is `nan` (*not a number*). Fix the function. The middle chart
# above contains a hint.


# %% tags=["exercise"]
def softmax(z):
    """Return the probabilities, shape (n, k), for logits of shape (n, k)."""
    powers = np.exp(z)
    return powers / powers.sum(axis=1, keepdims=True)


# %% tags=["check"]
with np.errstate(all="ignore"):  # the messages below report an overflow
    small, large = np.array([[2.0, 1.0, -1.0], [0.0, 0.0, 0.0]]), np.array([[1000.0, 999.0, 0.0]])
    small_probabilities, large_probabilities = softmax(small), softmax(large)
if not np.allclose(small_probabilities, [softmax_of_row(row) for row in small]):
    print("Not yet: for small logits, the result should equal the probabilities from the formula.")
elif not np.allclose(large_probabilities, softmax_of_row(np.array([[2.0, 1.0, -997.0]]))):
    print(f"Not yet: for the logits 1000, 999, and 0, your function returns {large_probabilities[0]}.")
else:
    print("Correct: only differences matter, so the largest logit can be 0, and no power exceeds 1.")

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Subtract the largest logit of each row from all logits in that row. The largest power is then $e^0 = 1$.
# The differences between the logits do not change, so the probabilities do not change either.
#
# ```python
# def softmax(z):
#     powers = np.exp(z - z.max(axis=1, keepdims=True))
#     return powers / powers.sum(axis=1, keepdims=True)
# ```
#
# </details>
#
# The rest of the lesson uses the softmax from inklab, which does the same. The cells below therefore do not
# depend on your answer.

# %%
from inklab.evaluation import softmax as softmax_of_logits

# %% [markdown]
# ## Cross-entropy loss
#
# To improve the weights, we need one number that says how bad they are: the **loss**. The loss of an image
# is minus the logarithm of the probability that the model assigned to the true label:
#
# $$\text{loss} = - \log\, p_{\text{true}}$$
#
# Here are two examples to compute on paper. There are three classes, and the model predicts
# $p = (0.7, 0.2, 0.1)$.
#
# - The true label is the first class. Its probability is 0.7, so the loss is $- \log\, 0.7$, about 0.36.
# - The true label is the third class. Its probability is 0.1, so the loss is $- \log\, 0.1$, about 2.30.
#
# The mean loss over all images is the **cross-entropy**. With one-hot rows $y$, the loss of an image is
# also $- \sum_j y_j \log\, p_j$, because all products but one are 0.

# %% alt="The curve of minus log p, which is steep near 0; the examples at p = 0.7 and p = 0.1 are marked."
p, true_labels = np.array([0.7, 0.2, 0.1]), np.eye(3)[[0, 2]]
losses = -(true_labels * np.log(p)).sum(axis=1)
print("the two losses:", losses.round(4), " their mean:", losses.mean().round(4))

figure, axes = plt.subplots(figsize=(6, 3))
probabilities = np.linspace(0.005, 1, 300)
axes.plot(probabilities, -np.log(probabilities), color=MUTED, lw=2)
for value, loss in zip((0.7, 0.1), losses, strict=True):
    axes.plot(value, loss, "o", color=ACCENT)
    axes.annotate(f"p = {value}: {loss:.2f}", (value, loss), (8, 6), textcoords="offset points")
axes.set(xlabel="probability of the true label", ylabel="loss, nats", ylim=(0, 5.4))
plt.show()

# %% [markdown]
# The loss of a confident mistake has no upper limit, while the loss of an unsure answer is small. A model
# with a small loss must therefore predict honest probabilities. A model that knows nothing predicts 0.1 for
# each digit, and its loss is $\log\, 10$, about 2.30.
#
# ## The gradient, derived
#
# How does the loss of one image change when a logit $z_j$ increases slightly? Write out the loss:
#
# $$- \log\, p_r = - z_r + \log\, \sum_k e^{z_k}$$
#
# Here $r$ is the true label. The derivative of the first term is $-1$ if $j = r$ and 0 otherwise, which is
# $- y_j$. The derivative of the second term is $e^{z_j} / \sum_k e^{z_k}$, which is $p_j$. Together:
#
# $$\frac{\partial\, \text{loss}}{\partial z_j} = p_j - y_j$$
#
# The gradient is the predicted probability minus the target. Most classifiers are trained with this simple
# expression. Now consider a weight. Since $z_j = \sum_i x_i W_{ij} + b_j$, increasing $W_{ij}$ by a small
# amount increases $z_j$ by $x_i$ times that amount. For n images, $X$ has shape n x 784, and $P$ and $Y$
# have shape n x 10. The gradient of the mean loss is
#
# $$\frac{\partial\, \text{loss}}{\partial W} = \frac{1}{n} X^T (P - Y)$$
#
# Always check a derivation. Increase and decrease one weight by a tiny amount, and compute how the loss
# changes. This also gives the derivative. It is slow, but it needs no algebra.


# %%
def mean_loss(w, b, x, y):
    p = softmax_of_logits(x @ w + b)
    return float(-(y * np.log(p)).sum(axis=1).mean())


def gradient_of_w(w, b, x, y):
    p = softmax_of_logits(x @ w + b)
    return x.T @ (p - y) / len(x)


rng = np.random.default_rng(0)
w, b = rng.normal(0, 0.1, (784, 10)), rng.normal(0, 0.1, 10)
x, y = train_x[:20].astype(np.float64), mnist.train[:20].one_hot()
derived = gradient_of_w(w, b, x, y)
print("weight (pixel, digit)    derived       numerical")
tiny = 1e-5
for pixel, digit in [(14 * 28 + 14, 3), (10 * 28 + 12, 7), (20 * 28 + 13, 0), (0, 5)]:
    up, down = w.copy(), w.copy()
    up[pixel, digit] += tiny
    down[pixel, digit] -= tiny
    numerical = (mean_loss(up, b, x, y) - mean_loss(down, b, x, y)) / (2 * tiny)
    print(f"  ({pixel:3}, {digit})          {derived[pixel, digit]:12.8f}   {numerical:12.8f}")
    assert abs(numerical - derived[pixel, digit]) < 1e-8

# %% [markdown]
# The last gradient is 0. The pixel in the corner never has ink, so its weights have no effect and never
# change.
#
# ### Exercise 2: the gradient of the bias
#
# The ten biases have a gradient too. Derive it in the same way, and complete the function. The result has
# shape (10,).


# %% tags=["exercise"]
def gradient_of_b(w, b, x, y):
    """Return the gradient of the mean loss with respect to the ten biases, shape (10,)."""
    return np.zeros(10)


# %% tags=["check"]
numerical = np.array(
    [(mean_loss(w, b + tiny * e, x, y) - mean_loss(w, b - tiny * e, x, y)) / (2 * tiny) for e in np.eye(10)]
)
your_gradient = np.asarray(gradient_of_b(w, b, x, y))
if your_gradient.shape != (10,):
    print(f"Not yet: the gradient should have shape (10,), but yours has shape {your_gradient.shape}.")
elif not np.allclose(your_gradient, numerical, atol=1e-7):
    print(f"Not yet: numerically, the first value is {numerical[0]:.5f}; yours is {your_gradient[0]:.5f}.")
else:
    print("Correct: it is the predicted probability minus the target, averaged over the images.")

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# When $b_j$ increases by a small amount, $z_j$ increases by the same amount, whatever the image. The
# gradient is therefore the mean of $P - Y$ over the images:
#
# ```python
# def gradient_of_b(w, b, x, y):
#     p = softmax_of_logits(x @ w + b)
#     return (p - y).mean(axis=0)
# ```
#
# </details>
#
# ## Gradient descent in twenty lines
#
# The gradient points in the direction in which the loss increases fastest. So take a small step in the
# opposite direction, and repeat:
#
# $$W \leftarrow W - \eta\, \frac{\partial\, \text{loss}}{\partial W}$$
#
# The **learning rate** $\eta$ sets the size of a step. All weights start at zero. The function below is the
# complete algorithm, for any batch size.


# %%
def gradient_descent(x, y, batches, learning_rate, validate, validate_every):
    """Train a single layer; return the weights, the biases, and the validation curve."""
    w, b = np.zeros((784, 10), np.float32), np.zeros(10, np.float32)
    images_processed, curve = 0, []
    for step, indices in enumerate(batches):
        if step % validate_every == 0:
            curve.append((images_processed, validate(w, b)))
        images, targets = x[indices], y[indices]
        z = images @ w + b
        z -= z.max(axis=1, keepdims=True)
        powers = np.exp(z)
        p = powers / powers.sum(axis=1, keepdims=True)
        error = (p - targets) / len(indices)  # (n, 10)
        w -= learning_rate * (images.T @ error)
        b -= learning_rate * error.sum(axis=0)
        images_processed += len(indices)
    curve.append((images_processed, validate(w, b)))
    return w, b, curve


# %% [markdown]
# ## Mini-batches
#
# How many images should one step use? All images together give the exact gradient of the training loss. A
# few images give a noisy estimate of it. The noise of a mean over n images decreases only with $\sqrt{n}$,
# while the work increases with n. An estimate from 100 images is ten times noisier than an estimate from
# 10,000 images, but it costs a hundredth. For the cost of one exact step, you can take a hundred noisy
# steps. Each step starts where the last one ended, so most of their errors cancel.
#
# In the figure, points above each other have processed the same number of images.

# %% alt="Validation accuracy against images processed; batches of 50 rise at once, full batches slowly."
n = len(mnist.train) if full else 4000
epochs = 4 if full else 2
train_y = mnist.train.one_hot()


def validation_accuracy(w, b):
    return accuracy(mnist.valid.labels, (valid_x @ w + b).argmax(axis=1))


curves = {}
for size, learning_rate, every in [(n, 0.5, 1), (50, 0.5, 20), (1, 0.01, 1000)]:
    order = BatchSampler(n, size, seed=0)
    batches = (order[step] for step in range(epochs * n // size))
    _, _, curves[size] = gradient_descent(
        train_x[:n], train_y[:n], batches, learning_rate, validation_accuracy, every
    )

figure, axes = plt.subplots(figsize=(7, 3.6))
for (size, curve), color in zip(curves.items(), SERIES, strict=True):
    images_processed, accuracies = np.array(curve[1:]).T
    name = {n: f"all {n:,} images per step", 1: "1 image per step"}.get(size, f"{size} images per step")
    axes.plot(images_processed, 100 * accuracies, ".-" if size == n else "-", color=color, label=name)
    print(f"{name:27} {epochs * n // size:8,} steps: validation accuracy {accuracies[-1]:.1%}")
axes.set(xlabel="images processed", ylabel="validation accuracy, %", ylim=(50, 95), xscale="log")
axes.legend(frameon=False)
axes.grid(alpha=0.25)
plt.show()

# %% [markdown]
# Here, a batch size of 1 reaches a similar accuracy for the same number of images. But it needs a smaller
# learning rate and fifty times as many steps. A computer multiplies fifty rows in hardly more time than a
# single row. For this reason, batch sizes of a few dozen images are a common choice.
#
# ## The same model in PyTorch
#
# Deriving a gradient by hand is instructive once. PyTorch records every operation and derives the gradients
# automatically: `loss.backward()` stores them in `.grad`. With the same initial weights, batches, and
# learning rate, the final weights must be the same up to rounding.

# %%
steps = 300
order = BatchSampler(n, 50, seed=0)
numpy_w, _, _ = gradient_descent(
    train_x[:n], train_y[:n], (order[step] for step in range(steps)), 0.5, validation_accuracy, steps
)

w, b = torch.zeros(784, 10, requires_grad=True), torch.zeros(10, requires_grad=True)
images, labels = torch.tensor(train_x[:n]), torch.tensor(mnist.train.labels[:n])
for step in range(steps):
    indices = torch.from_numpy(order[step])
    loss = torch.nn.functional.cross_entropy(images[indices] @ w + b, labels[indices])
    loss.backward()
    with torch.no_grad():
        for parameter in (w, b):
            parameter.sub_(0.5 * parameter.grad)
            parameter.grad.zero_()

difference = np.abs(w.detach().numpy() - numpy_w).max()
print(f"after {steps} steps, the largest difference between the weights is {difference:.1e};")
print(f"the largest weight is {np.abs(numpy_w).max():.2f}")
assert difference < 1e-3

# %% [markdown]
# ## The recipe `lesson-softmax`
#
# inklab has a recipe for this training. A *recipe* holds all settings of a training, and `Training` runs
# it. Iterating over a `Training` yields a progress report every few steps. From here on, the lesson uses
# the library.

# %% alt="Training and validation loss over the steps; both fall fast, then slowly, and stay close."
recipe = RECIPES["lesson-softmax"] if full else replace(RECIPES["lesson-softmax"], steps=200)
training = Training(recipe, mnist.train, mnist.valid)
reports = list(training)
validated = [report for report in reports if report.valid_loss is not None]

figure, axes = plt.subplots(figsize=(7, 3.2))
axes.plot(
    [report.step for report in reports],
    [report.loss for report in reports],
    ".-",
    color=TRAINING,
    label="training batch",
)
axes.plot(
    [report.step for report in validated],
    [report.valid_loss for report in validated],
    "o-",
    color=VALIDATION,
    label="validation set",
)
axes.set(xlabel="step", ylabel="cross-entropy, nats per image", ylim=(0, None))
axes.legend(frameon=False)
axes.grid(alpha=0.25)
plt.show()

# %% [markdown]
# All choices are made: the recipe sets the learning rate, the number of steps, and the batch size. So we
# may use the test set, once.

# %%
test_logits = predict_logits(training.model, mnist.test.images)
report = evaluate(test_logits, mnist.test.labels, data="mnist", split="test")
print(report)

# %% [markdown]
# The 10,000 test images are a sample, so they do not determine the true accuracy exactly. The interval
# shows this uncertainty.
#
# ## The weights as images
#
# Each digit has 784 weights, one per pixel, so you can draw them as an image. Blue: ink in this pixel is
# evidence for the digit. Red: ink in this pixel is evidence against the digit.

# %% alt="The weights of each digit as an image; the 0 has a blue ring with a red center."
weights = weight_images(training.model)  # (10, 28, 28)
limit = np.abs(weights).max()
figure, grid = plt.subplots(2, 5, figsize=(8.5, 3.9))
for digit, axes in enumerate(grid.flat):
    drawn = axes.imshow(weights[digit], cmap="RdBu", vmin=-limit, vmax=limit)
    hide_axes(axes, title=str(digit))
figure.colorbar(drawn, ax=grid, shrink=0.8, label="weight")
plt.show()

# %% [markdown]
# The 0 is the clearest example: ink in a ring is evidence for a 0, and ink in the center is strong evidence
# against it. Compare the weights with the mean images above. Training did not learn *where a digit has
# ink*, but *what distinguishes it from the other digits*. The border is white because pixels without ink
# never change their weights.
#
# ## What a single layer cannot do
#
# **It cannot learn "either, but not both".** Each pixel has one weight per digit. Ink in this pixel is
# always evidence for the digit, or always evidence against it, whatever the other pixels are. Take images of
# two pixels, with the label *yes* if exactly one pixel has ink. Gradient descent finds nothing better than a
# probability of 0.5:

# %%
corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
exactly_one = torch.tensor([0, 1, 1, 0])
layer = torch.nn.Linear(2, 2)
optimizer = torch.optim.SGD(layer.parameters(), lr=0.5)
for _ in range(500):
    optimizer.zero_grad()
    torch.nn.functional.cross_entropy(layer(corners), exactly_one).backward()
    optimizer.step()
probabilities = layer(corners).softmax(dim=1)[:, 1].detach().numpy()
for pixels, probability in zip(corners.int().tolist(), probabilities, strict=True):
    print(f"pixels {pixels}: probability of 'exactly one' {probability:.3f}")
assert np.allclose(probabilities, 0.5, atol=0.01)

# %% [markdown]
# **It cannot memorize its own training images.** However long it trains, its training accuracy does not
# reach 100%. A model with one weight per pixel and digit is too simple. This is called *underfitting*;
# lesson 3 shows the opposite, overfitting.
#
# **It cannot recognize a stroke that has moved.** A weight belongs to a pixel, not to a shape. Shift the
# digits a few pixels to the side, and you still see the same digits, but the accuracy of the model falls:

# %% alt="Validation accuracy against the shift of the digits; it falls steeply within four pixels."
longer = replace(recipe, steps=20_000 if full else 400, log_every=1000, eval_every=20_000)
long_training = Training(longer, mnist.train)
for _ in long_training:
    pass
few = mnist.train[:10_000]
training_accuracy = accuracy(few.labels, predict_logits(long_training.model, few.images).argmax(axis=1))
print(f"after {longer.steps:,} steps: accuracy {training_accuracy:.1%} on 10,000 of its training images")

offsets = range(-6, 7)
accuracies = []
for offset in offsets:
    shifted = np.zeros_like(mnist.valid.images)
    left, end = max(offset, 0), 28 + min(offset, 0)
    shifted[:, :, left:end] = mnist.valid.images[:, :, left - offset : end - offset]
    answers = predict_logits(training.model, shifted).argmax(axis=1)
    accuracies.append(accuracy(mnist.valid.labels, answers))

figure, axes = plt.subplots(figsize=(7, 3.2))
axes.plot(offsets, 100 * np.array(accuracies), "o-", color=VALIDATION)
axes.axhline(100 * max(np.bincount(mnist.valid.labels)) / len(mnist.valid), color=TEXT, ls=":", lw=1)
axes.text(0, 5, "always answering the most frequent digit", fontsize=9, ha="center")
axes.set(xlabel="shift to the right, pixels", ylabel="validation accuracy, %", ylim=(0, 100))
axes.grid(alpha=0.25)
plt.show()

# %% [markdown]
# A stroke has the same meaning at every position. The next lesson builds a model whose structure contains
# this fact, so the model does not have to learn it from examples.
#
# ## References
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, *Gradient-Based Learning Applied to Document Recognition*,
#   1998: MNIST, and the accuracy of linear classifiers on it.
# - M. Nielsen, *Neural Networks and Deep Learning*, 2015, chapters 1 to 3: a detailed introduction, free
#   on the web.
# - C. Bishop, *Pattern Recognition and Machine Learning*, 2006, section 4.3: softmax regression and its
#   gradient.
# - L. Bottou, F. Curtis, J. Nocedal, *Optimization Methods for Large-Scale Machine Learning*, 2018: the
#   case for mini-batches.
# - M. Minsky, S. Papert, *Perceptrons*, 1969: the limits of a single layer.

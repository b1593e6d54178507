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
# A computer shall look at a handwritten digit and say which one it is. Nobody can write down the rule, so
# it has to find one by itself, from examples. This lesson builds the simplest machine that can, first by
# hand in numpy, then in torch, and ends with what it cannot do.
#
# **When you have worked through it, you can**
#
# - say why the data are cut into three parts, and what each part may be used for;
# - turn ten sums into ten probabilities, and say what such a probability means;
# - compute a cross-entropy on paper;
# - derive the gradient of a single layer, check it with numbers, and walk down it in twenty lines;
# - say why it pays to look at a few images at a time;
# - read the weights of a linear classifier as pictures, and name three things it cannot learn.
#
# You need some Python and numpy, and the idea of a derivative. There are two exercises: the cell below
# their text is yours to change, and the one after it says whether you are right.

# %% tags=["parameters"]
full = True  # False: short settings, for a quick look

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import torch

from inklab import RECIPES, Batches, Training, evaluate, load_mnist, predict_logits
from inklab.evaluation import accuracy
from inklab.inspection import weight_images

INK, BLUE, PALE, ORANGE = "#222222", "#0b4f9e", "#9db7d5", "#d95f02"
plt.rcParams.update({"figure.dpi": 110, "figure.constrained_layout.use": True})
plt.rcParams.update({"axes.spines.right": False, "axes.spines.top": False})


def bare(axes, **how):
    """Take away the frame and the ticks of what is a picture and no diagram."""
    axes.set(xticks=[], yticks=[], **how)
    axes.spines[:].set_visible(False)


# %% [markdown]
# ## An image is a table of numbers
#
# MNIST holds 70,000 digits that American office workers and pupils wrote, each an image of 28 x 28 pixels.
# A pixel is a whole number: 0 is blank, 255 is full ink. The computer never sees a *seven*; it sees the
# table on the right.

# %% alt="Left: a handwritten digit. Right: its middle rows as numbers from 0 to 255, one a pixel."
mnist = load_mnist()
image, label = mnist.train[1]

figure, (left, right) = plt.subplots(1, 2, figsize=(8.5, 4), width_ratios=(1, 1.5))
left.imshow(image, cmap="gray_r")
left.set_title(f"a digit; its label says {label}")
left.add_patch(plt.Rectangle((5.5, 7.5), 12, 9, fill=False, color=ORANGE, lw=2))
part = image[8:17, 6:18]
right.imshow(part, cmap="gray_r", alpha=0.6)
for (row, column), value in np.ndenumerate(part):
    right.text(column, row, value, ha="center", va="center", fontsize=8)
right.set_title("the framed part, as the computer has it")
bare(left)
bare(right)
plt.show()

# %% [markdown]
# ## Three splits, three purposes
#
# Whoever learns the answers of an exam by heart passes that exam and may understand nothing. So the images
# are split before anything else is done:
#
# - **train**: to learn from. The weights are made to fit these images.
# - **valid**: to choose by. How long to train, how large a step, which network: every choice is made by
#   what it does here. Nothing learns from these images, but we choose by them, so they flatter us a little.
# - **test**: to be measured by, once, when all choices are made. Lesson 3 shows what happens to those who
#   peek.

# %% alt="A bar cut into train, valid and test, and below it how often each digit occurs in each split."
splits = {"train": mnist.train, "valid": mnist.valid, "test": mnist.test}
colours = {"train": PALE, "valid": ORANGE, "test": BLUE}

figure, (above, below) = plt.subplots(2, 1, figsize=(8.5, 4.2), height_ratios=(1, 2.6))
start = 0
for name, split in splits.items():
    above.barh(0, len(split), left=start, color=colours[name], edgecolor="white", lw=2)
    above.annotate(f"{name}\n{len(split):,}", (start + len(split) / 2, -0.42), ha="center", va="top")
    start += len(split)
bare(above, ylim=(-1.4, 0.5), title="70,000 images, each in one split only")
for shift, (name, split) in enumerate(splits.items()):
    share = 100 * np.bincount(split.labels, minlength=10) / len(split)
    below.bar(np.arange(10) + 0.27 * (shift - 1), share, 0.25, color=colours[name])
below.set(xticks=range(10), xlabel="digit", ylabel="% of the split")
plt.show()

# %% [markdown]
# Each digit is about a tenth of each split, so one who always says "one" is right in about one case of
# nine. That is the mark to beat.

# %%
always_one = np.ones(len(mnist.valid), dtype=np.int64)
print(f"always 'one': {accuracy(always_one, mnist.valid.labels):.1%} of valid right")

# %% [markdown]
# ## Labels as one-hot rows
#
# A label is a name, not an amount: a 9 is not three times as much as a 3, and no nearer to an 8 than to a
# 1. So we do not ask for the number 9. We ask for ten numbers, one a digit: a 1 at the right place and 0
#    elsewhere. Such a row is called **one-hot**, and it can be read as *the probability of this digit is
#    1*.

# %% alt="Five digits, and beside each a row of ten squares of which the one at its label is filled."
few = mnist.train[:5]
figure, grid = plt.subplots(5, 2, figsize=(6, 3.4), width_ratios=(1, 10))
for (picture, row), digit, one_hot in zip(grid, few.images, few.one_hot(), strict=True):
    picture.imshow(digit, cmap="gray_r")
    bare(picture)
    row.imshow(one_hot[np.newaxis], cmap="Blues", vmin=0, vmax=1.3)
    for place, value in enumerate(one_hot):
        row.text(place, 0, f"{value:g}", ha="center", va="center", color="white" if value else INK)
    bare(row)
grid[-1][1].set_xticks(range(10))
plt.show()

# %% [markdown]
# ## Evidence: x W + b
#
# Write the pixels of an image into one long row $x$ of 784 numbers, scaled to lie between 0 and 1. For each
# digit take 784 weights, which say for every pixel whether ink *there* speaks for that digit (above 0) or
# against it (below 0). Multiply and add up: that is the **evidence** for the digit. A number for each digit
# that does not depend on the image, the bias, is added at the end. For all ten digits at once:
#
# $$z = x W + b$$
#
# with $x$ of shape 1 x 784, $W$ of shape 784 x 10, and $b$ and $z$ of shape 1 x 10. The ten sums $z$ are
# called **logits**.
#
# Which weights? Here is a guess without any learning. Take as the weights of a digit the mean of its
# training images, $m$: ink where such digits usually have ink counts for it. A digit with much ink in its
# mean would then win everywhere, so subtract half of the mean's squared length: $b = - m \cdot m / 2$.
# (That is the same as asking which mean image is nearest to $x$. Can you see why?)

# %% alt="The mean image of each digit: ten blurred digits."
train_x, valid_x = mnist.train.flat(), mnist.valid.flat()  # (55000, 784), (5000, 784)
means = np.stack([train_x[mnist.train.labels == digit].mean(axis=0) for digit in range(10)])  # (10, 784)
guessed_w, guessed_b = means.T, -0.5 * (means**2).sum(axis=1)  # (784, 10), (10,)

logits = valid_x @ guessed_w + guessed_b  # (5000, 10)
print(f"guessed weights: {accuracy(logits.argmax(axis=1), mnist.valid.labels):.1%} of valid right")

figure, grid = plt.subplots(1, 10, figsize=(8.5, 1.3))
for digit, axes in enumerate(grid):
    axes.imshow(means[digit].reshape(28, 28), cmap="gray_r")
    bare(axes, title=str(digit))
plt.show()

# %% [markdown]
# Far better than always saying "one", by a formula and without any search. The rest of the lesson is about
# finding better weights than these.
#
# ## Softmax: from sums to probabilities
#
# The logits can be any numbers. We want ten probabilities: none below 0, and all of them together 1.
# **Softmax** raises $e$ to the power of each logit, which makes it positive, and divides by the sum:
#
# $$p_j = \frac{e^{z_j}}{\sum_k e^{z_k}}$$
#
# What does *the probability is 0.9* mean? Of all images about which the machine says 0.9, nine in ten
# should turn out as it says. It is a statement about its own mistakes, and whether it keeps the promise can
# be measured: lesson 4 does that. Two things to notice in the picture: only *differences* of logits matter,
# since adding 5 to all of them changes nothing; and multiplying them makes the machine more sure without
# changing its answer.


# %% alt="Bars of softmax for three logits; for the same plus five; and for three times as large ones."
def softmax_of_row(z):
    powers = np.exp(z)
    return powers / powers.sum()


z = np.array([2.0, 1.0, -1.0])
figure, grid = plt.subplots(1, 3, figsize=(8.5, 2.4), sharey=True)
for axes, (name, logits) in zip(grid, {"z": z, "z + 5": z + 5, "3 z": 3 * z}.items(), strict=True):
    p = softmax_of_row(logits)
    bars = axes.bar(range(3), p, color=BLUE)
    axes.bar_label(bars, [f"{value:.3f}" for value in p])
    axes.set(title=name, xticks=range(3), xticklabels=[f"{value:g}" for value in logits], xlabel="logits")
grid[0].set(ylabel="probability", ylim=(0, 1.15))
plt.show()

# %% [markdown]
# ### Exercise 1: a softmax that survives
#
# The function below does what the formula says, for a table with a row of logits for each image. For large
# logits it fails: $e^{1000}$ is too large for a computer, and what comes out is `nan`, *not a number*.
# Repair it. The hint is in the middle picture above.


# %% tags=["exercise"]
def softmax(z):
    """Return the probabilities (n, k) of logits (n, k)."""
    powers = np.exp(z)
    return powers / powers.sum(axis=1, keepdims=True)


# %% tags=["check"]
with np.errstate(all="ignore"):  # what overflows is told below
    small, large = np.array([[2.0, 1.0, -1.0], [0.0, 0.0, 0.0]]), np.array([[1000.0, 999.0, 0.0]])
    got_small, got_large = softmax(small), softmax(large)
if not np.allclose(got_small, [softmax_of_row(row) for row in small]):
    print("Not yet: for small logits the formula's probabilities should come out.")
elif not np.allclose(got_large, softmax_of_row(np.array([[2.0, 1.0, -997.0]]))):
    print(f"Not yet: for the logits 1000, 999 and 0 it says {got_large[0]}.")
else:
    print("Right: only differences matter, so the largest logit may as well be 0, and no power is above 1.")

# %% [markdown] tags=["solution"]
# <details><summary>A solution</summary>
#
# Subtract from each row its largest logit. The powers then are at most $e^0 = 1$, and the differences,
# which are all that matters, stay as they were.
#
# ```python
# def softmax(z):
#     powers = np.exp(z - z.max(axis=1, keepdims=True))
#     return powers / powers.sum(axis=1, keepdims=True)
# ```
#
# </details>
#
# From here on the lesson uses inklab's own softmax, which does just that, so that nothing below hangs on
# your answer.

# %%
from inklab.evaluation import softmax as softmax_of_logits

# %% [markdown]
# ## Cross-entropy: how wrong is a probability?
#
# To improve the weights we need one number that says how bad they are, the **loss**. Take the probability
# that the machine gave to the digit that it *was*, and call minus its logarithm the surprise:
#
# $$\text{loss} = - \log\, p_{\text{right}}$$
#
# Two examples, on paper. There are three classes, and the machine says $p = (0.7, 0.2, 0.1)$.
#
# - The truth is the first class. Its probability is 0.7, so the loss is $- \log\, 0.7$, about 0.36: a small
#   surprise.
# - The truth is the third class. Its probability is 0.1, so the loss is $- \log\, 0.1$, about 2.30: a large
#   one.
#
# The mean over all images is the **cross-entropy**. With one-hot rows $y$ it is also written
# $- \sum_j y_j \log\, p_j$: of the ten products, nine are 0.

# %% alt="The curve of minus log p, steep near 0, with the two examples marked at p = 0.7 and p = 0.1."
p, truths = np.array([0.7, 0.2, 0.1]), np.eye(3)[[0, 2]]
losses = -(truths * np.log(p)).sum(axis=1)
print("the two losses:", losses.round(4), " their mean:", losses.mean().round(4))

figure, axes = plt.subplots(figsize=(6, 3))
places = np.linspace(0.005, 1, 300)
axes.plot(places, -np.log(places), color=PALE, lw=2)
for value, loss in zip((0.7, 0.1), losses, strict=True):
    axes.plot(value, loss, "o", color=BLUE)
    axes.annotate(f"p = {value}: {loss:.2f}", (value, loss), (8, 6), textcoords="offset points")
axes.set(xlabel="probability given to what it was", ylabel="loss, nats", ylim=(0, 5.4))
plt.show()

# %% [markdown]
# To be sure and wrong costs without limit, to be unsure costs a little: whoever wants a small loss has to
# say honest probabilities. A machine that knows nothing says 0.1 for each digit, and its loss is
# $\log\, 10$, about 2.30.
#
# ## The gradient, derived
#
# How does the loss of one image change if a logit $z_j$ grows a little? Write the loss out:
#
# $$- \log\, p_r = - z_r + \log\, \sum_k e^{z_k}$$
#
# where $r$ is the right digit. The first term has derivative $-1$ if $j = r$, and else 0: that is $- y_j$.
# The derivative of the second is $e^{z_j} / \sum_k e^{z_k}$: that is $p_j$. Together:
#
# $$\frac{\partial\, \text{loss}}{\partial z_j} = p_j - y_j$$
#
# What was said minus what was true. No more than that is the engine of nearly all classifiers. Now a
# weight: $z_j = \sum_i x_i W_{ij} + b_j$, so if $W_{ij}$ grows by a little, $z_j$ grows by $x_i$ times as
# much. For n images, with $X$ of shape n x 784 and $P$ and $Y$ of shape n x 10, the mean over the images is
#
# $$\frac{\partial\, \text{loss}}{\partial W} = \frac{1}{n} X^T (P - Y)$$
#
# Never believe a derivation, least of all your own. Change one weight by a tiny amount up and down, and see
# how the loss changes: that is the derivative as well, slowly, but without any thinking.


# %%
def loss_of(w, b, x, y):
    p = softmax_of_logits(x @ w + b)
    return float(-(y * np.log(p)).sum(axis=1).mean())


def gradient_of_w(w, b, x, y):
    p = softmax_of_logits(x @ w + b)
    return x.T @ (p - y) / len(x)


rng = np.random.default_rng(0)
w, b = rng.normal(0, 0.1, (784, 10)), rng.normal(0, 0.1, 10)
x, y = train_x[:20].astype(np.float64), mnist.train[:20].one_hot()
derived = gradient_of_w(w, b, x, y)
print("weight (pixel, digit)    derived     by numbers")
tiny = 1e-5
for pixel, digit in [(14 * 28 + 14, 3), (10 * 28 + 12, 7), (20 * 28 + 13, 0), (0, 5)]:
    up, down = w.copy(), w.copy()
    up[pixel, digit] += tiny
    down[pixel, digit] -= tiny
    numeric = (loss_of(up, b, x, y) - loss_of(down, b, x, y)) / (2 * tiny)
    print(f"  ({pixel:3}, {digit})          {derived[pixel, digit]:12.8f}   {numeric:12.8f}")
    assert abs(numeric - derived[pixel, digit]) < 1e-8

# %% [markdown]
# The last one is 0: the pixel in the corner never has ink, so its weights never matter and never learn.
#
# ### Exercise 2: the gradient of the bias
#
# The ten biases have a gradient, too. Derive it in the same way and fill it in. It has shape (10,).


# %% tags=["exercise"]
def gradient_of_b(w, b, x, y):
    """Return how the mean loss changes with each of the ten biases, (10,)."""
    return np.zeros(10)


# %% tags=["check"]
numeric = np.array(
    [(loss_of(w, b + tiny * e, x, y) - loss_of(w, b - tiny * e, x, y)) / (2 * tiny) for e in np.eye(10)]
)
found = np.asarray(gradient_of_b(w, b, x, y))
if found.shape != (10,):
    print(f"Not yet: it should have shape (10,), and has {found.shape}.")
elif not np.allclose(found, numeric, atol=1e-7):
    print(f"Not yet: by numbers the first is {numeric[0]:.5f}, and yours is {found[0]:.5f}.")
else:
    print("Right: it is what was said minus what was true, in the mean over the images.")

# %% [markdown] tags=["solution"]
# <details><summary>A solution</summary>
#
# If $b_j$ grows by a little, $z_j$ grows by just as much, whatever the image. So it is the mean of $P - Y$:
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
# The gradient points to where the loss grows fastest. So walk the other way, a little, and again:
#
# $$W \leftarrow W - \eta\, \frac{\partial\, \text{loss}}{\partial W}$$
#
# The **learning rate** $\eta$ is the length of a step. All weights begin at zero. Here is the whole of it,
# for any number of images in a step.


# %%
def descend(x, y, batches, rate, look, every):
    """Walk down the gradient, a batch at a time; return the weights, the biases and what was seen."""
    w, b = np.zeros((784, 10), np.float32), np.zeros(10, np.float32)
    seen, curve = 0, []
    for step, chosen in enumerate(batches):
        if step % every == 0:
            curve.append((seen, look(w, b)))
        images, truth = x[chosen], y[chosen]
        z = images @ w + b
        z -= z.max(axis=1, keepdims=True)
        powers = np.exp(z)
        p = powers / powers.sum(axis=1, keepdims=True)
        error = (p - truth) / len(chosen)  # (n, 10)
        w -= rate * (images.T @ error)
        b -= rate * error.sum(axis=0)
        seen += len(chosen)
    curve.append((seen, look(w, b)))
    return w, b, curve


# %% [markdown]
# ## Mini-batches, and why
#
# How many images should one step look at? All of them give the true gradient. A few give a noisy guess at
# it. But of n images the noise of the mean shrinks only with $\sqrt{n}$, while the work grows with n: a
# guess from 100 images is ten times noisier than one from 10,000 and costs a hundredth. For the price of
# one exact step we can make a hundred rough ones, and as each begins where the last one ended, their errors
# mostly cancel.
#
# In the picture all three have looked at the same number of images when they stand above each other.

# %% alt="Accuracy on valid against images seen: batches of 50 rise at once, all images in one step slowly."
n = len(mnist.train) if full else 4000
passes = 4 if full else 2
train_y = mnist.train.one_hot()


def right_on_valid(w, b):
    return accuracy((valid_x @ w + b).argmax(axis=1), mnist.valid.labels)


curves = {}
for size, rate, every in [(n, 0.5, 1), (50, 0.5, 20), (1, 0.01, 1000)]:
    order = Batches(n, size, seed=0)
    batches = (order[step] for step in range(passes * n // size))
    _, _, curves[size] = descend(train_x[:n], train_y[:n], batches, rate, right_on_valid, every)

figure, axes = plt.subplots(figsize=(7, 3.6))
for (size, curve), colour in zip(curves.items(), (PALE, BLUE, ORANGE), strict=True):
    seen, right = np.array(curve[1:]).T
    name = {n: f"all {n:,} images a step", 1: "1 image a step"}.get(size, f"{size} images a step")
    axes.plot(seen, 100 * right, ".-" if size == n else "-", color=colour, label=name)
    print(f"{name:24} {passes * n // size:8,} steps: {right[-1]:.1%} of valid right")
axes.set(xlabel="images looked at", ylabel="% of valid right", ylim=(50, 95), xscale="log")
axes.legend(frameon=False)
axes.grid(alpha=0.25)
plt.show()

# %% [markdown]
# One image a step learns as fast here, but it needs a smaller step, and fifty times as many of them: a
# computer that multiplies fifty rows at once is hardly slower than with one. Batches of some dozens are the
# usual choice, for this reason and no deeper one.
#
# ## The same in torch
#
# Deriving gradients by hand is instructive once. torch notes every operation and derives them by itself:
# `loss.backward()` fills in `.grad`. Same start, same batches, same rate, so the weights must come out the
# same, but for rounding.

# %%
steps = 300
order = Batches(n, 50, seed=0)
by_hand, _, _ = descend(
    train_x[:n], train_y[:n], (order[step] for step in range(steps)), 0.5, right_on_valid, steps
)

w, b = torch.zeros(784, 10, requires_grad=True), torch.zeros(10, requires_grad=True)
images, labels = torch.tensor(train_x[:n]), torch.tensor(mnist.train.labels[:n])
for step in range(steps):
    chosen = torch.from_numpy(order[step])
    loss = torch.nn.functional.cross_entropy(images[chosen] @ w + b, labels[chosen])
    loss.backward()
    with torch.no_grad():
        for parameter in (w, b):
            parameter.sub_(0.5 * parameter.grad)
            parameter.grad.zero_()

difference = np.abs(w.detach().numpy() - by_hand).max()
print(f"after {steps} steps the weights differ by at most {difference:.1e},")
print(f"and the largest is {np.abs(by_hand).max():.2f}")
assert difference < 1e-3

# %% [markdown]
# ## The recipe `lesson-softmax`
#
# inklab knows this very training by name. A *recipe* says everything that decides it, `Training` walks, and
# iterating over it gives a report now and then. From here on the library walks for us.

# %% alt="Loss of a batch and of valid over the steps: both fall fast, then slowly, and stay together."
recipe = RECIPES["lesson-softmax"] if full else replace(RECIPES["lesson-softmax"], steps=200)
training = Training(recipe, mnist.train, mnist.valid)
reports = list(training)

figure, axes = plt.subplots(figsize=(7, 3.2))
axes.plot(
    [one.step for one in reports], [one.loss for one in reports], ".-", color=PALE, label="a training batch"
)
measured = [one for one in reports if one.valid_loss is not None]
axes.plot(
    [one.step for one in measured], [one.valid_loss for one in measured], "o-", color=BLUE, label="valid"
)
axes.set(xlabel="step", ylabel="cross-entropy, nats per image", ylim=(0, None))
axes.legend(frameon=False)
axes.grid(alpha=0.25)
plt.show()

# %% [markdown]
# All choices are made: rate, steps and batches are the recipe's. So we may look at the test images, once.

# %%
test_logits = predict_logits(training.model, mnist.test.images)
report = evaluate(test_logits, mnist.test.labels, data="mnist", split="test")
print(report)

# %% [markdown]
# The interval says how far the 10,000 test images, being a sample, leave the true accuracy open.
#
# ## Ten weight images
#
# Of each digit there are 784 weights, one a pixel, so they can be drawn as an image. Blue: ink here speaks
# for the digit. Red: ink here speaks against it.

# %% alt="The weights of each digit as an image; the 0 has a blue ring with a red middle."
weights = weight_images(training.model)  # (10, 28, 28)
reach = np.abs(weights).max()
figure, grid = plt.subplots(2, 5, figsize=(8.5, 3.9))
for digit, axes in enumerate(grid.flat):
    drawn = axes.imshow(weights[digit], cmap="RdBu", vmin=-reach, vmax=reach)
    bare(axes, title=str(digit))
figure.colorbar(drawn, ax=grid, shrink=0.8, label="weight")
plt.show()

# %% [markdown]
# The 0 says it most clearly: ink in a ring is for it, and ink in the middle is strong evidence against it.
# Compare with the mean images above: learning has not found *where a digit has ink* but *what tells it from
# the others*. The border is white: pixels without ink have learned nothing.
#
# ## What a single layer cannot do
#
# **It cannot say "either, but not both".** Each pixel has one weight, so ink there counts for a digit or
# against it, whatever the other pixels do. Take two pixels, and call it a *yes* if exactly one of them has
# ink. Descent gets no further than knowing nothing:

# %%
corners = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
exactly_one = torch.tensor([0, 1, 1, 0])
layer = torch.nn.Linear(2, 2)
descent = torch.optim.SGD(layer.parameters(), lr=0.5)
for _ in range(500):
    descent.zero_grad()
    torch.nn.functional.cross_entropy(layer(corners), exactly_one).backward()
    descent.step()
probabilities = layer(corners).softmax(dim=1)[:, 1].detach().numpy()
for pixels, probability in zip(corners.int().tolist(), probabilities, strict=True):
    print(f"pixels {pixels}: probability of 'exactly one' {probability:.3f}")
assert np.allclose(probabilities, 0.5, atol=0.01)

# %% [markdown]
# **It cannot even learn its own examples by heart.** With one weight for each pixel and digit, no walk of
# any length brings the training images to 100 percent: the machine is too simple, not too lazy. (This is
# called *underfitting*. Lesson 3 meets the opposite.)
#
# **It cannot recognise a stroke that has moved.** A weight belongs to a pixel, not to a shape. Move the
# digits a little to the side, and to you they are the same digits:

# %% alt="Accuracy against how far the digits are moved: it falls steeply within four pixels."
longer = replace(recipe, steps=20_000 if full else 400, report_every=1000, valid_every=20_000)
patient = Training(longer, mnist.train)
for _ in patient:
    pass
few = mnist.train[:10_000]
known = accuracy(predict_logits(patient.model, few.images).argmax(axis=1), few.labels)
print(f"after {longer.steps:,} steps: {known:.1%} of 10,000 of its own training images right")

shifts = range(-6, 7)
right = []
for shift in shifts:
    moved = np.zeros_like(mnist.valid.images)
    left, end = max(shift, 0), 28 + min(shift, 0)
    moved[:, :, left:end] = mnist.valid.images[:, :, left - shift : end - shift]
    right.append(accuracy(predict_logits(training.model, moved).argmax(axis=1), mnist.valid.labels))

figure, axes = plt.subplots(figsize=(7, 3.2))
axes.plot(shifts, 100 * np.array(right), "o-", color=BLUE)
axes.axhline(100 * max(np.bincount(mnist.valid.labels)) / len(mnist.valid), color=INK, ls=":", lw=1)
axes.text(0, 5, "always the commonest digit", fontsize=9, ha="center")
axes.set(xlabel="pixels moved to the right", ylabel="% of valid right", ylim=(0, 100))
axes.grid(alpha=0.25)
plt.show()

# %% [markdown]
# A stroke is a stroke wherever it stands. A machine that knows this from the start needs no examples of it:
# the next lesson builds one.
#
# ## Sources
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, *Gradient-Based Learning Applied to Document Recognition*,
#   1998: the data, and what linear classifiers reach on them.
# - M. Nielsen, *Neural Networks and Deep Learning*, 2015, chapters 1 to 3: a patient introduction, free to
#   read on the web.
# - C. Bishop, *Pattern Recognition and Machine Learning*, 2006, section 4.3: softmax regression and its
#   gradient.
# - L. Bottou, F. Curtis, J. Nocedal, *Optimization Methods for Large-Scale Machine Learning*, 2018: why
#   small batches.
# - M. Minsky, S. Papert, *Perceptrons*, 1969: what a single layer cannot do.

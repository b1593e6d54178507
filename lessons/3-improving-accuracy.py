# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 3. Improving accuracy
#
# A handful of ideas separates the best networks from the network of lesson 2. This lesson tries each idea on
# a small budget: few images, small networks, and trainings that take seconds. Each idea can therefore be
# tried with several seeds. This is the second subject of the lesson: distinguishing a real improvement from
# chance. The lesson ends with an ensemble near the record, and with a common mistake that makes results look
# better than they are.
#
# **After this lesson you can**
#
# - say how much the results of two trainings differ through their seeds alone, and when a difference is
#   larger than chance;
# - recognize overfitting, and name four regularization methods;
# - explain what DropConnect leaves out in training, and what it computes at inference;
# - augment training images, and say when augmentation goes too far;
# - combine the predictions of several networks, or of several views of one image;
# - explain why a result that was selected on the test set is too optimistic.
#
# You need lessons 1 and 2.

# %% tags=["parameters"]
full = True  # False: fewer images, steps, and seeds, for a quick run

# %%
from dataclasses import replace
from itertools import combinations

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import display
from torch.nn.functional import grid_sample

from inklab import RECIPES, Training, evaluate, load_mnist, predict_logits
from inklab import softmax as softmax_of_logits
from inklab.evaluation import accuracy, error_by_ensemble_size, log_softmax, mean_vote, wilson_interval
from inklab.models import DropConnect, as_input
from inklab.palette import LIGHT
from inklab.report.figures import draw_ensemble_errors
from inklab.training import published_results
from inklab.training.augmentation.geometric import Augmentation

TEXT, ACCENT, TRAINING, VALIDATION = (LIGHT[name] for name in ("text", "accent", "training", "validation"))
SERIES = [LIGHT[f"series-{number}"] for number in range(1, 4)]
plt.rcParams.update({"figure.dpi": 110, "figure.constrained_layout.use": True})
plt.rcParams.update({"axes.spines.right": False, "axes.spines.top": False})
mnist = load_mnist()
few = mnist.train[:1000]  # the training set of most experiments in this lesson
valid = mnist.valid if full else mnist.valid[:1000]
seeds = range(6) if full else range(2)


def hide_axes(axes, **properties):
    """Remove the frame and the ticks around an image."""
    axes.set(xticks=[], yticks=[], **properties)
    axes.spines[:].set_visible(False)


# %% [markdown]
# ## Random variation between trainings
#
# The seed determines the initial weights of a network and the order of the training images. It is not part
# of an idea, so it should not decide whether the idea is good. How much does the seed matter? Here a small
# convolutional network is trained on 1,000 images several times. Only the seed changes.

# %% alt="The error rate of each seed as a dot, with their mean and standard deviation."
small = replace(
    RECIPES["fast-99"],
    network_options={"width": 8},
    batch_size=50,
    steps=400 if full else 30,
    log_every=400 if full else 30,
    eval_every=400 if full else 30,
)


def train_seeds(recipe, seeds=seeds, images=few):
    """Return one finished training per seed."""
    trainings = [Training(replace(recipe, seed=seed), images) for seed in seeds]
    for training in trainings:
        for _ in training:
            pass
    return trainings


def validation_errors(trainings):
    """Return the validation error rate of each training, in percent."""
    answers = [predict_logits(training.model, valid.images).argmax(axis=1) for training in trainings]
    return np.array([100 * (1 - accuracy(valid.labels, answer)) for answer in answers])


def draw_errors(results):
    """Draw one dot per seed, and the mean and the standard deviation of each result."""
    _, axes = plt.subplots(figsize=(8, 0.9 + 0.5 * len(results)))
    for row, errors in enumerate(results.values()):
        deviation = errors.std(ddof=1)
        axes.plot(errors, [row] * len(errors), "o", color=VALIDATION, alpha=0.35, mew=0, ms=7)
        axes.errorbar(errors.mean(), row, xerr=deviation, fmt="|", ms=16, mew=2, color=VALIDATION, capsize=4)
        text, position = f"{errors.mean():.2f}% ± {deviation:.2f}", (1.01, row)
        axes.annotate(text, position, xycoords=("axes fraction", "data"), va="center")
    axes.set(yticks=range(len(results)), yticklabels=results, xlabel="validation error rate, %")
    axes.set(ylim=(len(results) - 0.5, -0.5))
    axes.grid(axis="x", alpha=0.25)
    plt.show()


baseline = train_seeds(small)
errors = validation_errors(baseline)
draw_errors({"baseline": errors})
print(f"The best seed has an error rate of {errors.min():.2f}%, the worst {errors.max():.2f}%.")

# %% [markdown]
# Suppose that you try one idea with the worst seed, and another idea with the best seed. You then see a
# large improvement that does not exist.
#
# ### Exercise 1: the standard error of a difference
#
# Let $a$ and $b$ be the error rates of two recipes, with several seeds each. Compare their means. How large
# a difference can chance alone produce? The variance of the mean of $n$ values is the variance of one value
# divided by $n$, and the variances of independent quantities add up:
#
# $$\text{standard error} = \sqrt{\frac{s_a^2}{n_a} + \frac{s_b^2}{n_b}}$$
#
# Here $s$ is the sample standard deviation (`ddof=1` in NumPy). A difference of more than two or three
# standard errors is unlikely to be chance. Complete the function. At the moment it compares only the first
# seeds, and claims that there is no uncertainty.


# %% tags=["exercise"]
def difference(a, b):
    """Return mean(a) - mean(b), and the standard error of this difference."""
    return a[0] - b[0], 0.0


# %% tags=["check"]
a, b = np.array([3.0, 5.0, 4.0]), np.array([2.0, 2.5, 3.0, 2.5])
your_difference, your_error = difference(a, b)
if not np.isclose(your_difference, 1.5):
    print(f"Not yet: the means are 4 and 2.5, so the difference is 1.5; yours is {your_difference:g}.")
elif not np.isclose(your_error, np.sqrt(1 / 3 + (1 / 6) / 4)):
    print(f"Not yet: the standard error is 0.612, rounded; yours is {your_error:.3f}.")
else:
    print(f"Correct: 1.5 is {your_difference / your_error:.1f} standard errors, so unlikely to be chance.")

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# ```python
# def difference(a, b):
#     error = np.sqrt(np.var(a, ddof=1) / len(a) + np.var(b, ddof=1) / len(b))
#     return np.mean(a) - np.mean(b), error
# ```
#
# </details>
#
# From here on, the lesson uses this formula for all comparisons. There is a second source of chance, which
# more seeds do not remove: the validation images are a sample too. But all recipes are measured on the same
# images, so most of this effect cancels in a comparison.


# %%
def compare(results, baseline):
    """Print the difference between each result and the baseline, in standard errors."""
    for name, errors in results.items():
        if name == baseline:
            continue
        gain = results[baseline].mean() - errors.mean()
        error = np.sqrt(
            results[baseline].var(ddof=1) / len(results[baseline]) + errors.var(ddof=1) / len(errors)
        )
        ratio = abs(gain) / error
        verdict = "may be chance" if ratio < 2 else "probably real" if ratio < 3 else "larger than chance"
        better = "better" if gain >= 0 else "worse"
        print(f"{name:18} {abs(gain):.2f} ± {error:.2f} points {better:6} than {baseline}: {verdict}")


# %% [markdown]
# ## Overfitting
#
# A fully connected network with one hidden layer has about 200,000 weights, and there are only 1,000
# training images. It soon classifies every training image correctly, and then becomes more and more
# confident about *these* images. The validation loss stops falling.

# %% alt="The training loss falls to nearly zero; the validation loss soon stays constant."
mlp = replace(
    RECIPES["mlp"],
    network_options={"units": 256},
    batch_size=50,
    steps=1000 if full else 60,
    log_every=25 if full else 20,
    eval_every=25 if full else 20,
)
training = Training(mlp, few, valid)
reports = list(training)
steps = [report.step for report in reports]
figure, axes = plt.subplots(figsize=(7, 3.2))
axes.plot(steps, [report.loss for report in reports], color=TRAINING, label="training batch")
axes.plot(steps, [report.valid_loss for report in reports], color=VALIDATION, label="validation set")
axes.set(xlabel="step", ylabel="cross-entropy, nats", yscale="log")
axes.legend(frameon=False)
axes.grid(alpha=0.25)
plt.show()
training_accuracy = accuracy(few.labels, predict_logits(training.model, few.images).argmax(axis=1))
print(f"training accuracy {training_accuracy:.1%}, validation accuracy {reports[-1].valid_accuracy:.1%}")

# %% [markdown]
# ## Regularization
#
# Regularization makes it harder to memorize the training images. Here are four methods:
#
# - **Weight decay** shrinks all weights slightly in each step. Only weights that are useful in many steps
#   stay large.
# - **Label smoothing** uses targets of 0.91 and 0.01 instead of 1 and 0. Ever higher confidence then no
#   longer reduces the loss.
# - **Dropout** leaves out a random half of the units and a fifth of the pixels in each step.
# - **DropConnect** leaves out single weights instead of units.
#
# DropConnect deserves a closer look. A unit computes the sum $u = \sum_i w_i x_i$. If each weight is kept
# with probability 1/2, then $u$ is a random variable. Its mean is half of the full sum, and its variance is
# $\sum_i w_i^2 x_i^2 / 4$. As a sum of many independent terms, $u$ is approximately normal.
#
# At inference, the output should not be random. The unit therefore returns the *expected value* of its
# output over all masks, after ReLU. Halving the weights is not the same: the mean of ReLU is not the ReLU of
# the mean.

# %% alt="Histogram of the sums of a unit under 5,000 masks, and the normal distribution that fits them."
rng = np.random.default_rng(0)
x = as_input(torch.tensor(mnist.train.images[7:8])).flatten().numpy()
weights = rng.normal(0, 0.05, 784)
bias = -0.5 * weights @ x - 0.1  # makes the sum positive for some masks, negative for others
masks = rng.random((5000, 784)) < 0.5
sums = (masks * weights) @ x + bias
mean, deviation = 0.5 * weights @ x + bias, 0.5 * np.sqrt((weights**2) @ (x**2))

layer = DropConnect(784, 1, p=0.5, samples=100).eval()
with torch.no_grad():
    layer.weight.copy_(torch.tensor(weights[np.newaxis], dtype=torch.float32))
    layer.bias.fill_(bias)
    output = float(layer(torch.tensor(x, dtype=torch.float32)[None]))
print(f"mean of ReLU over 5,000 masks      {np.maximum(sums, 0).mean():.4f}")
print(f"DropConnect layer at inference     {output:.4f}")
print(f"ReLU of the sum with halved weights {max(mean, 0):.4f}")

figure, axes = plt.subplots(figsize=(7, 2.8))
axes.hist(sums, bins=60, density=True, color=ACCENT, alpha=0.3, label="5,000 masks")
values = np.linspace(sums.min(), sums.max(), 200)
axes.plot(
    values,
    np.exp(-0.5 * ((values - mean) / deviation) ** 2) / (deviation * np.sqrt(2 * np.pi)),
    color=ACCENT,
    label="normal distribution, same mean and variance",
)
axes.axvline(0, color=TEXT, ls=":", lw=1)
axes.set(xlabel="sum of the unit", yticks=[], title="ReLU replaces values left of the dotted line with 0")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# Now train with each method on the same 1,000 images, with several seeds.

# %% alt="Error rates without regularization and with each of the four methods, by seed."
regularized = {
    "no regularization": mlp,
    "weight decay": replace(mlp, optimizer="adamw", weight_decay=1.0),
    "label smoothing": replace(mlp, label_smoothing=0.1),
    "dropout": replace(mlp, network_options={"units": 256, "dropout": 0.5, "input_dropout": 0.2}),
    "DropConnect": replace(
        mlp, network="dropconnect-mlp", network_options={"units": 256, "hidden": 1, "dropout": 0.5}
    ),
}
results = {name: validation_errors(train_seeds(recipe)) for name, recipe in regularized.items()}
draw_errors(results)
compare(results, "no regularization")

# %% [markdown]
# Read the verdict before you believe a difference. Also be careful with methods that look bad here. Methods
# that leave out units or weights need a longer training, and DropConnect was designed for hundreds of
# epochs. It may be worse than no regularization here. The correct conclusion is limited to *this budget*.
#
# ## Augmentation
#
# A digit that is slightly rotated, shifted, scaled, or slanted is still the same digit. So show the network
# a different version of each image in every step. This adds more information than regularization does: it
# tells the network which changes do *not* matter. If the information is false, the network learns that
# too. A 6 that is rotated far enough is a 9.

# %% alt="Four digits without augmentation, and with light, medium, and far too strong augmentation."
strengths = {
    "none": Augmentation(),
    "light": Augmentation(rotation=8, scale=0.08, shear=0.08, translate=1),
    "medium": Augmentation(rotation=15, scale=0.15, shear=0.15, translate=2),
    "far too strong": Augmentation(rotation=90, scale=0.4, shear=0.8, translate=6),
}
digits = as_input(torch.tensor(mnist.train.images[[13, 1, 3, 0]])).repeat_interleave(
    3, dim=0
)  # (12, 1, 28, 28)
figure, grid = plt.subplots(4, 12, figsize=(9, 3.2))
for row, (name, augmentation) in zip(grid, strengths.items(), strict=True):
    for axes, augmented in zip(row, augmentation(digits, torch.Generator().manual_seed(0)), strict=True):
        axes.imshow(augmented[0], cmap="gray_r", vmin=0, vmax=1)
        hide_axes(axes)
    row[0].set_ylabel(name, rotation=0, ha="right", va="center")
plt.show()

# %% alt="Error rates of the convolutional network with each strength of augmentation, by seed."
augmented = {
    name: baseline if name == "none" else train_seeds(replace(small, augmentation=augmentation))
    for name, augmentation in strengths.items()
}
results = {name: validation_errors(trainings) for name, trainings in augmented.items()}
draw_errors(results)
compare(results, "none")

# %% [markdown]
# ## Ensembles
#
# Networks with different seeds make different mistakes. An ensemble averages their probabilities. Where one
# member is wrong, the others usually outvote it. (Ciresan called the members *columns*.) The figure uses all
# ensembles that can be formed from the networks just trained with light augmentation. It shows the mean
# error rate for each number of members.

# %% alt="Error rate against the number of ensemble members; it falls fast at first, then hardly."
members = np.stack(
    [softmax_of_logits(predict_logits(training.model, valid.images)) for training in augmented["light"]]
)  # (m, n, 10)
answers = members.argmax(axis=2)
disagreement = (answers != answers[0]).any(axis=0).mean()
print(f"The members disagree on {disagreement:.1%} of the validation images.")
sizes = error_by_ensemble_size(members, valid.labels)
for size in (sizes[0], sizes[-1]):
    print(f"members: {size.members}, error rate {100 * size.mean_error:.2f}%")
display(draw_ensemble_errors(sizes, title="Error rate by ensemble size"))

# %% [markdown]
# The second member helps most, and the sixth helps little. An ensemble reduces the *random* errors of its
# members, but not the errors that all members share. The band also becomes narrower for a trivial reason:
# there is only one ensemble of all members.
#
# ## Test-time augmentation
#
# The same idea works with a single network, without more training: classify several augmented views of an
# image, and combine the predictions. APAC, the method that introduced this, uses the *product* of the
# probabilities. A class that one view considers impossible is then ruled out.
#
# ### Exercise 2: combine views by the product
#
# You are given the logarithms of the probabilities that each view assigns to each class. Logarithms are
# used because a product of many small numbers would underflow to 0. For each image, return the class whose
# probabilities have the largest product over the views. At the moment the function uses only the first view.


# %% tags=["exercise"]
def decide(log_probabilities):
    """Return the predicted classes, shape (n,), for log probabilities of shape (views, n, k)."""
    return log_probabilities[0].argmax(axis=1)


# %% tags=["check"]
probabilities = np.array(  # (3 views, 2 images, 3 classes)
    [
        [[0.60, 0.30, 0.10], [0.20, 0.50, 0.30]],
        [[0.60, 0.39, 0.01], [0.20, 0.50, 0.30]],
        [[0.02, 0.49, 0.49], [0.10, 0.10, 0.80]],
    ]
)
your_answers = np.asarray(decide(np.log(probabilities)))
if your_answers.shape != (2,):
    print(f"Not yet: for two images, the result should have shape (2,); yours has {your_answers.shape}.")
elif your_answers.tolist() == probabilities.sum(axis=0).argmax(axis=1).tolist():
    print("Not yet: this is the sum of the probabilities. The third view nearly rules out class 0.")
elif your_answers.tolist() != [1, 2]:
    print(f"Not yet: the correct classes are 1 and 2; yours are {your_answers[0]} and {your_answers[1]}.")
else:
    print("Correct: the product respects a view that rules out a class; the sum would give 0 and 2.")

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# The logarithm of a product is the sum of the logarithms. The largest product has the largest logarithm.
#
# ```python
# def decide(log_probabilities):
#     return log_probabilities.sum(axis=0).argmax(axis=1)
# ```
#
# </details>
#
# Each line in the figure is one network. Compare the points on *one* line: they use the same network, so
# the seed has no influence.

# %% alt="Error rate of each network against the number of views; most lines fall."
view_count = 16 if full else 4
grids = strengths["light"].view_grids(view_count, seed=0)  # (views, 28, 28, 2); the first is the original
inputs = as_input(torch.tensor(valid.images))
counts = [1, 2, 4, 8, 16][: int(np.log2(view_count)) + 1]
figure, axes = plt.subplots(figsize=(7, 3.2))
gains = []
for training in augmented["light"][: 4 if full else 2]:
    total, errors = np.zeros((len(valid), 10)), []
    for count, grid in enumerate(grids, start=1):
        view = grid_sample(inputs, grid.expand(len(inputs), -1, -1, -1), align_corners=False)
        total += log_softmax(predict_logits(training.model, view[:, 0].numpy()))
        if count in counts:
            errors.append(100 * (1 - accuracy(valid.labels, total.argmax(axis=1))))
    axes.plot(counts, errors, "o-", color=VALIDATION, alpha=0.6)
    gains.append(errors[0] - errors[-1])
axes.set(
    xscale="log",
    xticks=counts,
    xticklabels=counts,
    xlabel="views",
    ylabel="validation error rate, %",
    ylim=(0, None),
)
axes.minorticks_off()
axes.grid(alpha=0.25)
plt.show()
print(f"Gain with {view_count} views instead of 1: {np.mean(gains):+.2f} points on average;")
print(f"the networks range from {min(gains):+.2f} to {max(gains):+.2f} points.")

# %% [markdown]
# ## An ensemble near the record
#
# Now combine all ideas, on all 55,000 training images:
#
# - a deeper network, `deep-cnn`;
# - augmentation and label smoothing;
# - an exponential moving average of the weights;
# - an ensemble of several networks.
#
# The recipe is similar to the library's recipe `committee`. But its networks are narrower, train for fewer
# steps, have the same architecture, and use one view per image. The recipe was fixed before this notebook
# was run for the first time, so we may use the test set, once.

# %% alt="Test error rate of ensembles of the deeper networks, by the number of members."
strong_recipe = replace(
    RECIPES["committee"],
    members=(),
    tta_views=1,
    network_options={"width": 16 if full else 4},
    steps=2000 if full else 20,
    ema_decay=0.99,
    log_every=2000 if full else 20,
    eval_every=2000 if full else 20,
)
strong = train_seeds(strong_recipe, range(5) if full else range(3), mnist.train if full else few)
test = mnist.test if full else mnist.test[:1000]
members = np.stack(
    [softmax_of_logits(predict_logits(training.model, test.images)) for training in strong]
)  # (m, n, 10)
for seed, member in enumerate(members):
    print(f"seed {seed}: {(member.argmax(axis=1) != test.labels).sum()} errors in {len(test):,}")
wrong = int((mean_vote(members).argmax(axis=1) != test.labels).sum())
low, high = wilson_interval(wrong, len(test))
print(f"ensemble: {wrong} errors, error rate {wrong / len(test):.2%}; 95% interval {low:.2%} to {high:.2%}")
print(f"training time: {sum(training.elapsed_s for training in strong):.0f} s")
published = published_results()["committee"]
print(f"error rate of the recipe `committee`: {published.mean_error:.2%} ± {published.deviation:.2%}")
display(
    draw_ensemble_errors(
        error_by_ensemble_size(members, test.labels), title="Test error rate by ensemble size"
    )
)

# %% [markdown]
# Look at the images that the ensemble gets wrong. You will disagree with some of the labels, and so do other
# people. About ten of the 10,000 test images are unreadable for anyone.

# %% alt="Test images that the ensemble gets wrong, each with its label and the prediction."
ensemble = mean_vote(members)
report = evaluate(np.log(ensemble + 1e-12), test.labels, data="mnist", split="test")
mistakes = report.most_confident_mistakes(16)
figure, grid = plt.subplots(2, 8, figsize=(9, 3))
for axes in grid.flat:
    hide_axes(axes)
for axes, mistake in zip(grid.flat, mistakes, strict=False):
    axes.imshow(test.images[mistake.index], cmap="gray_r")
    axes.set_title(f"label {mistake.label}\npredicted {mistake.predicted}", fontsize=9)
plt.show()

# %% [markdown]
# ## Selection on the test set
#
# Five members can form 31 different ensembles. Why not evaluate all of them on the test set, and publish the
# best one? Many published results were obtained in a similar way: the best epoch, or the best of a thousand
# combinations. Let us do this, with a control. Divide the test set into two random halves. Select the best
# ensemble on the first half, and then measure *the same* ensemble on the second half.

# %%
ensembles = [
    indices for size in range(1, len(members) + 1) for indices in combinations(range(len(members)), size)
]
is_wrong = np.stack(
    [mean_vote(members[list(indices)]).argmax(axis=1) != test.labels for indices in ensembles]
)  # (ensembles, n) bool


def select_on_half(half):
    """Return the best ensemble on this half, and its error rate on this half and on the other half, in %."""
    errors = is_wrong[:, half].mean(axis=1)
    best = errors.argmin()
    return best, 100 * errors[best], 100 * is_wrong[best][~half].mean()


rng = np.random.default_rng(0)
half = rng.permutation(len(test)) < len(test) // 2
best, selection_error, control_error = select_on_half(half)
print(f"The best of {len(ensembles)} ensembles on the first half has the members {ensembles[best]}.")
print(f"error rate on the selection half {selection_error:.2f}%, on the other half {control_error:.2f}%")

# %% [markdown]
# A single division may be chance: perhaps the second half is just harder, or easier. So divide the test set
# a thousand times.

# %% alt="Two histograms: error rates on the selection half are lower than those on the other half."
errors = [
    select_on_half(rng.permutation(len(test)) < len(test) // 2)[1:] for _ in range(1000 if full else 100)
]
selection_errors, control_errors = np.array(errors).T
mean_error = 100 * is_wrong.mean()

figure, axes = plt.subplots(figsize=(7, 3))
step = 100 / (len(test) // 2)  # one more image
bins = np.arange(
    min(selection_errors.min(), control_errors.min()) - step / 2,
    max(selection_errors.max(), control_errors.max()) + step,
    step,
)
for values, color, name in [
    (selection_errors, SERIES[0], "selection half"),
    (control_errors, SERIES[1], "other half"),
]:
    axes.hist(values, bins=bins, color=color, alpha=0.6, label=f"{name}: mean {values.mean():.3f}%")
    axes.axvline(values.mean(), color=color, lw=2)
axes.set(xlabel="error rate of the selected ensemble, %", ylabel="number of divisions", yticks=[])
axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1))
plt.show()
gap = (control_errors - selection_errors).mean()
print(f"Selection makes the error rate look {gap:.3f} points lower than it is.")
print(f"The mean error rate of all ensembles is {mean_error:.3f}%;")
print(f"the ensemble of all members has {100 * is_wrong[-1].mean():.3f}%.")

# %% [markdown]
# The selected ensemble is not as good as it seemed. It was lucky on one half, and this luck does not carry
# over to the other half. Compare its mean error rate on the other half with the mean of *all* ensembles:
# selection gained almost nothing. And there were only a few ensembles, which are nearly the same. If you
# select among thousands, or among trainings that differ more, the gap grows. At an error rate of 0.2% or
# 0.3%, the gap is as large as the differences between the published records.
#
# There is also an indirect form of selection. Who chose 2,000 steps, this network, and this augmentation?
# Other researchers chose them on their validation sets and published what worked. Ideas that work on these
# 10,000 test images were passed on, and other ideas were forgotten. So everyone who reads papers about MNIST
# selects a little on its test set. Twenty-five years of such selection are part of every recipe, including
# this one. The remedy is new data; lesson 4 starts there.
#
# ## References
#
# - G. Hinton and others, *Improving Neural Networks by Preventing Co-adaptation of Feature Detectors*,
#   2012, and N. Srivastava and others, *Dropout*, 2014.
# - L. Wan, M. Zeiler, S. Zhang, Y. LeCun, R. Fergus, *Regularization of Neural Networks using DropConnect*,
#   2013.
# - P. Simard, D. Steinkraus, J. Platt, *Best Practices for Convolutional Neural Networks*, 2003:
#   augmentation of digits.
# - D. Ciresan, U. Meier, J. Schmidhuber, *Multi-column Deep Neural Networks for Image Classification*,
#   2012.
# - I. Sato, H. Nishimura, K. Yokoi, *APAC: Augmented PAttern Classification with Neural Networks*, 2015.
# - C. Szegedy and others, *Rethinking the Inception Architecture*, 2016: label smoothing.
# - B. Recht, R. Roelofs, L. Schmidt, V. Shankar, *Do ImageNet Classifiers Generalize to ImageNet?*, 2019;
#   C. Yadav, L. Bottou, *Cold Case: The Lost MNIST Digits*, 2019: the accuracy of published models on new
#   test images.

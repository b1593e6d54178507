# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 3. Doing better
#
# Networks that read digits better than the last lesson's differ from it by a handful of ideas. Here each is
# tried on a small budget: few images, small networks, seconds a training. So each can be tried several
# times, and that is the other subject of this lesson: to tell an effect from luck. It ends with a committee
# near the record, and with the trick by which records are made to look better than they are.
#
# **When you have worked through it, you can**
#
# - say how far two trainings differ by their seeds alone, and when a difference is more than that;
# - recognise overfitting, and name four ways to hold a network back;
# - say what DropConnect leaves out, and what the network does instead when it answers;
# - make new training images out of old ones, and say when that goes too far;
# - let many networks, or many views of one image, decide together;
# - explain why a result that was chosen on the test set is not a result.
#
# You need lessons 1 and 2.

# %% tags=["parameters"]
full = True  # False: short settings, for a quick look

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
from inklab.evaluation import accuracy, errors_by_columns, log_softmax, mean_vote, wilson_interval
from inklab.models import DropConnect, as_input
from inklab.report.figures import draw_votes
from inklab.training import read_results
from inklab.training.augmentation.geometric import Augmentation

INK, BLUE, PALE, ORANGE = "#222222", "#0b4f9e", "#9db7d5", "#d95f02"
plt.rcParams.update({"figure.dpi": 110, "figure.constrained_layout.use": True})
plt.rcParams.update({"axes.spines.right": False, "axes.spines.top": False})
mnist = load_mnist()
few = mnist.train[:1000]  # what most of this lesson learns from
valid = mnist.valid if full else mnist.valid[:1000]
seeds = range(6) if full else range(2)


def bare(axes, **how):
    """Take away the frame and the ticks of what is a picture and no diagram."""
    axes.set(xticks=[], yticks=[], **how)
    axes.spines[:].set_visible(False)


# %% [markdown]
# ## Luck, first of all
#
# A seed decides the random weights a network begins with and the order of its images. It is no property of
# an idea, so it should not decide whether an idea is good. How much does it matter? Here is a small
# convolutional network that learns from 1,000 images, several times, with nothing changed but the seed.

# %% alt="The error of each seed as a dot, with their mean and standard deviation."
small = replace(
    RECIPES["fast-99"],
    network_options={"width": 8},
    batch_size=50,
    steps=400 if full else 30,
    report_every=400 if full else 30,
    valid_every=400 if full else 30,
)


def trained(recipe, chosen_seeds=seeds, learn_from=few):
    """Return a finished training for each seed."""
    trainings = [Training(replace(recipe, seed=seed), learn_from) for seed in chosen_seeds]
    for training in trainings:
        for _ in training:
            pass
    return trainings


def errors_of(trainings):
    """Return the error on valid, in percent, of each training."""
    answers = [predict_logits(one.model, valid.images).argmax(axis=1) for one in trainings]
    return np.array([100 * (1 - accuracy(answer, valid.labels)) for answer in answers])


def draw_errors(results):
    """Draw the error of every seed as a dot, the mean as a bar with the standard deviation beside it."""
    _, axes = plt.subplots(figsize=(8, 0.9 + 0.5 * len(results)))
    for row, errors in enumerate(results.values()):
        deviation = errors.std(ddof=1)
        axes.plot(errors, [row] * len(errors), "o", color=PALE, ms=7)
        axes.errorbar(errors.mean(), row, xerr=deviation, fmt="|", ms=16, mew=2, color=BLUE, capsize=4)
        said, place = f"{errors.mean():.2f} ± {deviation:.2f}", (1.01, row)
        axes.annotate(said, place, xycoords=("axes fraction", "data"), va="center")
    axes.set(yticks=range(len(results)), yticklabels=results, xlabel="errors, % of valid")
    axes.set(ylim=(len(results) - 0.5, -0.5))
    axes.grid(axis="x", alpha=0.25)
    plt.show()


plain = trained(small)
errors = errors_of(plain)
draw_errors({"one recipe": errors})
print(f"The luckiest seed makes {errors.min():.2f}% errors, the unluckiest {errors.max():.2f}%.")

# %% [markdown]
# Whoever had tried one idea with the unlucky seed and another with the lucky one would have found a great
# improvement where there is none.
#
# ### Exercise 1: more than luck?
#
# With errors $a$ and $b$ of several seeds each, compare the means. How far can luck alone move their
# difference? The variance of a mean of $n$ numbers is the variance of one of them over $n$, and variances
# of independent things add:
#
# $$\text{standard error} = \sqrt{\frac{s_a^2}{n_a} + \frac{s_b^2}{n_b}}$$
#
# where $s$ is the standard deviation of a sample (`ddof=1` in numpy). A difference of more than two or
# three standard errors is hardly luck. Write the function; what stands there looks at one seed each and
# knows no doubt.


# %% tags=["exercise"]
def difference(a, b):
    """Return mean(a) - mean(b) and the standard error of that."""
    return a[0] - b[0], 0.0


# %% tags=["check"]
a, b = np.array([3.0, 5.0, 4.0]), np.array([2.0, 2.5, 3.0, 2.5])
got_difference, got_error = difference(a, b)
if not np.isclose(got_difference, 1.5):
    print(f"Not yet: the means are 4 and 2.5, and you say that they differ by {got_difference:g}.")
elif not np.isclose(got_error, np.sqrt(1 / 3 + (1 / 6) / 4)):
    print(f"Not yet: the standard error is 0.612, to three places, and you say {got_error:.3f}.")
else:
    print(f"Right: 1.5 is {got_difference / got_error:.1f} standard errors, so hardly luck.")

# %% [markdown] tags=["solution"]
# <details><summary>A solution</summary>
#
# ```python
# def difference(a, b):
#     error = np.sqrt(np.var(a, ddof=1) / len(a) + np.var(b, ddof=1) / len(b))
#     return np.mean(a) - np.mean(b), error
# ```
#
# </details>
#
# With it the lesson compares from here on. There is a second kind of luck, which more seeds do not cure:
# the valid images are a sample, too. But they are the same for all, so when ideas are compared most of it
# cancels.


# %%
def compare(results, base):
    """Say how each result differs from the base, in standard errors."""
    for name, errors in results.items():
        if name == base:
            continue
        gain = results[base].mean() - errors.mean()
        error = np.sqrt(results[base].var(ddof=1) / len(results[base]) + errors.var(ddof=1) / len(errors))
        size = abs(gain) / error
        verdict = "may be luck" if size < 2 else "likely" if size < 3 else "more than luck"
        print(f"{name:32} {gain:+.2f} points better, ± {error:.2f}: {verdict}")


# %% [markdown]
# ## Overfitting: learned by heart
#
# A fully connected network with one hidden layer has some 200,000 weights for our 1,000 images. Watch it:
# soon it answers every training image rightly, and goes on making *those* answers surer. On valid, the loss
# stops falling.

# %% alt="Loss of training images falls to nearly nothing; loss of valid soon stays where it is."
mlp = replace(
    RECIPES["mlp"],
    network_options={"units": 256},
    batch_size=50,
    steps=1000 if full else 60,
    report_every=25 if full else 20,
    valid_every=25 if full else 20,
)
training = Training(mlp, few, valid)
reports = list(training)
figure, axes = plt.subplots(figsize=(7, 3.2))
axes.plot([one.step for one in reports], [one.loss for one in reports], color=PALE, label="a training batch")
axes.plot([one.step for one in reports], [one.valid_loss for one in reports], color=BLUE, label="valid")
axes.set(xlabel="step", ylabel="cross-entropy, nats", yscale="log")
axes.legend(frameon=False)
axes.grid(alpha=0.25)
plt.show()
known = accuracy(predict_logits(training.model, few.images).argmax(axis=1), few.labels)
print(f"{known:.1%} of the training images right, {reports[-1].valid_accuracy:.1%} of valid")

# %% [markdown]
# ## Regularisation: held back on purpose
#
# Four ways to make learning by heart harder:
#
# - **Weight decay**: all weights shrink a little in each step, so only those stay large that are always
#   needed.
# - **Label smoothing**: the target is not 1 and 0 but 0.91 and 0.01, so there is no prize for being ever
#   surer.
# - **Dropout**: half of the units and a fifth of the pixels are left out in each step, others each time.
# - **DropConnect**: not units are left out but single weights.
#
# The last deserves a closer look. A unit adds up $u = \sum_i w_i x_i$. If each weight stays with
# probability 1/2, then $u$ is a random number: its mean is half of the full sum, and its variance is
# $\sum_i w_i^2 x_i^2 / 4$. As it is a sum of many independent things, it is nearly normal. When the network
# answers, nothing shall be random, so the unit says what it would say *in the mean* over all masks, after
# ReLU. Halving the weights is not quite that: the mean of a bent thing is not the bend of the mean.

# %% alt="Sums of a unit under 5,000 masks, the normal curve that fits them, and three ways to answer."
rng = np.random.default_rng(0)
x = as_input(torch.tensor(mnist.train.images[7:8])).flatten().numpy()
weights = rng.normal(0, 0.05, 784)
bias = -0.5 * weights @ x - 0.1  # so that the unit is now above 0, now below
masks = rng.random((5000, 784)) < 0.5
sums = (masks * weights) @ x + bias
mean, deviation = 0.5 * weights @ x + bias, 0.5 * np.sqrt((weights**2) @ (x**2))

layer = DropConnect(784, 1, keep=0.5, samples=100).eval()
with torch.no_grad():
    layer.weight.copy_(torch.tensor(weights[np.newaxis], dtype=torch.float32))
    layer.bias.fill_(bias)
    answer = float(layer(torch.tensor(x, dtype=torch.float32)[None]))
print(f"mean of ReLU over 5,000 masks {np.maximum(sums, 0).mean():.4f}")
print(f"the library's layer, no chance in it {answer:.4f}")
print(f"weights halved, then ReLU {max(mean, 0):.4f}")

figure, axes = plt.subplots(figsize=(7, 2.8))
axes.hist(sums, bins=60, density=True, color=PALE, label="5,000 masks")
places = np.linspace(sums.min(), sums.max(), 200)
axes.plot(
    places,
    np.exp(-0.5 * ((places - mean) / deviation) ** 2) / (deviation * np.sqrt(2 * np.pi)),
    color=BLUE,
    label="normal, of that mean and variance",
)
axes.axvline(0, color=INK, ls=":", lw=1)
axes.set(xlabel="what the unit adds up", yticks=[], title="ReLU cuts off what lies left of the dotted line")
axes.legend(frameon=False)
plt.show()

# %% [markdown]
# Now all of them, on the same 1,000 images, with several seeds.

# %% alt="Errors with no regularisation, weight decay, label smoothing, dropout and DropConnect, by seed."
held_back = {
    "nothing": mlp,
    "weight decay": replace(mlp, optimizer="adamw", weight_decay=1.0),
    "label smoothing": replace(mlp, label_smoothing=0.1),
    "dropout": replace(mlp, network_options={"units": 256, "keep": 0.5, "keep_input": 0.8}),
    "DropConnect": replace(
        mlp, network="dropconnect-mlp", network_options={"units": 256, "hidden": 1, "keep": 0.5}
    ),
}
results = {name: errors_of(trained(recipe)) for name, recipe in held_back.items()}
draw_errors(results)
compare(results, "nothing")

# %% [markdown]
# Read the right column before you believe the left one. And be fair to the losers: whatever leaves things
# out needs a longer training to show what it can do, and DropConnect was made for hundreds of epochs. On
# this budget it may well come out worse than nothing. The only honest sentence about it is: *on this
# budget*.
#
# ## Augmentation: more images out of the same
#
# A digit that is turned a little, moved, stretched or slanted is the same digit. So show the network in
# every step another version of each image. That is more knowledge than any regularisation contains: you
# tell it what does *not* matter. Tell it something false, and it learns that, too: a 6 that was turned far
# enough is a 9.

# %% alt="Four digits as they are, and deformed lightly, more strongly, and beyond what one can read."
strengths = {
    "none": Augmentation(),
    "light": Augmentation(rotation=8, scale=0.08, shear=0.08, shift=1),
    "middle": Augmentation(rotation=15, scale=0.15, shear=0.15, shift=2),
    "far too strong": Augmentation(rotation=90, scale=0.4, shear=0.8, shift=6),
}
digits = as_input(torch.tensor(mnist.train.images[[13, 1, 3, 0]])).repeat_interleave(
    3, dim=0
)  # (12, 1, 28, 28)
figure, grid = plt.subplots(4, 12, figsize=(9, 3.2))
for row, (name, augmentation) in zip(grid, strengths.items(), strict=True):
    for axes, one in zip(row, augmentation(digits, torch.Generator().manual_seed(0)), strict=True):
        axes.imshow(one[0], cmap="gray_r", vmin=0, vmax=1)
        bare(axes)
    row[0].set_ylabel(name, rotation=0, ha="right", va="center")
plt.show()

# %% alt="Errors of the convolutional network with each strength of deformation, by seed."
augmented = {
    name: plain if name == "none" else trained(replace(small, augmentation=augmentation))
    for name, augmentation in strengths.items()
}
results = {name: errors_of(trainings) for name, trainings in augmented.items()}
draw_errors(results)
compare(results, "none")

# %% [markdown]
# ## Many columns, one answer
#
# Networks with different seeds err on different digits. Add up their probabilities, and where one of them
# is wrong, the others mostly outvote it. Ciresan called the members *columns*. The picture asks all
# committees that can be made of the networks just trained with light deformation: how often does one with
# so many columns err?

# %% alt="Errors of committees against their number of columns: falls fast at first, then hardly."
columns = np.stack(
    [softmax_of_logits(predict_logits(one.model, valid.images)) for one in augmented["light"]]
)  # (m, n, 10)
answers = columns.argmax(axis=2)
print(f"The columns do not all agree on {(answers != answers[0]).any(axis=0).mean():.1%} of valid.")
votes = errors_by_columns(columns, valid.labels)
for one in (votes[0], votes[-1]):
    print(f"{one.columns} {'columns' if one.columns > 1 else 'column '}: {100 * one.mean_error:.2f}% errors")
display(draw_votes(votes, title="What each further column is worth"))

# %% [markdown]
# The second column brings most, the sixth little: a committee removes the *luck* of its members, and what
# all of them have learned wrongly stays. The band gets narrower for a dull reason, too: with all columns
# there is only one committee to ask.
#
# ## One network, many views
#
# The same idea without training anything more: show one network several deformed copies of the image, and
# let it decide over all of them. APAC, which proposed it, takes the *product* of the probabilities, so a
# class that one view finds impossible is out.
#
# ### Exercise 2: decide by the product
#
# Given is how probable each view finds each class, as logarithms, because a product of many small numbers
# would soon be 0 in a computer. Return the class of each image whose probabilities have the largest product
# over the views. What stands there asks the first view only.


# %% tags=["exercise"]
def decide(log_probabilities):
    """Return the answers (n,) to log probabilities (m views, n images, k classes)."""
    return log_probabilities[0].argmax(axis=1)


# %% tags=["check"]
views_of_two = np.array(
    [
        [[0.60, 0.30, 0.10], [0.20, 0.50, 0.30]],
        [[0.60, 0.39, 0.01], [0.20, 0.50, 0.30]],
        [[0.02, 0.49, 0.49], [0.10, 0.10, 0.80]],
    ]
)
got = np.asarray(decide(np.log(views_of_two)))
if got.shape != (2,):
    print(f"Not yet: there are two images, so two answers; yours have shape {got.shape}.")
elif got.tolist() == views_of_two.sum(axis=0).argmax(axis=1).tolist():
    print("Not yet: that is the sum of the probabilities. The third view all but rules out class 0.")
elif got.tolist() != [1, 2]:
    print(f"Not yet: the answers are 1 and 2, and you say {got[0]} and {got[1]}.")
else:
    print("Right: the product listens to a view that says 'impossible'; a sum would have answered 0 and 2.")

# %% [markdown] tags=["solution"]
# <details><summary>A solution</summary>
#
# The logarithm of a product is the sum of the logarithms, and the largest product has the largest
# logarithm.
#
# ```python
# def decide(log_probabilities):
#     return log_probabilities.sum(axis=0).argmax(axis=1)
# ```
#
# </details>
#
# Each line below is one network. Compare the points of *one* line: the network, and so its luck, is the
# same.

# %% alt="Errors of each network against the number of views it decides over; most lines fall."
number = 16 if full else 4
grids = strengths["light"].views(number, seed=0)  # (views, 28, 28, 2); the first is the image as it is
inputs = as_input(torch.tensor(valid.images))
counts = [1, 2, 4, 8, 16][: int(np.log2(number)) + 1]
figure, axes = plt.subplots(figsize=(7, 3.2))
gains = []
for training in augmented["light"][: 4 if full else 2]:
    total, errors = np.zeros((len(valid), 10)), []
    for done, grid in enumerate(grids, start=1):
        view = grid_sample(inputs, grid.expand(len(inputs), -1, -1, -1), align_corners=False)
        total += log_softmax(predict_logits(training.model, view[:, 0].numpy()))
        if done in counts:
            errors.append(100 * (1 - accuracy(total.argmax(axis=1), valid.labels)))
    axes.plot(counts, errors, "o-", color=BLUE, alpha=0.6)
    gains.append(errors[0] - errors[-1])
axes.set(
    xscale="log",
    xticks=counts,
    xticklabels=counts,
    xlabel="views",
    ylabel="errors, % of valid",
    ylim=(0, None),
)
axes.minorticks_off()
axes.grid(alpha=0.25)
plt.show()
print(f"{number} views instead of 1: {np.mean(gains):+.2f} points better in the mean of the networks,")
print(f"from {min(gains):+.2f} to {max(gains):+.2f}")

# %% [markdown]
# ## A committee near the record
#
# Now all of it at once, on all 55,000 images: a deeper network, `deep-cnn`, that learns from deformed
# digits, with label smoothing and the running average of its weights, and several columns that vote. The
# recipe is like the library's `committee`, but narrower, for fewer steps, with columns of one kind that look
# once; and it was fixed before this notebook was run. So test may be read, once.

# %% alt="Errors of committees of the strong networks on test, by the number of their columns."
record = replace(
    RECIPES["committee"],
    columns=(),
    views=1,
    network_options={"width": 16 if full else 4},
    steps=2000 if full else 20,
    averaging=0.99,
    report_every=2000 if full else 20,
    valid_every=2000 if full else 20,
)
strong = trained(record, range(5) if full else range(3), mnist.train if full else few)
test = mnist.test if full else mnist.test[:1000]
of_test = np.stack(
    [softmax_of_logits(predict_logits(one.model, test.images)) for one in strong]
)  # (m, n, 10)
for seed, one in enumerate(of_test):
    print(f"seed {seed}: {(one.argmax(axis=1) != test.labels).sum()} errors in {len(test):,}")
wrong = int((mean_vote(of_test).argmax(axis=1) != test.labels).sum())
low, high = wilson_interval(wrong, len(test))
print(f"their vote: {wrong} errors, {wrong / len(test):.2%}; 95% interval {low:.2%} to {high:.2%}")
print(f"trained in {sum(one.elapsed_s for one in strong):.0f} s")
longer = read_results()["committee"]
print(f"the recipe `committee` as it comes: {longer.mean_error:.2%} ± {longer.deviation:.2%}")
display(draw_votes(errors_by_columns(of_test, test.labels), title="The strong columns, on test"))

# %% [markdown]
# Look at the digits on which the committee errs. With some of them you will not agree with the label, and
# neither do other people; about ten of the 10,000 are beyond anyone.

# %% alt="The digits of test that the committee reads wrongly, each with its label and the answer."
committee = mean_vote(of_test)
report = evaluate(np.log(committee + 1e-12), test.labels, data="mnist", split="test")
shown = report.most_confident_mistakes(16)
figure, grid = plt.subplots(2, 8, figsize=(9, 3))
for axes in grid.flat:
    bare(axes)
for axes, mistake in zip(grid.flat, shown, strict=False):
    axes.imshow(test.images[mistake.index], cmap="gray_r")
    axes.set_title(f"is {mistake.label}, read {mistake.answer}", fontsize=9)
plt.show()

# %% [markdown]
# ## Choosing on the test set, demonstrated
#
# Of five columns one can make 31 committees. Why not try all of them on test, and publish the best? Many a
# record came about like that: the best epoch, the best of a thousand combinations. Let us do it, but with a
# witness: cut test into two halves by chance, choose the best committee on the first half, and then look at
# what *the same* committee does on the second, which had no say.

# %%
every = [
    members for size in range(1, len(of_test) + 1) for members in combinations(range(len(of_test)), size)
]
wrong_by = np.stack(
    [mean_vote(of_test[list(members)]).argmax(axis=1) != test.labels for members in every]
)  # (committees, n) truth values


def choose_on_half(half):
    """Return which committee errs least on this half, and its error there and on the other, in percent."""
    here = wrong_by[:, half].mean(axis=1)
    best = here.argmin()
    return best, 100 * here[best], 100 * wrong_by[best][~half].mean()


rng = np.random.default_rng(0)
half = rng.permutation(len(test)) < len(test) // 2
best, chosen_on, witness = choose_on_half(half)
print(f"{len(every)} committees; the best on the first half is that of the columns {every[best]}")
print(f"on the half it was chosen on {chosen_on:.2f}% errors, on the other half {witness:.2f}%")

# %% [markdown]
# One cut may be luck: perhaps the other half is just harder, or easier. So cut a thousand times.

# %% alt="Two histograms: errors on the half that chose lie lower than errors on the other half."
cuts = [choose_on_half(rng.permutation(len(test)) < len(test) // 2)[1:] for _ in range(1000 if full else 100)]
chosen_on, witness = np.array(cuts).T
unchosen = 100 * wrong_by.mean()

figure, axes = plt.subplots(figsize=(7, 3))
step = 100 / (len(test) // 2)  # one image more
bins = np.arange(
    min(chosen_on.min(), witness.min()) - step / 2, max(chosen_on.max(), witness.max()) + step, step
)
for values, colour, name in [
    (chosen_on, ORANGE, "the half it was chosen on"),
    (witness, BLUE, "the other half"),
]:
    axes.hist(values, bins=bins, color=colour, alpha=0.6, label=f"{name}: {values.mean():.3f}% in the mean")
    axes.axvline(values.mean(), color=colour, lw=2)
axes.set(xlabel="errors of the chosen committee, %", ylabel="cuts", yticks=[])
axes.legend(frameon=False, loc="lower center", bbox_to_anchor=(0.5, 1))
plt.show()
print(f"By choosing, the error seems {(witness - chosen_on).mean():.3f} points smaller than it is.")
print(f"All committees err on {unchosen:.3f}% in the mean,")
print(f"all columns together on {100 * wrong_by[-1].mean():.3f}%.")

# %% [markdown]
# The chosen committee is not better by what it seemed; it was lucky on one half, and luck does not travel.
# Compare the mean on the other half with that of *all* committees: choosing has gained next to nothing. And
# that with a few committees that are nearly the same! Choose among thousands, or among trainings that
# differ more, and the gap grows. At an error of two or three in a thousand it is as large as the steps
# between the records.
#
# Now the uncomfortable question. Who chose 2,000 steps, this network, this deformation? Others did, on
# valid, and told us. Whoever reads papers about MNIST has been choosing on test all along, a little, at
# second hand: ideas that worked on these 10,000 images were passed on, the others forgotten. Twenty-five
# years of that are in every recipe, this one too. What helps is new data; lesson 4 begins there.
#
# ## Sources
#
# - G. Hinton and others, *Improving Neural Networks by Preventing Co-adaptation of Feature Detectors*,
#   2012, and N. Srivastava and others, *Dropout*, 2014.
# - L. Wan, M. Zeiler, S. Zhang, Y. LeCun, R. Fergus, *Regularization of Neural Networks using DropConnect*,
#   2013.
# - P. Simard, D. Steinkraus, J. Platt, *Best Practices for Convolutional Neural Networks*, 2003: deformed
#   digits.
# - D. Ciresan, U. Meier, J. Schmidhuber, *Multi-column Deep Neural Networks for Image Classification*,
#   2012.
# - I. Sato, H. Nishimura, K. Yokoi, *APAC: Augmented PAttern Classification with Neural Networks*, 2015.
# - C. Szegedy and others, *Rethinking the Inception Architecture*, 2016: label smoothing.
# - B. Recht, R. Roelofs, L. Schmidt, V. Shankar, *Do ImageNet Classifiers Generalize to ImageNet?*, 2019;
#   C. Yadav, L. Bottou, *Cold Case: The Lost MNIST Digits*, 2019: what happens to records on new test
#   images.

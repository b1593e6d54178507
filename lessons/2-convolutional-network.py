# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 2. Going deep
#
# A single layer has one weight for each pixel and knows nothing of shapes. This lesson builds a network
# that looks for strokes wherever they stand, layer by layer, trains it while you watch, and then looks
# inside with a digit of your own.
#
# **When you have worked through it, you can**
#
# - compute a convolution by hand, as a matrix product and in torch, and get the same number three times;
# - tell the shape after each layer from window, stride and padding;
# - say what ReLU, max-pooling and dropout do to numbers, and why they are there;
# - count the weights of a network, and say where most of them are;
# - write Adam in six lines, and say what it does better than plain descent;
# - look at what each layer makes of a digit, and say what can and cannot be seen there.
#
# You need lesson 1: logits, softmax, cross-entropy, gradient descent.

# %% tags=["parameters"]
full = True  # False: short settings, for a quick look
my_picture = ""  # the path of a picture of a digit, drawn or photographed; "" draws one

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import torch
from IPython.display import display
from PIL import Image, ImageDraw
from torch import nn
from torch.nn.functional import conv2d, max_pool2d

from inklab import (
    RECIPES,
    Training,
    activations,
    evaluate,
    filters,
    layout,
    load_mnist,
    predict_logits,
    tile,
    to_image,
)
from inklab import softmax as softmax_of_logits
from inklab.models import Dropout

INK, BLUE, PALE, ORANGE = "#222222", "#0b4f9e", "#9db7d5", "#d95f02"
plt.rcParams.update({"figure.dpi": 110, "figure.constrained_layout.use": True})
plt.rcParams.update({"axes.spines.right": False, "axes.spines.top": False})
mnist = load_mnist()


def bare(axes, **how):
    """Take away the frame and the ticks of what is a picture and no diagram."""
    axes.set(xticks=[], yticks=[], **how)
    axes.spines[:].set_visible(False)


# %% [markdown]
# ## A convolution, by hand, on one window
#
# Take a small table of weights, a **filter**, and lay it on a window of the image of the same size.
# Multiply what lies on top of each other and add up. The sum is large where the window looks like the
# filter. This filter has positive weights on the left and negative ones on the right: it looks for the
# *right edge* of a stroke.

# %% alt="A window of 5 x 5 pixels, times the filter, is a table of products; their sum stands beside."
image = mnist.train.images[1] / 255  # (28, 28), in [0, 1]
edge = np.array([[1.0, 1.0, 0.0, -1.0, -1.0]] * 5) / 10  # (5, 5)
top, left = 8, 18
window = image[top : top + 5, left : left + 5]
products = window * edge

figure, grid = plt.subplots(1, 4, figsize=(9.5, 2.9))
whole, *tables = grid
whole.imshow(image, cmap="gray_r")
whole.add_patch(plt.Rectangle((left - 0.5, top - 0.5), 5, 5, fill=False, color=ORANGE, lw=2))
bare(whole, title="the image")
shown = {"the window": window, "times the filter": edge, f"products, sum {products.sum():.3f}": products}
for axes, (name, table) in zip(tables, shown.items(), strict=True):
    reach = max(1e-9, np.abs(table).max())
    axes.imshow(table, cmap="RdBu", vmin=-1.5 * reach, vmax=1.5 * reach)
    for (row, column), value in np.ndenumerate(table):
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7)
    bare(axes, title=name)
plt.show()

# %% [markdown]
# Now slide the window over the whole image, pixel by pixel. The sums, each at the place of its window, are
# again an image, called a **map**: it shows *where* the filter found what it looks for. That a filter's few
# weights are used everywhere is the whole idea: a stroke is a stroke wherever it stands.
#
# (Mathematicians give the filter half a turn before they slide it, and call only that a convolution. As the
# weights are learned, it makes no difference.)
#
# ## The same as a matrix product
#
# Loops are slow. Write every window as a row of 25 numbers, one below the other: for a picture with
# $24 \times 24$ places a table of 576 x 25. Write each filter as a column. Then all sums of all filters at
# all places are **one matrix product**, and nothing is done faster on a computer than that. The trick is
# called *im2col*, image to columns.

# %%
rng = np.random.default_rng(0)
some_filters = np.stack([edge, edge.T, rng.normal(0, 0.1, (5, 5))])  # (3, 5, 5)


def by_hand(image, filters):
    """Return the maps (c, h - 4, w - 4): every window times every filter, one after the other."""
    height, width = image.shape[0] - 4, image.shape[1] - 4
    maps = np.empty((len(filters), height, width))
    for number, one in enumerate(filters):
        for row in range(height):
            for column in range(width):
                maps[number, row, column] = (image[row : row + 5, column : column + 5] * one).sum()
    return maps


def as_product(image, filters):
    """Return the same by one matrix product."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (5, 5))  # (h - 4, w - 4, 5, 5), no copy yet
    rows = windows.reshape(-1, 25)  # (576, 25) for an image of 28 x 28
    sums = rows @ filters.reshape(len(filters), 25).T  # (576, c)
    return sums.T.reshape(len(filters), *windows.shape[:2])


first, second = by_hand(image, some_filters), as_product(image, some_filters)
third = conv2d(torch.tensor(image)[None, None], torch.tensor(some_filters)[:, None])[0].numpy()
print(f"maps of shape {first.shape}")
print(f"by hand and as a product differ by at most {np.abs(first - second).max():.1e},")
print(f"by hand and in torch by at most {np.abs(first - third).max():.1e}")
assert np.allclose(first, second)
assert np.allclose(first, third)

# %% alt="Three filters and their maps: right edges bright, left edges dark; lower edges; random weights."
figure, grid = plt.subplots(2, 3, figsize=(7, 4.4), height_ratios=(1, 2.2))
names = ("right edges of strokes", "lower edges of strokes", "random weights")
for above, below, name, one, found in zip(*grid, names, some_filters, first, strict=True):
    above.imshow(one, cmap="RdBu", vmin=-0.2, vmax=0.2)
    below.imshow(found, cmap="gray")
    bare(above, title=name)
    bare(below)
plt.show()

# %% [markdown]
# ### Exercise 1: a filter of your own
#
# Write a filter of 5 x 5 weights that finds *level strokes*: its sum should be large where a level stroke
# of one pixel's width passes through the middle of the window, at most a quarter of that where an upright
# one does, and 0 where the paper is evenly grey. What must the weights add up to?

# %% tags=["exercise"]
level_stroke = np.array(
    [
        [0.0, 0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0, 0.0],
    ]
)

# %% tags=["check"]
level, upright = np.zeros((5, 5)), np.zeros((5, 5))
level[2], upright[:, 2] = 1, 1
yours = np.asarray(level_stroke, dtype=float)
if yours.shape != (5, 5):
    print(f"Not yet: the filter has shape {yours.shape}; it should have five rows of five weights.")
elif (at_level := (yours * level).sum()) <= 0:
    print(f"Not yet: at a level stroke its sum is {at_level:g}, which is not above 0.")
elif (at_upright := (yours * upright).sum()) > at_level / 4:
    print(f"Not yet: at an upright stroke its sum is {at_upright:g}, at a level one {at_level:g}.")
elif abs(yours.sum()) > 1e-9:
    print(f"Not yet: its weights add up to {yours.sum():g}, so that it takes grey paper for a stroke.")
else:
    print("Right: it likes ink in the middle row, dislikes it above and below, and paper leaves it cold.")

# %% [markdown] tags=["solution"]
# <details><summary>A solution</summary>
#
# Positive weights in the middle row, negative ones above and below, so that all of them add up to 0. An
# upright stroke crosses all rows: its one pixel in the middle row is outweighed by the others.
#
# ```python
# level_stroke = np.zeros((5, 5))
# level_stroke[2] = 4
# level_stroke[[0, 1, 3, 4]] = -1
# ```
#
# </details>
#
# ## Stride and padding
#
# Two numbers say where windows are laid. The **stride** is how many pixels the window moves at a time: with
# a stride of 2 the map has half as many rows and columns. **Padding** is a frame of zeros around the image,
# so that the window may also lie at the edge; with 2 pixels of padding a window of 5 makes a map as large
# as the image, which is called *same* padding.

# %% alt="Where windows are laid on six pixels: none beyond the edge; with padding; with a stride of 2."
figure, grid = plt.subplots(1, 3, figsize=(9, 3))
cases = {"window 3": (1, 0), "window 3, padding 1": (1, 1), "window 3, padding 1, stride 2": (2, 1)}
for axes, (name, (stride, padding)) in zip(grid, cases.items(), strict=True):
    starts = range(-padding, 6 + padding - 2, stride)
    for row, start in enumerate(starts):
        axes.add_patch(plt.Rectangle((start + 0.04, -row - 1), 2.92, 0.8, color=PALE))
        axes.add_patch(plt.Rectangle((start + 1.2, -row - 1), 0.6, 0.8, color=BLUE))
    for pixel in range(-padding, 6 + padding):
        inside = 0 <= pixel < 6
        axes.add_patch(plt.Rectangle((pixel, 0.2), 1, 0.8, fc=INK if inside else "white", ec="grey"))
        axes.text(
            pixel + 0.5,
            0.6,
            pixel + 1 if inside else 0,
            color="white" if inside else INK,
            ha="center",
            va="center",
        )
    bare(axes, title=f"{name}:\n6 pixels become {len(starts)}", xlim=(-1.2, 7.2), ylim=(-6.2, 1.2))
plt.show()

# %% [markdown]
# ### Exercise 2: how large is the map?
#
# The function should tell the side of the map from the side of the image, the side of the window, the
# stride and the padding. What it says now holds for a stride of 1 without padding. Count windows in the
# picture above.


# %% tags=["exercise"]
def side_after(side, window, stride, padding):
    """Return how many places there are for the window, along one side."""
    return side - window + 1


# %% tags=["check"]
cases = [(28, 5, 1, 0), (28, 5, 1, 2), (28, 5, 2, 2), (28, 3, 2, 0), (7, 2, 2, 0), (6, 3, 2, 1)]
wrong = []
for side, window, stride, padding in cases:
    true = nn.Conv2d(1, 1, window, stride, padding)(torch.zeros(1, 1, side, side)).shape[2]
    if side_after(side, window, stride, padding) != true:
        wrong.append((side, window, stride, padding, true))
if wrong:
    side, window, stride, padding, true = wrong[0]
    print(f"Not yet: side {side}, window {window}, stride {stride}, padding {padding} makes {true},")
    print(f"and you say {side_after(side, window, stride, padding)}.")
else:
    print("Right, for all of", [one[:4] for one in cases])

# %% [markdown] tags=["solution"]
# <details><summary>A solution</summary>
#
# With padding the side is $n + 2p$. The first window takes $k$ of it. Each further window needs $s$ pixels
# more, and pixels that do not suffice for another step are left over, which is why the division is rounded
# down.
#
# ```python
# def side_after(side, window, stride, padding):
#     return (side + 2 * padding - window) // stride + 1
# ```
#
# </details>
#
# ## ReLU: nothing below zero
#
# Two linear layers in a row are one linear layer: $(x A) B = x (A B)$. Depth would be good for nothing. So
# a bend is put between them, and the simplest one is enough: **ReLU** keeps what is positive and makes the
# rest 0, $\max(0, z)$. In a map it says: here is what I look for, or there is nothing to say. The opposite
# of an edge is no message any more.
#
# ## Max-pooling: the strongest in each square
#
# Where exactly an edge lies is of little use; that it lies about *there* is enough. **Max-pooling** keeps
# the largest of each 2 x 2 square, so the map has half the side, a quarter of the numbers, and a digit that
# moves by a pixel changes it less. By hand it is a reshape and a maximum:

# %% alt="A map, the same after ReLU, and after max-pooling: half as high and as wide."
padded = np.pad(image, 2)  # same padding
found = as_product(padded, some_filters[:1])[0]  # (28, 28)
rectified = np.maximum(found, 0)
pooled = rectified.reshape(14, 2, 14, 2).max(axis=(1, 3))  # (14, 14)
assert np.allclose(pooled, max_pool2d(torch.tensor(rectified)[None, None], 2)[0, 0].numpy())

figure, grid = plt.subplots(1, 3, figsize=(8.5, 3))
steps = {"map": found, "after ReLU": rectified, "after pooling": pooled}
for axes, (name, one) in zip(grid, steps.items(), strict=True):
    axes.imshow(one, cmap="RdBu", vmin=-np.abs(found).max(), vmax=np.abs(found).max())
    bare(axes, title=f"{name}, {one.shape[0]} x {one.shape[1]}")
plt.show()

# %% [markdown]
# ## The whole network, with its shapes
#
# The lesson's network has two such stages. The second one's filters do not look at pixels but at all 32
# maps of the first at once: each is a block of 32 x 5 x 5 weights. Then comes a **fully connected** layer:
# all 3,136 numbers that are left go into each of 1,024 units, as in lesson 1, so that parts of digits are
# weighed together. A last one makes ten logits. Read the shapes from top to bottom, and check them with
# your function from exercise 2.

# %% alt="How many weights each layer has: nearly all are in the first fully connected one."
recipe = (
    RECIPES["lesson-cnn"]
    if full
    else replace(RECIPES["lesson-cnn"], steps=24, report_every=4, valid_every=12)
)
recipe = replace(recipe, report_every=20 if full else 4, valid_every=100 if full else 12)
training = Training(recipe, mnist.train, mnist.valid[: 2000 if full else 500])
filters_before = filters(training.model)

layers = layout(training.model)
print(f"{'layer':10}{'kind':12}{'puts out':>16}{'weights':>12}")
for layer in layers:
    print(f"{layer.name:10}{layer.kind:12}{' x '.join(map(str, layer.shape)):>16}{layer.parameters:12,}")

weighty = [layer for layer in layers if layer.parameters]
figure, axes = plt.subplots(figsize=(7, 1.9))
bars = axes.barh([layer.name for layer in weighty], [layer.parameters for layer in weighty], color=BLUE)
axes.bar_label(bars, [f"{layer.parameters:,}" for layer in weighty], padding=4)
axes.invert_yaxis()
axes.set(xlabel="weights, millions", xlim=(0, 3.9e6), xticks=[0, 1e6, 2e6, 3e6], xticklabels="0123")
plt.show()

# %% [markdown]
# Look at where the weights are, and then at where the work is: a convolution's few weights are used at
# every place of the image, those of the fully connected layer once. So the convolutions have the fewest
# weights and most of the arithmetic.
#
# ## Dropout, seen
#
# With more than three million weights the network could learn the 55,000 images by heart. **Dropout** makes
# that hard: in each step every unit of the fully connected layer is left out with probability 1/2, by the
# toss of a coin, and those that stay are doubled, so that the sum stays what it was in the mean. No unit
# can rely on another being there. When the network answers, all are there, and nothing is doubled. Here it
# is done to pixels, where one can see it:

# %% alt="A digit ten times, each time with another half of its pixels missing; then the mean of 1,000."
keep = 0.5
thinned = image * (rng.random((1000, 28, 28)) < keep) / keep

figure, grid = plt.subplots(2, 6, figsize=(9, 3.2))
for axes, one in zip(grid[:, :5].flat, thinned, strict=False):
    axes.imshow(one, cmap="gray_r", vmin=0, vmax=2)
    bare(axes)
bare(grid[0, 5], title="without")
grid[0, 5].imshow(image, cmap="gray_r", vmin=0, vmax=2)
grid[1, 5].imshow(thinned.mean(axis=0), cmap="gray_r", vmin=0, vmax=2)
bare(grid[1, 5], title="mean of 1,000")
plt.show()

layer = Dropout(keep)
units = torch.ones(100_000)
print(f"while training: values {layer(units).unique().tolist()}, mean {layer(units).mean():.3f}")
print(f"when it answers: values {layer.eval()(units).unique().tolist()}")

# %% [markdown]
# ## Adam beside gradient descent
#
# Plain descent has one step length for all weights. In a long narrow valley that is a trouble: a step short
# enough not to jump from wall to wall crosswise is far too short along the valley. **Adam** keeps two
# running means for each weight, of its gradient ($m$, the direction that lasts) and of its square ($v$, the
# usual size), and divides one by the root of the other. So each weight moves by about the learning rate,
# whatever the size of its gradient. Its memory also carries it past the goal and back, as a ball rolls.


# %% alt="Two paths in a narrow valley: gradient descent zigzags between the walls, Adam goes along it."
def valley(place):
    """Return the height and its gradient: 25 times as steep crosswise as along."""
    return 0.5 * (place[0] ** 2 + 25 * place[1] ** 2), np.array([1.0, 25.0]) * place


def by_descent(place, rate, steps):
    path = [place]
    for _ in range(steps):
        path.append(path[-1] - rate * valley(path[-1])[1])
    return np.array(path)


def by_adam(place, rate, steps):
    path, m, v = [place], np.zeros(2), np.zeros(2)
    for step in range(1, steps + 1):
        gradient = valley(path[-1])[1]
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        unbiased_m, unbiased_v = m / (1 - 0.9**step), v / (1 - 0.999**step)  # both began at 0
        path.append(path[-1] - rate * unbiased_m / (np.sqrt(unbiased_v) + 1e-8))
    return np.array(path)


start = np.array([-4.0, 0.8])
paths = {
    "gradient descent, rate 0.075": by_descent(start, 0.075, 40),
    "Adam, rate 0.3": by_adam(start, 0.3, 40),
}

place = torch.tensor(start, requires_grad=True)
optimizer = torch.optim.Adam([place], lr=0.3)
for _ in range(40):
    optimizer.zero_grad()
    (0.5 * (place[0] ** 2 + 25 * place[1] ** 2)).backward()
    optimizer.step()
assert np.allclose(place.detach().numpy(), paths["Adam, rate 0.3"][-1], atol=1e-6)
print("torch's own Adam ends at the same place:", place.detach().numpy().round(4))

along, across = np.meshgrid(np.linspace(-4.5, 2, 200), np.linspace(-1.2, 1.2, 100))
figure, axes = plt.subplots(figsize=(8, 3.2))
axes.contour(along, across, 0.5 * (along**2 + 25 * across**2), levels=12, colors="lightgrey", linewidths=0.8)
for (name, path), colour in zip(paths.items(), (ORANGE, BLUE), strict=True):
    axes.plot(*path.T, "o-", ms=3, lw=1, color=colour, label=name)
axes.plot(0, 0, "*", ms=12, color=INK)
axes.set(xlabel="along the valley", ylabel="across")
axes.legend(frameon=False, loc="upper right")
plt.show()

# %% [markdown]
# In networks of some depth the gradients of the layers differ in size, and one rate for all is hard to
# find. So the honest comparison is over *many* rates: which optimiser works over a wide range of them? Each
# point is a training of its own, with three hidden layers.

# %% alt="Loss after training against the rate, for both optimisers, over four powers of ten."
steps = 300 if full else 20
rates = {"sgd": np.geomspace(1e-3, 1, 7 if full else 3), "adam": np.geomspace(1e-5, 1e-2, 7 if full else 3)}
figure, axes = plt.subplots(figsize=(7, 3.2))
for (optimizer, tried), colour in zip(rates.items(), (ORANGE, BLUE), strict=True):
    losses = []
    for rate in tried:
        small = replace(
            RECIPES["mlp"],
            network_options={"units": 64, "hidden": 3},
            optimizer=optimizer,
            schedule="constant",
            learning_rate=float(rate),
            steps=steps,
            valid_every=500,
        )
        *_, last = Training(small, mnist.train, mnist.valid[:1000])
        losses.append(last.valid_loss)
    axes.plot(tried, losses, "o-", color=colour, label={"sgd": "gradient descent", "adam": "Adam"}[optimizer])
axes.set(xscale="log", xlabel="learning rate", ylabel=f"loss on valid after {steps} steps", ylim=(0, None))
axes.legend(frameon=False)
axes.grid(alpha=0.25)
plt.show()

# %% [markdown]
# Adam wants a much smaller rate, since its steps do not shrink with the gradient; that is why the recipe of
# this lesson says 0.0001. At its own best rate plain descent is not far behind, and each works over a
# certain range of rates. What Adam saves is mostly the search: its good rates, about 0.001, are much the
# same in most networks, those of plain descent are not.
#
# ## Training, with live curves
#
# Now the network of the table above. While the cell runs, the curves grow; here you see how they ended.

# %% alt="Loss and accuracy over the steps, of training batches and of valid; both are still improving."
figure, (above, below) = plt.subplots(2, 1, figsize=(7, 5), sharex=True)
live = display(figure, display_id=True)
reports = []
for progress in training:
    reports.append(progress)
    if progress.valid_loss is None:
        continue
    measured = [one for one in reports if one.valid_loss is not None]
    for axes, batch, valid, name in [
        (above, "loss", "valid_loss", "cross-entropy, nats"),
        (below, "accuracy", "valid_accuracy", "accuracy"),
    ]:
        axes.clear()
        axes.plot(
            [one.step for one in reports], [getattr(one, batch) for one in reports], color=PALE, label="batch"
        )
        axes.plot(
            [one.step for one in measured],
            [getattr(one, valid) for one in measured],
            "o-",
            color=BLUE,
            label="valid",
        )
        axes.set(ylabel=name)
        axes.grid(alpha=0.25)
    above.set(ylim=(0, 2.5))
    below.set(xlabel="step", ylim=(0, 1.02))
    below.legend(frameon=False, loc="lower right")
    live.update(figure)
plt.close(figure)

# %%
report = evaluate(
    predict_logits(training.model, mnist.test.images), mnist.test.labels, data="mnist", split="test"
)
print(f"{recipe.steps:,} steps in {training.elapsed_s:.0f} s")
print(report)

# %% [markdown]
# Compare with the single layer of lesson 1. With 20,000 steps, the recipe `lesson-cnn-full`, it errs on
# less than one digit in a hundred.
#
# ## The filters, before and after
#
# One would like to see edges and strokes here. Look honestly: what was learned so far is a small change
# upon the random weights that the filters began with. The third row shows the change alone. Each filter has
# its own scale of grey, so the row's contrast is no measure of its size; the number is.

# %% alt="The 32 filters before training, after it, and the change between them, which is smoother."
after = filters(training.model)
change = after - filters_before
figure, grid = plt.subplots(3, 1, figsize=(9, 4.4))
rows = {"before training": filters_before, "after": after, "the change alone": change}
for axes, (name, some) in zip(grid, rows.items(), strict=True):
    axes.imshow(tile(some, columns=16), cmap="gray")
    bare(axes, title=name)
plt.show()
print(f"typical size of a weight {filters_before.std():.3f}, of its change {change.std():.3f}")

# %% [markdown]
# ## Every layer's maps for your own digit
#
# Put the path of a picture into `my_picture` at the top, a photo or a drawing, and run the notebook again.
# Without one, the next cell draws a digit on grey paper. `to_image` finds the ink, places it as MNIST does,
# and makes 28 x 28 of it; lesson 4 shows why that matters.


# %% alt="A picture of a digit as it was handed in, and the image of 28 x 28 that was made of it."
def draw_two():
    """Return a picture of a 2, dark blue on grey paper, far from the middle."""
    page = Image.new("RGB", (320, 240), (205, 203, 196))
    pen = ImageDraw.Draw(page)
    pen.arc((150, 50, 230, 130), 175, 385, fill=(40, 45, 90), width=9)
    pen.line([(225, 108), (205, 140), (152, 190), (240, 186)], fill=(40, 45, 90), width=9, joint="curve")
    return page


picture = Image.open(my_picture).convert("RGB") if my_picture else draw_two()
placed = to_image(picture)
assert placed.image is not None, f"no digit was found in the picture: {placed.reason}"

figure, (left, right) = plt.subplots(1, 2, figsize=(6.5, 2.8))
left.imshow(picture)
right.imshow(placed.image, cmap="gray")
bare(left, title="the picture")
bare(right, title="the image")
plt.show()

# %% [markdown]
# Follow it. In the first stage each map is a copy of the digit in which something is stressed: an edge on
# one side, a direction, or the paper.

# %% alt="The 32 maps of the first convolution, after ReLU, and after pooling."
names = [layer.name for layer in layers]
with activations(training.model, names) as seen:
    logits = predict_logits(training.model, placed.image[np.newaxis])

figure, grid = plt.subplots(3, 1, figsize=(9, 4.4))
for axes, name, note in zip(
    grid, ("conv1", "relu1", "pool1"), ("", ", nothing below zero", ", halved"), strict=True
):
    maps = seen[name][0].numpy()
    axes.imshow(tile(maps, columns=16), cmap="gray")
    bare(axes, title=f"{name}: {maps.shape[0]} maps of {maps.shape[1]} x {maps.shape[2]}{note}")
plt.show()

# %% [markdown]
# In the second stage the digit is hardly to be recognised. A bright place says that a *combination* of
# first-stage maps was found there, and after pooling only seven rows and columns of "about there" are left.
# A map without contrast is an even grey: its filter found nothing.

# %% alt="The 64 maps of the second convolution, after ReLU, and after pooling, 7 x 7 each."
figure, grid = plt.subplots(3, 1, figsize=(9, 7.8))
for axes, name in zip(grid, ("conv2", "relu2", "pool2"), strict=True):
    maps = seen[name][0].numpy()
    axes.imshow(tile(maps, columns=16), cmap="gray")
    bare(axes, title=f"{name}: {maps.shape[0]} maps of {maps.shape[1]} x {maps.shape[2]}")
plt.show()

# %% [markdown]
# The 1,024 units of the fully connected layer have no places any more; they are drawn in rows of 64. Most
# are silent. The ten logits weigh them up, and softmax says how probable each digit is.

# %% alt="The 1,024 units of the fully connected layer, and the probability of each digit as bars."
units = seen["relu3"][0].numpy()
figure, (above, below) = plt.subplots(2, 1, figsize=(8, 4.6), height_ratios=(1, 1.2))
above.imshow(units.reshape(16, 64), cmap="gray_r")
bare(above, title=f"{(units > 0).mean():.0%} of the 1,024 units say something")
probabilities = softmax_of_logits(logits)[0]
bars = below.bar(range(10), probabilities, color=BLUE)
below.bar_label(bars, [f"{value:.1%}" for value in probabilities], fontsize=8)
below.set(xticks=range(10), xlabel="digit", ylabel="probability", ylim=(0, 1.12))
plt.show()
print(f"the network reads a {probabilities.argmax()}")

# %% [markdown]
# What did the pictures explain? That the parts are there, in maps, and where. Not *why* the answer is what
# it is: that is in the millions of weights that combine them, and no picture of single units shows it.
# Beware of stories about what "this unit means".
#
# ## Sources
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, *Gradient-Based Learning Applied to Document Recognition*,
#   1998: convolutions for digits.
# - K. Chellapilla, S. Puri, P. Simard, *High Performance Convolutional Neural Networks for Document
#   Processing*, 2006: the matrix product.
# - X. Glorot, A. Bordes, Y. Bengio, *Deep Sparse Rectifier Neural Networks*, 2011: ReLU.
# - N. Srivastava and others, *Dropout: A Simple Way to Prevent Neural Networks from Overfitting*, 2014.
# - D. Kingma, J. Ba, *Adam: A Method for Stochastic Optimization*, 2015.
# - The TensorFlow tutorial *Deep MNIST for Experts*, 2015 to 2017: this network.

# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 2. A convolutional network
#
# A single layer has a separate weight for each pixel, so it cannot recognize a stroke that has moved. This
# lesson builds a network that detects strokes at every position. You build it layer by layer, train it with
# live curves, and then look at its activations for a digit of your own.
#
# **After this lesson you can**
#
# - compute a convolution by hand, as a matrix product, and in PyTorch, with the same result;
# - compute the output shape of each layer from its kernel size, stride, and padding;
# - explain what ReLU, max pooling, and dropout do to numbers, and why networks use them;
# - count the weights of a network, and say which layer has most of them;
# - write Adam in a few lines, and explain its advantage over plain gradient descent;
# - look at the feature maps of each layer, and say what they show and what they do not show.
#
# You need lesson 1: logits, softmax, cross-entropy, and gradient descent.

# %% tags=["parameters"]
full = True  # False: fewer images and steps, for a quick run
my_picture = ""  # the path of a picture of a digit, drawn or photographed; "" uses a drawn 2

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
    load_mnist,
    predict_logits,
    prepare_image,
    summary,
    tile,
)
from inklab import softmax as softmax_of_logits
from inklab.models import Dropout
from inklab.palette import LIGHT

TEXT, ACCENT, TRAINING, VALIDATION = (LIGHT[name] for name in ("text", "accent", "training", "validation"))
SERIES = [LIGHT[f"series-{number}"] for number in range(1, 4)]
plt.rcParams.update({"figure.dpi": 110, "figure.constrained_layout.use": True})
plt.rcParams.update({"axes.spines.right": False, "axes.spines.top": False})
mnist = load_mnist()


def hide_axes(axes, **properties):
    """Remove the frame and the ticks around an image."""
    axes.set(xticks=[], yticks=[], **properties)
    axes.spines[:].set_visible(False)


# %% [markdown]
# ## A convolution by hand
#
# A **kernel**, also called a filter, is a small table of weights. Place it on a window of the image that
# has the same size. Multiply each pixel by the weight on top of it, and add up the products. The sum is
# large where the window looks like the kernel. The kernel below has positive weights on the left and
# negative weights on the right, so it detects the *right edge* of a stroke.

# %% alt="A window of 5 x 5 pixels, the kernel, and the table of their products with its sum."
image = mnist.train.images[1] / 255  # (28, 28), in [0, 1]
edge_kernel = np.array([[1.0, 1.0, 0.0, -1.0, -1.0]] * 5) / 10  # (5, 5)
top, left = 8, 18
window = image[top : top + 5, left : left + 5]
products = window * edge_kernel

figure, grid = plt.subplots(1, 4, figsize=(9.5, 2.9))
image_axes, *table_axes = grid
image_axes.imshow(image, cmap="gray_r")
image_axes.add_patch(plt.Rectangle((left - 0.5, top - 0.5), 5, 5, fill=False, color=ACCENT, lw=2))
hide_axes(image_axes, title="image")
tables = {"window": window, "kernel": edge_kernel, f"products, sum {products.sum():.3f}": products}
for axes, (name, table) in zip(table_axes, tables.items(), strict=True):
    limit = max(1e-9, np.abs(table).max())
    axes.imshow(table, cmap="RdBu", vmin=-1.5 * limit, vmax=1.5 * limit)
    for (row, column), value in np.ndenumerate(table):
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=7)
    hide_axes(axes, title=name)
plt.show()

# %% [markdown]
# Now slide the window over the whole image, one pixel at a time. Place each sum at the position of its
# window. The result is again an image, called a **feature map**. It shows *where* the kernel detects its
# pattern. The same few weights are used at every position. This is the central idea of a convolutional
# network: a stroke has the same meaning at every position.
#
# (In mathematics, a convolution also rotates the kernel by 180 degrees. For learned weights this makes no
# difference.)
#
# ## Convolution as a matrix product
#
# Python loops are slow. Instead, write every window as a row of 25 numbers, and stack the rows. For an
# image with $24 \times 24$ window positions, the result is a table of shape 576 x 25. Write each kernel as
# a column. Then a **single matrix product** computes all sums of all kernels at all positions, and computers
# are very fast at matrix products. This method is called *im2col*, "image to columns".

# %%
rng = np.random.default_rng(0)
kernels = np.stack([edge_kernel, edge_kernel.T, rng.normal(0, 0.1, (5, 5))])  # (3, 5, 5)


def convolve_with_loops(image, kernels):
    """Return the feature maps, shape (c, h - 4, w - 4), computed one window at a time."""
    height, width = image.shape[0] - 4, image.shape[1] - 4
    feature_maps = np.empty((len(kernels), height, width))
    for index, kernel in enumerate(kernels):
        for row in range(height):
            for column in range(width):
                feature_maps[index, row, column] = (image[row : row + 5, column : column + 5] * kernel).sum()
    return feature_maps


def convolve_as_product(image, kernels):
    """Return the same feature maps, computed with one matrix product."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (5, 5))  # (h - 4, w - 4, 5, 5), a view
    rows = windows.reshape(-1, 25)  # (576, 25) for an image of 28 x 28
    sums = rows @ kernels.reshape(len(kernels), 25).T  # (576, c)
    return sums.T.reshape(len(kernels), *windows.shape[:2])


loop_maps, product_maps = convolve_with_loops(image, kernels), convolve_as_product(image, kernels)
torch_maps = conv2d(torch.tensor(image)[None, None], torch.tensor(kernels)[:, None])[0].numpy()
print(f"shape of the feature maps: {loop_maps.shape}")
print(f"largest difference between loops and matrix product: {np.abs(loop_maps - product_maps).max():.1e}")
print(f"largest difference between loops and PyTorch: {np.abs(loop_maps - torch_maps).max():.1e}")
assert np.allclose(loop_maps, product_maps)
assert np.allclose(loop_maps, torch_maps)

# %% alt="Three kernels and their feature maps: right edges bright, left edges dark; bottom edges; random."
figure, grid = plt.subplots(2, 3, figsize=(7, 4.4), height_ratios=(1, 2.2))
names = ("right edges of strokes", "bottom edges of strokes", "random weights")
for above, below, name, kernel, feature_map in zip(*grid, names, kernels, loop_maps, strict=True):
    above.imshow(kernel, cmap="RdBu", vmin=-0.2, vmax=0.2)
    below.imshow(feature_map, cmap="gray")
    hide_axes(above, title=name)
    hide_axes(below)
plt.show()

# %% [markdown]
# ### Exercise 1: your own kernel
#
# Write a kernel of 5 x 5 weights that detects *horizontal strokes*. Its sum should be
#
# - above 0 where a horizontal stroke, one pixel thick, passes through the center of the window;
# - at most a quarter of that where a vertical stroke passes through the center;
# - 0 where the image is uniformly gray.
#
# What must the sum of the weights be?

# %% tags=["exercise"]
horizontal_stroke = np.array(
    [
        [0.0, 0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0, 0.0],
        [0.0, 0.0, 1.0, 0.0, 0.0],
    ]
)

# %% tags=["check"]
horizontal, vertical = np.zeros((5, 5)), np.zeros((5, 5))
horizontal[2], vertical[:, 2] = 1, 1
your_kernel = np.asarray(horizontal_stroke, dtype=float)
if your_kernel.shape != (5, 5):
    print(f"Not yet: the kernel should have shape (5, 5), but yours has shape {your_kernel.shape}.")
elif (at_horizontal := (your_kernel * horizontal).sum()) <= 0:
    print(f"Not yet: at a horizontal stroke, the sum should be above 0; it is {at_horizontal:g}.")
elif (at_vertical := (your_kernel * vertical).sum()) > at_horizontal / 4:
    print(f"Not yet: the sum is {at_vertical:g} at a vertical and {at_horizontal:g} at a horizontal stroke.")
elif abs(your_kernel.sum()) > 1e-9:
    print(f"Not yet: a gray image should give 0, but the weights add up to {your_kernel.sum():g}.")
else:
    print("Correct: the kernel responds to horizontal strokes and ignores a uniform background.")

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# Use positive weights in the middle row and negative weights above and below it, so that all weights add up
# to 0. A vertical stroke crosses all rows. The positive weight of its middle pixel is canceled by the
# negative weights of its other four pixels.
#
# ```python
# horizontal_stroke = np.zeros((5, 5))
# horizontal_stroke[2] = 4
# horizontal_stroke[[0, 1, 3, 4]] = -1
# ```
#
# </details>
#
# ## Stride and padding
#
# Two settings determine the positions of the window:
#
# - The **stride** is the number of pixels that the window moves at a time. With a stride of 2, the feature
#   map has half as many rows and columns.
# - **Padding** is a border of zeros around the image, so that the window can also be placed at the edge.
#   With 2 pixels of padding, a 5 x 5 kernel gives a feature map as large as the image. This is called *same*
#   padding.

# %% alt="Window positions on six pixels: without padding, with padding, and with padding and a stride of 2."
figure, grid = plt.subplots(1, 3, figsize=(9, 3))
cases = {"kernel 3": (1, 0), "kernel 3, padding 1": (1, 1), "kernel 3, padding 1, stride 2": (2, 1)}
for axes, (name, (stride, padding)) in zip(grid, cases.items(), strict=True):
    starts = range(-padding, 6 + padding - 2, stride)
    for row, start in enumerate(starts):
        axes.add_patch(plt.Rectangle((start + 0.04, -row - 1), 2.92, 0.8, color=ACCENT, alpha=0.3, lw=0))
        axes.add_patch(plt.Rectangle((start + 1.2, -row - 1), 0.6, 0.8, color=ACCENT))
    for pixel in range(-padding, 6 + padding):
        inside = 0 <= pixel < 6
        axes.add_patch(plt.Rectangle((pixel, 0.2), 1, 0.8, fc=TEXT if inside else "white", ec="gray"))
        axes.text(
            pixel + 0.5,
            0.6,
            pixel + 1 if inside else 0,
            color="white" if inside else TEXT,
            ha="center",
            va="center",
        )
    hide_axes(axes, title=f"{name}:\n6 pixels give {len(starts)}", xlim=(-1.2, 7.2), ylim=(-6.2, 1.2))
plt.show()

# %% [markdown]
# ### Exercise 2: the size of a feature map
#
# Complete the function that computes the size of the feature map. At the moment it is correct only for a
# stride of 1 without padding. Count the windows in the figure above.


# %% tags=["exercise"]
def output_size(size, kernel_size, stride, padding):
    """Return the number of window positions along one side of an image."""
    return size - kernel_size + 1


# %% tags=["check"]
cases = [(28, 5, 1, 0), (28, 5, 1, 2), (28, 5, 2, 2), (28, 3, 2, 0), (7, 2, 2, 0), (6, 3, 2, 1)]
wrong = []
for size, kernel_size, stride, padding in cases:
    expected = nn.Conv2d(1, 1, kernel_size, stride, padding)(torch.zeros(1, 1, size, size)).shape[2]
    if output_size(size, kernel_size, stride, padding) != expected:
        wrong.append((size, kernel_size, stride, padding, expected))
if wrong:
    size, kernel_size, stride, padding, expected = wrong[0]
    print(f"Not yet: for size {size}, kernel size {kernel_size}, stride {stride}, and padding {padding},")
    print(f"the result should be {expected}, but it is {output_size(size, kernel_size, stride, padding)}.")
else:
    print("Correct, for all of these cases:", cases)

# %% [markdown] tags=["solution"]
# <details><summary>Solution</summary>
#
# With padding, the image has size $n + 2p$. The first window covers $k$ pixels. Each further window needs
# $s$ more pixels. Pixels that are too few for another step are left over, so round the quotient down.
#
# ```python
# def output_size(size, kernel_size, stride, padding):
#     return (size + 2 * padding - kernel_size) // stride + 1
# ```
#
# </details>
#
# ## ReLU
#
# Two linear layers in a row are equal to one linear layer: $(x A) B = x (A B)$. So without a nonlinear
# function between the layers, depth would have no effect. The simplest nonlinear function is sufficient.
# **ReLU** keeps positive values and replaces negative values with 0: $\max(0, z)$. After ReLU, a feature map
# shows where its pattern occurs. It no longer shows where the opposite pattern occurs.
#
# ## Max pooling
#
# The exact position of an edge matters little; its approximate position is enough. **Max pooling** keeps
# only the largest value of each 2 x 2 square. The feature map then has half the height and width, and a
# quarter of the values. It also changes less when the digit moves by a pixel. In NumPy, max pooling is a
# reshape and a maximum:

# %% alt="A feature map, the same after ReLU, and after max pooling with half the height and width."
padded = np.pad(image, 2)  # same padding
feature_map = convolve_as_product(padded, kernels[:1])[0]  # (28, 28)
rectified = np.maximum(feature_map, 0)
pooled = rectified.reshape(14, 2, 14, 2).max(axis=(1, 3))  # (14, 14)
assert np.allclose(pooled, max_pool2d(torch.tensor(rectified)[None, None], 2)[0, 0].numpy())

figure, grid = plt.subplots(1, 3, figsize=(8.5, 3))
stages = {"feature map": feature_map, "after ReLU": rectified, "after pooling": pooled}
limit = np.abs(feature_map).max()
for axes, (name, values) in zip(grid, stages.items(), strict=True):
    axes.imshow(values, cmap="RdBu", vmin=-limit, vmax=limit)
    hide_axes(axes, title=f"{name}, {values.shape[0]} x {values.shape[1]}")
plt.show()

# %% [markdown]
# ## The complete network and its shapes
#
# The network of this lesson has two stages of convolution, ReLU, and max pooling. A kernel of the second
# stage spans all 32 feature maps of the first stage, so it has 32 x 5 x 5 weights. Next comes a **fully
# connected** layer of 1,024 units. As in lesson 1, each unit has a weight for every input, here 3,136. This
# layer combines the parts of a digit. The last layer computes ten logits. Read the shapes from top to
# bottom, and check them with your function from exercise 2.

# %% alt="The number of weights of each layer; nearly all are in the first fully connected layer."
recipe = (
    RECIPES["lesson-cnn"] if full else replace(RECIPES["lesson-cnn"], steps=24, log_every=4, eval_every=12)
)
recipe = replace(recipe, log_every=20 if full else 4, eval_every=100 if full else 12)
training = Training(recipe, mnist.train, mnist.valid[: 2000 if full else 500])
start_filters = filters(training.model)

layers = summary(training.model)
print(f"{'layer':10}{'kind':12}{'output shape':>16}{'weights':>12}")
for layer in layers:
    print(f"{layer.name:10}{layer.kind:12}{' x '.join(map(str, layer.shape)):>16}{layer.parameters:12,}")

weighted = [layer for layer in layers if layer.parameters]
figure, axes = plt.subplots(figsize=(7, 1.9))
bars = axes.barh([layer.name for layer in weighted], [layer.parameters for layer in weighted], color=ACCENT)
axes.bar_label(bars, [f"{layer.parameters:,}" for layer in weighted], padding=4)
axes.invert_yaxis()
axes.set(xlabel="weights, millions", xlim=(0, 3.9e6), xticks=[0, 1e6, 2e6, 3e6], xticklabels="0123")
plt.show()

# %% [markdown]
# Compare the number of weights with the amount of computation. A convolution uses its few weights at every
# position of the image. The fully connected layer uses each weight once. The convolutions therefore have
# the fewest weights and need most of the arithmetic.
#
# ## Dropout
#
# With more than three million weights, the network could memorize the 55,000 training images. **Dropout**
# makes this difficult. In each training step, it sets each unit of the fully connected layer to 0 with
# probability 1/2. It doubles the remaining units, so that the expected sum does not change. No unit can rely
# on another unit being present. At inference, all units are present, and none is doubled. The figure applies
# dropout to pixels, where you can see its effect:

# %% alt="A digit ten times, each time with a different half of its pixels missing; the mean of 1,000."
keep_probability = 0.5
masked = image * (rng.random((1000, 28, 28)) < keep_probability) / keep_probability

figure, grid = plt.subplots(2, 6, figsize=(9, 3.2))
for axes, masked_image in zip(grid[:, :5].flat, masked, strict=False):
    axes.imshow(masked_image, cmap="gray_r", vmin=0, vmax=2)
    hide_axes(axes)
hide_axes(grid[0, 5], title="no dropout")
grid[0, 5].imshow(image, cmap="gray_r", vmin=0, vmax=2)
grid[1, 5].imshow(masked.mean(axis=0), cmap="gray_r", vmin=0, vmax=2)
hide_axes(grid[1, 5], title="mean of 1,000")
plt.show()

layer = Dropout(0.5)
units = torch.ones(100_000)
print(f"in training: values {layer(units).unique().tolist()}, mean {layer(units).mean():.3f}")
print(f"at inference: values {layer.eval()(units).unique().tolist()}")

# %% [markdown]
# ## Adam and gradient descent
#
# Plain gradient descent uses one learning rate for all weights. This is a problem where the loss forms a
# long, narrow valley. A step that is short enough across the valley is far too short along it.
#
# **Adam** keeps two moving averages for each weight: the average gradient ($m$) and the average squared
# gradient ($v$). It divides $m$ by the square root of $v$. As a result, each weight changes by about the
# learning rate, whatever the size of its gradient. Because $m$ remembers past gradients, Adam can overshoot
# the minimum and return, like a rolling ball.


# %% alt="Two paths in a narrow valley: gradient descent zigzags across it, Adam goes along it."
def valley(position):
    """Return the loss and its gradient; the valley is 25 times as steep across as along."""
    return 0.5 * (position[0] ** 2 + 25 * position[1] ** 2), np.array([1.0, 25.0]) * position


def gradient_descent_path(position, learning_rate, steps):
    path = [position]
    for _ in range(steps):
        path.append(path[-1] - learning_rate * valley(path[-1])[1])
    return np.array(path)


def adam_path(position, learning_rate, steps):
    path, m, v = [position], np.zeros(2), np.zeros(2)
    for step in range(1, steps + 1):
        gradient = valley(path[-1])[1]
        m = 0.9 * m + 0.1 * gradient
        v = 0.999 * v + 0.001 * gradient**2
        unbiased_m, unbiased_v = m / (1 - 0.9**step), v / (1 - 0.999**step)  # both averages start at 0
        path.append(path[-1] - learning_rate * unbiased_m / (np.sqrt(unbiased_v) + 1e-8))
    return np.array(path)


start = np.array([-4.0, 0.8])
paths = {
    "gradient descent, learning rate 0.075": gradient_descent_path(start, 0.075, 40),
    "Adam, learning rate 0.3": adam_path(start, 0.3, 40),
}

position = torch.tensor(start, requires_grad=True)
optimizer = torch.optim.Adam([position], lr=0.3)
for _ in range(40):
    optimizer.zero_grad()
    (0.5 * (position[0] ** 2 + 25 * position[1] ** 2)).backward()
    optimizer.step()
assert np.allclose(position.detach().numpy(), paths["Adam, learning rate 0.3"][-1], atol=1e-6)
print("Adam from PyTorch ends at the same position:", position.detach().numpy().round(4))

along, across = np.meshgrid(np.linspace(-4.5, 2, 200), np.linspace(-1.2, 1.2, 100))
figure, axes = plt.subplots(figsize=(8, 3.2))
axes.contour(along, across, 0.5 * (along**2 + 25 * across**2), levels=12, colors="lightgray", linewidths=0.8)
for (name, path), color in zip(paths.items(), SERIES[:2], strict=True):
    axes.plot(*path.T, "o-", ms=3, lw=1, color=color, label=name)
axes.plot(0, 0, "*", ms=12, color=TEXT)
axes.set(xlabel="along the valley", ylabel="across the valley")
axes.legend(frameon=False, loc="upper right")
plt.show()

# %% [markdown]
# In a deep network, the gradients of the layers differ in size, so one learning rate for all layers is hard
# to find. A fair comparison uses *many* learning rates and asks which optimizer works over a wide range of
# them. Each point below is a separate training of a network with three hidden layers.

# %% alt="Validation loss after training against the learning rate, for both optimizers."
steps = 300 if full else 20
rates = {"sgd": np.geomspace(1e-3, 1, 7 if full else 3), "adam": np.geomspace(1e-5, 1e-2, 7 if full else 3)}
labels = {"sgd": "gradient descent", "adam": "Adam"}
figure, axes = plt.subplots(figsize=(7, 3.2))
for (optimizer, learning_rates), color in zip(rates.items(), SERIES[:2], strict=True):
    losses = []
    for learning_rate in learning_rates:
        small = replace(
            RECIPES["mlp"],
            network_options={"units": 64, "hidden": 3},
            optimizer=optimizer,
            schedule="constant",
            learning_rate=float(learning_rate),
            steps=steps,
            eval_every=500,
        )
        *_, last = Training(small, mnist.train, mnist.valid[:1000])
        losses.append(last.valid_loss)
    axes.plot(learning_rates, losses, "o-", color=color, label=labels[optimizer])
axes.set(xscale="log", xlabel="learning rate", ylabel=f"validation loss after {steps} steps", ylim=(0, None))
axes.legend(frameon=False)
axes.grid(alpha=0.25)
plt.show()

# %% [markdown]
# Adam needs a much smaller learning rate, because its steps do not shrink with the gradient. The recipe of
# this lesson uses 0.0001. At its own best learning rate, plain gradient descent is nearly as good, and each
# optimizer works over a certain range. The main advantage of Adam is a shorter search: a learning rate of
# about 0.001 works well in most networks. The best learning rate of plain gradient descent varies from
# network to network.
#
# ## Training with live curves
#
# Now train the network from the table above. The curves update while the cell runs; afterwards the figure
# shows their final state.

# %% alt="Training and validation loss and accuracy over the steps; both are still improving at the end."
figure, (above, below) = plt.subplots(2, 1, figsize=(7, 5), sharex=True)
live_figure = display(figure, display_id=True)
reports = []
for progress in training:
    reports.append(progress)
    if progress.valid_loss is None:
        continue
    validated = [report for report in reports if report.valid_loss is not None]
    for axes, batch_key, valid_key, name in [
        (above, "loss", "valid_loss", "cross-entropy, nats"),
        (below, "accuracy", "valid_accuracy", "accuracy"),
    ]:
        axes.clear()
        axes.plot(
            [report.step for report in reports],
            [getattr(report, batch_key) for report in reports],
            color=TRAINING,
            label="training batch",
        )
        axes.plot(
            [report.step for report in validated],
            [getattr(report, valid_key) for report in validated],
            "o-",
            color=VALIDATION,
            label="validation set",
        )
        axes.set(ylabel=name)
        axes.grid(alpha=0.25)
    above.set(ylim=(0, 2.5))
    below.set(xlabel="step", ylim=(0, 1.02))
    below.legend(frameon=False, loc="lower right")
    live_figure.update(figure)
plt.close(figure)

# %%
report = evaluate(
    predict_logits(training.model, mnist.test.images), mnist.test.labels, data="mnist", split="test"
)
print(f"{recipe.steps:,} steps in {training.elapsed_s:.1f} s")
print(report)

# %% [markdown]
# Compare this with the single layer of lesson 1. The recipe `lesson-cnn-full` trains the same network for
# 20,000 steps, and its error rate is below 1%.
#
# ## The first-layer kernels before and after training
#
# You might expect to see edge detectors here. But the trained kernels are nearly equal to their random
# initial values. The learning rate is 0.0001 and the training is short, so the weights change little. The
# third row shows only the change. It looks strong because each image is amplified to full contrast. The
# numbers below the figure give the true size of the change.
#
# The kernels change much more in a longer training (`lesson-cnn-full`, 20,000 steps) or at a higher
# learning rate (`fast-99.5`).

# %% alt="The 32 kernels at the start, at the end, and the amplified change between them."
end_filters = filters(training.model)
change = end_filters - start_filters
figure, grid = plt.subplots(3, 1, figsize=(9, 4.4))
rows = {"start (random)": start_filters, "end": end_filters, "change, amplified": change}
for axes, (name, images) in zip(grid, rows.items(), strict=True):
    axes.imshow(tile(images, columns=16), cmap="gray")
    hide_axes(axes, title=name)
plt.show()
correlation = np.corrcoef(start_filters.ravel(), end_filters.ravel())[0, 1]
print(f"standard deviation of the weights at the start {start_filters.std():.3f},")
print(f"of their change {change.std():.3f}; correlation of start and end {correlation:.4f}")

# %% [markdown]
# ## Feature maps for your own digit
#
# Set `my_picture` at the top to the path of a picture, a photo or a drawing, and run the notebook again.
# Otherwise the next cell draws a digit on a gray background. `prepare_image` finds the digit, scales and
# centers it as in MNIST, and returns an image of 28 x 28 pixels. Lesson 4 shows why this step matters.


# %% alt="Left: the picture of a digit. Right: the 28 x 28 image that was made from it."
def draw_two():
    """Return a picture of a 2, dark blue on a gray background, away from the center."""
    page = Image.new("RGB", (320, 240), (205, 203, 196))
    pen = ImageDraw.Draw(page)
    pen.arc((150, 50, 230, 130), 175, 385, fill=(40, 45, 90), width=9)
    pen.line([(225, 108), (205, 140), (152, 190), (240, 186)], fill=(40, 45, 90), width=9, joint="curve")
    return page


picture = Image.open(my_picture).convert("RGB") if my_picture else draw_two()
prepared = prepare_image(picture)
assert prepared.image is not None, f"no digit found in the picture: {prepared.reason}"

figure, (left, right) = plt.subplots(1, 2, figsize=(6.5, 2.8))
left.imshow(picture)
right.imshow(prepared.image, cmap="gray")
hide_axes(left, title="picture")
hide_axes(right, title="image for the network")
plt.show()

# %% [markdown]
# Follow the image through the network. Each feature map of the first stage is a filtered copy of the digit.
# The kernels are still nearly random, but random kernels also respond to different features: edges on one
# side, a direction, or the background.

# %% alt="The 32 feature maps of the first convolution, after ReLU, and after pooling."
names = [layer.name for layer in layers]
with activations(training.model, names) as outputs:
    logits = predict_logits(training.model, prepared.image[np.newaxis])

figure, grid = plt.subplots(3, 1, figsize=(9, 4.4))
for axes, name, note in zip(
    grid, ("conv1", "relu1", "pool1"), ("", ", no negative values", ", half the size"), strict=True
):
    feature_maps = outputs[name][0].numpy()
    count, height, width = feature_maps.shape
    axes.imshow(tile(feature_maps, columns=16), cmap="gray")
    hide_axes(axes, title=f"{name}: {count} feature maps of {height} x {width}{note}")
plt.show()

# %% [markdown]
# In the second stage, the digit is hardly recognizable. A bright position means that the kernel detected a
# *combination* of first-stage features there. After pooling, only 7 x 7 approximate positions are left. A
# uniformly gray feature map has no contrast: its kernel detected nothing.

# %% alt="The 64 feature maps of the second convolution, after ReLU, and after pooling, 7 x 7 each."
figure, grid = plt.subplots(3, 1, figsize=(9, 7.8))
for axes, name in zip(grid, ("conv2", "relu2", "pool2"), strict=True):
    feature_maps = outputs[name][0].numpy()
    count, height, width = feature_maps.shape
    axes.imshow(tile(feature_maps, columns=16), cmap="gray")
    hide_axes(axes, title=f"{name}: {count} feature maps of {height} x {width}")
plt.show()

# %% [markdown]
# The 1,024 units of the fully connected layer have no position in the image. The figure shows them in rows
# of 64. Most of them are 0. The last layer computes ten weighted sums of these units, the logits, and
# softmax turns the logits into probabilities.

# %% alt="The 1,024 units of the fully connected layer, and the probability of each digit as bars."
units = outputs["relu3"][0].numpy()
figure, (above, below) = plt.subplots(2, 1, figsize=(8, 4.6), height_ratios=(1, 1.2))
above.imshow(units.reshape(16, 64), cmap="gray_r")
hide_axes(above, title=f"{(units > 0).mean():.0%} of the 1,024 units are active")
probabilities = softmax_of_logits(logits)[0]
bars = below.bar(range(10), probabilities, color=ACCENT)
below.bar_label(bars, [f"{value:.1%}" for value in probabilities], fontsize=8)
below.set(xticks=range(10), xlabel="digit", ylabel="probability", ylim=(0, 1.12))
plt.show()
print(f"prediction: {probabilities.argmax()}")

# %% [markdown]
# What do these figures explain? They show which features the network detects, and where. They do not show
# *why* the network gives its answer. The answer depends on millions of weights that combine the features,
# and no picture of a single unit shows this combination. Be skeptical of claims about what a single unit
# means.
#
# ## References
#
# - Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, *Gradient-Based Learning Applied to Document Recognition*,
#   1998: convolutional networks for digits.
# - K. Chellapilla, S. Puri, P. Simard, *High Performance Convolutional Neural Networks for Document
#   Processing*, 2006: convolution as a matrix product.
# - X. Glorot, A. Bordes, Y. Bengio, *Deep Sparse Rectifier Neural Networks*, 2011: ReLU.
# - N. Srivastava and others, *Dropout: A Simple Way to Prevent Neural Networks from Overfitting*, 2014.
# - D. Kingma, J. Ba, *Adam: A Method for Stochastic Optimization*, 2015.
# - The TensorFlow tutorial *Deep MNIST for Experts*, 2015 to 2017: the network of this lesson.

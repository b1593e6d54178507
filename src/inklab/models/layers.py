"""Layers that torch does not have, or has only with a hidden source of randomness."""

from statistics import NormalDist

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, relu

from inklab.models.options import dropout_option, whole_option


class RandomLayer(nn.Module):
    """A layer that draws random numbers in training, only from the generator that `set_generator` sets."""

    generator: torch.Generator | None = None

    def sample_mask(self, shape: torch.Size, keep: float, device: torch.device) -> Tensor:
        """Return a bool mask that is true with probability `keep`, rounded to a multiple of 1/65,536."""
        count = shape.numel()
        words = torch.empty(-(-count // 4), dtype=torch.int64, device=device)
        bits = words.random_(-(2**63), None, generator=self.generator).view(torch.int16)  # four per word
        # `<=`, because 2**15 is not an int16: with `<`, a keep that rounds to 1 would keep nothing
        return bits[:count].view(shape) <= max(round(keep * 2**16), 1) - 2**15 - 1


class Dropout(RandomLayer):
    """Set each unit to 0 with probability p in training, and scale the others so that the mean is unchanged.

        y = x * mask / (1 - p),   mask ~ Bernoulli(1 - p), drawn for every unit of every example

    Raises:
        RecipeError: `p` is outside [0, 1).

    Source: Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = dropout_option("dropout", p)

    def forward(self, x: Tensor) -> Tensor:
        """Return x, of any shape, with units dropped in training and unchanged otherwise."""
        if not self.training or self.p == 0:
            return x
        keep = 1 - self.p
        return x * self.sample_mask(x.shape, keep, x.device).to(x.dtype).div_(keep)

    def extra_repr(self) -> str:
        """Return what `repr` shows in parentheses."""
        return f"p={self.p:g}"


class DropConnect(RandomLayer, nn.Linear):
    """A linear layer with ReLU that sets each weight to 0 with probability p in training.

        training:   y = relu((M * W) x + b),   M ~ Bernoulli(1 - p), one mask per batch
        inference:  y = E relu(u),   u ~ N((1 - p) W x + b, p (1 - p) (W * W) (x * x))

    Unlike the paper, training draws one mask per batch instead of one per example: the mean is the same, and
    the cost is divided by the batch size. At inference u, a sum of many masked weights, is nearly normal, and
    the paper draws samples of it. This layer uses the quantiles of the normal distribution at
    (i - 1/2) / samples instead: the result is deterministic, and far fewer samples are needed. With none, the
    layer is the mean network, y = relu((1 - p) W x + b).

    Raises:
        RecipeError: `p` is outside [0, 1), or `samples` is not a whole number from 0 to 10,000.

    Source: Wan et al. 2013, Regularization of Neural Networks using DropConnect, algorithms 1 and 2.
    """

    def __init__(self, in_features: int, out_features: int, *, p: float, samples: float) -> None:
        super().__init__(in_features, out_features)
        self.p = dropout_option("dropout", p)
        self.samples = whole_option("samples", samples, 0, 10_000)

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, out_features) for x (n, in_features)."""
        if self.p == 0:
            return relu(linear(x, self.weight, self.bias))
        keep = 1 - self.p
        if self.training:
            mask = self.sample_mask(self.weight.shape, keep, x.device).to(x.dtype)
            return relu(linear(x, self.weight * mask, self.bias))
        mean = linear(x, keep * self.weight, self.bias)  # (n, out_features)
        if not self.samples:
            return relu(mean)
        variance = linear(x.square(), keep * (1 - keep) * self.weight.square())
        std = variance.clamp(min=1e-12).sqrt()  # clamped, so that the root has a finite gradient
        total = torch.zeros_like(mean)
        for quantile in self.quantiles:
            total = total + relu(mean + quantile * std)
        return total / self.samples

    @property
    def quantiles(self) -> list[float]:
        """The quantiles of the standard normal distribution that inference averages over."""
        return [NormalDist().inv_cdf((i + 0.5) / self.samples) for i in range(self.samples)]

    def reset_parameters(self) -> None:
        """Set the weights to 0; torch would draw them from the global generator."""
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)

    def extra_repr(self) -> str:
        """Return what `repr` shows in parentheses."""
        return f"{super().extra_repr()}, p={self.p:g}, samples={self.samples}"


class NormalizeWidth(nn.Module):
    """Stretch or squeeze each digit horizontally until its ink is `width` pixels wide and centered.

    A column contains ink if one of its pixels is at least `THRESHOLD`. Each column of the output is the mean
    over a window around its source position. The window is as wide as the distance between the sources of two
    neighboring columns, and at least one pixel: stretching interpolates linearly, squeezing averages all the
    pixels that fall together. Stretched ink therefore fades out slightly beyond `width`. A blank image stays
    blank.

    Raises:
        RecipeError: `width` is not a whole number from 2 to 28.

    Source: Ciresan, Meier, Schmidhuber 2012, Multi-column Deep Neural Networks for Image Classification.
    """

    THRESHOLD = 0.1

    def __init__(self, width: float) -> None:
        super().__init__()
        self.width = whole_option("digit_width", width, 2, 28, unit="pixels")

    def forward(self, images: Tensor) -> Tensor:
        """Return the images (n, 1, h, w) with each digit `width` pixels wide and centered."""
        size = images.shape[3]
        columns = torch.arange(size, device=images.device, dtype=torch.float32)  # (w,)
        has_ink = images.amax(dim=(1, 2)) >= self.THRESHOLD  # (n, w)
        first = torch.where(has_ink, columns, size).amin(dim=1)
        last = torch.where(has_ink, columns, -1).amax(dim=1)
        step = ((last - first + 1) / self.width).clamp(min=1 / self.width)  # (n,), source pixels per pixel
        center = (first + last) / 2
        source = center.unsqueeze(1) + step.unsqueeze(1) * (columns - (size - 1) / 2)  # (n, w)
        distance = (source.unsqueeze(1) - columns.view(1, size, 1)).abs()  # (n, from, to)
        window = step.clamp(min=1).view(-1, 1, 1)
        weights = ((window + 1) / 2 - distance).clamp(0, 1) / window  # part of the window in the column
        return torch.matmul(images, weights.unsqueeze(1).to(images.dtype))

    def extra_repr(self) -> str:
        """Return what `repr` shows in parentheses."""
        return f"{self.width}"


class CenterCrop(nn.Module):
    """Crop the center of an image, `size` x `size` pixels."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, images: Tensor) -> Tensor:
        """Return (n, c, size, size) of images (n, c, h, w); an odd margin is smaller at the top and left."""
        top, left = ((length - self.size) // 2 for length in images.shape[2:])
        return images[:, :, top : top + self.size, left : left + self.size]

    def extra_repr(self) -> str:
        """Return what `repr` shows in parentheses."""
        return f"{self.size}"


def set_generator(model: nn.Module, generator: torch.Generator) -> bool:
    """Set the generator of every random layer, and return whether the model has such a layer."""
    random_layers = [module for module in model.modules() if isinstance(module, RandomLayer)]
    for layer in random_layers:
        layer.generator = generator
    return bool(random_layers)


@torch.no_grad()
def project_max_norm(model: nn.Module, max_norm: float) -> None:
    """Scale down, in place, the incoming weights of each unit whose L2 norm exceeds `max_norm`.

        w <- w * min(1, max_norm / |w|),   w: the incoming weights of one unit of a linear layer

    Source: Srivastava et al. 2014, section 5.1.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear):
            module.weight.renorm_(2, 0, max_norm)

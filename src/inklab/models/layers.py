"""Layers that torch does not have, or has only with hidden randomness."""

from statistics import NormalDist

import torch
from torch import Tensor, nn
from torch.nn.functional import linear, relu

from inklab.errors import RecipeError
from inklab.models.options import whole


class RandomLayer(nn.Module):
    """A layer that draws while it trains, from a generator that is handed to it (see `set_generator`).

    So a run's randomness is its own: nothing else in the process changes it.
    """

    generator: torch.Generator | None = None

    def kept(self, shape: torch.Size, keep: float, device: torch.device) -> Tensor:
        """Return a mask (bool) that is true with probability `keep`, rounded to a multiple of 1/65,536."""
        count = shape.numel()
        words = torch.empty(-(-count // 4), dtype=torch.int64, device=device)
        bits = words.random_(-(2**63), None, generator=self.generator).view(torch.int16)  # four to a word
        # `<=`, as 2**15 is no int16: a keep that rounds to 1 would keep nothing
        return bits[:count].view(shape) <= max(round(keep * 2**16), 1) - 2**15 - 1


class Dropout(RandomLayer):
    """Zero each unit with probability 1 - keep while training, and scale the rest so that the mean stays.

        y = x * mask / keep,   mask ~ Bernoulli(keep), a fresh one for every unit of every example

    Args:
        keep: the probability with which a unit is kept, in (0, 1].

    Raises:
        RecipeError: `keep` is outside (0, 1].

    Source: Srivastava et al. 2014, Dropout: A Simple Way to Prevent Neural Networks from Overfitting.
    """

    def __init__(self, keep: float) -> None:
        if not 0 < keep <= 1:
            raise RecipeError(f"keep is {keep:g}; expected a probability in (0, 1]: 1 switches dropout off")
        super().__init__()
        self.keep = keep

    def forward(self, x: Tensor) -> Tensor:
        """Return x of any shape, thinned while training and untouched otherwise."""
        if not self.training or self.keep == 1:
            return x
        return x * self.kept(x.shape, self.keep, x.device).to(x.dtype).div_(self.keep)

    def extra_repr(self) -> str:
        """Show what is kept when the layer is printed."""
        return f"keep={self.keep:g}"


class DropConnect(RandomLayer, nn.Linear):
    """A fully connected layer with ReLU, of whose weights only a random part is there while it trains.

        training:   y = relu((M * W) x + b),   M ~ Bernoulli(keep), one mask a batch
        inference:  y = E relu(u),   u ~ N(keep W x + b, keep (1 - keep) (W * W) (x * x))

    The paper masks every example anew; one mask a batch is the same in the mean and costs a batch-th part.
    At inference u, a sum of many masked weights, is nearly normal, so the paper draws it a number of times
    from the normal distribution with its mean and variance. Here the draws are the normal distribution's
    quantiles at (i - 1/2) / samples: nothing is left to chance, and far fewer are needed.

    Args:
        inputs: how many numbers come in.
        outputs: how many units there are.
        keep: the probability with which a weight is kept, in (0, 1].
        samples: quantiles at inference; 0 takes the mean network, y = relu(keep W x + b).

    Raises:
        RecipeError: `keep` or `samples` is none of these.

    Source: Wan et al. 2013, Regularization of Neural Networks using DropConnect, algorithms 1 and 2.
    """

    def __init__(self, inputs: int, outputs: int, *, keep: float, samples: float) -> None:
        if not 0 < keep <= 1:
            raise RecipeError(f"keep is {keep:g}; expected a probability in (0, 1]: 1 keeps every weight")
        super().__init__(inputs, outputs)
        self.keep = keep
        self.samples = whole("samples", samples, 0, 10_000)

    def forward(self, x: Tensor) -> Tensor:
        """Return (n, outputs) for x (n, inputs)."""
        if self.keep == 1:
            return relu(linear(x, self.weight, self.bias))
        if self.training:
            mask = self.kept(self.weight.shape, self.keep, x.device).to(x.dtype)
            return relu(linear(x, self.weight * mask, self.bias))
        mean = linear(x, self.keep * self.weight, self.bias)  # (n, outputs)
        if not self.samples:
            return relu(mean)
        variance = linear(x.square(), self.keep * (1 - self.keep) * self.weight.square())
        deviation = variance.clamp(min=1e-12).sqrt()  # so that the root has a slope everywhere
        total = torch.zeros_like(mean)
        for draw in self.quantiles:
            total = total + relu(mean + draw * deviation)
        return total / self.samples

    @property
    def quantiles(self) -> list[float]:
        """Where the standard normal distribution is looked at instead of being drawn from."""
        return [NormalDist().inv_cdf((i + 0.5) / self.samples) for i in range(self.samples)]

    def reset_parameters(self) -> None:
        """Leave the weights at 0: torch would draw them, from the generator of the whole process."""
        nn.init.zeros_(self.weight)
        nn.init.zeros_(self.bias)

    def extra_repr(self) -> str:
        """Show the sizes and what is kept when the layer is printed."""
        return f"{super().extra_repr()}, keep={self.keep:g}, samples={self.samples}"


class NormalizeWidth(nn.Module):
    """Stretch or squeeze each digit across, about its middle, so that its ink's width becomes `width` pixels.

    The ink are the columns with a pixel of at least `THRESHOLD`. A column of the result is the mean over a
    window around where it came from, as wide as the step from one column to the next and at least a pixel:
    a mean of two neighbours when stretching, of all that are squeezed together else. So stretched ink fades
    out at both ends, a little beyond `width`. Blank stays blank.

    Args:
        width: of the ink, in pixels; whole, from 2 to 28.

    Raises:
        RecipeError: `width` is none of these.

    Source: Ciresan, Meier, Schmidhuber 2012, Multi-column Deep Neural Networks for Image Classification.
    """

    THRESHOLD = 0.1

    def __init__(self, width: float) -> None:
        super().__init__()
        self.width = whole("digit_width", width, 2, 28, of="pixels")

    def forward(self, images: Tensor) -> Tensor:
        """Return the images (n, 1, h, w), each digit `width` pixels wide and in the middle."""
        size = images.shape[3]
        place = torch.arange(size, device=images.device, dtype=torch.float32)  # (w,)
        inked = images.amax(dim=(1, 2)) >= self.THRESHOLD  # (n, w)
        first = torch.where(inked, place, size).amin(dim=1)
        last = torch.where(inked, place, -1).amax(dim=1)
        step = ((last - first + 1) / self.width).clamp(
            min=1 / self.width
        )  # (n,), pixels there to a pixel here
        centre = (first + last) / 2
        came_from = centre.unsqueeze(1) + step.unsqueeze(1) * (place - (size - 1) / 2)  # (n, w)
        away = (came_from.unsqueeze(1) - place.view(1, size, 1)).abs()  # (n, from, to)
        window = step.clamp(min=1).view(-1, 1, 1)
        weights = ((window + 1) / 2 - away).clamp(0, 1) / window  # how much of the window lies in the column
        return torch.matmul(images, weights.unsqueeze(1).to(images.dtype))

    def extra_repr(self) -> str:
        """Show the width when the layer is printed."""
        return f"{self.width}"


class Crop(nn.Module):
    """Keep the middle of an image, `side` pixels high and wide."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, images: Tensor) -> Tensor:
        """Return (n, c, side, side) of images (n, c, h, w); of an odd margin the smaller half comes first."""
        top, left = ((size - self.side) // 2 for size in images.shape[2:])
        return images[:, :, top : top + self.side, left : left + self.side]

    def extra_repr(self) -> str:
        """Show the side when the layer is printed."""
        return f"{self.side}"


def set_generator(model: nn.Module, generator: torch.Generator) -> bool:
    """Make every random layer draw from this generator, and return whether there is such a layer."""
    random_layers = [module for module in model.modules() if isinstance(module, RandomLayer)]
    for layer in random_layers:
        layer.generator = generator
    return bool(random_layers)


@torch.no_grad()
def project_max_norm(model: nn.Module, most: float) -> None:
    """Shorten, in place, the weights that come into a unit where their length exceeds `most`.

        w <- w * min(1, most / |w|),   w: the incoming weights of one unit of a fully connected layer

    Source: Srivastava et al. 2014, section 5.1.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear):
            module.weight.renorm_(2, 0, most)

"""Layers that torch does not have, or has only with hidden randomness."""

from math import sqrt

import torch
from torch import Tensor, nn

from inklab.errors import RecipeError


class Dropout(nn.Module):
    """Zero each unit with probability 1 - keep while training, and scale the rest so that the mean stays.

        y = x * mask / keep,   mask ~ Bernoulli(keep), a fresh one for every unit of every example

    The mask compares 16 random bits with keep, which is thereby rounded to a multiple of 1/65,536.

    Unlike torch's own layer it draws from a generator that is handed to it (see `set_generator`), so a
    run's randomness is its own: nothing else in the process changes it.

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
        self.generator: torch.Generator | None = None

    def forward(self, x: Tensor) -> Tensor:
        """Return x of any shape, thinned while training and untouched otherwise."""
        if not self.training or self.keep == 1:
            return x
        words = torch.empty(-(-x.numel() // 4), dtype=torch.int64, device=x.device)
        bits = words.random_(-(2**63), None, generator=self.generator).view(torch.int16)  # four to a word
        mask = bits[: x.numel()].view(x.shape) < round(self.keep * 2**16) - 2**15
        return x * mask.to(x.dtype).div_(self.keep)

    def extra_repr(self) -> str:
        """Show what is kept when the layer is printed."""
        return f"keep={self.keep:g}"


def set_generator(model: nn.Module, generator: torch.Generator) -> bool:
    """Make every random layer draw from this generator, and return whether there is such a layer."""
    random_layers = [module for module in model.modules() if isinstance(module, Dropout)]
    for layer in random_layers:
        layer.generator = generator
    return bool(random_layers)


def truncated_normal(
    layer: nn.Conv2d | nn.Linear, generator: torch.Generator, *, deviation: float, bias: float
) -> None:
    """Fill a layer with small random weights and constant biases, in place.

    Weights are drawn from a normal distribution of this deviation, cut off at two deviations, so that no
    unit starts far from the others; a small positive bias keeps ReLU units from starting dead.
    """
    nn.init.trunc_normal_(layer.weight, std=deviation, a=-2 * deviation, b=2 * deviation, generator=generator)
    if layer.bias is not None:
        nn.init.constant_(layer.bias, bias)


def uniform(layer: nn.Conv2d | nn.Linear, generator: torch.Generator) -> None:
    """Fill a layer in place, evenly from -b to b, where b is 1 / sqrt(inputs of a unit).

    It is what torch's own layers begin with, from a generator that is handed in.
    """
    bound = 1 / sqrt(layer.weight[0].numel())
    for weights in layer.parameters():
        nn.init.uniform_(weights, -bound, bound, generator=generator)

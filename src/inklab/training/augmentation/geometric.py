"""Augmentation: a batch of digits as others might have written them, deformed on the device all at once."""

from dataclasses import dataclass
from functools import cached_property
from math import pi, sqrt

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from inklab.constants import IMAGE_SIZE
from inklab.errors import RecipeError
from inklab.training.augmentation.ranges import check_strengths

STRENGTHS = {
    "rotation": 180.0,
    "scale": 0.9,
    "shear": 2.0,
    "translate": 28.0,
    "crop": 14.0,
    "elastic_alpha": 200.0,
    "elastic_sigma": 28.0,
}
"""The name of each strength, and the most that it may be."""


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How each image of a batch is deformed by chance, as another might have written it; all 0 is nothing.

    The first five are the most that happens: what happens is drawn evenly between minus and plus that much,
    for every image anew. Digits are never mirrored, for a mirrored digit is none.

    Raises:
        RecipeError: a strength that is no number, negative or too large to leave a digit.
    """

    rotation: float = 0.0
    """Degrees, at most 180."""
    scale: float = 0.0
    """A fraction by which width and height grow or shrink, each on its own, at most 0.9."""
    shear: float = 0.0
    """Pixels of slant for each pixel of height, at most 2."""
    translate: float = 0.0
    """Pixels, across and down, at most 28."""
    crop: float = 0.0
    """Whole pixels by which the window moves, at most 14: random crops, for a network that crops (`Crop`)."""
    elastic_alpha: float = 0.0
    """Pixels, at most 200: Simard's alpha, which scales a smoothed field of numbers in [-1, 1]."""
    elastic_sigma: float = 4.0
    """Pixels, at most 28: Simard's sigma, the deviation of the Gaussian that smooths the field."""

    def __post_init__(self) -> None:
        check_strengths(self, "augmentation", STRENGTHS)
        if not self.crop.is_integer():
            raise RecipeError(f"augmentation crop is {self.crop:g}; expected a whole number of pixels")

    @cached_property
    def is_random(self) -> bool:
        """Whether it does anything."""
        return any(getattr(self, name) for name in STRENGTHS if name != "elastic_sigma")

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return the images deformed, what lies outside being blank.

        Args:
            images: (n, 1, h, w) float32.
            generator: on the images' device.
        """
        if not self.is_random:
            return images
        grids = self.grids(len(images), images.shape[2], images.shape[3], generator)
        return grid_sample(images, grids, align_corners=False)

    def view_grids(self, n: int, *, seed: int) -> Tensor:
        """Return the grids (n, 28, 28, 2) of n views of an image: the first as it is, the others drawn."""
        generator = torch.Generator().manual_seed(seed)
        plain = Augmentation().grids(1, IMAGE_SIZE, IMAGE_SIZE, generator)
        return torch.cat([plain, self.grids(n - 1, IMAGE_SIZE, IMAGE_SIZE, generator)])

    def grids(self, n: int, height: int, width: int, generator: torch.Generator) -> Tensor:
        """Return where each pixel of n deformed images came from; it is looked up between four neighbours.

            (u, v) = A (x, y) + t + elastic * G e,   A = rotation x shear x scale,   about the centre

        e are two numbers for each pixel, drawn evenly from [-1, 1]; G smooths them by a Gaussian.

        Args:
            n: how many.
            height: of the images, in pixels.
            width: likewise.
            generator: draws six numbers an image, two more for `crop`, two a pixel for `elastic_alpha`.

        Returns:
            (n, h, w, 2) float32 in `grid_sample`'s measure: -1 and 1 are the outer edges of the image.

        Source: Simard, Steinkraus, Platt 2003, Best Practices for Convolutional Neural Networks.
        """
        drawn = _drawn(generator, 6, n, 1, 1)
        angle = drawn[0] * (self.rotation * pi / 180)
        wide, high = 1 + self.scale * drawn[1], 1 + self.scale * drawn[2]
        slant = self.shear * drawn[3]
        right, down = self.translate * drawn[4], self.translate * drawn[5]  # pixels
        if self.crop:
            moved = (_drawn(generator, 2, n, 1, 1) * (self.crop + 0.5)).round_()
            right, down = right + moved[0], down + moved[1]
        cos, sin = angle.cos(), angle.sin()
        x = torch.linspace(1 / width - 1, 1 - 1 / width, width, device=drawn.device).view(1, 1, width)
        y = torch.linspace(1 / height - 1, 1 - 1 / height, height, device=drawn.device).view(1, height, 1)
        u = (cos * wide) * x + ((cos * slant - sin) * high) * y + right * (2 / width)  # (n, h, w)
        v = (sin * wide) * x + ((sin * slant + cos) * high) * y + down * (2 / height)
        if self.elastic_alpha:
            fields = self._fields(n, height, width, generator)  # (2, n, h, w) pixels
            u, v = u + fields[0] * (2 / width), v + fields[1] * (2 / height)
        return torch.stack((u, v), dim=3)

    def _fields(self, n: int, height: int, width: int, generator: torch.Generator) -> Tensor:
        """Return how far each pixel moves across and down: smooth, for a Gaussian is a product of two."""
        noise = _drawn(generator, 2, n, height, width)
        down, across = (_gaussian(size, self.elastic_sigma, noise.device) for size in (height, width))
        return (down @ noise @ across).mul_(self.elastic_alpha)


def _drawn(generator: torch.Generator, *shape: int) -> Tensor:
    """Return numbers drawn evenly from [-1, 1)."""
    return torch.rand(*shape, generator=generator, device=generator.device).mul_(2).sub_(1)


def _gaussian(size: int, deviation: float, device: torch.device) -> Tensor:
    """Return the symmetric (size, size) matrix that smooths a row of numbers, nothing lying outside it."""
    place = torch.arange(size, dtype=torch.float32, device=device)
    if not deviation:
        return torch.eye(size, device=device)
    away = place.view(-1, 1) - place
    return torch.exp(-0.5 * (away / deviation) ** 2) / (deviation * sqrt(2 * pi))

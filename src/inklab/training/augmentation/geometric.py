"""Random deformations of digits: rotation, scale, shear, translation, crops, and elastic distortion."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import pi, sqrt

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from inklab.constants import IMAGE_SIZE
from inklab.errors import RecipeError

LIMITS = {
    "rotation": 180.0,
    "scale": 0.9,
    "shear": 2.0,
    "translate": 28.0,
    "crop": 14.0,
    "elastic_alpha": 200.0,
    "elastic_sigma": 28.0,
}
"""Field of `Augmentation` -> largest allowed value."""


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """The ranges of the random deformations of each training image; all 0 is no augmentation.

    The first five fields are half-widths: the amount is uniform in [-x, x] and new for every image. Images
    are never mirrored, since most mirrored digits are not digits.

    Raises:
        RecipeError: a value is not a number, negative, or above its limit in `LIMITS`.
    """

    rotation: float = 0.0
    """Degrees, at most 180."""
    scale: float = 0.0
    """Fraction by which width and height change, independently; at most 0.9."""
    shear: float = 0.0
    """Pixels of slant per pixel of height, at most 2."""
    translate: float = 0.0
    """Pixels, horizontally and vertically; at most 28."""
    crop: float = 0.0
    """Whole pixels by which the crop window moves, at most 14; for a network that crops the center."""
    elastic_alpha: float = 0.0
    """Scale of the elastic displacement in pixels, at most 200; alpha in the paper."""
    elastic_sigma: float = 4.0
    """Standard deviation in pixels of the Gaussian that smooths the displacement, at most 28."""

    def __post_init__(self) -> None:
        check_ranges(self, "augmentation", LIMITS)
        if not self.crop.is_integer():
            raise RecipeError(f"augmentation crop is {self.crop:g}; expected a whole number of pixels")

    @cached_property
    def is_random(self) -> bool:
        """Whether images are deformed at all."""
        return any(getattr(self, name) for name in LIMITS if name != "elastic_sigma")

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return images (n, 1, h, w) float32 deformed, with 0 outside; the generator is on their device."""
        if not self.is_random:
            return images
        n, _, height, width = images.shape
        return grid_sample(images, self._sampling_grids(n, height, width, generator), align_corners=False)

    def view_grids(self, n: int, *, seed: int) -> Tensor:
        """Return the sampling grids (n, 28, 28, 2) of n views of an image; the first is the image itself."""
        generator = torch.Generator().manual_seed(seed)
        identity = Augmentation()._sampling_grids(1, IMAGE_SIZE, IMAGE_SIZE, generator)
        return torch.cat([identity, self._sampling_grids(n - 1, IMAGE_SIZE, IMAGE_SIZE, generator)])

    def _sampling_grids(self, n: int, height: int, width: int, generator: torch.Generator) -> Tensor:
        """Return the source position of each pixel of n deformed images, for bilinear sampling.

            (u, v) = A (x, y) + t + elastic_alpha * G e,   A = rotation x shear x scale about the center

        e are two numbers per pixel, uniform in [-1, 1]; G smooths them with a Gaussian.

        Returns:
            (n, h, w, 2) float32 in the units of `grid_sample`: -1 and 1 are the outer edges of the image.

        Source: Simard, Steinkraus, Platt 2003, Best Practices for Convolutional Neural Networks.
        """
        draws = _draw_uniform(generator, 6, n, 1, 1)
        angle = draws[0] * (self.rotation * pi / 180)  # (n, 1, 1), as all amounts per image
        x_scale, y_scale = 1 + self.scale * draws[1:3]
        shear = self.shear * draws[3]
        dx, dy = self.translate * draws[4:]  # pixels
        if self.crop:
            moves = (_draw_uniform(generator, 2, n, 1, 1) * (self.crop + 0.5)).round_()
            dx, dy = dx + moves[0], dy + moves[1]
        cos, sin = angle.cos(), angle.sin()
        x = torch.linspace(1 / width - 1, 1 - 1 / width, width, device=draws.device).view(1, 1, width)
        y = torch.linspace(1 / height - 1, 1 - 1 / height, height, device=draws.device).view(1, height, 1)
        u = (cos * x_scale) * x + ((cos * shear - sin) * y_scale) * y + dx * (2 / width)  # (n, h, w)
        v = (sin * x_scale) * x + ((sin * shear + cos) * y_scale) * y + dy * (2 / height)  # (n, h, w)
        if self.elastic_alpha:
            shift = self._elastic_displacement(n, height, width, generator)  # (2, n, h, w), pixels
            u, v = u + shift[0] * (2 / width), v + shift[1] * (2 / height)
        return torch.stack((u, v), dim=3)

    def _elastic_displacement(self, n: int, height: int, width: int, generator: torch.Generator) -> Tensor:
        """Return smooth random displacements (2, n, h, w) in pixels, x and y; the Gaussian is separable."""
        noise = _draw_uniform(generator, 2, n, height, width)
        vertical = _gaussian_matrix(height, self.elastic_sigma, noise.device)
        horizontal = _gaussian_matrix(width, self.elastic_sigma, noise.device)
        return (vertical @ noise @ horizontal).mul_(self.elastic_alpha)


def check_ranges(amounts: object, kind: str, limits: Mapping[str, float]) -> None:
    """Check that each field of a frozen dataclass is a number from 0 to its limit, and make it a float.

    Raises:
        RecipeError: a field of this `kind` is not a number, negative, or above its limit.
    """
    for name, limit in limits.items():
        value = getattr(amounts, name)
        if type(value) not in {int, float} or not 0 <= value <= limit:
            raise RecipeError(f"{kind} {name} is {value!r}; expected a number from 0 to {limit:g}")
        object.__setattr__(amounts, name, float(value))


def _draw_uniform(generator: torch.Generator, *shape: int) -> Tensor:
    """Return random numbers, uniform in [-1, 1)."""
    return torch.rand(*shape, generator=generator, device=generator.device).mul_(2).sub_(1)


def _gaussian_matrix(size: int, sigma: float, device: torch.device) -> Tensor:
    """Return the symmetric (size, size) matrix that smooths a row of numbers, with zeros outside the row."""
    if not sigma:
        return torch.eye(size, device=device)
    position = torch.arange(size, dtype=torch.float32, device=device)
    return torch.exp(-0.5 * ((position.view(-1, 1) - position) / sigma) ** 2) / (sigma * sqrt(2 * pi))

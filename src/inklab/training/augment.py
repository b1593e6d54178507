"""Augmentation: a batch of digits as others might have written them, deformed on the device all at once."""

from dataclasses import dataclass, fields
from functools import cached_property
from math import pi

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

from inklab.errors import RecipeError

_MOST = {"rotation": 180.0, "scale": 0.9, "shear": 2.0, "shift": 28.0}


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """How far each image of a batch is turned, scaled, sheared and moved, by chance; all 0 changes nothing.

    Each strength is the most that happens: what happens is drawn evenly between minus and plus that much,
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
    shift: float = 0.0
    """Pixels, across and down, at most 28."""

    def __post_init__(self) -> None:
        for name, most in _MOST.items():
            value = getattr(self, name)
            if type(value) not in {int, float} or not 0 <= value <= most:
                raise RecipeError(f"augmentation {name} is {value!r}; expected a number from 0 to {most:g}")
            object.__setattr__(self, name, float(value))

    @cached_property
    def is_random(self) -> bool:
        """Whether it does anything."""
        return any(getattr(self, one.name) for one in fields(self))

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return the images deformed, what lies outside being blank.

        Every pixel looks up, between four neighbours, where it came from:

            (u, v) = A (x, y) + t,   A = rotation x shear x scale,   about the centre of the image

        Args:
            images: (n, 1, h, w) float32.
            generator: on the images' device; six numbers are drawn for each image.
        """
        if not self.is_random:
            return images
        n, _, height, width = images.shape
        drawn = torch.rand(6, n, 1, 1, generator=generator, device=images.device).mul_(2).sub_(1)
        angle = drawn[0] * (self.rotation * pi / 180)
        wide, high = 1 + self.scale * drawn[1], 1 + self.scale * drawn[2]
        slant = self.shear * drawn[3]
        right, down = self.shift * 2 / width * drawn[4], self.shift * 2 / height * drawn[5]
        cos, sin = angle.cos(), angle.sin()
        # Pixel centres in grid_sample's measure: -1 and 1 are the outer edges of the image.
        x = torch.linspace(1 / width - 1, 1 - 1 / width, width, device=images.device).view(1, 1, width)
        y = torch.linspace(1 / height - 1, 1 - 1 / height, height, device=images.device).view(1, height, 1)
        u = (cos * wide) * x + ((cos * slant - sin) * high) * y + right  # (n, h, w)
        v = (sin * wide) * x + ((sin * slant + cos) * high) * y + down
        return grid_sample(images, torch.stack((u, v), dim=3), align_corners=False)

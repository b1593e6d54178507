"""Wear: a batch of digits as other pens, papers and cameras might have left them, all at once."""

from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor

from inklab.training.augmentation.ranges import check_strengths

_MOST = {"probability": 1.0, "stroke": 1.0, "blur": 4.0, "fade": 1.0, "stroke_gap": 8.0, "noise": 1.0}
_FINE = 0.7  # pixels: so far strokes are smoothed before they are made wider or thinner
_LOWEST = 0.05  # of the levels at which ink is cut off: at 0 no slope would be steep enough
_LEVEL = 1 / 255  # of grey: ink that is fainter is none
_BROKEN = 0.5  # the part of the images that a gap goes through


@dataclass(frozen=True, kw_only=True)
class Degradation:
    """What happens by chance to the ink of each image of a batch; all 0 is nothing.

    Of all images the `share` is worn, the others stay as they are. What happens to a worn one is drawn anew
    each time, evenly from nothing to the most that each strength says.

    Raises:
        RecipeError: a strength that is no number, negative or too large to leave a digit.
    """

    probability: float = 0.0
    """The part of the images that is worn, at most 1; with 0 nothing happens, whatever the others say."""
    stroke: float = 0.0
    """How much wider or thinner strokes become, at most 1: the level, from 1/2, at which ink is cut off."""
    blur: float = 0.0
    """Pixels, at most 4: the deviation of a Gaussian."""
    fade: float = 0.0
    """The part of the ink that fades along a slope across the image, at most 1."""
    stroke_gap: float = 0.0
    """Pixels, at most 8: the width of a straight band in which the stroke of one image in two is broken."""
    noise: float = 0.0
    """The deviation of noise on ink and paper, at most 1."""

    def __post_init__(self) -> None:
        check_strengths(self, "degradation", _MOST)

    @property
    def is_random(self) -> bool:
        """Whether it does anything."""
        return bool(self.probability) and any(getattr(self, name) for name in _MOST if name != "probability")

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return the images worn, with the brightest pixel of a worn one at 1 before noise is added to it.

        A blank image stays blank until noise is added; one of which nothing would be left keeps its ink.

            stroke:  x <- clip(a G x / max G x + b),   1/2 at level = max(0.05, (1 +- stroke) / 2):
                     a = max(2, 1 / (2 level)),   b = min(0, 1/2 - 2 level); where no ink is comes none
            gap:     x <- x * (1 - a band of this width at a random angle, near the middle)
            fading:  x <- x * (1 - fading * a slope from 0 to 1 in a random direction)
            blur:    x <- G x
            noise:   x <- clip(x + noise * e),   e normal

        Args:
            images: (n, 1, h, w) float32 in [0, 1], ink bright.
            generator: on the images' device.
        """
        if not self.is_random:
            return images
        n, _, height, width = images.shape
        ink = images[:, 0]  # (n, h, w)
        drawn = torch.rand(9, n, 1, 1, generator=generator, device=images.device)
        worn = ink
        if self.stroke:
            smooth = _full(_smoothed(ink, torch.full_like(drawn[0], _FINE)))
            level = ((1 + self.stroke * (2 * drawn[0] - 1)) / 2).clamp_(min=_LOWEST)
            worn = (smooth * (0.5 / level).clamp_(min=2) + (0.5 - 2 * level).clamp_(max=0)).clamp_(0, 1)
        if self.stroke_gap:
            away = (_along(height, width, drawn[1] * pi) - (drawn[2] - 0.5) * 10).abs_()
            band = (self.stroke_gap * drawn[3] / 2 + 0.5 - away).clamp_(0, 1)
            worn = worn * (1 - band * (drawn[4] < _BROKEN))
        if self.fade:
            slope = (_along(height, width, drawn[5] * 2 * pi) / 20 + 0.5).clamp_(0, 1)
            worn = worn * (1 - self.fade * drawn[6] * slope)
        if self.blur:
            worn = _smoothed(worn, self.blur * drawn[7])
        is_left = worn.amax(dim=(1, 2), keepdim=True) > _LEVEL
        worn = _full(torch.where(is_left, worn, ink))
        if self.noise:
            noise = torch.randn(n, height, width, generator=generator, device=images.device)
            worn = (worn + self.noise * drawn[8] * noise).clamp_(0, 1)
        is_worn = torch.rand(n, 1, 1, generator=generator, device=images.device) < self.probability
        return torch.where(is_worn, worn, ink).unsqueeze(1)


def _full(ink: Tensor) -> Tensor:
    """Return images (n, h, w) divided by their brightest pixel; blank stays blank."""
    return ink / ink.amax(dim=(1, 2), keepdim=True).clamp(min=1e-6)


def _along(height: int, width: int, angle: Tensor) -> Tensor:
    """Return how far each pixel (n, h, w) lies from the middle, in the direction of an angle (n, 1, 1)."""
    x = torch.arange(width, device=angle.device) - (width - 1) / 2
    y = torch.arange(height, device=angle.device) - (height - 1) / 2
    return angle.cos() * x + angle.sin() * y.view(-1, 1)


def _smoothed(ink: Tensor, deviation: Tensor) -> Tensor:
    """Return images (n, h, w), each smoothed by a Gaussian of its own deviation (n, 1, 1) in pixels."""
    down, across = (_gaussian(size, deviation) for size in ink.shape[1:])
    return down @ ink @ across.mT


def _gaussian(size: int, deviation: Tensor) -> Tensor:
    """Return (n, size, size) matrices that smooth a row of numbers, each output's weights adding up to 1."""
    place = torch.arange(size, dtype=torch.float32, device=deviation.device)
    away = place.view(-1, 1) - place
    weights = torch.exp(-0.5 * (away / deviation.clamp(min=0.05)) ** 2)
    return weights / weights.sum(dim=2, keepdim=True)

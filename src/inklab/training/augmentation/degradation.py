"""Random changes of the ink, as other pens, papers, and cameras cause them."""

from dataclasses import dataclass
from math import pi

import torch
from torch import Tensor

from inklab.training.augmentation.geometric import check_ranges

_LIMITS = {"probability": 1.0, "stroke": 1.0, "blur": 4.0, "fade": 1.0, "stroke_gap": 8.0, "noise": 1.0}
_SMOOTHING_SIGMA = 0.7  # pixels; strokes are smoothed before they become wider or thinner
_MIN_LEVEL = 0.05  # lowest threshold of the ink; at 0 the slope would be infinite
_MIN_INK = 1 / 255  # a fainter image counts as blank
_GAP_PROBABILITY = 0.5  # of a degraded image to get a gap


@dataclass(frozen=True, kw_only=True)
class Degradation:
    """The ranges of the random changes of the ink of each training image; all 0 is no degradation.

    The amount of each change is new for every image, and uniform between 0 and the field's value.

    Raises:
        RecipeError: a value is not a number, negative, or above its limit.
    """

    probability: float = 0.0
    """Fraction of the images that are degraded, at most 1; 0 disables the other fields."""
    stroke: float = 0.0
    """Change of the stroke width, at most 1: how far the threshold of the ink moves from 1/2."""
    blur: float = 0.0
    """Standard deviation of a Gaussian in pixels, at most 4."""
    fade: float = 0.0
    """Fraction of the ink that fades away towards one side of the image, at most 1."""
    stroke_gap: float = 0.0
    """Width in pixels, at most 8, of a straight band without ink; half of the degraded images get one."""
    noise: float = 0.0
    """Standard deviation of the noise on ink and paper, at most 1."""

    def __post_init__(self) -> None:
        check_ranges(self, "degradation", _LIMITS)

    @property
    def is_random(self) -> bool:
        """Whether images are degraded at all."""
        return self.probability > 0 and any((self.stroke, self.blur, self.fade, self.stroke_gap, self.noise))

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Return images (n, 1, h, w) float32 in [0, 1] degraded; the generator is on their device.

        The brightest pixel is 1, and a blank image stays blank, until noise is added. An image that would
        lose all its ink keeps it.

            stroke:      x <- clip(a G x / max G x + b),   1/2 at level = max(0.05, (1 +- stroke) / 2),
                         a = max(2, 1 / (2 level)),   b = min(0, 1/2 - 2 level), so that paper stays paper
            stroke_gap:  x <- x * (1 - a band of this width at a random angle near the center)
            fade:        x <- x * (1 - fade * a slope from 0 to 1 in a random direction)
            blur:        x <- G x
            noise:       x <- clip(x + noise * e),   e ~ N(0, 1)
        """
        if not self.is_random:
            return images
        ink = degraded = images[:, 0]  # (n, h, w)
        draws = torch.rand(9, len(ink), 1, 1, generator=generator, device=images.device)
        if self.stroke:
            degraded = self._change_stroke_width(degraded, draws[0])
        if self.stroke_gap:
            degraded = self._cut_gap(degraded, *draws[1:5])
        if self.fade:
            slope = (_signed_distance(ink, draws[5] * 2 * pi) / 20 + 0.5).clamp_(0, 1)
            degraded = degraded * (1 - self.fade * draws[6] * slope)
        if self.blur:
            degraded = _smooth(degraded, self.blur * draws[7])
        has_ink = degraded.amax(dim=(1, 2), keepdim=True) > _MIN_INK  # (n, 1, 1)
        degraded = _stretch_contrast(torch.where(has_ink, degraded, ink))
        if self.noise:
            noise = torch.randn(ink.shape, generator=generator, device=images.device)
            degraded = (degraded + self.noise * draws[8] * noise).clamp_(0, 1)
        is_degraded = torch.rand(len(ink), 1, 1, generator=generator, device=images.device) < self.probability
        return torch.where(is_degraded, degraded, ink).unsqueeze(1)

    def _change_stroke_width(self, ink: Tensor, draw: Tensor) -> Tensor:
        smooth = _stretch_contrast(_smooth(ink, torch.full_like(draw, _SMOOTHING_SIGMA)))
        level = ((1 + self.stroke * (2 * draw - 1)) / 2).clamp_(min=_MIN_LEVEL)  # (n, 1, 1)
        return (smooth * (0.5 / level).clamp_(min=2) + (0.5 - 2 * level).clamp_(max=0)).clamp_(0, 1)

    def _cut_gap(self, ink: Tensor, angle: Tensor, offset: Tensor, width: Tensor, chance: Tensor) -> Tensor:
        distance = (_signed_distance(ink, angle * pi) - (offset - 0.5) * 10).abs_()  # (n, h, w)
        band = (self.stroke_gap * width / 2 + 0.5 - distance).clamp_(0, 1)
        return ink * (1 - band * (chance < _GAP_PROBABILITY))


def _stretch_contrast(ink: Tensor) -> Tensor:
    """Return images (n, h, w) divided by their brightest pixel; a blank image stays blank."""
    return ink / ink.amax(dim=(1, 2), keepdim=True).clamp(min=1e-6)


def _signed_distance(ink: Tensor, angle: Tensor) -> Tensor:
    """Return the distance (n, h, w) of each pixel from the center in the direction of `angle` (n, 1, 1)."""
    height, width = ink.shape[1:]
    x = torch.arange(width, device=angle.device) - (width - 1) / 2
    y = torch.arange(height, device=angle.device) - (height - 1) / 2
    return angle.cos() * x + angle.sin() * y.view(-1, 1)


def _smooth(ink: Tensor, sigma: Tensor) -> Tensor:
    """Return images (n, h, w), each smoothed by a Gaussian with its own sigma (n, 1, 1) in pixels."""
    vertical, horizontal = (_gaussian_matrices(size, sigma) for size in ink.shape[1:])
    return vertical @ ink @ horizontal.mT


def _gaussian_matrices(size: int, sigma: Tensor) -> Tensor:
    """Return (n, size, size) matrices that smooth a row of numbers; the weights of each output sum to 1."""
    position = torch.arange(size, dtype=torch.float32, device=sigma.device)
    weights = torch.exp(-0.5 * ((position.view(-1, 1) - position) / sigma.clamp(min=0.05)) ** 2)
    return weights / weights.sum(dim=2, keepdim=True)

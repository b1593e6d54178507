"""Looking inside: what a network has learned and what it makes of one digit, as arrays and as figures.

`figures` draws them; it is imported by name, since matplotlib takes a while to load.
"""

from inklab.inspection.activations import activations, maps
from inklab.inspection.filters import convolutions, filters, weight_images
from inklab.inspection.tiles import tile

__all__ = ["activations", "convolutions", "filters", "maps", "tile", "weight_images"]

"""Looking inside: what a network has learned and what it makes of one digit, as arrays and as figures.

`figures` draws them; it is imported by name, since matplotlib takes a while to load.
"""

from inklab.inspection.activations import activations, maps
from inklab.inspection.filters import convolutions, filters, weight_images, without_filters
from inklab.inspection.hidden import last_hidden
from inklab.inspection.projection import Plane, neighbour_plane, principal_plane
from inklab.inspection.tiles import tile

__all__ = [
    "Plane",
    "activations",
    "convolutions",
    "filters",
    "last_hidden",
    "maps",
    "neighbour_plane",
    "principal_plane",
    "tile",
    "weight_images",
    "without_filters",
]

"""The workbench: one local page to draw, train and look inside, and the service behind it."""

from inklab.web.workbench import SHIPPED, Workbench

__all__ = [
    "SHIPPED",
    "Workbench",
]

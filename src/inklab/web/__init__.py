"""The workbench: a web application on this computer, with an HTTP API."""

from inklab.web.services.workbench import SHIPPED, Workbench

__all__ = ["SHIPPED", "Workbench"]

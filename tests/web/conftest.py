"""The fixtures of `web_visits`, for all tests in this folder."""

from web_visits import browser, client, context, finished_run, page, served, server, visit, workbench

__all__ = ["browser", "client", "context", "finished_run", "page", "served", "server", "visit", "workbench"]

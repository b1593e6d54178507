"""The fixtures of `visiting`, for every test in this folder."""

from web_visits import browser, client, context, finished_run, page, served, server, visit, workbench

__all__ = ["browser", "client", "context", "finished_run", "page", "served", "server", "visit", "workbench"]

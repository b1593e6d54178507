"""Serving: from the start of the workbench until it is stopped."""

import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from inklab.errors import InklabError
from inklab.web.app import create_app
from inklab.web.workbench import Workbench

LOCAL = "127.0.0.1"
_FINISHED_WITHIN_S = 10
_MOST_CONNECTIONS = 1024  # far above what the guard lets through; beyond it uvicorn answers 503 itself


class _Server(uvicorn.Server):
    """Tells the workbench that it shuts down before it waits for what is under way."""

    def __init__(self, config: uvicorn.Config, workbench: Workbench) -> None:
        super().__init__(config)
        self._workbench = workbench

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._workbench.stopping.set()
        await super().shutdown(sockets)


def serve(
    workbench: Workbench,
    *,
    host: str = LOCAL,
    port: int,
    token: str | None = None,
    on_start: Callable[[str], None] = print,
) -> None:
    """Serve the workbench until the process is told to stop; what is under way then is finished.

    Args:
        workbench: the folders that it shows.
        host: the address to listen on.
        port: the port; 0 takes a free one.
        token: what every request must bring; see `create_app`.
        on_start: is given the address of the page once the port is taken.

    Raises:
        InklabError: another address than this machine's own and no token, or the port cannot be had.
    """
    if token is None and host not in {LOCAL, "localhost", "::1"}:
        raise InklabError(
            f"{host} can be reached by others; expected --token with a secret that every request must bring"
        )
    server = server_for(workbench, token=token)
    with _listening(host, port) as listener:
        address = f"[{host}]" if ":" in host else host
        page = f"http://{address}:{listener.getsockname()[1]}/"
        on_start(page if token is None else f"{page}?token={token}")
        with suppress(KeyboardInterrupt):  # which uvicorn raises again once all is finished
            server.run(sockets=[listener])


def server_for(workbench: Workbench, *, token: str | None = None) -> uvicorn.Server:
    """Return a server of the workbench, which `run(sockets=...)` starts."""
    config = uvicorn.Config(
        create_app(workbench, token=token),
        access_log=False,
        log_level="warning",
        server_header=False,
        limit_concurrency=_MOST_CONNECTIONS,
        timeout_graceful_shutdown=_FINISHED_WITHIN_S,
        proxy_headers=False,
        ws="none",
    )
    return _Server(config, workbench)


def _listening(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InklabError(f"cannot listen on {host}, port {port}: {reason}; choose another --port") from None

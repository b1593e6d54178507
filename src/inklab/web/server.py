"""The server of the workbench."""

import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from inklab.errors import InklabError
from inklab.web.app import create_app
from inklab.web.services.workbench import Workbench

LOCALHOST = "127.0.0.1"
_SHUTDOWN_TIMEOUT_S = 10
_MAX_CONNECTIONS = 1024  # far above the limits of the security middleware; uvicorn answers 503 beyond it


class _Server(uvicorn.Server):
    """A server that tells the workbench about a shutdown before it waits for open requests."""

    def __init__(self, config: uvicorn.Config, workbench: Workbench) -> None:
        super().__init__(config)
        self._workbench = workbench

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._workbench.stopping.set()
        await super().shutdown(sockets)


def serve(
    workbench: Workbench,
    *,
    host: str = LOCALHOST,
    port: int,
    token: str | None = None,
    on_start: Callable[[str], None] = print,
) -> None:
    """Serve the workbench until the process gets a signal to stop; open requests are finished.

    Args:
        workbench: the user's folders.
        host: the address to listen on.
        port: the port; 0 takes a free one.
        token: a secret that every request must carry; see `create_app`.
        on_start: gets the address of the page once the server listens.

    Raises:
        InklabError: the address can be reached from other machines and there is no token, or the port is
            not available.
    """
    if token is None and host not in {LOCALHOST, "localhost", "::1"}:
        raise InklabError(
            f"{host} can be reached from other machines; expected --token with a secret for every request"
        )
    server = server_for(workbench, token=token)
    with _listen(host, port) as listener:
        address = f"[{host}]" if ":" in host else host
        page = f"http://{address}:{listener.getsockname()[1]}/"
        on_start(page if token is None else f"{page}?token={token}")
        with suppress(KeyboardInterrupt):  # uvicorn raises it again after the shutdown
            server.run(sockets=[listener])


def server_for(workbench: Workbench, *, token: str | None = None) -> uvicorn.Server:
    """Return a server of the workbench; `run(sockets=...)` starts it."""
    config = uvicorn.Config(
        create_app(workbench, token=token),
        access_log=False,
        log_level="warning",
        server_header=False,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_graceful_shutdown=_SHUTDOWN_TIMEOUT_S,
        proxy_headers=False,
        ws="none",
    )
    return _Server(config, workbench)


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=128)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InklabError(f"cannot listen on {host}, port {port}: {reason}; choose another --port") from None

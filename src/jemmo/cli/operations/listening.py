"""The socket that the web application listens on."""

from __future__ import annotations

import errno
import os
import socket

from jemmo.domain.errors import ConfigError
from jemmo.home import home

BACKLOG = 2048
_NOTED = "web.address"  # in the data folder

_CODES = {
    errno.EADDRINUSE: "port_taken",
    errno.EACCES: "port_forbidden",
    errno.EADDRNOTAVAIL: "host_unknown",
}


def listen(host: str, port: int) -> socket.socket:
    """Open the port. Port 0 chooses a free one. Raises ``ConfigError``."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        server = socket.socket(family, kind, protocol)
        try:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            server.bind(address)
            server.listen(BACKLOG)
        except OSError:
            server.close()
            raise
    except OSError as error:
        raise _explain(error, host, port) from None
    return server


def address_of(host: str, port: int) -> str:
    """The URL at which a browser on this machine reaches the socket."""
    name = "localhost" if host in {"127.0.0.1", "::1", "0.0.0.0", "::"} else host  # noqa: S104 - compared
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def remember(server: socket.socket) -> None:
    """Store the web application's address for the other commands."""
    if server.family in {socket.AF_INET, socket.AF_INET6}:
        (home() / _NOTED).write_text(address_of(*server.getsockname()[:2]))


def remembered() -> str | None:
    """The address where this data folder's web application listens, or did last."""
    try:
        return (home() / _NOTED).read_text()
    except FileNotFoundError:
        return None


def adopt(descriptor: int) -> socket.socket:
    """Use a socket that the parent process opened. Raises ``ConfigError``."""
    try:
        return socket.socket(fileno=descriptor)
    except OSError:
        raise ConfigError("not_a_socket", descriptor=descriptor) from None


def _explain(error: OSError, host: str, port: int) -> ConfigError:
    if isinstance(error, socket.gaierror):
        error.errno = errno.EADDRNOTAVAIL
    code = _CODES.get(error.errno or 0, "port_closed")
    reason = error.strerror or os.strerror(error.errno or 0)
    return ConfigError(code, port=str(port), host=host, reason=reason)

"""The socket that the web application answers on."""

from __future__ import annotations

import errno
import os
import socket

from jemmo.domain.errors import ConfigError
from jemmo.home import home

BACKLOG = 2048
_NOTED = "web.address"  # in the data folder

_OTHER_PORT = "Choose another one with --port, or stop the program that uses it."
_REASONS = {
    errno.EADDRINUSE: ("port_taken", "another program uses it", _OTHER_PORT),
    errno.EACCES: (
        "port_forbidden",
        "this user may not open it",
        "Choose a port above 1023 with --port, and put a proxy in front of it.",
    ),
    errno.EADDRNOTAVAIL: (
        "host_unknown",
        "this machine does not have that address",
        "Correct --host: 127.0.0.1 for this machine alone, 0.0.0.0 for all its addresses.",
    ),
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
    """Where a browser on this machine finds what listens there."""
    name = "localhost" if host in {"127.0.0.1", "::1", "0.0.0.0", "::"} else host  # noqa: S104 - compared
    return f"http://{f'[{name}]' if ':' in name else name}:{port}"


def remember(server: socket.socket) -> None:
    """Note where the web application of this data folder listens, for the other commands."""
    if server.family in {socket.AF_INET, socket.AF_INET6}:
        (home() / _NOTED).write_text(address_of(*server.getsockname()[:2]))


def remembered() -> str | None:
    """Where the web application of this data folder listens, or did last."""
    try:
        return (home() / _NOTED).read_text()
    except FileNotFoundError:
        return None


def adopt(descriptor: int) -> socket.socket:
    """Use a socket that whoever started this process opened. Raises ``ConfigError``."""
    try:
        return socket.socket(fileno=descriptor)
    except OSError:
        raise ConfigError(
            f"File descriptor {descriptor} is not a socket.",
            code="not_a_socket",
            next_step="Use --fd 3 under systemd's socket activation; otherwise leave it out.",
        ) from None


def _explain(error: OSError, host: str, port: int) -> ConfigError:
    unknown = ("host_unknown", f"{error.strerror or os.strerror(error.errno or 0)}", _OTHER_PORT)
    if isinstance(error, socket.gaierror):
        error.errno = errno.EADDRNOTAVAIL
    code, reason, next_step = _REASONS.get(error.errno or 0, unknown)
    return ConfigError(
        f"Port {port} of {host} cannot be opened: {reason}.", code=code, next_step=next_step
    )

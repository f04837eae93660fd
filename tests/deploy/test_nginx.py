"""Jemmo behind Debian's nginx, with the configuration of deploy/nginx."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from django.conf import settings
from django.test import Client
from fakes.showcase import Showcase

import jemmo
from jemmo.cli.operations.demo import free_port
from jemmo.domain import key_shapes

HOST = "jemmo.example.com"
CONFIGURATION = Path(jemmo.__file__).parents[2] / "deploy" / "nginx" / "jemmo.conf"
NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
pytestmark = pytest.mark.skipif(NGINX is None, reason="run these tests by `make test-deploy`")

MAIN = """\
daemon off;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/jemmo.conf;
}}
"""


class Proxy:
    """A running nginx, requested like a browser with the company's host name."""

    def __init__(self, plain: int, secure: int) -> None:
        self.plain, self.secure = plain, secure
        self.opened = ExitStack()

    def request(
        self, method: str, path: str, *, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> http.client.HTTPResponse:
        connection = self.opened.enter_context(closing(Secure(self.secure)))
        connection.request(method, path, body=body or None, headers=headers or {})
        return self.opened.enter_context(connection.getresponse())

    def get(self, path: str, **headers: str) -> http.client.HTTPResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.request("GET", path, headers=named)


class Secure(http.client.HTTPSConnection):
    """A TLS connection to this machine with the company's host name."""

    def __init__(self, port: int, name: str = HOST) -> None:
        super().__init__(HOST, 443, timeout=20)
        self._own_port, self._name = port, name

    def connect(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        plain = socket.create_connection(("127.0.0.1", self._own_port), timeout=20)
        with ExitStack() as failed:
            failed.enter_context(plain)
            self.sock = context.wrap_socket(plain, server_hostname=self._name)
            failed.pop_all()


@contextmanager
def proxied(folder: Path, upstream: int, errors: str = "crit") -> Iterator[Proxy]:
    proxy = Proxy(free_port(), free_port())
    text = CONFIGURATION.read_text()
    for shipped, own in (
        ("listen 80", f"listen 127.0.0.1:{proxy.plain}"),
        ("listen 443", f"listen 127.0.0.1:{proxy.secure}"),
        ("127.0.0.1:8000", f"127.0.0.1:{upstream}"),
        ("/etc/ssl/jemmo", str(folder)),
        ("/var/log/nginx", str(folder)),
        ("error.log crit", f"error.log {errors}"),
    ):
        assert shipped in text
        text = text.replace(shipped, own)
    (folder / "jemmo.conf").write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""  # otherwise its workers can't enter the folder
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, user=user))
    make_certificate(folder)
    command = [str(NGINX), "-c", str(folder / "nginx.conf"), "-p", str(folder)]
    tested = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tested.returncode == 0, tested.stderr
    assert "[warn]" not in tested.stderr
    running = subprocess.Popen(command)
    try:
        until(lambda: answers(proxy.plain), running)
        with proxy.opened:
            yield proxy
    finally:
        running.terminate()
        running.wait()


def make_certificate(folder: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", f"/CN={HOST}", "-keyout", folder / "privkey.pem"),
            *("-out", folder / "fullchain.pem"),
        ],
        check=True,
        capture_output=True,
    )


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def until(condition: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    """Wait while the process runs."""
    while not condition():
        assert process.poll() is None
        time.sleep(0.05)


@pytest.fixture(autouse=True)
def home() -> None:
    """Use this run's home instead of one per test, since the showcase is encrypted with this run's keys."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "nginx"
    path.mkdir()
    return path


@pytest.fixture
def site(folder: Path, showcase: Showcase, static_files: None) -> Iterator[Proxy]:
    """Jemmo as configured in deploy/: a web server behind nginx."""
    port = free_port()
    web = subprocess.Popen(
        [sys.executable, "-m", "jemmo", "web", "--port", str(port)],
        env={
            **os.environ,
            "JEMMO_HOSTS": HOST,
            "JEMMO_ORIGINS": f"https://{HOST}",
            "JEMMO_URL": f"https://{HOST}",
            "JEMMO_HTTPS": "1",
            "JEMMO_PROXIES": "1",
            "JEMMO_SECRET_KEY": settings.SECRET_KEY,
        },
    )
    try:
        with proxied(folder, port) as proxy:
            until(lambda: answers(port), web)
            yield proxy
    finally:
        web.terminate()
        web.wait()


def cookie(showcase: Showcase) -> str:
    client = Client()
    client.force_login(showcase.person("recruiter"))
    return f"__Host-jemmo={client.cookies['jemmo'].value}"


def test_pages_events_limits_and_redirects(site: Proxy, showcase: Showcase) -> None:
    signed_in = cookie(showcase)

    first = site.get("/jobs/")
    assert first.status in {302, 303}
    place = first.getheader("Location", "")
    assert place.startswith(("/accounts/login/", f"https://{HOST}/accounts/login/"))
    form = site.get("/accounts/login/")
    assert form.status == 200
    assert form.getheader("Strict-Transport-Security")
    cookies = form.headers.get_all("Set-Cookie") or []
    assert all("__Host-" in given and "Secure" in given for given in cookies)
    assert site.get("/talents/", Cookie=signed_in).status == 200

    large = site.request("POST", "/accounts/login/", body=b"x" * 1_500_000)
    assert (large.status, b"nginx" in large.read()) == (413, False)
    assert site.request("POST", "/accounts/login/", body=b"x" * 3_000_000).status == 413

    stream = site.get("/events/", Cookie=signed_in)
    assert stream.status == 200
    assert stream.getheader("Content-Type") == "text/event-stream"
    lines = iter(stream.readline, b"")
    assert any(b'"hello"' in line for line in lines)  # immediately, before anything else is sent
    for path in ("/metrics", "/readyz"):
        assert site.get(path).status == 404


LONG = 20_000_000  # bytes, more than nginx and this machine's sockets buffer


class Echo(BaseHTTPRequestHandler):
    """Responds with the received headers; ``/long`` sends a very long response."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_GET(self) -> None:
        told = {name.lower(): value for name, value in self.headers.items()}
        body = bytes(LONG) if self.path == "/long" else json.dumps(told).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        """Discard the message."""


@pytest.fixture
def echoing() -> Iterator[int]:
    """The port of an ``Echo`` server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def echo(folder: Path, echoing: int) -> Iterator[Proxy]:
    with proxied(folder, echoing) as proxy:
        yield proxy


def test_forged_client_headers_are_replaced(echo: Proxy) -> None:
    answer = echo.get(
        "/",
        Host=f"{HOST}:8443",
        X_Forwarded_For="192.0.2.7",
        X_Forwarded_Proto="http",
        X_Forwarded_Host="evil.test",
        X_Forwarded_Port="99",
        Forwarded="for=192.0.2.7",
    )

    headers = json.loads(answer.read())
    assert headers["host"] == HOST
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "https"
    assert not {"x-forwarded-host", "x-forwarded-port", "forwarded"} & set(headers)


def test_plain_http_and_other_names(echo: Proxy) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", echo.plain, timeout=20)) as plain:
        plain.request("GET", "/talents/?q=1", headers={"Host": f"{HOST}:{echo.plain}"})
        answer = plain.getresponse()
        assert answer.status == 308
        assert answer.getheader("Location") == f"https://{HOST}/talents/?q=1"
        answer.close()

    with closing(http.client.HTTPConnection("127.0.0.1", echo.plain, timeout=20)) as other:
        other.request("GET", "/", headers={"Host": "evil.test"})
        with pytest.raises(http.client.RemoteDisconnected):
            other.getresponse()
    with pytest.raises(ssl.SSLError):
        Secure(echo.secure, "evil.test").connect()


SECRET = "Zq7nSecretSecretSecret"
QUIET = (
    f"/hooks/{SECRET}/",
    f"/%68ooks//{SECRET}/",
    f"/invitations/{SECRET}/",
    f"/files/bytes/{SECRET}/",
    f"/accounts/password/reset/key/1-{SECRET}/",
    f"/accounts/email/confirm/{SECRET}/",
    f"/talents/?q={SECRET}",
    f"/hooks/{SECRET}%zz",
)


def test_logs_contain_neither_arguments_nor_secrets(folder: Path, echoing: int) -> None:
    with proxied(folder, echoing) as proxy:
        for path in QUIET:
            proxy.get(path, Referer=f"https://{HOST}/talents/?q={SECRET}").read()
        for name in (HOST, "evil.test"):
            with closing(http.client.HTTPConnection("127.0.0.1", proxy.plain, timeout=20)) as plain:
                plain.request("GET", f"/hooks/{SECRET}/?q={SECRET}", headers={"Host": name})
                with suppress(http.client.RemoteDisconnected):
                    plain.getresponse().read()
    written = (folder / "jemmo.log").read_text()
    assert written.count('"GET /hooks/[redacted]" ') >= 3
    assert '"GET /talents/" 200 ' in written
    assert SECRET not in written + (folder / "error.log").read_text()


def test_errors_about_the_upstream_contain_no_secrets(folder: Path) -> None:
    with proxied(folder, free_port()) as proxy:
        assert proxy.get(f"/hooks/{SECRET}/").status == 502
        assert proxy.get(f"/talents/?q={SECRET}").status == 502
    assert SECRET not in (folder / "jemmo.log").read_text() + (folder / "error.log").read_text()


def test_the_log_knows_every_secret_path() -> None:
    """These are the paths that are also removed from pasted texts."""
    paths = re.search(r"/\(\?:([^)]+)\)/", key_shapes._LINK.pattern)
    assert paths
    assert f"/(?:{paths[1]})/)." in CONFIGURATION.read_text()


def test_neither_bodies_nor_responses_are_written_to_disk(folder: Path, echoing: int) -> None:
    """Covers a large body, and a large response that the client reads slowly."""
    with proxied(folder, echoing, errors="warn") as proxy:
        proxy.request("POST", "/", body=b"x" * 1_500_000).read()
        slow = proxy.get("/long")
        assert slow.read(1) == b"\0"
        for _ in range(100):  # meanwhile, nginx would write to disk what it can't send yet
            proxy.get("/").read()
    assert "temporary file" not in (folder / "error.log").read_text()

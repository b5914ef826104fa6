"""A local web server with a request log, faults on order, and a hook before each answer."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass
class Reply:
    """What the server is about to send."""

    body: bytes = b""
    content_type: str = "text/html"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    stated_length: int | None = None  # what Content-Length claims; the body's length by default
    delay_s: float = 0.0
    drip_s: float = 0.0  # between bytes
    trickles_s: float = 0.0  # between bytes of an endless header
    hangs_up: bool = False


@dataclass(frozen=True)
class Request:
    """A line of the request log."""

    time: float
    path: str  # with its query
    headers: dict[str, str]


Fault = Callable[[Reply], Reply]


class Site:
    """A site on this machine; use it as a context manager.

    Subclasses answer in :meth:`reply`.
    """

    robots = "User-agent: *\nDisallow: /private/\n"

    def __init__(self):
        self.log: list[Request] = []
        self.before_reply: Callable[[int], None] = lambda n_requests: None
        self._faults: list[tuple[re.Pattern, list[Fault], bool]] = []
        self._lock = threading.Lock()

    def reply(self, path: str, query: dict[str, str], headers: dict[str, str]) -> Reply:
        """The proper answer to a request."""
        raise NotImplementedError

    def misbehave(self, pattern: str, *faults: Fault, always: bool = False) -> None:
        """Answer requests that match ``pattern`` with the faults, one after the other."""
        self._faults.append((re.compile(pattern), list(faults), always))

    def behave(self) -> None:
        """Forget the faults that were ordered."""
        self._faults.clear()

    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [request.path for request in self.log]

    def __enter__(self):
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self):
                site._serve(self)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_):  # a killed client is no news here
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"
        # A short poll, or every shutdown waits for half a second.
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        with self._lock:
            headers = dict(handler.headers.items())
            self.log.append(Request(time.monotonic(), handler.path, headers))
            self.before_reply(len(self.log))
            parts = urlsplit(handler.path)
            if parts.path == "/robots.txt":
                reply = Reply(self.robots.encode(), "text/plain")
            else:
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                reply = self.reply(parts.path, query, headers)
            for pattern, faults, always in self._faults:
                if faults and pattern.search(handler.path):
                    reply = (faults[0] if always else faults.pop(0))(reply)
                    break
        with contextlib.suppress(OSError):  # the client may have been killed
            _send(handler, reply)


def _send(handler: BaseHTTPRequestHandler, reply: Reply) -> None:
    time.sleep(reply.delay_s)
    if reply.hangs_up:
        handler.close_connection = True
        return
    if reply.trickles_s:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        for _ in range(600):
            handler.wfile.write(b"x")
            time.sleep(reply.trickles_s)
    length = len(reply.body) if reply.stated_length is None else reply.stated_length
    handler.send_response(reply.status)
    handler.send_header("Content-Type", reply.content_type)
    handler.send_header("Content-Length", str(length))
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    if reply.drip_s:
        for i in range(len(reply.body)):
            handler.wfile.write(reply.body[i : i + 1])
            time.sleep(reply.drip_s)
    else:
        handler.wfile.write(reply.body)
    handler.close_connection = handler.close_connection or length != len(reply.body)

"""Keeping requests on the site's own hosts, off private addresses, and within their time.

Own code: no library looks at the address of a socket that urllib3 has opened, which is the one
place where a name cannot resolve to something else a moment later.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import threading
import weakref
from collections.abc import Collection, Iterator
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class PrivateAddressError(Exception):
    """A site's name led to this machine or to the local network."""


def is_own(url: str, hosts: Collection[str], *, allow_http: bool = False) -> bool:
    """Whether a URL stays on a site: https (unless told) and one of its hosts or below one.

    Args:
        url: An absolute URL, as the site gave it.
        hosts: The site's registered names, with ``:port`` where it is not the usual one.
        allow_http: Whether plain http will do.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    if parts.scheme != "https" and not (allow_http and parts.scheme == "http"):
        return False
    if parts.username is not None or parts.password is not None or not parts.hostname:
        return False
    usual = {"http": 80, "https": 443}[parts.scheme]
    name = parts.hostname if port in (None, usual) else f"{parts.hostname}:{port}"
    return any(name == host or name.endswith(f".{host}") for host in hosts)


class GuardedAdapter(HTTPAdapter):
    """Connects to public addresses only (unless told), and can be cut off from outside.

    The address is looked at on the open socket, before a byte is sent, so that a name which
    resolves to something else a moment later gains nothing.  Through a proxy the proxy decides.

    Args:
        allow_private: Let hosts be on this machine or the local network.
    """

    def __init__(self, *, allow_private: bool):
        self._connections: weakref.WeakSet = weakref.WeakSet()
        http = {"_connections": self._connections, "_allow_private": allow_private}
        plain = type("_Plain", (_Watched, HTTPConnection), http)
        secure = type("_Secure", (_Watched, HTTPSConnection), http)
        self._pools = {
            "http": type("_Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("_SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
        }
        super().__init__()

    def init_poolmanager(self, *args, **kwargs) -> None:
        """Make the pool whose connections look at their peer."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy, **kwargs):
        """Make the pool of a proxy; SOCKS has connections of its own, which stay as they are."""
        manager = super().proxy_manager_for(proxy, **kwargs)
        if proxy.lower().startswith("http"):
            manager.pool_classes_by_scheme = self._pools
        return manager

    @contextlib.contextmanager
    def cut_after(self, seconds: float) -> Iterator[threading.Event]:
        """Close the connections from outside if the body takes longer than ``seconds``.

        A timeout on the socket only bounds the time between two packets: a server that sends a
        byte of a header now and then would hold the crawler for days.

        Yields:
            Set once they were closed.
        """
        cut = threading.Event()

        def close() -> None:
            cut.set()
            for connection in list(self._connections):
                with contextlib.suppress(OSError, AttributeError):  # no socket, or none any more
                    connection.sock.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, close)
        timer.daemon = True
        timer.start()
        try:
            yield cut
        finally:
            timer.cancel()


class _Watched:
    _connections: weakref.WeakSet
    _allow_private: bool

    def _new_conn(self):
        sock = super()._new_conn()
        peer = ipaddress.ip_address(sock.getpeername()[0].split("%")[0])
        may_be_private = self._allow_private or self.proxy
        if not may_be_private and not (getattr(peer, "ipv4_mapped", None) or peer).is_global:
            sock.close()
            raise PrivateAddressError(f"{self.host} is {peer}, not a public address")
        self._connections.add(self)
        return sock

"""Keeping requests on the site's own hosts and off private addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
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


class PublicAdapter(HTTPAdapter):
    """Connects to public addresses only.

    The address is looked at on the open socket, before a byte is sent, so that a name which
    resolves to something else a moment later gains nothing.  Through a proxy the proxy decides.
    """

    def init_poolmanager(self, *args, **kwargs) -> None:
        """Make the pool whose connections look at their peer."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PublicPool, "https": _PublicTLSPool}


class _LooksAtPeer:
    def _new_conn(self):
        sock = super()._new_conn()
        peer = ipaddress.ip_address(sock.getpeername()[0].split("%")[0])
        if not (getattr(peer, "ipv4_mapped", None) or peer).is_global:
            sock.close()
            raise PrivateAddressError(f"{self.host} is {peer}, not a public address")
        return sock


class _PublicConnection(_LooksAtPeer, HTTPConnection):
    pass


class _PublicTLSConnection(_LooksAtPeer, HTTPSConnection):
    pass


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicTLSPool(HTTPSConnectionPool):
    ConnectionCls = _PublicTLSConnection

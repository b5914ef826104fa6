"""Joining links that strangers wrote: what is no address is None, never an exception."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit


def joined(base: str, link: object) -> str | None:
    """The absolute URL that a link on a page leads to.

    Args:
        base: The page's own URL.
        link: What stands in its attribute, whatever that is.

    Returns:
        The URL, or None where the link is no address (``http://[公式サイト]/``, a bad port).
    """
    try:
        url = urljoin(base, str(link or "").strip())
        urlsplit(url).port  # noqa: B018 - raises for a port that is none
        url.encode("utf-8")
    except ValueError:
        return None
    return url

"""One request and one answer: headers, timeouts, byte cap, and network errors named."""

from __future__ import annotations

import http.client
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlencode, urlsplit

import requests
import urllib3

from crawler.fetch.answers import Answer, judge_status
from crawler.fetch.guard import GuardedAdapter, PrivateAddressError
from crawler.fetch.limits import Limits
from crawler.fetch.pace import Clock

AGENT = "chainer-gan-anime-crawler"


@dataclass(frozen=True)
class Page:
    """An answer in memory."""

    url: str  # after redirects
    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Identity:
    """Who asks, with what only the site may learn; nothing here is stored or logged.

    Attributes:
        contact: A mail address or page of the user's, put into the User-Agent.
        cookie: The whole Cookie header; cookies that a site sets are not kept.
        key: What is added to the query of each request to the API (``api_key``, ``user_id``).
    """

    contact: str
    cookie: str | None = None
    key: Mapping[str, str] = field(default_factory=dict, repr=False)

    def signed(self, url: str) -> str:
        """A URL with the key in its query, where it is one of the API's."""
        parts = urlsplit(url)
        if not self.key or ("page", "dapi") not in parse_qsl(parts.query):
            return url
        return parts._replace(query=f"{parts.query}&{urlencode(self.key)}").geturl()

    def unsigned(self, text: str) -> str:
        """A text of the site's or of a library's without what is secret in it."""
        for secret in filter(None, self.key.values()):
            text = re.sub(rf"(?<![\w.]){re.escape(secret)}(?![\w.])", "***", text)
        return text


class Transport:
    """Sends requests over one kept connection.

    Args:
        identity: Who asks.
        limits: Timeouts.
        clock: What tells the time.
        allow_private: Let hosts be on this machine or the local network.
        proxy: A URL through which all requests go.
    """

    def __init__(
        self,
        *,
        identity: Identity,
        limits: Limits,
        clock: Clock,
        allow_private: bool = False,
        proxy: str | None = None,
    ):
        self.n_requests = 0
        self.n_bytes = 0
        self.identity = identity
        self._limits = limits
        self._clock = clock
        self._http = requests.Session()
        self._http.cookies.set_policy(_NoCookies())
        self._http.headers.update(
            {
                "User-Agent": f"{AGENT}/0.1 (+{identity.contact})",
                "Accept-Encoding": "gzip, deflate",
                **({"Cookie": identity.cookie} if identity.cookie else {}),
            }
        )
        if proxy:
            self._http.trust_env = False
            self._http.proxies = {"http": proxy, "https": proxy}
        self._adapter = GuardedAdapter(allow_private=allow_private)
        for scheme in ("https://", "http://"):
            self._http.mount(scheme, self._adapter)

    def close(self) -> None:
        """Let the connection go."""
        self._http.close()

    def ask(
        self, url: str, referer: str | None, max_bytes: int
    ) -> tuple[Page | None, Answer, str]:
        """Send one request and take no more than ``max_bytes`` of its answer.

        Returns:
            The page (None when nothing came; its beginning when it is too large), what it is,
            and a detail for the user.
        """
        self.n_requests += 1
        with self._adapter.cut_after(self._limits.answer_timeout_s) as cut:
            page, answer, detail = self._ask(url, referer, max_bytes)
        if cut.is_set():  # what was cut off may look like an answer with an empty body
            page, answer, detail = None, Answer.NO_ANSWER, _too_slow(self._limits)
        return page, answer, self.identity.unsigned(detail)

    def _ask(
        self, url: str, referer: str | None, max_bytes: int
    ) -> tuple[Page | None, Answer, str]:
        limits = self._limits
        deadline = self._clock.now() + limits.answer_timeout_s
        body = bytearray()
        try:
            with self._http.get(
                self.identity.signed(url),
                headers={"Referer": referer} if referer else {},
                timeout=(limits.connect_timeout_s, limits.read_timeout_s),
                allow_redirects=False,
                stream=True,
            ) as response:
                # read1 gives what has come, however little, so that the deadline holds.
                while chunk := response.raw.read1(1 << 16, decode_content=True):
                    body += chunk
                    self.n_bytes += len(chunk)
                    if len(body) > max_bytes:
                        start = Page(url, response.status_code, {}, bytes(body[:max_bytes]))
                        return start, Answer.TOO_LARGE, f"over {max_bytes / (1 << 20):g} MiB"
                    if self._clock.now() > deadline:
                        return None, Answer.NO_ANSWER, _too_slow(limits)
                stated = response.headers.get("Content-Length", "")
                headers = requests.structures.CaseInsensitiveDict(
                    (name, self.identity.unsigned(value))
                    for name, value in response.headers.items()
                )
                page = Page(url, response.status_code, headers, self._kept(url, bytes(body)))
                if re.fullmatch("[0-9]{1,18}", stated) and response.raw.tell() < int(stated):
                    return page, Answer.TRUNCATED, f"{response.raw.tell()} of {stated} bytes"
        except PrivateAddressError as error:
            return None, Answer.PRIVATE, str(error)
        except requests.exceptions.ConnectTimeout:
            return None, Answer.UNREACHABLE, "timeout"
        except (requests.exceptions.Timeout, urllib3.exceptions.TimeoutError):
            return None, Answer.NO_ANSWER, "timeout"
        except requests.exceptions.ConnectionError as error:
            # Never connected: no name, no route, refused, a certificate that does not hold.
            is_cut = isinstance(error.args[0], urllib3.exceptions.ProtocolError)
            return None, Answer.NO_ANSWER if is_cut else Answer.UNREACHABLE, _in_short(error)
        except requests.exceptions.RequestException as error:
            return None, Answer.UNEXPECTED, _in_short(error)
        except urllib3.exceptions.LocationParseError as error:
            return None, Answer.UNEXPECTED, _in_short(error)
        except urllib3.exceptions.HTTPError:  # while reading: the other end hung up
            return None, Answer.TRUNCATED, f"{len(body)} bytes came"
        except (ValueError, http.client.HTTPException) as error:  # headers that are none
            return None, Answer.UNEXPECTED, _in_short(error)
        answer = judge_status(page.status, page.headers, page.body)
        return page, answer, "" if answer is Answer.OK else f"HTTP {page.status}"

    def _kept(self, url: str, body: bytes) -> bytes:
        """An API's answer may repeat the key, and answers are kept on the disk."""
        if self.identity.signed(url) == url:
            return body
        for secret in filter(None, self.identity.key.values()):
            body = body.replace(secret.encode(), b"***") if len(secret) > 7 else body
        return body


class _NoCookies(requests.cookies.cookielib.DefaultCookiePolicy):
    """Keeps nothing that a site sets: the consent cookie is the user's to give, not a site's."""

    def __init__(self):
        super().__init__(allowed_domains=())


def _too_slow(limits: Limits) -> str:
    return f"not whole within {limits.answer_timeout_s:g} s"


def _in_short(error: Exception) -> str:
    """The root of a network error without its address of an object."""
    while error.__cause__ or error.__context__ or (error.args and _is_error(error.args[0])):
        inner = error.__cause__ or error.__context__
        error = inner or error.args[0]
    return f"{type(error).__name__}: {error.args[-1] if error.args else error}"


def _is_error(thing: object) -> bool:
    return isinstance(thing, Exception)

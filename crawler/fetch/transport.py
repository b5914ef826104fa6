"""One request and one answer: headers, timeouts, byte cap, and network errors named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import requests
import urllib3

from crawler.fetch.answers import Answer, judge_status
from crawler.fetch.guard import PrivateAddressError, PublicAdapter
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


class Transport:
    """Sends requests over one kept connection.

    Args:
        contact: A mail address or page of the user's, put into the User-Agent.
        limits: Timeouts.
        clock: What tells the time.
        cookie: The whole Cookie header; cookies that a site sets are not kept.
        allow_private: Let hosts be on this machine or the local network.
    """

    def __init__(
        self,
        *,
        contact: str,
        limits: Limits,
        clock: Clock,
        cookie: str | None = None,
        allow_private: bool = False,
    ):
        self.n_requests = 0
        self.n_bytes = 0
        self._limits = limits
        self._clock = clock
        self._http = requests.Session()
        self._http.cookies.set_policy(_NoCookies())
        self._http.headers.update(
            {
                "User-Agent": f"{AGENT}/0.1 (+{contact})",
                "Accept-Encoding": "gzip, deflate",
                **({"Cookie": cookie} if cookie else {}),
            }
        )
        if not allow_private:
            for scheme in ("https://", "http://"):
                self._http.mount(scheme, PublicAdapter())

    def close(self) -> None:
        """Let the connection go."""
        self._http.close()

    def ask(
        self, url: str, referer: str | None, max_bytes: int
    ) -> tuple[Page | None, Answer, str]:
        """Send one request and take no more than ``max_bytes`` of its answer.

        Returns:
            The page (None when nothing whole came), what it is, and a detail for the user.
        """
        self.n_requests += 1
        limits = self._limits
        deadline = self._clock.now() + limits.answer_timeout_s
        body = bytearray()
        try:
            with self._http.get(
                url,
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
                        return None, Answer.TOO_LARGE, f"over {max_bytes / (1 << 20):g} MiB"
                    if self._clock.now() > deadline:
                        return None, Answer.NO_ANSWER, "too slow"
                stated = response.headers.get("Content-Length", "")
                page = Page(url, response.status_code, response.headers, bytes(body))
                if stated.isdigit() and response.raw.tell() < int(stated):
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
        except urllib3.exceptions.HTTPError:  # while reading: the other end hung up
            return None, Answer.TRUNCATED, f"{len(body)} bytes came"
        answer = judge_status(page.status, page.headers, page.body)
        return page, answer, "" if answer is Answer.OK else f"HTTP {page.status}"


class _NoCookies(requests.cookies.cookielib.DefaultCookiePolicy):
    """Keeps nothing that a site sets: the consent cookie is the user's to give, not a site's."""

    def __init__(self):
        super().__init__(allowed_domains=())


def _in_short(error: Exception) -> str:
    """The root of a network error without its address of an object."""
    while error.__cause__ or error.__context__ or (error.args and _is_error(error.args[0])):
        inner = error.__cause__ or error.__context__
        error = inner or error.args[0]
    return f"{type(error).__name__}: {error.args[-1] if error.args else error}"


def _is_error(thing: object) -> bool:
    return isinstance(thing, Exception)

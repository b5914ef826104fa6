"""What can go wrong with an answer: each takes the proper one and spoils it."""

from __future__ import annotations

import dataclasses
import email.utils
import gzip
import time

from sites.pictures import decompression_bomb, one_pixel, picture
from sites.server import Fault, Reply

GATE_URL = "/php/attestation.html?aurl=https%3A%2F%2Fexample.invalid%2F"
GATE_PAGE = "<html><head><title>年齢認証ページ</title></head><body>18?</body></html>".encode(
    "euc_jp"
)
CHALLENGE_PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"


def with_body(body: bytes, status: int = 200, content_type: str | None = None, **headers) -> Fault:
    """Another body, status or header in place of the proper ones."""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def spoil(reply: Reply) -> Reply:
        return dataclasses.replace(
            reply,
            body=body,
            status=status,
            content_type=content_type or reply.content_type,
            headers=headers,
        )

    return spoil


def redirect(location: str) -> Fault:
    return with_body(b"", 302, "text/html", Location=location)


def too_many_requests(retry_after: str) -> Fault:
    return with_body(b"slow down", 429, "text/plain", Retry_After=retry_after)


def http_date(seconds_from_now: float) -> str:
    return email.utils.formatdate(time.time() + seconds_from_now, usegmt=True)


def truncated(reply: Reply) -> Reply:
    """Half of the body, and the connection closed."""
    half = reply.body[: len(reply.body) // 2]
    return dataclasses.replace(reply, body=half, stated_length=len(reply.body))


def cut_short(reply: Reply) -> Reply:
    """Half of the body that claims to be all of it."""
    return dataclasses.replace(reply, body=reply.body[: len(reply.body) // 2])


def slow(delay_s: float) -> Fault:
    return lambda reply: dataclasses.replace(reply, delay_s=delay_s)


def dripping(reply: Reply) -> Reply:
    """A byte now and then, so that no timeout between packets strikes."""
    return dataclasses.replace(reply, drip_s=0.01)


def hang_up(reply: Reply) -> Reply:
    return dataclasses.replace(reply, hangs_up=True)


MAINTENANCE_PAGE = (
    '<html><head><title>メンテナンス中 - Getchu.com</title></head><body><div class="menu">'
    '<a href="/all/month_title.html">月別発売タイトル</a></div>'
    "<p>ただいまメンテナンス中です。</p></body></html>"
).encode("euc_jp")


def trickling(reply: Reply) -> Reply:
    """A slow-loris: even the headers come a byte now and then."""
    return dataclasses.replace(reply, trickles_s=0.05)


def to_oneself_with_a_cookie(path: str) -> Fault:
    """A redirect to the same address that waits for a cookie to come back."""
    return with_body(b"", 302, "text/html", Location=path, Set_Cookie="seen=1; Path=/")


maintenance = with_body(MAINTENANCE_PAGE, 200, "text/html")
malformed_redirect = redirect("http://[公式サイト]/".encode().decode("latin-1"))
json_five = with_body(b"5", 200, "application/json")
null_post = with_body(b'{"post": null}', 200, "application/json")
no_key_json = with_body(b'"Missing authentication. Go to api.x.invalid"', 200, "text/json")
no_key_xml = with_body(b"<error>Missing authentication.</error>", 200, "text/xml")
missing = with_body(b"not found", 404, "text/html")
unauthorized = with_body(b"who are you?", 401, "text/html")
forbidden = with_body(b"forbidden", 403, "text/html")
server_error = with_body(b"oops", 500, "text/html")
html_as_jpg = with_body(b"<!DOCTYPE html><html><body>gone</body></html>", 200, "image/jpeg")
gate_redirect = redirect(GATE_URL)
gate_page = with_body(GATE_PAGE, 200, "text/html")
challenge = with_body(CHALLENGE_PAGE, 403, "text/html", cf_mitigated="challenge")
zero_bytes = with_body(b"", 200, "image/jpeg")
placeholder = with_body(one_pixel(), 200, "image/gif")
bomb = with_body(decompression_bomb(), 200, "image/png")
other_picture = with_body(picture(987_654), 200, "image/jpeg")
not_an_image = with_body(b"\x00\x01\x02\x03" * 100, 200, "image/jpeg")
too_large = with_body(b"\xff\xd8\xff" + bytes(3 << 20), 200, "image/jpeg")
gzip_bomb = with_body(gzip.compress(bytes(30 << 20)), 200, "image/jpeg", Content_Encoding="gzip")
empty_list = with_body(b"[]", 200, "application/json")
too_deep = with_body(
    b'<?xml version="1.0" encoding="UTF-8"?>'
    b'<response success="false" reason="Search error: API limited due to abuse."/>',
    200,
    "text/xml",
)
overloaded = with_body(
    b'<?xml version="1.0" encoding="UTF-8"?><response success="false" reason="Overloaded."/>',
    200,
    "text/xml",
)

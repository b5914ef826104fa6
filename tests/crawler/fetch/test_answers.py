import pytest

from crawler.fetch import Answer
from crawler.fetch.answers import is_html, judge_status


@pytest.mark.parametrize(
    ("status", "headers", "body", "answer"),
    [
        (200, {}, b"", Answer.OK),
        (404, {}, b"", Answer.MISSING),
        (410, {}, b"", Answer.MISSING),
        (451, {}, b"", Answer.MISSING),
        (401, {}, b"", Answer.UNAUTHORIZED),
        (403, {}, b"no", Answer.FORBIDDEN),
        (403, {"cf-mitigated": "challenge"}, b"", Answer.CHALLENGE),
        (503, {}, b"<title>Just a moment...</title>", Answer.CHALLENGE),
        (503, {"Retry-After": "5"}, b"", Answer.RATE_LIMITED),
        (503, {"Server": "cloudflare"}, b"", Answer.SERVER_ERROR),
        (429, {}, b"", Answer.RATE_LIMITED),
        (500, {}, b"", Answer.SERVER_ERROR),
        (400, {}, b"", Answer.UNEXPECTED),
    ],
)
def test_statuses_are_told_apart(status, headers, body, answer):
    assert judge_status(status, headers, body) is answer


def test_html_is_known_by_its_bytes():
    assert is_html(b"\xef\xbb\xbf \n<!DOCTYPE HTML><p>") and is_html(b"<html lang=ja>")
    assert not is_html(b"\xff\xd8\xff\xe0<html>") and not is_html(b"<?xml version='1.0'?><posts/>")

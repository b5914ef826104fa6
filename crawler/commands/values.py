"""How the values of flags are read: each says in a sentence what it wanted."""

from __future__ import annotations

import argparse
import math
import re

UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
FIRST_YEAR = 1990


def positive(text: str) -> int:
    """A whole number above 0."""
    value = whole(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def whole(text: str) -> int:
    """A whole number of at least 0."""
    if not re.fullmatch("[0-9]{1,15}", text):
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least 0")
    return int(text)


def number(text: str) -> float:
    """A finite number of at least 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not a number of at least 0")
    return value


def above_zero(text: str) -> float:
    """A finite number above 0."""
    value = number(text)
    if value == 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def n_bytes(text: str) -> int:
    """A size such as 500M or 2G, in bytes."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text, re.IGNORECASE)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text} is not a size such as 500M or 2G")
    return int(float(match[1]) * UNITS[match[2].upper()])


def month(text: str) -> tuple[int, int]:
    """A month such as 2005-04; a year alone means its January."""
    match = re.fullmatch(r"([0-9]{4})(?:-([0-9]{1,2}))?", text)
    if match is None or not 1 <= int(match[2] or 1) <= 12 or int(match[1]) < FIRST_YEAR:
        raise argparse.ArgumentTypeError(
            f"{text} is not a year or a month such as 2005-04, from {FIRST_YEAR} on"
        )
    return int(match[1]), int(match[2] or 1)


def proxy(text: str) -> str:
    """A proxy's URL."""
    if not re.fullmatch(r"(https?|socks5h?)://[^\s/]+/?", text):
        raise argparse.ArgumentTypeError(
            f"{text} is not a proxy such as http://host:8080 or socks5h://host:1080"
        )
    return text

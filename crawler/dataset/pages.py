"""The HTML templates; all that comes from a site or a user is escaped in them."""

from __future__ import annotations

import functools
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(template: str, **content: Any) -> str:
    """A template of ``crawler/dataset/templates`` with its content put in."""
    return _environment().get_template(template).render(content)


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("crawler.dataset"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

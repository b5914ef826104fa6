"""Pytest plugin (``-p tests.hostcupy.plugin``): the stand-in is there before any test is read."""

from tests.hostcupy.install import install

install()

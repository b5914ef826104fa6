"""Fetching politely: one session a site, its pace, its robots.txt, and what its answers mean."""

from crawler.fetch.answers import Answer, FetchError
from crawler.fetch.limits import Limits
from crawler.fetch.pace import Clock, Stopped
from crawler.fetch.patience import SiteStopped
from crawler.fetch.pictures import Picture
from crawler.fetch.robots import RobotsInMemory
from crawler.fetch.session import Session
from crawler.fetch.transport import Identity, Page, Transport

__all__ = [
    "Answer",
    "Clock",
    "FetchError",
    "Identity",
    "Limits",
    "Page",
    "Picture",
    "RobotsInMemory",
    "Session",
    "SiteStopped",
    "Stopped",
    "Transport",
]

"""From cut faces to a data set, its records, its checks and its copies."""

from crawler.dataset.build import BuildReport, build
from crawler.dataset.export import export
from crawler.dataset.rebuild import RebuildReport, rebuild, rebuild_from_manifest
from crawler.dataset.review import write_review
from crawler.dataset.settings import BuildSettings
from crawler.dataset.verify import verify

__all__ = [
    "BuildReport",
    "BuildSettings",
    "RebuildReport",
    "build",
    "export",
    "rebuild",
    "rebuild_from_manifest",
    "verify",
    "write_review",
]

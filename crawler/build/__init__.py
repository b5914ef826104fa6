"""From cut faces to a data set, its records, its checks and its copies."""

from crawler.build.building import BuildReport, build
from crawler.build.export import export
from crawler.build.rebuild import RebuildReport, rebuild, rebuild_from_manifest
from crawler.build.settings import BuildSettings
from crawler.build.verify import verify

__all__ = [
    "BuildReport",
    "BuildSettings",
    "RebuildReport",
    "build",
    "export",
    "rebuild",
    "rebuild_from_manifest",
    "verify",
]

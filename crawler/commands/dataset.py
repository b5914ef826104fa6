"""build, verify, export, rebuild: what is done with a set once it is crawled."""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
from collections.abc import Iterator
from pathlib import Path

from crawler.archive import Archive
from crawler.commands import arguments
from crawler.commands.opening import BASE_URLS, opened_session
from crawler.dataset import (
    BuildSettings,
    RebuildReport,
    build,
    export,
    rebuild,
    rebuild_from_manifest,
    verify,
    write_review,
)
from crawler.dataset.build import kept_settings
from crawler.dataset.manifest import read_manifest
from crawler.dataset.rebuild import Fetch
from crawler.faces import FaceSettings
from crawler.fetch import Clock, RobotsInMemory
from crawler.shared.errors import UserError
from crawler.sources.folder import path_of


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the verbs."""
    parser = commands.add_parser("build", help="take out near-duplicates, split, write records")
    arguments.add_place(parser)
    plain = BuildSettings()
    parser.description = "What the flags say is remembered; what is not given stays as it was."
    parser.add_argument(
        "--duplicate-radius",
        type=int,
        help=f"bits of 64 up to which two faces are one ({plain.duplicate_radius} at first)",
    )
    parser.add_argument(
        "--test-share", type=float, help=f"of the faces ({plain.test_share} at first)"
    )
    parser.add_argument("--seed", type=int, help=f"of split and sheet ({plain.seed} at first)")
    parser.set_defaults(run=_build)

    parser = commands.add_parser("verify", help="hash everything again")
    arguments.add_place(parser)
    parser.set_defaults(run=_verify)

    parser = commands.add_parser("review", help="write review.html, to look through all faces")
    arguments.add_place(parser)
    parser.set_defaults(run=_review)

    parser = commands.add_parser("export", help="write the faces for other programs")
    arguments.add_place(parser)
    parser.add_argument(
        "--out", type=Path, required=True, help=".zip, .npz, .tar (webdataset) or .parquet"
    )
    parser.add_argument("--split", choices=("all", "train", "test"), default="all")
    parser.set_defaults(run=_export)

    parser = commands.add_parser(
        "rebuild", help="cut the faces again, from the originals or from a manifest alone"
    )
    arguments.add_place(parser)
    parser.add_argument("--manifest", type=Path, help="fetch the pictures that this one names")
    parser.add_argument("--pictures", type=Path, help="where a folder's pictures lie now")
    parser.add_argument(
        "--confirm-adult", action="store_true", help="you are of age, if the manifest needs it"
    )
    arguments.add_site(parser, None)
    arguments.add_pace(parser)
    arguments.add_faces(parser, defaults="as the set was cut")
    arguments.add_work(parser, processes=1)
    parser.set_defaults(run=_rebuild)


def _build(args: argparse.Namespace) -> int:
    folder = arguments.data_folder(args)
    names = ("duplicate_radius", "test_share", "seed")
    given = {name: value for name in names if (value := getattr(args, name)) is not None}
    if "duplicate_radius" in given:
        given["group_radius"] = max(given["duplicate_radius"], BuildSettings().group_radius)
    settings = None
    if given:
        with Archive(folder, read_only=True) as archive:
            settings = dataclasses.replace(kept_settings(archive), **given)
    print(build(folder, settings))
    return 0


def _verify(args: argparse.Namespace) -> int:
    """Exit code 1 tells that something differs."""
    differences = verify(arguments.data_folder(args))
    print("\n".join(differences) or "everything is as it was built")
    return 1 if differences else 0


def _review(args: argparse.Namespace) -> int:
    path, n_faces = write_review(arguments.data_folder(args))
    print(f"{n_faces} faces in {path}: open it in a browser")
    return 0


def _export(args: argparse.Namespace) -> int:
    n_faces = export(arguments.data_folder(args), args.out, split=args.split)
    print(f"{n_faces} faces in {args.out}")
    return 0


def _rebuild(args: argparse.Namespace) -> int:
    """Exit code 1 tells that something could not be made again."""
    folder = arguments.data_folder(args)
    work = {"processes": args.processes, "cascade": args.cascade}
    if args.manifest is None:
        with Archive(folder, read_only=True) as archive:
            kept = archive.fact("settings")
        if kept is None:
            raise UserError(f"{folder} was never crawled: crawl it first, or give --manifest.")
        plain = FaceSettings(**kept["faces"])
        settings = arguments.face_settings(args, plain)
        report = rebuild(folder, face_settings=settings, **work)
    else:
        _refuse_face_flags(args)
        about, _ = read_manifest(args.manifest)
        with _fetcher(about["source"], args) as fetch:
            report = rebuild_from_manifest(args.manifest, folder, fetch, **work)
    return _told(report, folder)


def _refuse_face_flags(args: argparse.Namespace) -> None:
    plain = FaceSettings()
    if dataclasses.asdict(arguments.face_settings(args, plain)) != dataclasses.asdict(plain):
        raise UserError(
            "a manifest's faces are cut as the manifest says: leave the face settings out, and "
            "crawl for others."
        )


def _told(report: RebuildReport, folder: Path) -> int:
    for problem in report.problems:
        print(problem)
    if report.n_outdated:
        print(
            f"{report.n_outdated} faces of these pictures are cut with the settings before and "
            "went to quarantine/outdated: put the pictures back and `rebuild` again"
        )
    print(
        f"{report.n_pictures} pictures cut again, {report.n_faces} faces in {folder}, "
        f"{len(report.problems)} problems"
    )
    return 1 if report.problems else 0


@contextlib.contextmanager
def _fetcher(source: str, args: argparse.Namespace) -> Iterator[Fetch]:
    """What fetches a manifest's pictures: from its site, or from the folder they lie in now."""
    if source == "folder":
        if args.pictures is None or not args.pictures.is_dir():
            raise UserError("the pictures were a folder's: tell with --pictures where they lie.")
        yield lambda url, page_url: path_of(url, args.pictures).read_bytes()
        return
    if source not in BASE_URLS:
        raise UserError(f"{args.manifest} names the source {source!r}, which is not known here.")
    with opened_session(
        source,
        args.base_url or BASE_URLS[source],
        args,
        Clock(),
        contact=args.contact,
        robots_store=RobotsInMemory(),
        is_adult=args.confirm_adult,
        is_private=args.allow_private,
    ) as session:
        yield lambda url, page_url: session.picture_bytes(url, referer=page_url)

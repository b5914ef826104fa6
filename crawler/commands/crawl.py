"""safebooru, getchu, folder, update, retry-failed: fill a data set, then build it."""

from __future__ import annotations

import argparse
import dataclasses
import datetime
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from crawler.archive import Archive
from crawler.commands import arguments, values
from crawler.commands.budget import Budget
from crawler.commands.dryrun import dry_run
from crawler.commands.opening import agree, opened_source
from crawler.commands.preflight import leaving_nothing, preflight
from crawler.commands.stopping import Stop
from crawler.dataset import build
from crawler.faces import FacePool, FaceSettings
from crawler.fetch import Clock, Stopped
from crawler.loop import Crawl
from crawler.shared.errors import UserError
from crawler.sources import getchu, safebooru

FACE_DEFAULTS = "as the set was begun, or the source's own (safebooru tight, getchu wide)"


def add_commands(commands: argparse._SubParsersAction) -> None:
    """Add the verbs that fetch."""
    parser = commands.add_parser("safebooru", help="crawl safebooru.org")
    arguments.add_place(parser, name="safebooru")
    parser.add_argument(
        "--tags",
        type=str.lower,  # as every row has them, with which they are compared
        default=safebooru.TAGS,
        help="what to look for (%(default)s)",
    )
    parser.add_argument("--rows", type=values.positive, default=100, help="posts a page")
    parser.add_argument("--xml", action="store_true", help="ask the API for XML, not JSON")
    for name, of in (("width", "pixels"), ("height", "pixels"), ("score", "the site's users")):
        parser.add_argument(
            f"--min-{name}", type=values.whole, help=f"leave out posts of a lower {name} ({of})"
        )
    arguments.add_site(parser, safebooru.BASE_URL)
    _add_common(parser)
    parser.set_defaults(run=_safebooru)

    parser = commands.add_parser("getchu", help="crawl www.getchu.com")
    arguments.add_place(parser, name="getchu")
    parser.add_argument("--since", type=values.month, default=(2005, 1), help="2005, 2005-04")
    parser.add_argument("--until", type=values.month, help="the last month (this one)")
    parser.add_argument(
        "--confirm-adult",
        action="store_true",
        help="you are of age and want titles for adults too; only their character pictures "
        "are fetched",
    )
    parser.add_argument(
        "--max-barren",
        type=values.whole,
        default=50,
        help="titles in a row without a character (%(default)s); 0: any",
    )
    arguments.add_site(parser, getchu.BASE_URL)
    _add_common(parser)
    parser.set_defaults(run=_getchu)

    parser = commands.add_parser("folder", help="take pictures that you already have")
    parser.add_argument("path", type=Path, help="the folder that holds them")
    arguments.add_place(parser, name="mine")
    arguments.add_goals(parser)
    arguments.add_faces(parser, defaults=FACE_DEFAULTS)
    arguments.add_work(parser, processes=min(4, os.cpu_count() or 1))
    _add_dry_run(parser)
    parser.set_defaults(run=_folder)

    parser = commands.add_parser("update", help="fetch what is new since the crawl")
    arguments.add_place(parser)
    parser.add_argument(
        "--stop-after-known",
        type=values.positive,
        default=200,
        help="end after so many known posts in a row (%(default)s)",
    )
    _add_common_of_known(parser)
    parser.set_defaults(run=_update)

    parser = commands.add_parser("retry-failed", help="try again what failed, nothing else")
    arguments.add_place(parser)
    _add_common_of_known(parser)
    parser.set_defaults(run=_retry_failed)


def _add_common(parser: argparse.ArgumentParser) -> None:
    arguments.add_goals(parser)
    arguments.add_pace(parser)
    arguments.add_faces(parser, defaults=FACE_DEFAULTS)
    arguments.add_work(parser, processes=1)  # the site is slower than one process
    _add_dry_run(parser)


def _add_common_of_known(parser: argparse.ArgumentParser) -> None:
    arguments.add_goals(parser, with_faces=False)
    arguments.add_pace(parser)
    arguments.add_work(parser, processes=1)
    _add_dry_run(parser)


def _add_dry_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dry-run", action="store_true", help="tell what would be fetched; write no file"
    )


def _safebooru(args: argparse.Namespace) -> int:
    least = (args.min_width, args.min_height, args.min_score)
    query = dataclasses.asdict(safebooru.Query(args.tags, args.rows, args.xml, *least))
    return _crawl(args, _record(args, "safebooru", query), Crawl.everything)


def _getchu(args: argparse.Namespace) -> int:
    today = datetime.date.today()
    until = args.until or (today.year, today.month)
    if not args.since <= until <= (today.year + 2, 12):
        raise UserError(
            f"--since {args.since[0]}-{args.since[1]:02d} and --until {until[0]}-{until[1]:02d} "
            "do not go together: the first month comes first, the last at most two years ahead."
        )
    query = dataclasses.asdict(getchu.Query(args.since, args.until, args.confirm_adult))
    return _crawl(args, _record(args, "getchu", query), Crawl.everything)


def _folder(args: argparse.Namespace) -> int:
    record = _record(args, "folder", {"path": str(args.path.resolve())})
    return _crawl(args, record, Crawl.everything)


def _update(args: argparse.Namespace) -> int:
    return _crawl(args, None, lambda crawl: crawl.update(args.stop_after_known))


def _retry_failed(args: argparse.Namespace) -> int:
    return _crawl(args, None, Crawl.retry_failed)


def _record(args: argparse.Namespace, source: str, query: Mapping[str, Any]) -> dict[str, Any]:
    """What determines a set, without its faces: a later run with anything else is refused."""
    record = {"source": source, "query": query}
    if source != "folder":
        record |= {"base_url": args.base_url.rstrip("/"), "allow_private": args.allow_private}
    return record


def _crawl(
    args: argparse.Namespace, record: dict[str, Any] | None, work: Callable[[Crawl], str]
) -> int:
    """Crawl and build; again, if near-duplicates left fewer faces than were asked for."""
    folder = arguments.data_folder(args)
    preflight(args, record, folder)
    if getattr(args, "dry_run", False):
        return dry_run(args, record, folder)
    stop = Stop()
    goals, clock = arguments.goals(args), Clock(stop.asked)
    budget = Budget(goals, clock)
    with stop.on_signals(), leaving_nothing(folder):
        with Archive(folder, create=record is not None, lock=True) as archive:
            settings = agree(archive, args, record)
        with FacePool(settings, args.processes, cascade=args.cascade) as pool:
            while True:
                try:
                    why, n_cut = _fill(args, work, budget, pool, settings, clock, stop)
                except Stopped:
                    return stop.exit_code
                if n_cut == 0:
                    print(f"{why}, but there is no face yet: `status {args.name}` says more")
                    return 0
                report = build(folder)
                if not goals.faces or not report.n_faces < goals.faces <= n_cut:
                    break
                left = budget.limits()
                spent = [flag for flag, n in left.items() if n <= 0]
                n_near = n_cut - report.n_faces
                if spent:
                    why += f"; {n_near} were near-duplicates, and {spent[0]} is reached"
                    break
                within = "".join(f", {flag} {round(n, 2)}" for flag, n in left.items())
                print(f"{n_near} were near-duplicates: going on for as many more{within}")
    print(f"{why}; {folder}: {report}")
    return 0


def _fill(
    args: argparse.Namespace,
    work: Callable[[Crawl], str],
    budget: Budget,
    pool: FacePool,
    settings: FaceSettings,
    clock: Clock,
    stop: Stop,
) -> tuple[str, int]:
    """Crawl until a goal is reached; returns why it ended and how many faces there are."""
    folder = arguments.data_folder(args)
    with Archive(folder, lock=True) as archive:
        contact = getattr(args, "contact", None) or archive.fact("contact")
        with opened_source(
            archive.fact("settings"),
            args,
            clock,
            contact=contact,
            robots_store=archive,
            pages_folder=folder if getattr(args, "write_pages", False) else None,
        ) as (source, transport):
            if transport is not None:
                archive.set_fact("contact", contact)
            n_done = _n_done(archive)
            crawl = Crawl(
                archive,
                source,
                pool,
                settings,
                goals=budget.left(),
                clock=clock,
                stop_asked=stop.asked,
                bytes_taken=lambda: transport.n_bytes if transport else 0,
            )
            try:
                why = work(crawl)
            except Stopped:
                print(f"stopped at {archive.n_faces()} faces: the same command goes on from here")
                raise
            budget.spend(_n_done(archive) - n_done, transport.n_bytes if transport else 0)
            return why, archive.n_faces()


def _n_done(archive: Archive) -> int:
    return sum(n for (state, _), n in archive.counts("posts").items() if state == "done")

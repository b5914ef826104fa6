"""status: what is there, what failed and why, what is left."""

from __future__ import annotations

import argparse

from crawler.archive import Archive
from crawler.commands import arguments
from crawler.fetch.pages import FAILED


def add_command(commands: argparse._SubParsersAction) -> None:
    """Add the verb."""
    parser = commands.add_parser("status", help="counts, failures and what is left")
    arguments.add_place(parser)
    parser.set_defaults(run=_status)


def _status(args: argparse.Namespace) -> int:
    with Archive(arguments.data_folder(args), read_only=True) as archive:
        print("\n".join(report(archive)))
    return 0


def report(archive: Archive) -> list[str]:
    """The lines of a status report."""
    lines = [f"{archive.folder}"]
    total = archive.fact("total_posts")
    for table in ("pages", "posts", "images", "faces"):
        counts = archive.counts(table)
        parts = []
        for state in dict.fromkeys(state for state, _ in counts):
            parts.append(f"{sum(n for (s, _), n in counts.items() if s == state):,} {state}")
        of = f" of {total:,}" if table == "posts" and total is not None else ""
        lines.append(f"  {table:7}{sum(counts.values()):>10,}{of}  {', '.join(parts)}")
        lines += [
            f"  {'':17}  {n:,} {state}: {reason}"
            for (state, reason), n in sorted(counts.items(), key=lambda item: -item[1])
            if reason and state != "duplicate"
        ]
    for host, decision in archive.robots_decisions():
        lines.append(f"  {host}/robots.txt: {decision}")
    failures = archive.failures()
    if failures:
        lines.append(f"  {len(failures)} failures, the last ones:")
        lines += [f"    {tries}x {reason}  {url}" for url, reason, tries in failures[:10]]
        lines.append("  `retry-failed` tries them again")
        if (archive.folder / FAILED).is_dir():
            lines.append(f"  what came in place of pages is in {archive.folder / FAILED}")
    return lines

"""kill -9 at any moment: the next run goes on, with the same bytes and no request too many."""

import collections
import os
import random
import signal
import subprocess
import sys
import threading

import pytest
from site_helpers import fingerprint
from sites.getchu import GetchuSite, some_titles
from sites.safebooru import SafebooruSite, some_posts

MONTHS = [(2017, 1), (2020, 5), (2020, 6)]


def make_site(name, n_posts=24):
    if name == "safebooru":
        return SafebooruSite(some_posts(n_posts))
    return GetchuSite(some_titles(MONTHS[: n_posts // 20], n=7))


def start(site, name, data_root):
    """Starts the command line in a process of its own."""
    command = [sys.executable, "-m", "crawler", name, "--base-url", site.url, "--allow-private"]
    command += ["--rate", "1000", "--jitter", "0", "--data-root", str(data_root)]
    command += {
        "safebooru": ["--tags", "1girl solo -monochrome rating:general", "--rows", "9"],
        "getchu": ["--since", "2017-01", "--until", "2020-06"],
    }[name]
    quiet = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **quiet},
    )


def finish(process):
    """Waits for a process; returns its exit code and what it said."""
    out, err = process.communicate(timeout=120)
    return process.returncode, out + err


def signal_after(site, process, n_more, number, delay_s):
    """Sends a signal ``delay_s`` after so many more requests have come in."""
    at = len(site.log) + n_more

    def before_reply(n_requests):
        if n_requests == at:
            threading.Timer(delay_s, process.send_signal, [number]).start()

    site.before_reply = before_reply


def whole_run(site, name, data_root):
    code, said = finish(start(site, name, data_root))
    assert code == 0, said
    asked = collections.Counter(site.paths())
    assert set(asked.values()) == {1}
    site.log.clear()
    return asked


@pytest.mark.parametrize(
    ("name", "n_kills", "n_posts"),
    [
        ("safebooru", 3, 24),
        pytest.param("safebooru", 20, 60, marks=pytest.mark.slow),
        pytest.param("getchu", 20, 60, marks=pytest.mark.slow),
    ],
)
def test_killed_at_random_moments(tmp_path, name, n_kills, n_posts):
    rng = random.Random(n_kills)
    with make_site(name, n_posts) as site:
        asked = whole_run(site, name, tmp_path / "whole")
        n_killed = 0
        for _ in range(n_kills):
            process = start(site, name, tmp_path / "killed")
            n_more = rng.randint(1, max(1, len(asked) // n_kills))
            signal_after(site, process, n_more, signal.SIGKILL, rng.random() * 0.08)
            code, said = finish(process)
            assert code in (0, -signal.SIGKILL), said
            n_killed += code == -signal.SIGKILL
        site.before_reply = lambda n_requests: None
        code, said = finish(start(site, name, tmp_path / "killed"))
        assert code == 0, said
        again = collections.Counter(site.paths())
    assert n_killed >= 0.8 * n_kills
    assert again.keys() == asked.keys()
    assert sum((again - asked).values()) <= n_killed  # the one in flight each time
    assert fingerprint(tmp_path / "killed" / name) == fingerprint(tmp_path / "whole" / name)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_cleanly_and_the_next_run_asks_for_nothing_twice(tmp_path, number):
    with make_site("getchu") as site:
        process = start(site, "getchu", tmp_path)
        signal_after(site, process, 6, number, 0)
        code, said = finish(process)
        assert code == 128 + number
        assert "the same command goes on from here" in said and "Traceback" not in said
        assert 6 <= len(site.log) <= 8
        assert not list(tmp_path.rglob("*.part"))
        site.before_reply = lambda n_requests: None
        assert finish(start(site, "getchu", tmp_path))[0] == 0
        assert set(collections.Counter(site.paths()).values()) == {1}

"""The limits of a run, which hold over all rounds of a crawl for so many faces."""

from site_helpers import FakeClock
from sites.safebooru import Post, SafebooruSite

from crawler.__main__ import main
from crawler.archive import Archive
from crawler.commands.budget import Budget
from crawler.loop import Goals

# The first five posts show one face, in pictures that differ by a few pixels.
POSTS = [Post(5_000_100 - i, seed=1, size=(240, 300 + 2 * i)) for i in range(5)]
POSTS += [Post(5_000_000 - 7 * i) for i in range(12)]


def crawl(site, root, *more):
    flags = ["--allow-private", "--rate", "1000", "--jitter", "0", "--data-root", str(root)]
    command = ["safebooru", "--base-url", site.url, "--tags", "1girl", "--rows", "10", *flags]
    return main([*command, "--faces", "8", *more])


def n_done(root):
    with Archive(root / "safebooru") as archive:
        return sum(n for (state, _), n in archive.counts("posts").items() if state == "done")


def test_items_hold_over_all_rounds(tmp_path, capsys):
    with SafebooruSite(POSTS) as site:
        assert crawl(site, tmp_path, "--max-items", "9") == 0
        said = capsys.readouterr().out
        assert "going on for as many more, --max-items 2\n" in said
        assert "--max-items 2 is reached" in said
        assert n_done(tmp_path) == 9
        assert crawl(site, tmp_path) == 0  # the limit was that run's alone
    assert n_done(tmp_path) > 9


def test_bytes_hold_over_all_rounds(tmp_path, capsys, monkeypatch):
    spent, spend = [], Budget.spend

    def noted(budget, n_items, n_bytes):
        spent.append(n_bytes)
        spend(budget, n_items, n_bytes)

    monkeypatch.setattr(Budget, "spend", noted)
    with SafebooruSite(POSTS) as site:
        assert crawl(site, tmp_path / "all") == 0
        assert len(spent) == 2
        limit = spent[0] + spent[1] // 2
        assert crawl(site, tmp_path / "some", "--max-bytes", str(limit)) == 0
        assert f"--max-bytes {spent[1] // 2} is reached" in capsys.readouterr().out
        assert crawl(site, tmp_path / "few", "--max-bytes", str(spent[0])) == 0
        assert "3 were near-duplicates, and --max-bytes is reached" in capsys.readouterr().out
    assert n_done(tmp_path / "some") < n_done(tmp_path / "all")


def test_what_is_left():
    clock = FakeClock()
    budget = Budget(Goals(faces=5, max_items=9, max_bytes=1000, max_hours=2.0), clock)
    clock.sleep(60)  # the time of the first round begins with it
    assert budget.left() == Goals(faces=5, max_items=9, max_bytes=1000, max_hours=2.0)
    budget.spend(4, 700)
    clock.sleep(1800)
    budget.spend(3, 700)
    assert budget.left() == Goals(faces=5, max_items=2, max_bytes=0, max_hours=1.5)
    assert budget.limits() == {"--max-items": 2, "--max-bytes": 0, "--max-hours": 1.5}


def test_what_is_not_limited_is_never_spent():
    budget = Budget(Goals(faces=5), FakeClock())
    budget.spend(4, 700)
    assert budget.left() == Goals(faces=5) and budget.limits() == {}

"""What an update looks at, and what earlier ones left to it."""

from site_helpers import QUICK, FakeClock, crawling, getchu_source, rows, safebooru_source
from sites import faults
from sites.getchu import GetchuSite, some_titles
from sites.pictures import picture
from sites.safebooru import SafebooruSite, some_posts

from crawler.archive import Archive
from crawler.faces import FacePool, FaceSettings
from crawler.goals import Goals
from crawler.loop import Crawl
from crawler.sources.folder import Folder

QUERY = {"tags": "1girl solo -monochrome rating:general", "rows": 7}


def test_an_update_takes_what_is_new_and_stops(tmp_path):
    posts = some_posts(30)
    with SafebooruSite(posts[:24]) as site:
        make = safebooru_source(**QUERY)
        with crawling(tmp_path, make, site) as (crawl, _):
            crawl.everything()
        site.posts, n_before = posts, len(site.log)
        with crawling(tmp_path, make, site) as (crawl, archive):
            crawl.update(5)
            assert rows(archive, "SELECT count(*) FROM posts") == [(30,)]
        listings = [path for path in site.paths()[n_before:] if "dapi" in path]
        assert len(listings) == 2  # 6 new and 1 known, then 4 known more
        n_before = len(site.log)
        with crawling(tmp_path, make, site) as (crawl, archive):
            crawl.update(5)
        assert len(site.log) == n_before + 1


def test_an_update_does_not_go_on_with_the_crawl(tmp_path):
    make = safebooru_source(**QUERY)
    with SafebooruSite(some_posts(21)) as site:
        with crawling(tmp_path, make, site, goals=Goals(max_items=3)) as (crawl, _):
            crawl.everything()
        with crawling(tmp_path, make, site) as (crawl, archive):
            crawl.update(2)
            assert archive.counts("posts")[("done", None)] == 3
            crawl.everything()
            assert archive.next_page(0) is None


def test_an_update_reads_what_a_list_that_was_mended_led_to(tmp_path):
    with GetchuSite(some_titles([(2016, 12), (2017, 1), (2017, 2), (2017, 3)])) as site:
        with crawling(tmp_path, getchu_source((2016, 12), (2016, 12)), site) as (crawl, _):
            crawl.everything()
        site.misbehave("month=02", faults.missing, always=True)
        for month in (2, 3):
            make = getchu_source((2016, 12), (2017, month))
            with crawling(tmp_path, make, site) as (crawl, archive):
                crawl.update(200)
        site.behave()
        with crawling(tmp_path, make, site) as (crawl, archive):
            crawl.retry_failed()
            assert archive.unfinished_updates() == [1]
        n_before = len(site.log)
        with crawling(tmp_path, make, site) as (crawl, archive):
            crawl.update(200)
            assert archive.unfinished_updates() == []
            assert archive.last_walk() == (3, False)
        asked = [path for path in site.paths()[n_before:] if "brandnew" not in path]
        assert asked[:3] == [f"/item/{n}/" for n in (2017040, 2017041, 2017042)]
        assert "month=03" in asked[3]


def test_an_update_that_was_killed_over_its_last_pictures_goes_on_with_them(tmp_path):
    posts = some_posts(30)
    make = safebooru_source(**QUERY)
    with SafebooruSite(posts[:24]) as site:
        with crawling(tmp_path, make, site) as (crawl, _):
            crawl.everything()
        site.posts = posts
        for goals in (Goals(max_items=2), None):
            with crawling(tmp_path, make, site, goals=goals) as (crawl, archive):
                crawl.update(1)
        with crawling(tmp_path, make, site) as (crawl, archive):
            assert archive.next_posts(1) == [] and archive.last_walk() == (1, False)


def test_an_update_of_a_folder_finds_new_pictures_behind_many_known_ones(tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for name in "abcd":
        (pictures / f"{name}.png").write_bytes(picture(ord(name), kind="PNG"))
    settings = FaceSettings()
    with FacePool(settings) as pool, Archive(tmp_path / "set", create=True) as archive:
        crawl = Crawl(
            archive,
            Folder(pictures, QUICK),
            pool,
            settings,
            goals=Goals(),
            clock=FakeClock(),
            stop_asked=lambda: False,
        )
        crawl.everything()
        (pictures / "z.png").write_bytes(picture(5, kind="PNG"))
        crawl.update(2)
        assert rows(archive, "SELECT post_id, state FROM posts ORDER BY id")[4:] == [
            ("z.png", "done")
        ]

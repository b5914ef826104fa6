import dataclasses
import json

import pytest
from site_helpers import FakeClock, crawling, rows, safebooru_source, session_for
from sites import faults
from sites.safebooru import TAGS, Post, SafebooruSite, some_posts

from crawler.fetch import Answer, FetchError
from crawler.goals import Goals
from crawler.schema import PageRow
from crawler.shared.errors import UserError
from crawler.sources.booru_rows import parse_rows, why_not
from crawler.sources.safebooru import Query, Safebooru


def listing(site, **query):
    """Walks the listings alone; returns the posts in order."""
    clock = FakeClock()
    source = Safebooru(
        session_for(site, clock=clock), clock.sleep, base_url=site.url, query=Query(**query)
    )
    posts, queue = [], source.update_pages()
    while queue:
        request = queue.pop(0)
        reading = source.read(PageRow(0, 0, request.kind, request.url, request.cursor))
        posts += reading.posts
        queue += reading.then
    return posts


@pytest.mark.parametrize("as_xml", [False, True])
@pytest.mark.parametrize("n_rows", [1, 7, 100])
def test_every_post_is_met_once_newest_first(as_xml, n_rows):
    with SafebooruSite(some_posts(23)) as site:
        posts = listing(site, tags=TAGS, rows=n_rows, as_xml=as_xml)
        ids = [int(post.post_id) for post in posts]
        assert ids == sorted((post.id for post in site.posts), reverse=True)
        assert all("pid=0" in path for path in site.paths()[1:])


def test_json_and_xml_say_the_same():
    with SafebooruSite(some_posts(23)) as site:

        def plain(post):
            meta = {k: v for k, v in post.meta.items() if k != "score"}
            tags = post.tags.replace(" it's_fine", "")
            return dataclasses.replace(post, date=None, meta=meta, tags=tags)

        json_posts = [plain(post) for post in listing(site, tags=TAGS)]
        assert json_posts == [plain(post) for post in listing(site, tags=TAGS, as_xml=True)]
        assert any(post.skip_reason for post in json_posts)


ROW = {
    "id": 7,
    "directory": 12,
    "image": "ab.png",
    "hash": "A" * 32,
    "tags": "1girl solo",
    "rating": "safe",
    "sample": True,
    "file_url": "https://safebooru.org/images/12/ab.png",
    "sample_url": "https://safebooru.org/samples/12/sample_ab.jpg",
}
# what differs from ROW, and the pictures' URLs or what else must come out
VARIANTS = {
    "plain": ({}, ROW["file_url"], ROW["sample_url"]),
    "no URLs, directory a number": (
        {"file_url": None, "sample_url": None},
        ROW["file_url"],
        ROW["sample_url"],
    ),
    "no URLs, directory a string": (
        {"file_url": None, "sample_url": None, "directory": "12"},
        ROW["file_url"],
        ROW["sample_url"],
    ),
    "sample 0": ({"sample": 0}, ROW["file_url"], None),
    "sample false": ({"sample": False}, ROW["file_url"], None),
    "sample 1": ({"sample": 1}, ROW["file_url"], ROW["sample_url"]),
    "protocol-relative": (
        {"file_url": "//safebooru.org/images/12/ab.png"},
        ROW["file_url"],
        ROW["sample_url"],
    ),
    "doubled slash": (
        {"file_url": "https://safebooru.org//images/12/ab.png"},
        ROW["file_url"],
        ROW["sample_url"],
    ),
    "a sample that is the original": ({"sample_url": ROW["file_url"]}, ROW["file_url"], None),
    "plain http": (
        {"file_url": "http://safebooru.org/images/12/ab.png"},
        ROW["file_url"],
        ROW["sample_url"],
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_row_variants(name):
    change, original, sample = VARIANTS[name]
    (row,) = parse_rows(json.dumps([{**ROW, **change}]).encode())
    source = Safebooru(None, None, query=Query("1girl"))
    post = source._post(row)
    assert [image.url for image in post.images] == [url for url in (sample, original) if url]
    assert post.images[-1].md5 == "a" * 32 and post.skip_reason is None
    assert post.images[-1].is_spare is (sample is not None)


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b"",
        b" \n",
        b'<posts count="0" offset="0"/>',
        b'{"@attributes": {}}',
        b'{"post": null}',
    ],
)
def test_the_ways_of_saying_no_result(body):
    assert parse_rows(body) == []


@pytest.mark.parametrize(
    ("change", "key", "value"),
    [
        ({"tags": " b  a a &gt;_&lt; "}, "tags", ["b", "a", ">_<"]),
        ({"rating": "s"}, "rating", "general"),
        ({"rating": "Safe"}, "rating", "general"),
        ({"rating": "q"}, "rating", "questionable"),
        ({"score": None}, "score", None),
        ({"score": "12"}, "score", 12),
        ({"hash": "../../x"}, "md5", None),
        ({"parent_id": 0}, "parent_id", None),
        ({"parent_id": "9"}, "parent_id", 9),
        ({"change": 0}, "date", None),
        ({"change": 1_700_000_000}, "date", "2023-11-14T22:13:20Z"),
        ({"created_at": "Tue Nov 14 23:13:20 +0100 2023"}, "date", "2023-11-14T22:13:20Z"),
        ({"created_at": "yesterday"}, "date", None),
        ({"id": "8"}, "id", 8),
    ],
)
def test_row_values(change, key, value):
    (row,) = parse_rows(json.dumps([{**ROW, **change}]).encode())
    assert row[key] == value


def test_rows_without_an_id_are_left_out():
    assert parse_rows(b'[{"tags": "a"}, 5, {"id": "x"}]') == []


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ("1girl solo", None),
        ("1girl -solo", "has tag solo"),
        ("1girl smile", "lacks tag smile"),
        ("rating:general", None),
        ("rating:safe", None),
        ("-rating:general", "rating general"),
        ("rating:explicit", "rating general"),
        ("1gir* id:<5 score:>3 sort:score", None),
        ("( cat ~ dog )", None),
        ("saber_(fate)", "lacks tag saber_(fate)"),
    ],
)
def test_conditions_are_looked_at_again(tags, reason):
    (row,) = parse_rows(json.dumps([ROW]).encode())
    assert why_not(row, tags, {}) == reason


@pytest.mark.parametrize("status", ["deleted", "flagged", "pending"])
def test_posts_that_are_not_active_are_skipped(status):
    (row,) = parse_rows(json.dumps([{**ROW, "status": status}]).encode())
    assert why_not(row, "1girl", {}) == f"status {status}"


OLD = (
    b'<posts count="9" offset="0"><post id="15" file_url="http://safebooru.org/images/1/a.jpg" '
    b'sample_url="http://safebooru.org/images/1/a.jpg" rating="s" tags=" 1girl " md5="" '
    b'created_at="Tue Jun 30 12:00:37 +0200 2015" status="active" parent_id=""/></posts>'
)


def test_an_old_row_without_sample_is_one_picture_and_general():
    (row,) = parse_rows(OLD)
    post = Safebooru(None, None, query=Query("1girl rating:general"))._post(row)
    assert [image.role for image in post.images] == ["original"]
    assert post.skip_reason is None and post.rating == "general"


def test_the_query_does_not_keep_old_rows_away():
    with SafebooruSite([Post(5_000_000)]) as site:
        listing(site, tags="1girl rating:general")
        assert "1girl%20-rating%3Aquestionable%20-rating%3Aexplicit" in site.paths()[1]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"file_url": "http://[x]/"}, None),  # the sample will do
        ({"file_url": "http://[x]/", "sample": 0}, "no address of a picture"),
        ({"file_url": "http://x:port/a.jpg", "sample": 0}, "no address of a picture"),
        ({"width": 300}, "width below 400"),
        ({"score": None}, "score below 5"),
    ],
)
def test_rows_that_will_not_do(change, reason):
    row = {**ROW, "width": 500, "score": 7, **change}
    (row,) = parse_rows(json.dumps([row]).encode())
    query = Query("1girl", min_width=400, min_score=5)
    assert Safebooru(None, None, query=query)._post(row).skip_reason == reason


def test_films_are_skipped():
    (row,) = parse_rows(json.dumps([{**ROW, "file_url": None, "image": "a.webm"}]).encode())
    post = Safebooru(None, None, query=Query("1girl"))._post(row)
    assert post.skip_reason == "not a picture (.webm)"


def test_an_empty_page_is_not_believed_while_posts_are_left():
    with SafebooruSite(some_posts(10)) as site:
        site.misbehave("id%3A%3C.*json", faults.empty_list, faults.empty_list)
        assert len(listing(site, tags=TAGS, rows=4)) == 10


def test_a_page_that_stays_empty_ends_the_run_and_is_asked_again_by_the_next(tmp_path):
    with SafebooruSite([Post(5_000_000 + i) for i in range(6)]) as site:
        site.misbehave("id%3A%3C.*json", faults.empty_list, always=True)
        make = safebooru_source(tags=TAGS, rows=4)
        with (
            crawling(tmp_path, make, site) as (crawl, archive),
            pytest.raises(UserError, match=r"empty page \(2 posts are left\)"),
        ):
            crawl.everything()
        site.behave()
        with crawling(tmp_path, make, site) as (crawl, archive):
            crawl.everything()
            assert archive.counts("posts") == {("done", None): 6}


def test_a_site_that_ignores_the_keyset_does_not_turn_us_in_a_circle():
    with (
        SafebooruSite(some_posts(10), ignores_id=True) as site,
        pytest.raises(FetchError, match="not below") as error,
    ):
        listing(site, tags=TAGS, rows=4)
    assert error.value.answer is Answer.UNEXPECTED


def test_too_deep_and_overloaded_are_told_apart(tmp_path):
    with SafebooruSite(some_posts(4)) as site:
        site.misbehave("json", faults.too_deep)
        with (
            crawling(tmp_path, safebooru_source(tags=TAGS), site) as (crawl, _),
            pytest.raises(UserError, match="search too deep"),
        ):
            crawl.everything()
        site.behave()
        site.misbehave("json", faults.overloaded, faults.overloaded)
        with crawling(tmp_path, safebooru_source(tags=TAGS), site) as (crawl, archive):
            assert crawl.everything() == "nothing is left to crawl"


def test_the_server_refuses_what_is_too_deep():
    with SafebooruSite(some_posts(1)) as site:  # or the test above would prove little
        session = session_for(site)
        page = session.page(
            f"{site.url}/index.php?page=dapi&s=post&q=index&json=1&limit=1000&pid=201"
        )
        assert b"API limited due to abuse" in page.body


@pytest.mark.parametrize("fault", [faults.json_five, faults.cut_short])
def test_a_listing_that_cannot_be_read_is_kept_and_the_crawl_goes_on(tmp_path, fault):
    with SafebooruSite([Post(5_000_000 + i) for i in range(12)]) as site:
        site.misbehave(
            "id%3A%3C5000008.*pid=0.*json|pid=0.*id%3A%3C5000008.*json", fault, always=True
        )
        make = safebooru_source(tags=TAGS, rows=4)
        with crawling(tmp_path, make, site) as (crawl, archive):
            said = crawl.everything()
            assert archive.counts("posts") == {("done", None): 8}
            assert "1 pages could not be read" in said
            assert len(list((tmp_path / "failed").iterdir())) == 1
            site.behave()
            crawl.retry_failed()
            assert archive.counts("posts") == {("done", None): 12}


@pytest.mark.parametrize("fault", [faults.unauthorized, faults.no_key_json, faults.no_key_xml])
def test_a_site_that_wants_a_key_is_named(tmp_path, fault):
    with SafebooruSite([Post(5_000_000)]) as site:
        site.misbehave("dapi", fault, always=True)
        with (
            crawling(tmp_path, safebooru_source(tags=TAGS), site) as (crawl, _),
            pytest.raises(UserError, match="--api-key and --user-id"),
        ):
            crawl.everything()
        assert len(site.log) == 2  # robots.txt and one try


def test_the_key_reaches_the_api_alone(tmp_path, caplog):
    key = {"api_key": "s3cretkey", "user_id": "4711"}
    caplog.set_level("DEBUG")
    with SafebooruSite(some_posts(4), key="s3cretkey") as site:
        make = safebooru_source(tags=TAGS)
        with crawling(tmp_path, make, site, key=key) as (crawl, archive):
            crawl.everything()
            assert archive.n_faces() >= 3
        assert any("api_key=s3cretkey" in path for path in site.paths())
        assert not any("s3cretkey" in path for path in site.paths() if "dapi" not in path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(b"s3cretkey" in path.read_bytes() for path in files)
    ours = [record for record in caplog.records if record.name.startswith("crawler")]
    assert ours and not any("s3cretkey" in record.getMessage() for record in ours)


def test_entities_in_xml_are_refused():
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><posts count="1"><post id="1" tags="&a;"/></posts>'
    with SafebooruSite(some_posts(1)) as site:
        site.misbehave("dapi", faults.with_body(bomb, 200, "text/xml"), always=True)
        with pytest.raises(FetchError):
            listing(site, tags=TAGS)


def test_samples_first_and_the_original_only_for_a_small_face(tmp_path):
    small = Post(5_000_001, size=(480, 600), faces=((150, 120, 110),), sample_width=220)
    large = Post(5_000_002)
    with SafebooruSite([small, large]) as site:
        with crawling(tmp_path, safebooru_source(tags=TAGS), site) as (crawl, archive):
            crawl.everything()
            states = rows(archive, "SELECT role, state FROM images ORDER BY id")
            assert states == [
                ("sample", "cut"),
                ("original", "spare"),
                ("sample", "replaced"),
                ("original", "cut"),
            ]
            assert archive.n_faces() == 2
        assert sum(f"/images/{large.id % 4096}/" in path for path in site.paths()) == 0


def test_parents_share_a_group_and_the_md5_is_the_originals(tmp_path):
    posts = [Post(5_000_000), Post(5_000_007, parent_id=5_000_000, has_sample=False)]
    with SafebooruSite(posts) as site:
        site.misbehave("/images/", *[faults.other_picture] * 2)
        with crawling(tmp_path, safebooru_source(tags=TAGS), site) as (crawl, archive):
            crawl.everything()
            assert {r[0] for r in rows(archive, "SELECT group_key FROM posts")} == {
                "safebooru:5000000"
            }
            flags = rows(archive, "SELECT role, flag IS NOT NULL FROM images WHERE state = 'cut'")
            assert sorted(flags) == [("original", 1), ("sample", 0)]


def test_the_total_comes_from_xml(tmp_path):
    with SafebooruSite(some_posts(9)) as site:
        with crawling(tmp_path, safebooru_source(tags=TAGS), site, goals=Goals(max_items=1)) as (
            crawl,
            archive,
        ):
            crawl.everything()
            assert archive.fact("total_posts") == 9
        assert "json" not in site.paths()[1] and "limit=1&" in site.paths()[1]

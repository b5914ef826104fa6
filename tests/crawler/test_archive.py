import json
import sqlite3
import time

import pytest
from site_helpers import rows

from crawler.archive import Archive
from crawler.commands.status import report
from crawler.database import FILE_NAME, explained_database_errors
from crawler.fetch import Answer, FetchError, Picture
from crawler.schema import FaceRow
from crawler.shared.errors import UserError
from crawler.sources.base import ImageItem, PageRequest, PostItem, Reading


@pytest.fixture
def archive(tmp_path):
    with Archive(tmp_path / "set", create=True) as archive:
        yield archive


def post(post_id, *images, **more):
    return PostItem(str(post_id), f"g{post_id}", f"https://x.invalid/{post_id}", images, **more)


SAMPLE = ImageItem("https://x.invalid/s.jpg", "sample")
ORIGINAL = ImageItem("https://x.invalid/o.jpg", "original", is_spare=True, md5="0" * 32)


def picture(sha="a" * 64):
    return Picture(f"originals/{sha[:2]}/{sha}.jpg", sha, "b" * 32, 10, 20, 30)


def begun(archive, *posts, then=()):
    archive.begin_walk(0, [PageRequest("listing", "https://x.invalid/1")])
    archive.finish_page(archive.next_page(0), "safebooru", Reading(posts, then))


def test_a_page_is_finished_with_all_it_said_or_not_at_all(archive):
    archive.begin_walk(0, [PageRequest("listing", "https://x.invalid/1")])
    page = archive.next_page(0)
    broken = Reading((post(1, SAMPLE), post(2, ImageItem(None, "sample"))))
    with pytest.raises(sqlite3.IntegrityError):
        archive.finish_page(page, "safebooru", broken)
    assert rows(archive, "SELECT * FROM posts") == [] == rows(archive, "SELECT * FROM images")
    assert archive.next_page(0) == page


def test_pages_come_in_the_order_in_which_they_were_queued(archive):
    then = (
        PageRequest("item", "https://x.invalid/i1", is_item=True),
        PageRequest("item", "https://x.invalid/i2", {"age": "normal"}, is_item=True),
        PageRequest("month", "https://x.invalid/m2"),
    )
    begun(archive, then=then)
    kinds = []
    while page := archive.next_page(0):
        kinds.append((page.kind, dict(page.cursor)))
        again = [PageRequest("item", "https://x.invalid/i1", is_item=True)]
        archive.finish_page(page, "getchu", Reading(then=tuple(again)))
    assert kinds == [("item", {}), ("item", {"age": "normal"}), ("month", {})]


def test_a_walk_begins_once(archive):
    for _ in range(2):
        archive.begin_walk(0, [PageRequest("listing", "https://x.invalid/1")])
    assert archive.counts("pages") == {("wanted", None): 1}


def test_known_posts_are_not_added_twice_and_end_an_update(archive):
    begun(archive, *(post(i, SAMPLE) for i in range(5)))
    archive.begin_walk(1, [PageRequest("listing", "https://x.invalid/new")])
    following = (PageRequest("listing", "https://x.invalid/next"),)
    reading = Reading((post(9, SAMPLE), post(4), post(3)), following)
    goes_on = archive.finish_page(archive.next_page(1), "safebooru", reading, stop_after_known=4)
    assert goes_on and archive.next_page(1).cursor == {"known": 2}  # counted over pages
    reading = Reading((post(2), post(1), post(77, SAMPLE)), following)
    assert not archive.finish_page(archive.next_page(1), "safebooru", reading, stop_after_known=4)
    assert archive.next_page(1) is None
    assert [r[0] for r in rows(archive, "SELECT post_id FROM posts")] == list("012349")


def test_a_failed_picture_brings_its_stand_in(archive):
    begun(archive, post(1, SAMPLE, ORIGINAL))
    (row,) = archive.next_posts(5)
    (sample,) = archive.images(row, "wanted")
    archive.fail_image(sample, FetchError(Answer.MISSING, sample.url))
    assert [i.role for i in archive.images(row, "wanted")] == ["original"]
    assert archive.failures() == [("https://x.invalid/s.jpg", "missing", 1)]


def test_a_failed_stand_in_brings_the_first_back(archive):
    begun(archive, post(1, SAMPLE, ORIGINAL))
    (row,) = archive.next_posts(5)
    (sample,) = archive.images(row, "wanted")
    archive.store_image(sample, picture())
    (spare,) = archive.images(row, "spare")
    archive.replace_image(sample, spare)
    assert archive.images(row, "stored") == []
    archive.fail_image(spare, FetchError(Answer.MISSING, spare.url, "HTTP 404"))
    assert [i.role for i in archive.images(row, "stored")] == ["sample"]
    assert archive.counts("images") == {("failed", "missing"): 1, ("stored", None): 1}
    assert archive.failures()[0][1] == "missing (HTTP 404)"


def test_failures_count_tries_and_are_forgotten_once_mended(archive):
    begun(archive, post(1, SAMPLE))
    (row,) = archive.next_posts(5)
    (image,) = archive.images(row, "wanted")
    for _ in range(3):
        archive.fail_image(image, FetchError(Answer.SERVER_ERROR, image.url))
    assert archive.failures()[0][2] == 3
    archive.want_image(image)
    archive.store_image(image, picture())
    assert archive.failures() == []


def test_bytes_that_are_known_are_a_duplicate(archive):
    begun(archive, post(1, SAMPLE), post(2, SAMPLE))
    for row in archive.next_posts(5):
        (image,) = archive.images(row, "wanted")
        archive.store_image(image, picture())
    assert [r[0] for r in rows(archive, "SELECT state FROM images ORDER BY id")] == [
        "stored",
        "duplicate",
    ]


def test_faces_replace_those_that_a_picture_had(archive):
    begun(archive, post(1, SAMPLE))
    (row,) = archive.next_posts(5)
    (image,) = archive.images(row, "wanted")
    archive.store_image(image, picture())
    faces = [
        FaceRow(f"a-{i}", i, (1, 2, 3, 4), 0.5, 0, "f" * 16, reason, "c" * 64)
        for i, reason in enumerate([None, "blurred"])
    ]
    more = {"size": (7, 8), "profile": "tight", "detector": ("d", "s")}
    for kept in (faces, faces[1:]):
        archive.add_faces(image, kept, **more)
    assert (archive.n_faces(), archive.n_faces("quarantined")) == (0, 1)
    assert rows(archive, "SELECT width, height, state FROM images") == [(7, 8, "cut")]


def test_two_crawlers_do_not_write_one_set(tmp_path):
    with Archive(tmp_path, create=True, lock=True):
        with pytest.raises(UserError, match="another crawler"):
            Archive(tmp_path, lock=True)
        Archive(tmp_path).close()  # looking is allowed
    Archive(tmp_path, lock=True).close()


def test_a_transaction_is_on_the_disk_once_it_is_over(archive):
    full = 2
    assert rows(archive, "PRAGMA synchronous") == [(full,)]
    assert rows(archive, "PRAGMA journal_mode") == [("wal",)]


def test_a_set_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match="no archive.sqlite"):
        Archive(tmp_path / "none")
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("damage", ["noise", "torn"])
def test_a_damaged_database_is_one_sentence_and_is_left_alone(tmp_path, damage):
    path = tmp_path / FILE_NAME
    with Archive(tmp_path, create=True) as archive:
        begun(archive, *(post(i, SAMPLE) for i in range(200)))
    data = path.read_bytes()
    data = b"noise" * 5000 if damage == "noise" else data[:4096] + bytes(len(data) - 4096)
    path.write_bytes(data)
    with (
        pytest.raises(UserError, match="damaged"),
        explained_database_errors(path),
        Archive(tmp_path) as archive,
    ):
        archive.next_posts(5)
    assert path.read_bytes() == data


def test_a_database_of_another_version(tmp_path):
    with Archive(tmp_path, create=True) as archive:
        archive.connection.execute("PRAGMA user_version = 99")
    with pytest.raises(UserError, match="version 99"):
        Archive(tmp_path)


def test_a_full_disk_loses_nothing(tmp_path):
    with Archive(tmp_path, create=True) as archive:
        begun(archive, *(post(i, SAMPLE) for i in range(20)))
        archive.begin_walk(1, [PageRequest("listing", "https://x.invalid/2")])
        (pages,) = archive.connection.execute("PRAGMA page_count").fetchone()
        archive.connection.execute(f"PRAGMA max_page_count = {pages}")
        more = Reading(tuple(post(i, SAMPLE) for i in range(100, 2000)))
        with pytest.raises(OSError) as error, explained_database_errors(tmp_path / FILE_NAME):
            archive.finish_page(archive.next_page(1), "s", more)
        assert error.value.errno == 28
    with Archive(tmp_path) as archive:
        assert archive.counts("posts") == {("wanted", None): 20}
        assert archive.next_page(1) is not None


def test_status_of_200_000_posts_in_less_than_two_seconds(tmp_path):
    series = "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {} - 1) "
    fill = [
        (2_000, "INSERT INTO pages SELECT i, 0, 'listing', 'u' || i, '{}', 'done', NULL FROM n"),
        (
            200_000,
            "INSERT INTO posts SELECT i, i / 100, 's', i, 'g' || i, 'u', '', '', '1girl solo', "
            "'', '', '', '{}', CASE i % 9 WHEN 0 THEN 'skipped' ELSE 'done' END, "
            "CASE i % 9 WHEN 0 THEN 'has tag comic' END FROM n",
        ),
        (
            400_000,
            "INSERT INTO images SELECT i, i / 2, 'u' || i, 'sample', NULL, CASE i % 2 WHEN 0 THEN "
            "'cut' ELSE 'spare' END, NULL, NULL, printf('%064x', i), NULL, 1, 1, 1, 'p', NULL "
            "FROM n",
        ),
        (
            200_000,
            "INSERT INTO faces SELECT printf('%016x-0', i), i, 0, 1, 2, 3, 4, 1, 'tight', 'd', "
            "'s', 0, 'f', CASE i % 5 WHEN 0 THEN 'quarantined' ELSE 'accepted' END, "
            "CASE i % 5 WHEN 0 THEN 'blurred' END, 'c' FROM n",
        ),
    ]
    with Archive(tmp_path, create=True) as archive, archive.transaction() as connection:
        for n, statement in fill:
            insert, select = statement.split(" SELECT ", 1)
            connection.execute(f"{series.format(n)} {insert} SELECT {select}")
    with Archive(tmp_path) as archive:
        began = time.process_time()
        text = "\n".join(report(archive))
        archive.next_posts(1)
        took = time.process_time() - began
    assert "200,000" in text and "160,000 accepted" in text and "40,000 quarantined: blur" in text
    assert took < 2


def test_status_names_failures_and_robots(archive):
    begun(archive, post(1, SAMPLE))
    (image,) = archive.images(archive.next_posts(1)[0], "wanted")
    archive.fail_image(image, FetchError(Answer.TRUNCATED, image.url, "5 of 9 bytes"))
    archive.save_robots("https://x.invalid", 200, "", "HTTP 200: 3 rules", 0.0)
    archive.set_fact("total_posts", 12345)
    text = "\n".join(report(archive))
    for part in ("1x truncated (5 of 9 bytes)", "1 failed: truncated", "3 rules", "of 12,345"):
        assert part in text
    assert json.loads(rows(archive, "SELECT value FROM facts")[0][0]) == 12345


def test_who_locks_a_set_removes_what_killed_ones_left(tmp_path):
    folder = tmp_path / "set"
    left = folder / "originals" / "ab" / "abc.jpg.999999999-0a1b2c3d.part"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"half")
    with Archive(folder, create=True):
        assert left.exists()
    with Archive(folder, lock=True):
        assert not left.exists()

"""The command line as a user meets it."""

import json
import re
import subprocess
import sys

import pytest
from site_helpers import fingerprint
from sites import faults
from sites.getchu import GetchuSite, some_titles
from sites.pictures import picture
from sites.safebooru import Post, SafebooruSite, some_posts

from crawler.__main__ import main
from crawler.archive import Archive
from crawler.database import FILE_NAME

PRIVATE = ["--allow-private", "--rate", "1000", "--jitter", "0"]


@pytest.fixture(autouse=True)
def data_root(tmp_path, monkeypatch):
    monkeypatch.setenv("ANIME_DATA_ROOT", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def shop():
    with GetchuSite(some_titles([(2017, 1), (2017, 2)], n=6)) as site:
        yield site


def getchu(site, *more):
    args = ["getchu", "--base-url", site.url, *PRIVATE, "--since", "2017", "--until", "2017-02"]
    return main([*args, *more])


def safebooru(site, *more):
    return main(["safebooru", "--base-url", site.url, *PRIVATE, "--rows", "10", *more])


def no_set(data_root):
    pass


def broken_database(data_root):
    (data_root / "mine").mkdir(parents=True)
    (data_root / "mine" / FILE_NAME).write_bytes(b"not a database" * 1000)


def other_version(data_root):
    with Archive(data_root / "mine", create=True) as archive:
        archive.connection.execute("PRAGMA user_version = 7")


def other_manifest(data_root):
    (data_root / "mine").mkdir(parents=True)
    line = json.dumps({"format": "anime-faces", "version": 99})
    (data_root / "mine" / "manifest.jsonl").write_text(line + "\n")


def empty_folder(data_root):
    (data_root / "pictures").mkdir(parents=True)


def locked(data_root):
    locked.archive = Archive(data_root / "mine", create=True, lock=True)


MISTAKES = {
    "no such set": (no_set, ["status", "mine"], "there is no archive.sqlite"),
    "a path for a name": (no_set, ["status", "../mine"], "cannot name a data set"),
    "a hidden name": (no_set, ["safebooru", "--name", ".x"], "cannot name a data set"),
    "no contact": (no_set, ["safebooru"], "give your mail address"),
    "no contact, Getchu": (no_set, ["getchu"], "give your mail address"),
    "a bad contact": (no_set, ["getchu", "--contact", "me\r\nX: y"], "neither a mail address"),
    "too fast": (no_set, ["getchu", "--contact", "a@b.invalid", "--rate", "5"], "--rate 5"),
    "an unknown profile": (no_set, ["getchu", "--profile", "huge"], "--profile huge"),
    "no network": (
        no_set,
        ["safebooru", "--base-url", "http://127.0.0.1:9", *PRIVATE, "--timeout", "1"],
        "cannot be reached",
    ),
    "a broken database": (broken_database, ["status", "mine"], "is damaged"),
    "another version": (other_version, ["status", "mine"], "version 7"),
    "a manifest of another version": (other_manifest, ["verify", "mine"], "version 99"),
    "not built": (empty_folder, ["verify", "pictures"], "cannot be read"),
    "a folder without pictures": (
        empty_folder,
        lambda root: ["folder", str(root / "pictures")],
        "there is no picture",
    ),
    "in use": (locked, ["build", "mine"], "another crawler is writing"),
    "never crawled": (no_set, ["retry-failed", "mine"], "there is no archive.sqlite"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_sentence_and_exit_code_2(data_root, capsys, monkeypatch, name):
    monkeypatch.setattr("crawler.fetch.pace.Clock.sleep", lambda *_: None)
    prepare, argv, words = MISTAKES[name]
    prepare(data_root)
    assert main(argv(data_root) if callable(argv) else argv) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and words in said
    assert said.count("\n") == 1 and "Traceback" not in said


def test_a_server_on_this_machine_needs_a_flag(capsys, shop):
    assert main(["getchu", "--base-url", shop.url, "--contact", "a@b.invalid"]) == 2
    assert "127.0.0.1, not a public address" in capsys.readouterr().err
    assert shop.log == []


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["getchu", "--since", "2005-13"], "2005-13 is not a year or a month"),
        (["getchu", "--since", "0001"], "from 1990 on"),
        (["getchu", "--since", "2010", "--until", "2009", "--contact", "a@b.cc"], "do not go"),
        (["getchu", "--until", "9999"], "do not go together"),
        (["safebooru", "--faces", "0"], "0 is not above 0"),
        (["safebooru", "--rate", "nan"], "nan is not a number"),
        (["safebooru", "--rate", "0"], "0 is not above 0"),
        (["safebooru", "--jitter", "-1"], "--jitter"),
        (["safebooru", "--timeout", "inf"], "inf is not a number"),
        (["safebooru", "--max-hours", "x"], "x is not a number"),
        (["safebooru", "--min-width", "-4"], "--min-width"),
        (["safebooru", "--proxy", "ftp://x"], "is not a proxy"),
        (["safebooru", "--fases", "5"], "--fases is unknown: did you mean --faces?"),
        (["safeboru"], "'safeboru' is unknown: did you mean safebooru?"),
        (["safebooru", "x"], "'x' belongs to no flag"),
        (["safebooru", "--config", "nowhere.toml"], "nowhere.toml cannot be read"),
    ],
)
def test_arguments_that_make_no_sense(data_root, argv, words, capsys):
    assert main(argv) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and words in said and said.count("\n") == 1
    assert not data_root.exists()


def test_the_version(capsys):
    with pytest.raises(SystemExit) as end:
        main(["--version"])
    assert end.value.code == 0 and re.match(r"\S.* [\d(]", capsys.readouterr().out)


def test_a_failed_command_leaves_no_folder(data_root, monkeypatch, shop, tmp_path):
    monkeypatch.setattr("crawler.fetch.pace.Clock.sleep", lambda *_: None)
    refused = ["--base-url", "http://127.0.0.1:9", *PRIVATE]
    assert main(["safebooru", *refused]) == 2
    assert main(["getchu", "--name", "x", *refused]) == 2
    assert main(["folder", str(tmp_path / "nowhere")]) == 2
    assert main(["safebooru"]) == 2
    assert getchu(shop, "--cascade", str(tmp_path / "no.xml")) == 2
    assert not data_root.exists() and shop.log == []


def test_contact_and_folder_come_before_the_cascade(capsys, tmp_path):
    bad = ["--cascade", str(tmp_path / "no.xml")]
    assert main(["safebooru", *bad]) == 2
    assert "--contact" in capsys.readouterr().err
    assert main(["folder", str(tmp_path / "nowhere"), *bad]) == 2
    assert "is not a folder" in capsys.readouterr().err


def test_flags_from_a_file_stand_before_those_of_the_command_line(tmp_path, capsys, shop):
    file = tmp_path / "crawl.toml"
    file.write_text(
        'jitter = 0\nrate = 1000\nrows = 7\n[getchu]\nsince = "2017"\nuntil = "2017-02"\n'
        "allow-private = true\nmax-items = 9\n"
    )
    argv = ["getchu", "--base-url", shop.url, "--config", str(file), "--max-items", "2"]
    assert main(argv) == 0
    assert "--max-items 2 is reached" in capsys.readouterr().out
    for text, words in {
        "[getchu]\nfases = 5": "[getchu]: --fases is unknown: did you mean --faces?",
        "rats = 5": "'rats' is a flag of no command",
        "[getchoo]\nfaces = 5": "[getchoo] is no command",
        "faces = [5]": "which is not a number or a string",
        'confirm-adult = "yes"': "which is not true or false",
        "faces = ": "is not TOML",
    }.items():
        file.write_text(text)
        assert main(argv) == 2
        assert words in capsys.readouterr().err


@pytest.mark.parametrize("name", ["getchu", "safebooru", "folder"])
def test_a_dry_run_tells_and_writes_nothing(data_root, tmp_path, capsys, shop, name):
    if name == "getchu":
        assert getchu(shop, "--dry-run") == 0
        said = capsys.readouterr().out
        assert "2 lists of months" in said and "/item/" in said and "requests" in said
        assert not any(path.endswith(".jpg") for path in shop.paths())
    elif name == "safebooru":
        with SafebooruSite(some_posts(23)) as site:
            assert safebooru(site, "--tags", "1girl", "--dry-run") == 0
            assert len(site.log) == 3
        said = capsys.readouterr().out
        assert "of 23 posts" in said and "3 lists of 10" in said and ".jpg" in said
    else:
        (tmp_path / "p").mkdir()
        (tmp_path / "p" / "a.jpg").write_bytes(picture(1))
        assert main(["folder", str(tmp_path / "p"), "--dry-run"]) == 0
        assert "1 pictures, without a request" in capsys.readouterr().out
    assert not data_root.exists()


def test_the_log_file_and_the_pages_are_written(data_root, tmp_path, monkeypatch):
    monkeypatch.setenv("BOORU_API_KEY", "s3cretkey")
    monkeypatch.setenv("BOORU_USER_ID", "4711")
    log = tmp_path / "crawl.log"
    with SafebooruSite(some_posts(8), key="s3cretkey") as site:
        assert safebooru(site, "--tags", "1girl", "--write-pages", "--log-file", str(log)) == 0
    text = log.read_text()
    assert "dapi" in text and "s3cretkey" not in text
    pages = data_root / "safebooru" / "pages"
    index = [json.loads(line) for line in (pages / "pages.jsonl").read_text().splitlines()]
    assert [entry["status"] for entry in index] == [200, 200, 200, 200]
    assert all((pages / entry["file"]).exists() for entry in index)
    for path in (data_root / "safebooru").rglob("*"):
        assert not path.is_file() or b"s3cretkey" not in path.read_bytes()


def test_a_reader_that_goes_away_is_no_error(data_root):
    with Archive(data_root / "mine", create=True):
        pass
    command = f"{sys.executable} -m crawler status mine | head -c 0"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.stderr == ""


def test_a_folder_that_cannot_be_written_can_be_looked_at(data_root, capsys, monkeypatch, shop):
    assert getchu(shop) == 0
    folder = data_root / "getchu"
    for path in folder.glob("archive.sqlite-*"):
        path.unlink()
    # The user of this test may be one whom permissions do not bind.
    monkeypatch.setattr("crawler.database.os.access", lambda *_: False)
    before = sorted(path.name for path in folder.iterdir())
    for verb in ("status", "verify"):
        assert main([verb, "getchu"]) == 0
    assert "accepted" in capsys.readouterr().out
    assert sorted(path.name for path in folder.iterdir()) == before


def test_what_a_killed_crawl_left_in_the_log_is_seen_in_a_folder_of_others(data_root, monkeypatch):
    with Archive(data_root / "mine", create=True) as archive:
        archive.set_fact("total_posts", 7)
        monkeypatch.setattr("crawler.database.os.access", lambda *_: False)
        with Archive(data_root / "mine", read_only=True) as other:
            assert other.fact("total_posts") == 7


def test_a_damaged_page_of_the_archive_is_found_at_the_start(data_root, capsys, shop):
    assert getchu(shop) == 0
    path = data_root / "getchu" / FILE_NAME
    content = bytearray(path.read_bytes())
    for page in range(4, len(content) // 4096):
        content[page * 4096 : page * 4096 + 2000] = b"\xff" * 2000
    path.write_bytes(content)
    n_requests = len(shop.log)
    capsys.readouterr()
    assert getchu(shop) == 2
    said = capsys.readouterr().err
    assert "is damaged" in said and "Traceback" not in said
    assert len(shop.log) == n_requests


def test_a_limit_on_the_size_of_files_is_not_called_damage(data_root, shop):
    argv = f"{sys.executable} -m crawler getchu --base-url {shop.url} {' '.join(PRIVATE)}"
    command = f"ulimit -f 40; {argv} --since 2017 --until 2017-02"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True)
    assert done.returncode == 2
    assert "ulimit -f" in done.stderr and "damaged" not in done.stderr
    assert getchu(shop) == 0


def test_crawl_build_verify_rebuild_and_copy(data_root, capsys, shop):
    assert getchu(shop) == 0
    before = fingerprint(data_root / "getchu")
    assert len(list((data_root / "getchu" / "faces").iterdir())) >= 20
    assert main(["verify", "getchu"]) == 0
    n_requests = len(shop.log)
    assert getchu(shop) == 0 and len(shop.log) == n_requests  # again: nothing to do
    assert main(["rebuild", "getchu"]) == 0 and len(shop.log) == n_requests
    rebuilt = fingerprint(data_root / "getchu")
    rebuilt["table facts"] = before["table facts"]
    assert rebuilt == before

    manifest = str(data_root / "getchu" / "manifest.jsonl")
    argv = ["rebuild", "copy", "--manifest", manifest, "--base-url", shop.url, *PRIVATE]
    assert main(argv) == 0
    copied = {
        path.relative_to(data_root / "copy").as_posix(): path.read_bytes()
        for path in (data_root / "copy").rglob("*")
        if path.is_file()
    }
    assert any(name.startswith("faces/") for name in copied)
    for name, content in copied.items():
        assert (data_root / "getchu" / name).read_bytes() == content, name
    assert main(["verify", "copy"]) == 0
    assert all("chara" in path or "robots" in path for path in shop.paths()[n_requests:])

    path = next((data_root / "copy" / "faces").iterdir())
    path.write_bytes(b"x")
    capsys.readouterr()
    assert main(["verify", "copy"]) == 1
    assert f"faces/{path.name}: sha256 differs" in capsys.readouterr().out


def test_a_manifest_of_a_folder_and_one_that_leads_outside(data_root, tmp_path, capsys):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    for seed in range(3):
        (pictures / f"{seed} #.jpg").write_bytes(picture(seed))
    assert main(["folder", str(pictures), "--name", "mine", "--processes", "1"]) == 0
    manifest = data_root / "mine" / "manifest.jsonl"
    moved = pictures.rename(tmp_path / "moved")
    argv = ["rebuild", "copy", "--manifest", str(manifest), "--pictures", str(moved)]
    assert main(argv) == 0
    faces = sorted(path.name for path in (data_root / "mine" / "faces").iterdir())
    assert faces == sorted(path.name for path in (data_root / "copy" / "faces").iterdir())
    assert len(faces) == 3

    (tmp_path / "secret.jpg").write_bytes((moved / "0 #.jpg").read_bytes())
    text = manifest.read_text().replace("file:0%20%23.jpg", "file:../secret.jpg")
    manifest.write_text(text)
    argv[1] = "evil"
    assert main(argv) == 1
    assert "leads off the site" in capsys.readouterr().out


def test_the_goal_counts_what_near_duplicates_leave(data_root, capsys):
    # The first five posts show one face, in pictures that differ by a few pixels.
    posts = [Post(5_000_100 - i, seed=1, size=(240, 300 + 2 * i)) for i in range(5)]
    posts += [Post(5_000_000 - 7 * i) for i in range(12)]
    with SafebooruSite(posts) as site:
        assert safebooru(site, "--tags", "1girl", "--faces", "8") == 0
    assert len(list((data_root / "safebooru" / "faces").iterdir())) >= 8
    said = capsys.readouterr().out
    assert "were near-duplicates: going on for as many more" in said


def test_another_query_is_refused_by_name_and_status_still_works(data_root, capsys):
    with SafebooruSite(some_posts(12)) as site:
        assert safebooru(site, "--tags", "1girl", "--max-items", "3") == 0
        assert safebooru(site, "--tags", "solo") == 2
        assert "query.tags was '1girl' and is now 'solo'" in capsys.readouterr().err
        assert safebooru(site, "--tags", "1girl", "--margin", "2") == 2
        assert "faces.margin was None and is now 2.0" in capsys.readouterr().err
        assert main(["status", "safebooru"]) == 0
        assert "3 done" in capsys.readouterr().out


def test_tags_in_capitals_are_those_of_the_rows(data_root):
    with SafebooruSite(some_posts(12)) as site:
        assert safebooru(site, "--tags", "1Girl Rating:General", "--max-items", "3") == 0
        assert safebooru(site, "--tags", "1girl rating:general", "--max-items", "1") == 0
    with Archive(data_root / "safebooru") as archive:
        assert sum(n for (state, _), n in archive.counts("posts").items() if state == "done") == 4


def test_a_first_try_that_came_to_nothing_binds_nobody(data_root, capsys):
    assert main(["safebooru", "--tags", "typo"]) == 2  # no --contact
    with SafebooruSite(some_posts(12)) as site:
        assert safebooru(site, "--tags", "1girl", "--max-items", "3") == 0


def test_update_and_retry_failed_need_no_more_than_the_name(data_root, capsys, shop):
    shop.misbehave("chara2", faults.missing)
    titles, shop.titles = shop.titles, shop.titles[:6]
    assert getchu(shop) == 0
    assert main(["status", "getchu"]) == 0
    assert "1x missing (HTTP 404)" in capsys.readouterr().out
    n_requests = len(shop.log)
    assert main(["retry-failed", "getchu", "--rate", "1000", "--jitter", "0"]) == 0
    assert len(shop.log) == n_requests + 1
    shop.titles = titles
    assert main(["update", "getchu", "--rate", "1000", "--jitter", "0"]) == 0
    with Archive(data_root / "getchu") as archive:
        assert archive.failures() == []
        assert sum(archive.counts("posts").values()) == 12


def test_the_log_of_requests_shows_the_rate_and_robots(data_root, shop):
    shop.robots = "User-agent: *\nDisallow: /brandnew/2017020/\nCrawl-delay: 0.05\n"
    assert getchu(shop, "--max-items", "3") == 0
    times = [request.time for request in shop.log]
    assert len(times) > 8
    for i in range(2, len(times)):  # the delay is known from the second request on
        # Seen from here a request may be late and its successor not, by what a thread waits.
        assert times[i] - times[1] > (i - 1) * 0.05 - 0.03
    assert not any("/brandnew/2017020/" in path for path in shop.paths())
    with Archive(data_root / "getchu") as archive:
        assert archive.counts("images")[("failed", "robots.txt disallows it")] == 4


def test_a_hostile_site_writes_no_path_and_no_script(data_root, shop, tmp_path):
    name = "<script>alert(1)</script>../../../evil"
    shop.titles = [
        type(title)(title.id, title.month, name.replace("<", "&lt;"), "../<b>")
        for title in shop.titles[:1]
    ]
    assert getchu(shop) == 0
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert not any("evil" in str(path) or "script" in str(path) for path in files)
    page = (data_root / "getchu" / "index.html").read_text()
    assert "<script>alert" not in page

import os
import subprocess
import sys

import pytest

from crawler.shared.errors import UserError
from crawler.shared.files import check_folder, make_folder, remove_leftovers, replacing

WRITER = """
import sys
from crawler.shared.files import replacing
for i in range(int(sys.argv[2])):
    with replacing(sys.argv[1], "w") as file:
        file.write(sys.argv[3])
        file.flush()
        if sys.argv[2] == "1":
            print("writing", flush=True)
            sys.stdin.readline()
"""


def start_writer(path, times, text):
    command = [sys.executable, "-c", WRITER, str(path), str(times), text]
    pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return subprocess.Popen(command, **pipes)


def test_a_file_is_replaced_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with replacing(path, "w") as file:
        file.write("é")
        assert path.read_text() == "before"
    assert path.read_text(encoding="utf-8") == "é"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_an_error_leaves_the_old_file_and_no_part(tmp_path):
    path = tmp_path / "a.bin"
    path.write_bytes(b"before")
    with pytest.raises(RuntimeError), replacing(path) as file:
        file.write(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_two_writers_of_one_file_both_succeed(tmp_path):
    path = tmp_path / "a.txt"
    with replacing(path, "w") as first:
        with replacing(path, "w") as second:
            first.write("first")
            second.write("second")
        assert path.read_text() == "second"
    assert path.read_text() == "first"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_two_processes_that_write_one_file_both_succeed(tmp_path):
    path = tmp_path / "a.txt"
    writers = [start_writer(path, 200, letter * 1000) for letter in "ab"]
    for writer in writers:
        _, error = writer.communicate(timeout=60)
        assert writer.returncode == 0, error
    assert path.read_text() in ("a" * 1000, "b" * 1000)
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_parts_of_killed_writers_are_removed_and_those_of_living_ones_stay(tmp_path):
    path = tmp_path / "below" / "a.txt"
    path.parent.mkdir()
    (tmp_path / "users own.part").write_text("kept")
    (tmp_path / f"b.{os.getpid()}-0a1b2c3d.part").write_text("of a process before this one")
    with start_writer(path, 1, "killed") as killed, start_writer(path, 1, "alive") as alive:
        for writer in (killed, alive):
            assert writer.stdout.readline() == "writing\n"
        killed.kill()
        killed.wait()
        assert remove_leftovers(tmp_path) == 2
        alive.communicate("\n")
    assert path.read_text() == "alive"
    names = sorted(p.name for p in tmp_path.rglob("*"))
    assert names == ["a.txt", "below", "users own.part"]
    assert remove_leftovers(tmp_path / "nowhere") == 0


def test_a_folders_place_is_checked_and_not_made(tmp_path):
    check_folder(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(UserError, match="is a file: give another place"):
            check_folder(place)


def test_a_folder_without_rights_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write anywhere
    with pytest.raises(UserError, match="may not be written to"):
        check_folder(tmp_path / "a")


def test_a_folder_is_made_or_refused(tmp_path, monkeypatch):
    assert make_folder(tmp_path / "a" / "b").is_dir()
    make_folder(tmp_path / "a" / "b")

    def refuse(*_, **__):
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)  # as below /proc
    with pytest.raises(UserError, match="cannot be made"):
        make_folder(tmp_path / "c")

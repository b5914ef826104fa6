import signal
import subprocess
import sys

import pytest

from crawler.shared.errors import UserError
from crawler.shared.locks import lock_folder

HOLDER = """
import sys, time
from pathlib import Path
from crawler.shared.locks import lock_folder
lock = lock_folder(Path(sys.argv[1]), "a.lock", "holder")
print("held", flush=True)
time.sleep(60)
"""


def test_the_second_is_told_and_the_third_comes_in(tmp_path):
    first = lock_folder(tmp_path, "a.lock", "training")
    with pytest.raises(UserError, match="another training is writing .*: wait for it to end"):
        lock_folder(tmp_path, "a.lock", "training")
    lock_folder(tmp_path, "b.lock", "training").close()
    first.close()
    lock_folder(tmp_path, "a.lock", "training").close()
    assert (tmp_path / "a.lock").read_bytes() == b""


def test_a_killed_process_lets_go(tmp_path):
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UserError, match="another holder"):
            lock_folder(tmp_path, "a.lock", "holder")
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        lock_folder(tmp_path, "a.lock", "holder").close()

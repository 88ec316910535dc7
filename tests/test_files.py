"""A file appears whole or not at all."""

from __future__ import annotations

import threading

import pytest

from simcore import files
from simcore.errors import OutputError
from simcore.files import sync, whole

WORDS = {"expected": "a place", "remedy": "another"}


def test_what_is_complete_replaces_what_stood_there(tmp_path):
    path = tmp_path / "new" / "file.txt"
    for text in ("first", "second"):
        with whole(path, **WORDS, folders=True) as partial:
            partial.write_text(text)
        assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_failure_leaves_nothing_behind(tmp_path, error):
    path = tmp_path / "file.txt"
    path.write_text("old")

    def write() -> None:
        with whole(path, **WORDS) as partial:
            partial.write_text("half")
            raise error

    with pytest.raises((OutputError, KeyboardInterrupt)) as caught:
        write()
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "old"
    if isinstance(error, OSError):
        (fault,) = caught.value.faults
        assert (fault.where, fault.found) == (str(path), "No space left on device")


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "folder").write_text("a letter")
    with (
        pytest.raises(OutputError, match="folder"),
        whole(tmp_path / "folder" / "a.txt", **WORDS, folders=True),
    ):
        raise AssertionError("nothing to write into")


@pytest.mark.parametrize("threads", [0, 1, 3, 100])
def test_all_is_synced_by_the_threads_that_start(tmp_path, monkeypatch, threads):
    for number in range(40):
        (tmp_path / f"{number % 3}").mkdir(exist_ok=True)
        (tmp_path / f"{number % 3}" / f"{number}").touch()
    left, done, start = [None] * threads, [], threading.Thread.start

    def started(thread):
        if not left:
            raise RuntimeError("can't start new thread")
        left.pop()
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", started)
    monkeypatch.setattr(files, "sync_one", done.append)
    sync(tmp_path)
    assert sorted(done) == sorted([tmp_path, *tmp_path.rglob("*")])


@pytest.mark.parametrize("alone", [False, True])
def test_a_disk_that_fails_is_told(tmp_path, monkeypatch, alone):
    (tmp_path / "a").touch()

    def failing(path):
        if path.name == "a":
            raise OSError(5, "Input/output error")

    def refused(_):
        raise RuntimeError("can't start new thread")

    if alone:
        monkeypatch.setattr(threading.Thread, "start", refused)
    monkeypatch.setattr(files, "sync_one", failing)
    with pytest.raises(OSError, match="Input/output"):
        sync(tmp_path)

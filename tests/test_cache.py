"""The user's cache is used only where nobody else could have put what is read from it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simcore import cache
from simcore.cache import private_folder
from simcore.intake import shipped
from simcore.kernels import jit

pytestmark = pytest.mark.skipif(os.name != "posix", reason="owners and modes of POSIX")

SOMEBODY = 12345


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A chosen cache two folders deep, each of the user alone."""
    cache._tell.cache_clear()
    place = tmp_path / "above" / "cache"
    monkeypatch.setenv("SIMCORE_CACHE_DIR", str(place))
    assert private_folder("code") == place / "code"
    yield place
    for folder in (place.parent, place):
        folder.chmod(0o700)


def _give_away(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a path belong to somebody else, as far as the user may."""
    if os.getuid() == 0:
        os.chown(path, SOMEBODY, -1, follow_symlinks=False)
        return
    found = Path.lstat

    def lstat(one: Path) -> os.stat_result:
        status = found(one)
        if one != path:
            return status
        return os.stat_result((*status[:4], SOMEBODY, *status[5:10]))

    monkeypatch.setattr(Path, "lstat", lstat)


REFUSED: dict[str, Callable[[Path], None]] = {
    "all may write to it": lambda place: (place / "code").chmod(0o707),
    "all may write to the one above": lambda place: place.chmod(0o707),
    "all may write two above": lambda place: place.parent.chmod(0o703),
    "others of a group may write above": lambda place: place.chmod(0o770),
    "sticky itself, so that others may add": lambda place: (place / "code").chmod(0o1777),
}


@pytest.mark.parametrize("how", REFUSED)
def test_where_others_may_write_nothing_is_kept(
    place: Path, how: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(cache, "_is_own_group", lambda _: False)
    REFUSED[how](place)
    assert private_folder("code") is None
    assert private_folder("code") is None
    (said,) = caplog.records
    assert str(place.parent) in said.getMessage()
    assert "chmod go-w" in said.getMessage()


@pytest.mark.parametrize("which", ["code", "."])
def test_what_somebody_else_owns_is_not_used(
    place: Path, which: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _give_away(place / which, monkeypatch)
    assert private_folder("code") is None


@pytest.mark.skipif(os.name == "posix" and os.getuid() != 0, reason="only root gives files away")
def test_a_file_that_somebody_else_put_there_is_not_used(place: Path) -> None:
    file = place / "code" / "simulate.nbi"
    file.write_text("")
    assert private_folder("code") is not None
    os.chown(file, SOMEBODY, -1)
    assert private_folder("code") is None


def test_a_link_is_followed_to_the_folders_above_its_target(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "link").symlink_to(place)
    monkeypatch.setenv("SIMCORE_CACHE_DIR", str(tmp_path / "link"))
    assert private_folder("code") == tmp_path / "link" / "code"
    place.parent.chmod(0o707)
    assert private_folder("code") is None
    place.parent.chmod(0o700)
    _give_away(tmp_path / "link", monkeypatch)
    assert private_folder("code") is None


ACCEPTED: dict[str, Callable[[Path], None]] = {
    "all may read": lambda place: place.chmod(0o755),
    "sticky above": lambda place: place.chmod(0o1777),
    "the user's own group may write": lambda place: place.chmod(0o775),
}


@pytest.mark.parametrize("how", ACCEPTED)
def test_where_nobody_else_could_write_it_is_used(
    place: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_is_own_group", lambda _: True)
    ACCEPTED[how](place)
    assert private_folder("code") == place / "code"


def test_folders_on_the_way_are_made_for_the_user_alone(place: Path) -> None:
    before = os.umask(0)
    try:
        private_folder("deeper/code")
    finally:
        os.umask(before)
    for folder in (place, place / "deeper", place / "deeper" / "code"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_compiled_code_and_the_catalog_ask(place: Path) -> None:
    place.parent.chmod(0o707)
    assert jit.cache_directory() is None
    shipped._read.cache_clear()
    assert shipped.known()
    shipped._read.cache_clear()
    assert not [one for one in place.rglob("*") if not one.is_dir()]

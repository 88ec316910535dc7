"""The journal of a run under way: what is done, so that a killed run can go on.

    OUT.partial/
      manifest.json     what the run is; nothing of another one is believed
      journal.jsonl     a line for each thing done, only ever added to
      parts/N.npz       its arrays
      kept/             chunks of kept draws, by array, until the run is complete
      work/             where workers that join the run meet (running.executors.workplace)

A file is on the disk under its name before the line that speaks of it is written, and a line ends
with its own checksum. So after any death each line up to the first broken one is true, unless its
file was damaged since, which its checksum tells.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from google_crc32c import value as crc32c

from simcore.dataset.leftovers import remove
from simcore.errors import Fault, OutputError
from simcore.files import make_folders, sync_one, token

FORMAT: Final = 1
MANIFEST: Final = "manifest.json"
LINES: Final = "journal.jsonl"
_CUT: Final = b',"crc":"'
_WITHOUT_FILE: Final = (("file", ""), ("bytes", 0), ("blake2b", ""))


class Entry(NamedTuple):
    """What a journal says of a key.

    Attributes
    ----------
    facts : dict
        What was told beside the arrays.
    file : str
        Name of their file.
    bytes : int
    blake2b : str
    """

    facts: dict[str, Any]
    file: str
    bytes: int
    blake2b: str


def folder_of(out: Path) -> Path:
    """Where the work of a run to `out` is kept until it is complete."""
    return out.with_name(f"{out.name}.partial")


def digest_of_manifest(manifest: Mapping[str, Any]) -> str:
    """SHA-256 of what a run is."""
    return hashlib.sha256(_json(manifest)).hexdigest()


class Journal:
    """What a run has done; nothing is on the disk before the first `add`.

    One process writes it, under the lock of the run.

    Attributes
    ----------
    folder : Path
    """

    def __init__(self, folder: Path, manifest: Callable[[], Mapping[str, Any]]) -> None:
        """`manifest`, called when it is needed, says as JSON what the run is; see `check`."""
        self.folder, self._make = folder, manifest
        self._entries: dict[str, Entry] = {}
        self._number = 0
        self._begun = False

    @cached_property
    def _manifest(self) -> dict[str, Any]:
        return dict(self._make())

    @property
    def is_empty(self) -> bool:
        """Whether nothing is kept."""
        return not self._entries

    def require_own(self) -> None:
        """Refuse what no run has made in its place, which would be removed, as an OutputError."""
        what = "a file"
        if self.folder.is_dir():
            names = sorted(one.name for one in self.folder.iterdir())
            own = MANIFEST, LINES, "parts", "kept", "work"
            what = next((f"{one} in it" for one in names if not one.startswith(own)), "")
        if what and os.path.lexists(self.folder):
            raise OutputError(Fault(
                str(self.folder), f"{what}, which no run has made", "work of a run, or nothing",
                "move it away, or choose another output",
            ))  # fmt: skip

    def check(self) -> None:
        """Refuse to go on with the work of another run, as an OutputError with both digests."""
        found = self._stored_manifest()
        if found is None or found == self._manifest:
            return
        own, other = (digest_of_manifest(one)[:16] for one in (self._manifest, found))
        differs = sorted(
            key for key in {*found, *self._manifest} if found.get(key) != self._manifest.get(key)
        )
        raise OutputError(Fault(
            str(self.folder), f"work of another run, {other} (differs: {', '.join(differs)})",
            f"that of this one, {own}",
            "--fresh (fresh=True) discards it; or run what it belongs to, or choose another output",
        ))  # fmt: skip

    def read(self) -> None:
        """Learn what was done, from the lines before the first that is not whole.

        What comes after these is cut off, for it would hide the lines that follow.
        """
        self._entries, self._number, self._begun = {}, 0, False
        if self._stored_manifest() is None:
            if self.folder.is_dir():
                self.discard()
            return
        self._begun = True
        path, true = self.folder / LINES, 0
        with contextlib.suppress(FileNotFoundError):
            content = path.read_bytes()
            for line in content.splitlines(keepends=True):
                facts = read_line(line)
                if facts is None:
                    break
                true += len(line)
                self._learn(facts)
            if true < len(content):
                with path.open("r+b") as file:
                    file.truncate(true)
                    os.fsync(file.fileno())

    def add(self, key: str, arrays: Mapping[str, np.ndarray], **facts: Any) -> None:
        """Keep arrays under a key, in the place of what it had; an OSError where that fails."""
        if any(one.dtype.hasobject for one in arrays.values()):
            raise ValueError(f"{key}: objects are not kept, as to read them runs code")
        if not self._begun:
            self._begin()
        self._number += 1
        name = f"{self._number}-{key}.npz"
        path = self.folder / "parts" / name
        partial = path.with_suffix(".writing")
        with partial.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        size, found = _fingerprint(partial)
        partial.replace(path)
        sync_one(path.parent)
        line = {
            "n": self._number, "key": key, "file": name, "bytes": size, "blake2b": found,
            "facts": facts,
        }  # fmt: skip
        self._write(line)
        before = self._entries.get(key)
        self._learn(line)
        if before is not None:
            (self.folder / "parts" / before.file).unlink(missing_ok=True)

    def note(self, key: str, **facts: Any) -> None:
        """Keep facts without arrays under a key that has nothing yet."""
        if not self._begun:
            self._begin()
        self._number += 1
        line = {"n": self._number, "key": key, "facts": facts}
        self._write(line)
        self._learn(line)

    def drop(self, key: str) -> None:
        """Forget a key, whose work is contained in that of another by now."""
        before = self._entries.get(key)
        if before is not None:
            self._number += 1
            line = {"n": self._number, "key": key}
            self._write(line)
            self._learn(line)
            (self.folder / "parts" / before.file).unlink(missing_ok=True)

    def keys(self, prefix: str) -> list[str]:
        """Keys that begin so."""
        return [key for key in self._entries if key.startswith(prefix)]

    def facts(self, key: str) -> dict[str, Any] | None:
        """What was told of a key; None where it is not known."""
        entry = self._entries.get(key)
        return None if entry is None else entry.facts

    def arrays(self, key: str) -> dict[str, np.ndarray] | None:
        """Arrays of a key; None where they are not known or not what was written."""
        entry = self._entries.get(key)
        if entry is None or not entry.file:
            return None
        path = self.folder / "parts" / entry.file
        try:
            if _fingerprint(path) != (entry.bytes, entry.blake2b):
                return None
            with np.load(path, allow_pickle=False) as file:
                return {name: file[name] for name in file.files}
        except (OSError, ValueError):
            return None

    def discard(self) -> None:
        """Remove all of it."""
        self._entries, self._begun = {}, False
        if os.path.lexists(self.folder):
            # Without it nothing of the rest is believed, should this be cut short.
            with contextlib.suppress(OSError):
                (self.folder / MANIFEST).unlink()
            remove(self.folder)

    def _begin(self) -> None:
        make_folders(self.folder / "parts")
        path = self.folder / MANIFEST
        partial = path.with_name(f"{MANIFEST}.{token()}")
        with partial.open("wb") as file:
            file.write(_json({"format": FORMAT, **self._manifest}))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        sync_one(self.folder)
        self._begun = True

    def _write(self, line: Mapping[str, Any]) -> None:
        with (self.folder / LINES).open("ab") as file:
            before = file.tell()
            try:
                file.write(line_of(line))
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                # Half a line would hide those that follow.
                with contextlib.suppress(OSError):
                    file.truncate(before)
                raise

    def _learn(self, line: Mapping[str, Any]) -> None:
        self._number = max(self._number, int(line["n"]))
        if "facts" in line:
            told = (line.get(name, default) for name, default in _WITHOUT_FILE)
            self._entries[line["key"]] = Entry(line["facts"], *told)
        else:
            self._entries.pop(line["key"], None)

    def _stored_manifest(self) -> dict[str, Any] | None:
        """That of the folder; None where there is none that is whole."""
        try:
            found = json.loads((self.folder / MANIFEST).read_bytes())
        except (OSError, ValueError):
            return None
        if not isinstance(found, dict):
            return None
        if found.pop("format", None) != FORMAT:
            found["format"] = "of another version"
        return found


def line_of(facts: Mapping[str, Any]) -> bytes:
    """A line of the journal, which ends with the CRC-32C of what is before."""
    text = _json(facts)[:-1]
    return text + _CUT + f'{crc32c(text):08x}"}}\n'.encode()


def read_line(line: bytes) -> dict[str, Any] | None:
    """What a line says; None where it is not whole."""
    text, cut, end = line.rpartition(_CUT)
    if not cut or not line.endswith(b"\n") or end != f'{crc32c(text):08x}"}}\n'.encode():
        return None
    found: dict[str, Any] = json.loads(text + b"}")
    return found


def _fingerprint(path: Path) -> tuple[int, str]:
    with path.open("rb") as file:
        found = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16))
        return file.tell(), found.hexdigest()


def _json(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":"), sort_keys=True).encode()

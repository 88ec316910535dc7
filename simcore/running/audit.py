"""Who made a run, where, with what: what one needs to make it again, and to trust it."""

from __future__ import annotations

import getpass
import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Final

from simcore._version import __version__
from simcore.intake import Spec

_PACKAGES: Final = ("numba", "llvmlite", "numpy", "scipy", "xarray", "zarr", "netCDF4", "pydantic")
"""Those whose version could change a number or a file."""


def audit_of(spec: Spec) -> dict[str, Any]:
    """What is told of the making of a run, in its attribute `audit`.

    Returns
    -------
    dict
        command, user, host, started (UTC), commit (null without a checkout), python, platform,
        versions by package, and files: SHA-256 by path, seen from the folder of the
        config where they lie in it.
    """
    return {
        "command": _command(),
        "user": _user(),
        "host": platform.node(),
        "started": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "commit": _commit(),
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.release()} {platform.machine()}",
        "versions": _versions(),
        "files": _files(spec),
    }


def audit_text(spec: Spec) -> str:
    """The same as JSON."""
    return json.dumps(audit_of(spec))


def _command() -> str:
    """As it was typed, the program by its name alone."""
    program, *arguments = sys.argv or [""]
    name = Path(program).name
    if name == "__main__.py":
        name = f"python -m {Path(program).parent.name}"
    return f"{name} {shlex.join(arguments)}".strip() if program else "python"


def _user() -> str:
    # Where nobody has a name, as in a container, getpass fails.
    with suppress(KeyError, OSError, ImportError):
        return getpass.getuser()
    return str(os.getuid()) if hasattr(os, "getuid") else "unknown"


@cache
def _commit() -> str | None:
    """The commit of the checkout that the package runs from; with -dirty where it was changed."""
    root = Path(__file__).parents[2]
    if not (root / ".git").exists():
        return None
    asked = ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=40",
             "--exclude=*"]  # fmt: skip
    with suppress(OSError, subprocess.SubprocessError):
        return subprocess.run(
            asked, capture_output=True, text=True, timeout=5, check=True
        ).stdout.strip()
    return None


@cache
def _versions() -> Mapping[str, str]:
    found = {"simcore": __version__}
    for name in _PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def _files(spec: Spec) -> dict[str, str]:
    folder = Path(spec.folder).resolve()
    return {
        str(Path(name).relative_to(folder)) if Path(name).is_relative_to(folder) else name: digest
        for name, digest in spec.read.items()
    }

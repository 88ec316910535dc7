"""A command as a user types it, in this process; what needs one of its own starts it."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from types import SimpleNamespace

from simcore import cli


def simcore(*arguments: object, cwd: Path, code: int = 0) -> SimpleNamespace:
    """What it prints, once it has ended with a code."""
    out, errors = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(cwd), contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors),
    ):  # fmt: skip
        status = cli.main([*map(str, arguments)])
    done = SimpleNamespace(stdout=out.getvalue(), stderr=errors.getvalue())
    assert status == code, done.stdout + done.stderr
    return done

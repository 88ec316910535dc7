"""The command `audit`: what another needs to trust a run or to make it again."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from simcore.errors import Fault
from simcore.terminal.opening import opened


def audit(options: argparse.Namespace) -> int:
    """Print the audit of a saved run, or make it again and compare; 1 where it differs."""
    from simcore.intake import packaged
    from simcore.report.audit import audit_text

    with opened(options.run) as result:
        if not options.rerun:
            print(audit_text(result, packaged.sources()), end="")
            return 0
        attrs = dict(result.attrs)
    return _made_again(attrs, options)


def _made_again(attrs: dict[str, Any], options: argparse.Namespace) -> int:
    """Run the stored config and compare the digest; say which files are not those of then."""
    import contextlib
    import tempfile

    import simcore
    from simcore.dataset import RunError
    from simcore.intake import document

    if "digest" not in attrs or "config" not in attrs:
        raise RunError(Fault(
            "digest", "no digest or config in the run", "a complete run of simcore",
            "run its config again", file=str(options.run),
        ))  # fmt: skip
    _say_changed(attrs, options.folder)
    read = document.parse(str(attrs["config"]), f"config of {options.run}").data
    config = {str(key): value for key, value in read.items()}
    # Files that the config names are looked for from where it stands.
    with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(options.folder):
        again = simcore.run(
            config, draws=int(attrs["draws"]), out=Path(scratch) / "again.zarr",
            threads=options.threads, progress=True,
        )  # fmt: skip
        found, wanted = str(again.attrs["digest"]), str(attrs["digest"])
        again.close()
    same = found == wanted
    print(f"{options.run}: {'the same digest' if same else 'ANOTHER DIGEST'}")
    print(f"  then  {wanted}  simcore {attrs.get('simcore_version', '?')}")
    print(f"  now   {found}  simcore {simcore.__version__}")
    return 0 if same else 1


def _say_changed(attrs: dict[str, Any], folder: Path) -> None:
    import hashlib

    from simcore.report.audit import made_of

    for name, digest in made_of(attrs).get("files", {}).items():
        path = Path(folder) / name
        if path.suffix.lower() in (".yaml", ".yml"):
            continue  # the stored config holds what it said
        if not path.is_file():
            print(f"note: {name} is not in {folder}: name the folder of the config with --folder")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            print(f"note: {name} is not what it was when the run was made")

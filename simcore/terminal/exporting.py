"""The command `export`: a run for other tools."""

from __future__ import annotations

import argparse
import textwrap

from simcore.terminal.opening import opened


def export(options: argparse.Namespace) -> None:
    """Write the summaries of a saved run for CDO and NCO, and say what they cannot hold."""
    from simcore.dataset.exported import export
    from simcore.terminal.tables import WIDTH

    with opened(options.run) as result:
        left = export(result, options.out, overwrite=options.overwrite)
    print(options.out)
    print("\n".join(textwrap.wrap(f"Not in it, as draws or text: {', '.join(left)}.", WIDTH)))

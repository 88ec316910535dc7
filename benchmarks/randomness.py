"""The random words of the package as raw bytes, for the test batteries that outsiders trust.

python -m benchmarks.randomness > words.bin              64 MiB to a file or a pipe
python -m benchmarks.randomness --bytes 2**36 | RNG_test stdin64 -multithreaded
python -m benchmarks.randomness --practrand              runs PractRand, if installed
python -m benchmarks.randomness --dieharder              runs dieharder, if installed

What is written are whole 64-bit words, little endian, as `threefry2x64` returns them at the
counters and keys that a run uses: a uniform number is the upper 52 bits of one. `--along` says
which part of the address changes from word to word:

draw      one stream, draw after draw
step      the steps 2000, 2001, ... of one draw, then those of the next
factor    the factors "factor 0", "factor 1", ... of one draw, then of the next
seed      the seeds 0, 1, ... of one draw, then of the next
mixed     4 seeds x 16 factors x 4 steps of one draw, then of the next (the default)

So the battery sees the correlations between neighbouring streams, which no test of one stream
would. PractRand (RNG_test) and dieharder are not Python packages and are not installed with this
one; TestU01 is a library without a program, whose users read the bytes from a file. When the
program asked for is not found, that is said and nothing is run.

What was found: PractRand 0.94 (core tests, 64-bit folding) on 2**31 bytes along each of the five
saw nothing it calls suspicious; of 1,305 results at full length one was "unusual" (along factor,
Gap-16 of the low 16 bits, p = 3.4e-4), which so many results of a perfect generator bring, too.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import numpy as np

from simcore.kernels.jit import kernel
from simcore.kernels.random import LANES, stream_key, threefry2x64

COMMANDS = {
    "practrand": ("RNG_test", ["stdin64", "-tlmin", "27"]),
    "dieharder": ("dieharder", ["-a", "-g", "200", "-Y", "1"]),
}
_SEVERAL = 256
"""Streams that are interleaved."""


@kernel
def fill_words(keys, steps, first_block, out):
    """Write the words of consecutive draws of several streams, stream after stream in each draw.

    Parameters
    ----------
    keys : ndarray, shape (streams, 2)
        uint64.
    steps : ndarray, shape (streams,)
        uint64: second word of each stream's counters.
    first_block : int
    out : ndarray, shape (blocks, 256, streams)
        uint64.
    """
    for block in range(out.shape[0]):
        for stream in range(keys.shape[0]):
            for lane in range(LANES):
                counter = np.uint64((first_block + block) * LANES + lane)
                first, last = threefry2x64(keys[stream, 0], keys[stream, 1], counter, steps[stream])
                out[block, lane, stream] = first
                out[block, lane + LANES, stream] = last


def streams(along: str) -> tuple[np.ndarray, np.ndarray]:
    """Keys and steps of the streams that are interleaved."""
    several = range(_SEVERAL)
    places = {
        "draw": [(1, "factor 0", 0)],
        "step": [(1, "factor 0", 2000 + i) for i in several],
        "factor": [(1, f"factor {i}", 0) for i in several],
        "seed": [(i, "factor 0", 0) for i in several],
        "mixed": [
            (i // 64, f"factor {i // 4 % 16}", 2026 + i % 4 if i % 4 else 0) for i in several
        ],
    }[along]
    keys = np.array([stream_key(seed, name) for seed, name, _ in places], dtype=np.uint64)
    return keys, np.array([step for _, _, step in places], dtype=np.uint64)


def chunks(along: str, size: int | None) -> Iterator[bytes]:
    """The bytes, half a megabyte or so at a time; without end if `size` is None."""
    keys, steps = streams(along)
    words = np.empty((max(1, _SEVERAL // len(keys)), 2 * LANES, len(keys)), dtype=np.uint64)
    block = 0
    while size is None or size > 0:
        fill_words(keys, steps, block, words)
        block += len(words)
        data = words.astype("<u8", copy=False).tobytes()
        yield data if size is None else data[:size]
        size = None if size is None else size - len(data)


def write(target: BinaryIO, along: str, size: int | None) -> None:
    """Write until all is written or the reader has had enough."""
    try:
        for data in chunks(along, size):
            target.write(data)
        target.flush()
    except BrokenPipeError:
        pass


def _count(text: str) -> int:
    base, _, power = text.partition("**")
    return int(base) ** int(power or 1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the bytes, or hand them to a battery.

    Returns
    -------
    int
        0; 2 where the program asked for is not installed; else what the program returned.
    """
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.randomness", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("--bytes", type=_count, help="how many (2**30 is understood); 64 MiB")
    parser.add_argument("--along", default="mixed",
                        choices=("draw", "step", "factor", "seed", "mixed"))  # fmt: skip
    battery = parser.add_mutually_exclusive_group()
    battery.add_argument("--practrand", dest="battery", action="store_const", const="practrand")
    battery.add_argument("--dieharder", dest="battery", action="store_const", const="dieharder")
    parser.add_argument("rest", nargs="*", help="further arguments of the battery, after --")
    options = parser.parse_args(arguments)
    if options.battery is None:
        if sys.stdout.isatty():
            parser.error("these are raw bytes: send them to a file or a pipe")
        write(sys.stdout.buffer, options.along, options.bytes or 1 << 26)
        return 0
    name, fixed = COMMANDS[options.battery]
    found = shutil.which(name)
    if found is None:
        print(f"{name} is not installed (not on the path): nothing was run", file=sys.stderr)
        return 2
    command = [found, *fixed, *options.rest]
    if options.battery == "practrand" and options.bytes:
        # PractRand counts in powers of two.
        command += ["-tlmax", str(options.bytes.bit_length() - 1)]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        write(process.stdin, options.along, None)
    return process.returncode


if __name__ == "__main__":
    sys.exit(main())

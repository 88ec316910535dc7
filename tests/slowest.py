"""Print the tests that take most processor time, their cases together: `make slowest`."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator

import pytest


class Clock:
    """Seconds of this process and of those that it waited for; others on the machine do not count."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        before = sum(os.times()[:4])
        found = yield
        self.seconds[item.nodeid.partition("[")[0]] += sum(os.times()[:4]) - before
        return found


if __name__ == "__main__":
    clock = Clock()
    status = pytest.main(["-q", *sys.argv[1:]], plugins=[clock])
    print(f"{sum(clock.seconds.values()):.0f} s in all")
    for name, seconds in clock.seconds.most_common(20):
        print(f"{seconds:6.1f} s  {name}")
    sys.exit(status)

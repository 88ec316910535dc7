"""`python -m simcore` is the command `simcore`."""

import sys

from simcore.cli import main

sys.exit(main())

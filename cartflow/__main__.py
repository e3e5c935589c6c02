"""``python -m cartflow`` is the command ``cartflow``."""

import sys

from cartflow.cli import main

sys.exit(main())

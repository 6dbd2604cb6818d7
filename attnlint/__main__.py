"""`python -m attnlint` is the console script."""

import sys

from attnlint.cli import main

sys.exit(main())

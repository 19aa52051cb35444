"""The helpers of the API tests are these tests' too."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent / name) for name in ("api", "")]

"""Write into pages what their blocks print now: ``python tests/pages/refresh.py [--slow] PAGE``.

Of lines that a page leaves out, those at the end and between its own stay out; look at the
difference before you keep it.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from pages.compare import missing
from pages.reader import Reader


def refreshed(shown, printed):
    """Return the printed lines that begin as the lines shown do."""
    lines, rest = [], printed.splitlines()
    for line in shown.splitlines():
        start = line.split()[:1]
        place = next((i for i, other in enumerate(rest) if other.split()[:1] == start), None)
        if line.strip() in {"", "...", "…"} or place is None:
            lines.append(line)
            continue
        lines.append(rest[place].rstrip())
        rest = rest[place + 1 :]
    return "\n".join(lines) + "\n"


def main(names):
    for page in map(Path, names):
        with tempfile.TemporaryDirectory() as folder:
            pairs = Reader(Path(folder)).follow(page.resolve(), slow="--slow" in sys.argv)
        lines = page.read_text(encoding="utf-8").splitlines(keepends=True)
        for block, printed in reversed(pairs):
            if missing(block.text, printed) is not None:
                lines[block.first : block.last] = refreshed(block.text, printed)
                print(f"{page}: the block at line {block.first} was written anew")
        page.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main([name for name in sys.argv[1:] if name != "--slow"])

"""Builds the documentation as a site: ``python docs/site/build.py FOLDER [--fresh]``.

The pages are those of `docs`, read as they are; models, gallery and reference are made from the
package. Every warning is an error. No page asks anything of another machine.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE))

from made.examples import write_examples  # noqa: E402
from made.gallery import write_gallery  # noqa: E402
from made.models import write_models  # noqa: E402
from made.pages import copy_pages  # noqa: E402
from made.reference import write_reference  # noqa: E402
from sphinx.cmd.build import main as sphinx  # noqa: E402


def build(out: Path) -> int:
    """Write the site into the folder `out`; return the builder's exit status."""
    with tempfile.TemporaryDirectory() as place:
        source = Path(place)
        copy_pages(ROOT, HERE, source)
        write_examples(ROOT, source)
        write_models(source)
        write_gallery(ROOT, source)
        write_reference(source)
        options = ["-W", "--keep-going", "-q", "-b", "html", "-c", str(HERE)]
        return sphinx([*options, "-d", f"{place}/.doctrees", place, str(out)])


def main() -> int:
    """Read the command line and build."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the site goes, such as public")
    status = build(parser.parse_args().folder)
    print("built" if status == 0 else "not built: see the warnings above")
    return status


if __name__ == "__main__":
    sys.exit(main())

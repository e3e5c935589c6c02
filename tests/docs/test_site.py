"""The documentation as a site: it builds without a warning, and asks nothing of other machines."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from cartflow.kinetics.files.load import names

ROOT = Path(__file__).parents[2]
# What a browser loads by itself, unlike a link that a reader follows.
LOADED = re.compile(r"<(?:script|img|iframe|source|link)\b[^>]*?(?:src|href)=\"([^\"]+)\"")
ASKED = re.compile(r"url\(\s*['\"]?(?:https?:)?//|@import|fetch\(\s*['\"]https?:")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    for needed in ("sphinx", "myst_nb", "furo", "latex2mathml"):
        pytest.importorskip(needed, reason="the extra docs is not installed")
    folder = tmp_path_factory.mktemp("site") / "public"
    command = [sys.executable, str(ROOT / "docs/site/build.py"), str(folder)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def pages(site):
    return sorted(site.rglob("*.html"))


def test_every_page_notebook_and_model_is_there(site):
    for page in (ROOT / "docs").glob("*.md"):
        assert (site / f"{page.stem}.html").is_file(), page
    for notebook in (ROOT / "docs/tutorials").glob("*.ipynb"):
        assert (site / f"tutorials/{notebook.stem}.html").is_file(), notebook
    for name in names():
        assert "<math" in (site / f"kinetics/{name}.html").read_text(encoding="utf-8"), name


def test_nothing_is_loaded_from_elsewhere(site):
    for page in pages(site):
        found = LOADED.findall(page.read_text(encoding="utf-8"))
        assert [x for x in found if x.startswith(("http:", "https:", "//"))] == [], page
    for sheet in [*site.rglob("*.css"), *site.rglob("*.js")]:
        assert not ASKED.search(sheet.read_text(encoding="utf-8")), sheet


def test_the_search_knows_what_the_pages_say(site):
    index = (site / "searchindex.js").read_text(encoding="utf-8")
    assert "tortuos" in index
    assert "howto_transport_study" in index


def test_every_link_within_the_site_leads_somewhere(site):
    anchors = {}
    for page in pages(site):
        anchors[page.resolve()] = set(re.findall(r'\bid="([^"]+)"', page.read_text("utf-8")))
    for page in pages(site):
        for target in re.findall(r'<a\b[^>]*?href="([^"]+)"', page.read_text("utf-8")):
            if ":" in target.split("#")[0] or page.name in ("search.html", "genindex.html"):
                continue
            path, _, anchor = target.partition("#")
            where = (page.parent / path).resolve() if path else page.resolve()
            assert where.exists(), (page, target)
            assert not anchor or where not in anchors or anchor in anchors[where], (page, target)

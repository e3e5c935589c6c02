"""Commands and numbers in README and docs are those that the code gives."""

import pytest
from pages.compare import missing
from pages.reader import PAGES, Reader, blocks_of

RUN = [page for page in PAGES if any(b.language in ("bash", "python") for b in blocks_of(page))]
SLOW = [page for page in RUN if any("slow" in b.notes for b in blocks_of(page))]


def check(page, folder, slow):
    for block, printed in Reader(folder).follow(page, slow):
        line = missing(block.text, printed)
        where = f"{page.name}, the block at line {block.first}"
        assert line is None, f"{where} shows\n{line}\nbut this was printed:\n{printed}"


@pytest.mark.parametrize("page", RUN, ids=lambda page: page.stem)
def test_a_page_shows_what_is_printed(page, tmp_path):
    check(page, tmp_path, slow=False)


@pytest.mark.slow
@pytest.mark.parametrize("page", SLOW, ids=lambda page: page.stem)
def test_slow_blocks_show_what_is_printed(page, tmp_path):
    check(page, tmp_path, slow=True)

"""How Sphinx builds the site; `build.py` makes the folder that it is built from.

Nothing that a page shows is fetched from elsewhere: equations are MathML, the search is a script
of the site's own, fonts are the reader's.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import cartflow

project = "cartflow"
author = "the cartflow developers"
copyright = author
version = release = cartflow.__version__

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.viewcode",
    "mathml",
]
root_doc = "index"
exclude_patterns = ["**/.ipynb_checkpoints"]
default_role = "code"
nitpicky = False

# Pages of the repository, read as they are: every heading has an anchor as it has there.
myst_enable_extensions = ["deflist", "dollarmath", "amsmath", "attrs_inline"]
myst_heading_anchors = 4
myst_links_external_new_tab = False
suppress_warnings = ["myst.header"]
# Notebooks keep what they printed; `python docs/tutorials/execute.py` runs them again.
nb_execution_mode = "off"

autodoc_member_order = "bysource"
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"

html_theme = "furo"
html_title = "cartflow"
html_static_path = ["static"]
html_css_files = ["mathml.css"]
html_show_sphinx = False
html_show_sourcelink = False
html_copy_source = False
html_math_renderer = "mathml"
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#1f5a8a", "color-brand-content": "#1f5a8a"},
    "dark_css_variables": {"color-brand-primary": "#7fb3dd", "color-brand-content": "#7fb3dd"},
}
pygments_style = "friendly"


def setup(app):
    """Show tables of values as text."""
    from pygments.lexers import TextLexer

    app.add_lexer("csv", TextLexer)

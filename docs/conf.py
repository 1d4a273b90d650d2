# SPDX-License-Identifier: BSD-3-Clause
"""Sphinx settings. `make docs` builds the pages; the tests run their code blocks."""

from importlib.metadata import version as version_of

project = "Tenon"
copyright = "the Tenon authors"
version = release = version_of("tenon")

extensions = ["myst_parser", "sphinx.ext.autodoc"]
myst_heading_anchors = 3
autodoc_typehints = "signature"
exclude_patterns: list[str] = []
html_theme = "alabaster"
html_theme_options = {"description": "Arrays in C and arrays in Python, joined without glue", "page_width": "1140px"}
html_static_path = ["static"]
html_css_files = ["tables.css"]
suppress_warnings = ["misc.highlighting_failure"]  # Pygments' Meson lexer does not know '@OUTPUT0@'

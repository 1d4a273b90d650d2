# SPDX-License-Identifier: BSD-3-Clause
"""Everything that is drawn from results, and from them alone: text, pages, plots, and the comparison of two runs."""

# SPDX-License-Identifier: BSD-3-Clause
"""What building can raise. CallError, which calling can raise, is the engine's."""


class BuildError(Exception):
    """A module could not be built; the text is what the compiler, or Tenon, has to say."""


class BuildWarning(UserWarning):
    """A function that could not be bound, or something the compiler warns about."""

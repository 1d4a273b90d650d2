# SPDX-License-Identifier: BSD-3-Clause
"""What `inspect.signature` and `help` show of a bound function."""

from __future__ import annotations

from collections.abc import Sequence
from inspect import Parameter, Signature

# As the engine numbers them.
_KINDS = (
    Parameter.POSITIONAL_ONLY,
    Parameter.POSITIONAL_OR_KEYWORD,
    Parameter.VAR_POSITIONAL,
    Parameter.KEYWORD_ONLY,
    Parameter.VAR_KEYWORD,
)


class Annotation(str):
    """An annotation that shows as it is written, without quotes: float64[m, n]."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def signature(parameters: Sequence[tuple[str, str, int, int]], results: Sequence[str]) -> Signature:
    """The signature of a function from (name, annotation, kind, has default) and the annotations of its results.

    A method's own object has no annotation.
    """
    made = [
        Parameter(
            name,
            _KINDS[kind],
            annotation=Annotation(annotation) if annotation else Parameter.empty,
            default=None if has_default else Parameter.empty,
        )
        for name, annotation, kind, has_default in parameters
    ]
    # Outputs are keyword-only and stand last, whatever their place in the prototype.
    made.sort(key=lambda parameter: parameter.kind)
    if not results:
        returned = "None"
    elif len(results) == 1:
        returned = results[0]
    else:
        returned = f"tuple[{', '.join(results)}]"
    return Signature(made, return_annotation=Annotation(returned))

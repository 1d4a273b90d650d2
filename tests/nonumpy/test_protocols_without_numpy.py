# SPDX-License-Identifier: BSD-3-Clause
"""Protocols that need no NumPy: DLPack, Arrow, the array interface and pickle."""

import importlib.util
import pickle
from array import array
from typing import Any

import pytest
from exchange import ARRAY, FLOAT, ManagedVersioned, Node, Tensor, name_of, pointer

import tenon

pytestmark = pytest.mark.skipif(importlib.util.find_spec("numpy") is not None, reason="NumPy is installed")


class Foreign:
    def __init__(self, span: tenon.Span) -> None:
        self.span = span

    def __dlpack__(self, **options: Any) -> Any:
        return self.span.__dlpack__(**options)


class Column:
    def __init__(self, given: Any) -> None:
        self.given = given

    def __arrow_c_array__(self, requested_schema: Any = None) -> Any:
        return self.given


X = array("d", range(6))


def test_a_tensor_goes_out_and_comes_back() -> None:
    span = tenon.Span(X).reshape(2, 3)
    back = tenon.Span(Foreign(span[:, ::-1]))
    assert back.tolist() == [[2, 1, 0], [5, 4, 3]]
    assert pointer(span.__dlpack__(max_version=(1, 0), copy=True), ManagedVersioned).tensor.code == FLOAT
    tensor = Tensor(span.address, (6,), (1,))
    assert tenon.Span(type("Given", (), {"__dlpack__": lambda self: tensor.capsule})()).tolist() == list(X)
    assert tensor.returned == 1


def test_an_arrow_array_goes_out_and_comes_back() -> None:
    span = tenon.Span(X).reshape(2, 3)
    assert tenon.Span(Column(span.__arrow_c_array__())).tolist() == span.tolist()
    node = Node(b"g", 3, (None, span.address), offset=2)
    assert tenon.Span(Column(node.capsules())).tolist() == [2, 3, 4]
    assert name_of(span.__arrow_c_array__()[1]) == ARRAY


def test_the_array_interface_goes_out_and_comes_back() -> None:
    span = tenon.Span(X)
    for name in ("__array_interface__", "__array_struct__"):
        assert tenon.Span(type("Reader", (), {name: getattr(span, name)})()).tolist() == list(X)


def test_array_is_an_import_error() -> None:
    with pytest.raises(ImportError, match="NumPy cannot be imported"):
        tenon.Span(X).__array__()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_spans_are_pickled(protocol: int) -> None:
    for span in (tenon.Span(X), tenon.Span(X)[::2], tenon.Span(bytearray(8)).cast("bfloat16")):
        assert pickle.loads(pickle.dumps(span, protocol)).tolist() == span.tolist()

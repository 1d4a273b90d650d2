// SPDX-License-Identifier: BSD-3-Clause
//! The structure as an element of arrays.

use numpy::{Element, PyArrayDescr};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// a and b are fields of C's.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Pair {
    a: i32,
    b: f32,
}

unsafe impl Element for Pair {
    const IS_COPY: bool = true;

    fn get_dtype(py: Python<'_>) -> Bound<'_, PyArrayDescr> {
        static DTYPE: PyOnceLock<Py<PyArrayDescr>> = PyOnceLock::new();
        let new = || PyArrayDescr::new(py, [("a", "i4"), ("b", "f4")].as_slice()).map(Bound::unbind);
        DTYPE.get_or_try_init(py, new).expect("a valid dtype").clone_ref(py).into_bound(py)
    }

    fn clone_ref(&self, _: Python<'_>) -> Self {
        *self
    }
}

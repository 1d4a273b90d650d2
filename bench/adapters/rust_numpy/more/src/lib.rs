// SPDX-License-Identifier: BSD-3-Clause
//! more.c for Python.

mod memory;
mod pair;

/// more.h
mod c {
    use super::pair::Pair;

    unsafe extern "C" {
        pub fn sum_strided(n: usize, stride: isize, x: *const f64) -> f64;
        pub fn first_pair(n: usize, p: *const Pair) -> f64;
        pub fn accumulate(n: usize, x: *const f64, y: *mut f64);
    }
}

#[pyo3::pymodule]
mod more {
    use super::c;
    #[pymodule_export]
    use super::memory::{Series, aligned, handed};
    use super::pair::Pair;
    use numpy::{PyArrayMethods, PyReadonlyArray1, PyReadwriteArray1, PyUntypedArrayMethods};
    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;

    #[pyfunction]
    fn sum_strided(x: PyReadonlyArray1<'_, f64>) -> PyResult<f64> {
        if !x.is_aligned() {
            return Err(PyValueError::new_err("x must be aligned"));
        }
        Ok(unsafe { c::sum_strided(x.len(), x.strides()[0], x.data()) })
    }

    #[pyfunction]
    fn first_pair(p: PyReadonlyArray1<'_, Pair>) -> PyResult<f64> {
        let p = p.as_slice()?;
        Ok(unsafe { c::first_pair(p.len(), p.as_ptr()) })
    }

    #[pyfunction]
    fn accumulate(x: PyReadonlyArray1<'_, f64>, mut y: PyReadwriteArray1<'_, f64>) -> PyResult<()> {
        let (x, y) = (x.as_slice()?, y.as_slice_mut()?);
        if x.len() != y.len() {
            return Err(PyValueError::new_err("arrays must have the same length"));
        }
        unsafe { c::accumulate(x.len(), x.as_ptr(), y.as_mut_ptr()) };
        Ok(())
    }
}

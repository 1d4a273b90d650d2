// SPDX-License-Identifier: BSD-3-Clause
//! more.c for Python, as functions.c: without borrowing.

#[path = "../../../rust_numpy/more/src/memory.rs"]
mod memory;
#[path = "../../../rust_numpy/more/src/pair.rs"]
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
    use numpy::npyffi::{_PyArray_GET_ITEM_DATA, NPY_ARRAY_WRITEABLE};
    use numpy::{Element, PyArray1, PyArrayMethods, PyUntypedArrayMethods};
    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;

    /// The elements, without a reference to them: other arguments may be the same array.
    fn input<T: Element>(x: &Bound<'_, PyArray1<T>>) -> PyResult<*const T> {
        if !x.is_c_contiguous() || !x.is_aligned() {
            return Err(PyValueError::new_err("arrays must be C-contiguous and aligned"));
        }
        Ok(x.data())
    }

    fn output(x: &Bound<'_, PyArray1<f64>>) -> PyResult<*mut f64> {
        if unsafe { (*_PyArray_GET_ITEM_DATA(x.as_array_ptr())).flags } & NPY_ARRAY_WRITEABLE == 0 {
            return Err(PyValueError::new_err("an array that is written must be writable"));
        }
        Ok(input(x)?.cast_mut())
    }

    #[pyfunction]
    fn sum_strided(x: &Bound<'_, PyArray1<f64>>) -> PyResult<f64> {
        if !x.is_aligned() {
            return Err(PyValueError::new_err("x must be aligned"));
        }
        Ok(unsafe { c::sum_strided(x.len(), x.strides()[0], x.data()) })
    }

    #[pyfunction]
    fn first_pair(p: &Bound<'_, PyArray1<Pair>>) -> PyResult<f64> {
        Ok(unsafe { c::first_pair(p.len(), input(p)?) })
    }

    #[pyfunction]
    fn accumulate(x: &Bound<'_, PyArray1<f64>>, y: &Bound<'_, PyArray1<f64>>) -> PyResult<()> {
        if x.len() != y.len() {
            return Err(PyValueError::new_err("arrays must have the same length"));
        }
        let (from, to) = (input(x)?, output(y)?);
        if from.addr().abs_diff(to.addr()) < x.len() * size_of::<f64>() {
            return Err(PyValueError::new_err("x and y may not overlap"));
        }
        unsafe { c::accumulate(x.len(), from, to) };
        Ok(())
    }
}

// SPDX-License-Identifier: BSD-3-Clause
//! functions.c for Python. Arrays are borrowed as rust-numpy recommends: checked at run time, so that no array that is
//! written overlaps another argument.

/// functions.h
mod c {
    unsafe extern "C" {
        pub fn first(n: usize, x: *const f64) -> f64;
        pub fn first_single(n: usize, x: *const f32) -> f32;
        pub fn add(n: usize, x: *const f64, y: *const f64, z: *mut f64);
        #[rustfmt::skip]
        pub fn add_seven(n: usize, a: *const f64, b: *const f64, c: *const f64, d: *const f64, e: *const f64,
                         f: *const f64, g: *const f64, z: *mut f64);
        pub fn doubled(n: usize, x: *const f64, y: *mut f64);
        pub fn scale(a: f64, n: usize, x: *mut f64);
        pub fn mean(m: usize, n: usize, x: *const f64) -> f64;
        pub fn cross(a: *const f64, b: *const f64, c: *mut f64);
        pub fn sum_bytes(n: usize, b: *const u8) -> u64;
        pub fn largest(n: usize, x: *const f64) -> isize;
    }
}

#[pyo3::pymodule]
mod functions {
    use super::c;
    use numpy::{
        PyArray1, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyReadwriteArray1, PyUntypedArrayMethods,
    };
    use pyo3::buffer::PyBuffer;
    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;
    use pyo3::types::PyBytes;

    type Input<'py> = PyReadonlyArray1<'py, f64>;
    type Output<'py> = PyReadwriteArray1<'py, f64>;

    fn three(x: &[f64]) -> PyResult<&[f64; 3]> {
        x.try_into().map_err(|_| PyValueError::new_err("vectors must have 3 elements"))
    }

    fn same_length(n: usize, inputs: &[&[f64]]) -> PyResult<()> {
        if inputs.iter().any(|x| x.len() != n) {
            return Err(PyValueError::new_err("arrays must have the same length"));
        }
        Ok(())
    }

    #[pyfunction]
    fn first(x: Input<'_>) -> PyResult<f64> {
        let x = x.as_slice()?;
        Ok(unsafe { c::first(x.len(), x.as_ptr()) })
    }

    #[pyfunction]
    fn first_single(x: PyReadonlyArray1<'_, f32>) -> PyResult<f32> {
        let x = x.as_slice()?;
        Ok(unsafe { c::first_single(x.len(), x.as_ptr()) })
    }

    #[pyfunction]
    fn add(x: Input<'_>, y: Input<'_>, mut z: Output<'_>) -> PyResult<()> {
        let (x, y, z) = (x.as_slice()?, y.as_slice()?, z.as_slice_mut()?);
        same_length(z.len(), &[x, y])?;
        unsafe { c::add(z.len(), x.as_ptr(), y.as_ptr(), z.as_mut_ptr()) };
        Ok(())
    }

    #[pyfunction]
    #[allow(clippy::too_many_arguments)]
    #[rustfmt::skip]
    fn add_seven(a: Input<'_>, b: Input<'_>, c: Input<'_>, d: Input<'_>, e: Input<'_>, f: Input<'_>, g: Input<'_>,
                 mut z: Output<'_>) -> PyResult<()> {
        let (a, b, c, d) = (a.as_slice()?, b.as_slice()?, c.as_slice()?, d.as_slice()?);
        let (e, f, g, z) = (e.as_slice()?, f.as_slice()?, g.as_slice()?, z.as_slice_mut()?);
        same_length(z.len(), &[a, b, c, d, e, f, g])?;
        unsafe {
            c::add_seven(z.len(), a.as_ptr(), b.as_ptr(), c.as_ptr(), d.as_ptr(), e.as_ptr(), f.as_ptr(), g.as_ptr(),
                         z.as_mut_ptr());
        }
        Ok(())
    }

    #[pyfunction]
    fn doubled<'py>(py: Python<'py>, x: Input<'py>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let x = x.as_slice()?;
        let y = unsafe { PyArray1::new(py, x.len(), false) };
        unsafe { c::doubled(x.len(), x.as_ptr(), y.data()) };
        Ok(y)
    }

    #[pyfunction]
    fn scale(a: f64, mut x: Output<'_>) -> PyResult<()> {
        let x = x.as_slice_mut()?;
        unsafe { c::scale(a, x.len(), x.as_mut_ptr()) };
        Ok(())
    }

    #[pyfunction]
    fn mean(x: PyReadonlyArray2<'_, f64>) -> PyResult<f64> {
        if !x.is_c_contiguous() {
            return Err(PyValueError::new_err("x must be C-contiguous"));
        }
        Ok(unsafe { c::mean(x.shape()[0], x.shape()[1], x.as_slice()?.as_ptr()) })
    }

    #[pyfunction]
    fn cross(a: Input<'_>, b: Input<'_>, mut c: Output<'_>) -> PyResult<()> {
        let (a, b, c) = (three(a.as_slice()?)?, three(b.as_slice()?)?, c.as_slice_mut()?);
        three(c)?;
        unsafe { c::cross(a.as_ptr(), b.as_ptr(), c.as_mut_ptr()) };
        Ok(())
    }

    #[pyfunction]
    fn sum_bytes(b: &Bound<'_, PyAny>) -> PyResult<u64> {
        if let Ok(b) = b.cast::<PyBytes>() {
            let b = b.as_bytes();
            return Ok(unsafe { c::sum_bytes(b.len(), b.as_ptr()) });
        }
        let b = PyBuffer::<u8>::get(b)?;
        if !b.is_c_contiguous() {
            return Err(PyValueError::new_err("b must be C-contiguous"));
        }
        Ok(unsafe { c::sum_bytes(b.len_bytes(), b.buf_ptr().cast()) })
    }

    #[pyfunction]
    fn largest(x: Input<'_>) -> PyResult<isize> {
        let x = x.as_slice()?;
        Ok(unsafe { c::largest(x.len(), x.as_ptr()) })
    }
}

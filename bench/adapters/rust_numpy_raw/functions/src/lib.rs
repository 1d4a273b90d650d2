// SPDX-License-Identifier: BSD-3-Clause
//! functions.c for Python. C is given pointers and no Rust reference is made, so that nothing has to be borrowed; what
//! borrowing checks is checked here, where C needs it.

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
    use numpy::ndarray::Dimension;
    use numpy::npyffi::{_PyArray_GET_ITEM_DATA, NPY_ARRAY_WRITEABLE};
    use numpy::{Element, PyArray, PyArray1, PyArray2, PyArrayMethods, PyUntypedArrayMethods};
    use pyo3::buffer::PyBuffer;
    use pyo3::exceptions::PyValueError;
    use pyo3::prelude::*;
    use pyo3::types::PyBytes;

    type Array1<'a, 'py, T = f64> = &'a Bound<'py, PyArray1<T>>;

    /// The elements, without a reference to them: other arguments may be the same array.
    fn input<T: Element, D: Dimension>(x: &Bound<'_, PyArray<T, D>>) -> PyResult<*const T> {
        if !x.is_c_contiguous() || !x.is_aligned() {
            return Err(PyValueError::new_err("arrays must be C-contiguous and aligned"));
        }
        Ok(x.data())
    }

    fn output(x: Array1<'_, '_>) -> PyResult<*mut f64> {
        if unsafe { (*_PyArray_GET_ITEM_DATA(x.as_array_ptr())).flags } & NPY_ARRAY_WRITEABLE == 0 {
            return Err(PyValueError::new_err("an array that is written must be writable"));
        }
        Ok(input(x)?.cast_mut())
    }

    fn same_length(arrays: &[Array1<'_, '_>]) -> PyResult<usize> {
        let n = arrays[0].len();
        if arrays.iter().any(|x| x.len() != n) {
            return Err(PyValueError::new_err("arrays must have the same length"));
        }
        Ok(n)
    }

    #[pyfunction]
    fn first(x: Array1<'_, '_>) -> PyResult<f64> {
        Ok(unsafe { c::first(x.len(), input(x)?) })
    }

    #[pyfunction]
    fn first_single(x: Array1<'_, '_, f32>) -> PyResult<f32> {
        Ok(unsafe { c::first_single(x.len(), input(x)?) })
    }

    #[pyfunction]
    fn add(x: Array1<'_, '_>, y: Array1<'_, '_>, z: Array1<'_, '_>) -> PyResult<()> {
        let n = same_length(&[x, y, z])?;
        unsafe { c::add(n, input(x)?, input(y)?, output(z)?) };
        Ok(())
    }

    #[pyfunction]
    #[allow(clippy::too_many_arguments)]
    #[rustfmt::skip]
    fn add_seven(a: Array1<'_, '_>, b: Array1<'_, '_>, c: Array1<'_, '_>, d: Array1<'_, '_>, e: Array1<'_, '_>,
                 f: Array1<'_, '_>, g: Array1<'_, '_>, z: Array1<'_, '_>) -> PyResult<()> {
        let n = same_length(&[a, b, c, d, e, f, g, z])?;
        unsafe {
            c::add_seven(n, input(a)?, input(b)?, input(c)?, input(d)?, input(e)?, input(f)?, input(g)?, output(z)?);
        }
        Ok(())
    }

    #[pyfunction]
    fn doubled<'py>(py: Python<'py>, x: Array1<'_, 'py>) -> PyResult<Bound<'py, PyArray1<f64>>> {
        let x_data = input(x)?;
        let y = unsafe { PyArray1::new(py, x.len(), false) };
        unsafe { c::doubled(x.len(), x_data, y.data()) };
        Ok(y)
    }

    #[pyfunction]
    fn scale(a: f64, x: Array1<'_, '_>) -> PyResult<()> {
        unsafe { c::scale(a, x.len(), output(x)?) };
        Ok(())
    }

    #[pyfunction]
    fn mean(x: &Bound<'_, PyArray2<f64>>) -> PyResult<f64> {
        Ok(unsafe { c::mean(x.shape()[0], x.shape()[1], input(x)?) })
    }

    #[pyfunction]
    fn cross(a: Array1<'_, '_>, b: Array1<'_, '_>, c: Array1<'_, '_>) -> PyResult<()> {
        if same_length(&[a, b, c])? != 3 {
            return Err(PyValueError::new_err("vectors must have 3 elements"));
        }
        let (a, b, c) = (input(a)?, input(b)?, output(c)?);
        if c.addr().abs_diff(a.addr()) < size_of::<[f64; 3]>() || c.addr().abs_diff(b.addr()) < size_of::<[f64; 3]>() {
            return Err(PyValueError::new_err("c may not overlap a or b"));
        }
        unsafe { c::cross(a, b, c) };
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
    fn largest(x: Array1<'_, '_>) -> PyResult<isize> {
        Ok(unsafe { c::largest(x.len(), input(x)?) })
    }
}

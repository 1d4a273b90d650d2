// SPDX-License-Identifier: BSD-3-Clause
//! Memory of C that arrays show: handed over, or an object's own.

use numpy::PyArray1;
use numpy::ndarray::ArrayView1;
use pyo3::exceptions::{PyBufferError, PyMemoryError};
use pyo3::ffi;
use pyo3::prelude::*;
use std::ffi::{c_int, c_void};
use std::ptr::{NonNull, null_mut};

/// more.h
mod c {
    #[repr(C)]
    pub struct Series {
        opaque: [u8; 0],
    }

    unsafe extern "C" {
        pub fn handed(n: usize) -> *mut f64;
        pub fn aligned(n: usize) -> *mut f64;
        pub fn free(memory: *mut super::c_void);
        pub fn series_new(n: usize) -> *mut Series;
        pub fn series_free(s: *mut Series);
        pub fn series_size(s: *const Series) -> usize;
        pub fn series_data(s: *mut Series) -> *mut f64;
    }
}

fn no_memory() -> PyErr {
    PyMemoryError::new_err(())
}

/// Memory of malloc; an array's owner.
#[pyclass(frozen)]
struct Memory(NonNull<f64>);

unsafe impl Send for Memory {}
unsafe impl Sync for Memory {}

impl Drop for Memory {
    fn drop(&mut self) {
        unsafe { c::free(self.0.as_ptr().cast()) };
    }
}

fn owned(py: Python<'_>, memory: *mut f64, n: usize) -> PyResult<Bound<'_, PyArray1<f64>>> {
    let memory = NonNull::new(memory).ok_or_else(no_memory)?;
    let owner = Bound::new(py, Memory(memory))?;
    Ok(unsafe { PyArray1::borrow_from_array(&ArrayView1::from_shape_ptr(n, memory.as_ptr()), owner.into_any()) })
}

#[pyfunction]
pub fn handed(py: Python<'_>, n: usize) -> PyResult<Bound<'_, PyArray1<f64>>> {
    owned(py, unsafe { c::handed(n) }, n)
}

#[pyfunction]
pub fn aligned(py: Python<'_>, n: usize) -> PyResult<Bound<'_, PyArray1<f64>>> {
    owned(py, unsafe { c::aligned(n) }, n)
}

#[pyclass(frozen, name = "series")]
pub struct Series {
    s: NonNull<c::Series>,
    shape: [isize; 1],   // what buffers point to
    strides: [isize; 1],
}

unsafe impl Send for Series {}
unsafe impl Sync for Series {}

impl Drop for Series {
    fn drop(&mut self) {
        unsafe { c::series_free(self.s.as_ptr()) };
    }
}

#[pymethods]
impl Series {
    #[new]
    fn new(n: usize) -> PyResult<Self> {
        let s = NonNull::new(unsafe { c::series_new(n) }).ok_or_else(no_memory)?;
        Ok(Series { s, shape: [n as isize], strides: [size_of::<f64>() as isize] })
    }

    fn size(&self) -> usize {
        unsafe { c::series_size(self.s.as_ptr()) }
    }

    fn values(this: Bound<'_, Self>) -> Bound<'_, PyArray1<f64>> {
        let s = this.get();
        unsafe {
            let view = ArrayView1::from_shape_ptr(s.size(), c::series_data(s.s.as_ptr()));
            PyArray1::borrow_from_array(&view, this.into_any())
        }
    }

    unsafe fn __getbuffer__(this: Bound<'_, Self>, view: *mut ffi::Py_buffer, flags: c_int) -> PyResult<()> {
        if view.is_null() {
            return Err(PyBufferError::new_err("no view"));
        }
        let s = this.get();
        let asked = |flag| flags & flag == flag;
        unsafe {
            *view = ffi::Py_buffer {
                buf: c::series_data(s.s.as_ptr()).cast(),
                len: s.shape[0] * s.strides[0],
                itemsize: s.strides[0],
                ndim: 1,
                format: if asked(ffi::PyBUF_FORMAT) { c"d".as_ptr().cast_mut() } else { null_mut() },
                shape: if asked(ffi::PyBUF_ND) { s.shape.as_ptr().cast_mut() } else { null_mut() },
                strides: if asked(ffi::PyBUF_STRIDES) { s.strides.as_ptr().cast_mut() } else { null_mut() },
                ..ffi::Py_buffer::new()
            };
            (*view).obj = this.into_ptr();
        }
        Ok(())
    }
}

// SPDX-License-Identifier: BSD-3-Clause
//! more.c for Python.

/// more.h
mod c {
    /// a and b are fields of C's structure.
    #[derive(Clone, Copy)]
    #[repr(C)]
    pub struct Pair {
        a: i32,
        b: f32,
    }

    #[repr(C)]
    pub struct Series {
        opaque: [u8; 0],
    }

    unsafe extern "C" {
        pub fn sum_strided(n: usize, stride: isize, x: *const f64) -> f64;
        pub fn first_pair(n: usize, p: *const Pair) -> f64;
        pub fn accumulate(n: usize, x: *const f64, y: *mut f64);
        pub fn handed(n: usize) -> *mut f64;
        pub fn aligned(n: usize) -> *mut f64;
        pub fn free(memory: *mut std::ffi::c_void);
        pub fn series_new(n: usize) -> *mut Series;
        pub fn series_free(s: *mut Series);
        pub fn series_size(s: *const Series) -> usize;
        pub fn series_data(s: *mut Series) -> *mut f64;
    }
}

#[pyo3::pymodule]
mod more {
    use super::c;
    use numpy::ndarray::ArrayView1;
    use numpy::{
        Element, PyArray1, PyArrayDescr, PyArrayMethods, PyReadonlyArray1, PyReadwriteArray1, PyUntypedArrayMethods,
    };
    use pyo3::exceptions::{PyBufferError, PyMemoryError, PyValueError};
    use pyo3::ffi;
    use pyo3::prelude::*;
    use pyo3::sync::PyOnceLock;
    use std::ffi::c_int;
    use std::ptr::{NonNull, null_mut};

    #[pyfunction]
    fn sum_strided(x: PyReadonlyArray1<'_, f64>) -> PyResult<f64> {
        if !x.is_aligned() {
            return Err(PyValueError::new_err("x must be aligned"));
        }
        Ok(unsafe { c::sum_strided(x.len(), x.strides()[0], x.data()) })
    }

    unsafe impl Element for c::Pair {
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

    #[pyfunction]
    fn first_pair(p: PyReadonlyArray1<'_, c::Pair>) -> PyResult<f64> {
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
    fn handed(py: Python<'_>, n: usize) -> PyResult<Bound<'_, PyArray1<f64>>> {
        owned(py, unsafe { c::handed(n) }, n)
    }

    #[pyfunction]
    fn aligned(py: Python<'_>, n: usize) -> PyResult<Bound<'_, PyArray1<f64>>> {
        owned(py, unsafe { c::aligned(n) }, n)
    }

    #[pyclass(frozen, name = "series")]
    struct Series {
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
}

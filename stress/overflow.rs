//! An addon that reads beyond the end of its buffer when it is loaded, for stress/sanitizer.mjs: a sanitizer that does not
//! report this reports nothing.
use std::ffi::c_void;
use std::hint::black_box;

#[unsafe(no_mangle)]
pub extern "C" fn napi_register_module_v1(_env: *mut c_void, exports: *mut c_void) -> *mut c_void {
    let buffer = [black_box(0u8); 4096];
    // SAFETY: there is none, on purpose.
    black_box(unsafe { buffer.as_ptr().add(black_box(buffer.len())).read_volatile() });
    exports
}

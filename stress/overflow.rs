//! An addon with the mistake that stress/sanitizer.mjs is there to find: it reads text as src/binding/node.rs does, and
//! tells Node-API that its buffer is larger than it is. V8 then writes beyond the end.
use std::ffi::{c_char, c_void};
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::ptr::null_mut;

type Value = *mut c_void;

unsafe extern "C" {
    fn napi_create_string_latin1(
        env: Value,
        text: *const c_char,
        length: usize,
        result: *mut Value,
    ) -> u32;
    fn napi_get_value_string_utf8(
        env: Value,
        value: Value,
        buffer: *mut c_char,
        size: usize,
        length: *mut usize,
    ) -> u32;
}

#[unsafe(no_mangle)]
extern "C" fn napi_register_module_v1(env: Value, exports: Value) -> Value {
    let text = c"a text of 24 characters.";
    let mut buffer = black_box([const { MaybeUninit::<c_char>::uninit() }; 16]);
    let (mut value, mut length) = (null_mut(), 0);
    // SAFETY: there is none, on purpose.
    unsafe {
        napi_create_string_latin1(env, text.as_ptr(), text.count_bytes(), &raw mut value);
        let start = buffer.as_mut_ptr().cast();
        napi_get_value_string_utf8(env, value, start, text.count_bytes() + 1, &raw mut length);
    }
    black_box(buffer);
    exports
}

//! The border to Node.js, the only place with `unsafe`. Arguments of our own, because napi's
//! conversions put the value that they refuse into their error, read a string twice to read it
//! once, and let text that is not Unicode pass as other text.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_void};
use std::marker::PhantomData;
use std::mem::{MaybeUninit, transmute};
use std::panic::catch_unwind;
use std::ptr::{null, null_mut};

use napi::bindgen_prelude::{Object, ToNapiValue};
use napi::{Env, JsValue, Result, Status, check_status, sys};
use zeroize::{Zeroize, Zeroizing};

use crate::{Error, Problem, ZumoKey};

/// An argument as it came, good for as long as the call.
#[derive(Clone, Copy)]
pub struct Arg<'call> {
    env: sys::napi_env,
    value: sys::napi_value,
    call: PhantomData<&'call ()>,
}

/// Room for the text of one argument: on the stack unless the text is long.
// In this order, since a compiler that finds zeros before and behind `stack` fills it with zeros.
#[repr(C)]
pub struct Room {
    used: usize,
    heap: Vec<u8>,
    stack: MaybeUninit<[u8; ON_STACK]>,
}

const ON_STACK: usize = 1024;

impl Room {
    pub fn new() -> Self {
        Self { used: 0, heap: Vec::new(), stack: MaybeUninit::uninit() }
    }

    fn on_stack(&self) -> &[u8] {
        // SAFETY: so many bytes were written.
        unsafe { std::slice::from_raw_parts(self.stack.as_ptr().cast(), self.used) }
    }
}

/// Room for a secret, wiped behind it.
pub struct SecretRoom(pub Room);

impl SecretRoom {
    pub fn new() -> Self {
        Self(Room::new())
    }
}

impl Drop for SecretRoom {
    fn drop(&mut self) {
        let Room { stack, used, heap } = &mut self.0;
        // SAFETY: so many bytes were written.
        unsafe { std::slice::from_raw_parts_mut(stack.as_mut_ptr().cast::<u8>(), *used) }.zeroize();
        // A write of nothing to no address takes longer than a block of the hash.
        if !heap.is_empty() {
            heap.zeroize();
        }
    }
}

/// A string that is not well-formed Unicode.
pub struct IllFormed;

impl<'call> Arg<'call> {
    pub fn is_undefined(self) -> bool {
        let mut kind = sys::ValueType::napi_undefined;
        // SAFETY: `self` holds a live value of this call, as in all blocks below.
        unsafe { sys::napi_typeof(self.env, self.value, &raw mut kind) };
        kind == sys::ValueType::napi_undefined
    }

    pub fn number(self) -> Option<f64> {
        let mut number = 0.0;
        // SAFETY: writes one double.
        let status = unsafe { sys::napi_get_value_double(self.env, self.value, &raw mut number) };
        (status == sys::Status::napi_ok).then_some(number)
    }

    /// The text of a string; `None` for anything else.
    pub fn text(self, room: &mut Room) -> std::result::Result<Option<&str>, IllFormed> {
        let Some(bytes) = self.utf8(room) else { return Ok(None) };
        if bytes.is_ascii() {
            // SAFETY: ASCII is UTF-8.
            return Ok(Some(unsafe { str::from_utf8_unchecked(bytes) }));
        }
        let text = str::from_utf8(bytes).map_err(|_| IllFormed)?;
        // V8 writes U+FFFD for a lone surrogate, but it can also stand there for itself.
        if text.contains('\u{FFFD}') && !self.is_well_formed() {
            return Err(IllFormed);
        }
        Ok(Some(text))
    }

    fn utf8(self, room: &mut Room) -> Option<&[u8]> {
        let mut length = 0;
        // SAFETY: V8 writes no more than the size it is told, and says how much.
        let status = unsafe {
            let buffer = room.stack.as_mut_ptr().cast();
            sys::napi_get_value_string_utf8(self.env, self.value, buffer, ON_STACK, &raw mut length)
        };
        if status != sys::Status::napi_ok {
            return None;
        }
        room.used = length;
        // A character of up to 4 bytes is never cut, and a NUL ends the text.
        if length < ON_STACK - 4 {
            return Some(room.on_stack());
        }
        // SAFETY: without a buffer only the length is written.
        unsafe {
            sys::napi_get_value_string_utf8(self.env, self.value, null_mut(), 0, &raw mut length);
        }
        room.heap.reserve_exact(length + 1);
        let buffer = room.heap.as_mut_ptr().cast();
        // SAFETY: the buffer has room for the text and the NUL, and the bytes before it are
        // written when its length is set.
        unsafe {
            let size = length + 1;
            sys::napi_get_value_string_utf8(self.env, self.value, buffer, size, &raw mut length);
            room.heap.set_len(length);
        }
        Some(&room.heap)
    }

    fn is_well_formed(self) -> bool {
        let mut length = 0;
        // SAFETY: without a buffer only the length is written.
        unsafe {
            sys::napi_get_value_string_utf16(self.env, self.value, null_mut(), 0, &raw mut length);
        }
        let mut units = vec![0; length + 1];
        // SAFETY: the buffer has room for the text and the NUL.
        unsafe {
            let (buffer, size) = (units.as_mut_ptr(), units.len());
            sys::napi_get_value_string_utf16(self.env, self.value, buffer, size, &raw mut length);
        }
        units.truncate(length);
        char::decode_utf16(units).all(|unit| unit.is_ok())
    }

    /// The bytes of a `Uint8Array`, which must not be written to while they are borrowed: that is,
    /// no JavaScript may run.
    pub fn bytes(self) -> Option<&'call [u8]> {
        let (mut is_typed_array, mut kind, mut length, mut data) = (false, -1, 0, null_mut());
        // SAFETY: every pointer but those not asked for leads to a local variable.
        unsafe {
            sys::napi_is_typedarray(self.env, self.value, &raw mut is_typed_array);
            if !is_typed_array {
                return None;
            }
            sys::napi_get_typedarray_info(
                self.env,
                self.value,
                &raw mut kind,
                &raw mut length,
                &raw mut data,
                null_mut(),
                null_mut(),
            );
        }
        match kind {
            sys::TypedarrayType::uint8_array if length == 0 => Some(&[]),
            // SAFETY: V8 keeps the memory as long as the value lives.
            sys::TypedarrayType::uint8_array => {
                Some(unsafe { std::slice::from_raw_parts(data.cast(), length) })
            }
            _ => None,
        }
    }

    /// The elements of an array.
    pub fn items(self) -> Option<Vec<Arg<'call>>> {
        let (mut is_array, mut length) = (false, 0);
        // SAFETY: both pointers lead to local variables.
        unsafe {
            sys::napi_is_array(self.env, self.value, &raw mut is_array);
            if !is_array {
                return None;
            }
            sys::napi_get_array_length(self.env, self.value, &raw mut length);
        }
        let item = |at| {
            let mut value = null_mut();
            // SAFETY: an array's element is a value, if undefined; a getter that throws leaves
            // none, and ends the list.
            let status = unsafe { sys::napi_get_element(self.env, self.value, at, &raw mut value) };
            (status == sys::Status::napi_ok).then_some(Arg { value, ..self })
        };
        (0..length).map(item).collect()
    }

    /// The key behind a handle.
    pub fn key(self) -> Option<&'call ZumoKey> {
        let (mut is_ours, mut data) = (false, null_mut());
        // SAFETY: the tag is on no value but those that `Handle` made, which hold a key until
        // they are collected.
        unsafe {
            let status = sys::napi_get_value_external(self.env, self.value, &raw mut data);
            if status != sys::Status::napi_ok {
                return None;
            }
            sys::napi_check_object_type_tag(self.env, self.value, &TAG, &raw mut is_ours);
            if is_ours { data.cast::<ZumoKey>().as_ref() } else { None }
        }
    }
}

/// Marks our handles among all external values: 128 bits that no other addon is to choose.
const TAG: sys::napi_type_tag =
    sys::napi_type_tag { lower: 0x9f1c_43d2_07be_4a65, upper: 0xb3a8_5e90_6d17_c24f };

/// A key that JavaScript holds but cannot look into. Dropped, and so wiped, when it is collected.
pub struct Handle(pub ZumoKey);

impl ToNapiValue for Handle {
    unsafe fn to_napi_value(env: sys::napi_env, handle: Self) -> Result<sys::napi_value> {
        unsafe extern "C" fn drop_key(_: sys::napi_env, key: *mut c_void, _: *mut c_void) {
            // SAFETY: the pointer came from `Box::into_raw` and Node calls this once.
            drop(unsafe { Box::from_raw(key.cast::<ZumoKey>()) });
        }
        let key = Box::into_raw(Box::new(handle.0)).cast();
        let mut value = null_mut();
        // SAFETY: `env` is the call's own; the key belongs to the value from here on.
        unsafe {
            check_status!(sys::napi_create_external(
                env,
                key,
                Some(drop_key),
                null_mut(),
                &raw mut value
            ))?;
            check_status!(sys::napi_type_tag_object(env, value, &TAG))?;
        }
        Ok(value)
    }
}

/// Gives JavaScript a function of `N` arguments. What goes wrong in it is thrown where it is the
/// caller's mistake, and returned as `[code, message, claim]` where it is a token's.
///
/// By hand, as `#[napi]` on a function keeps books of borrowed arguments at every call, a tenth of
/// the cost of one, and ours are never borrowed.
pub fn export<const N: usize, T: ToNapiValue>(
    env: Env,
    exports: &Object,
    name: &'static CStr,
    function: fn([Arg; N]) -> std::result::Result<T, Error>,
) -> Result<()> {
    let (env, mut value) = (env.raw(), null_mut());
    // SAFETY: `call::<N, T>` finds the function in the pointer that is handed over here.
    unsafe {
        check_status!(sys::napi_create_function(
            env,
            name.as_ptr(),
            name.count_bytes().cast_signed(),
            Some(call::<N, T>),
            function as *mut c_void,
            &raw mut value,
        ))?;
        check_status!(sys::napi_set_named_property(env, exports.raw(), name.as_ptr(), value))
    }
}

unsafe extern "C" fn call<const N: usize, T: ToNapiValue>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    let (mut args, mut count, mut data) = ([null_mut(); N], N, null_mut());
    // SAFETY: there is room for `N` arguments; those not given become undefined. The data is what
    // `export` put there: this very function.
    let function = unsafe {
        let args = args.as_mut_ptr();
        sys::napi_get_cb_info(env, info, &raw mut count, args, null_mut(), &raw mut data);
        transmute::<*mut c_void, fn([Arg; N]) -> std::result::Result<T, Error>>(data)
    };
    let args = args.map(|value| Arg { env, value, call: PhantomData });
    // SAFETY: `env` is the call's own, and every text handed over ends in NUL.
    unsafe {
        // A panic must not cross into Node.
        let answer = match catch_unwind(move || function(args)) {
            Ok(Ok(answer)) => T::to_napi_value(env, answer),
            Ok(Err(Error::Token(error))) => {
                <(_, _, _)>::to_napi_value(env, (error.code(), error.to_string(), error.claim()))
            }
            Ok(Err(Error::Argument(error))) => {
                let throw = match error.problem {
                    Problem::Range => sys::napi_throw_range_error,
                    Problem::Type | Problem::Value => sys::napi_throw_type_error,
                };
                let code = CString::new(error.code()).unwrap_or_default();
                let message = CString::new(error.to_string()).unwrap_or_default();
                throw(env, code.as_ptr(), message.as_ptr());
                return null_mut();
            }
            Err(_) => Err(napi::Error::from_status(Status::GenericFailure)),
        };
        answer.unwrap_or_else(|_| {
            sys::napi_throw_error(env, null(), c"zumo-jwt failed unexpectedly".as_ptr());
            null_mut()
        })
    }
}

/// Text for JavaScript.
pub enum Text {
    /// A byte a character, which is what V8 takes fastest.
    Latin1(Vec<u8>),
    Utf8(String),
}

impl ToNapiValue for Text {
    unsafe fn to_napi_value(env: sys::napi_env, text: Self) -> Result<sys::napi_value> {
        let mut value = null_mut();
        // SAFETY: the text is as long as said, and copied.
        check_status!(unsafe {
            match &text {
                Self::Latin1(text) => {
                    let (text, length) = (text.as_ptr().cast(), text.len().cast_signed());
                    sys::napi_create_string_latin1(env, text, length, &raw mut value)
                }
                Self::Utf8(text) => {
                    let (text, length) = (text.as_ptr().cast(), text.len().cast_signed());
                    sys::napi_create_string_utf8(env, text, length, &raw mut value)
                }
            }
        })?;
        Ok(value)
    }
}

/// Secret bytes for JavaScript, as a Buffer of its own.
pub struct Bytes(pub Zeroizing<[u8; 32]>);

impl ToNapiValue for Bytes {
    unsafe fn to_napi_value(env: sys::napi_env, bytes: Self) -> Result<sys::napi_value> {
        let mut value = null_mut();
        // SAFETY: the bytes are as many as said, and copied.
        check_status!(unsafe {
            let data = bytes.0.as_ptr().cast();
            sys::napi_create_buffer_copy(env, bytes.0.len(), data, null_mut(), &raw mut value)
        })?;
        Ok(value)
    }
}

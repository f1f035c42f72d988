//! Values of JavaScript, read and returned: the only file with `unsafe`. napi's own conversions
//! put a value that they refuse into their error, and read a string in two calls.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_void};
use std::marker::PhantomData;
use std::mem::{MaybeUninit, transmute};
use std::panic::catch_unwind;
use std::ptr::{null, null_mut};
use std::slice::{from_raw_parts, from_raw_parts_mut};

use napi::bindgen_prelude::Object;
use napi::{Env, JsValue, check_status, sys};
use zeroize::{Zeroize, Zeroizing};

use crate::{ArgumentError, TokenError, ZumoKey};

/// An argument of a call, valid until the call ends.
#[derive(Clone, Copy)]
pub struct Arg<'call> {
    env: sys::napi_env,
    value: sys::napi_value,
    call: PhantomData<&'call ()>,
}

/// Memory for the text of one argument: on the stack unless the text is long.
// The order matters: if zeros are written directly before and after `stack`, the compiler writes
// zeros to all of it. An empty `Option<Vec>` is not stored as zeros.
#[repr(C)]
pub struct TextBuffer {
    used: usize,
    heap: Option<Vec<u8>>,
    stack: MaybeUninit<[u8; ON_STACK]>,
}

const ON_STACK: usize = 4096;

impl TextBuffer {
    pub fn new() -> Self {
        Self { used: 0, heap: None, stack: MaybeUninit::uninit() }
    }
}

impl Zeroize for TextBuffer {
    fn zeroize(&mut self) {
        let Self { stack, used, heap } = self;
        // SAFETY: so many bytes were written.
        unsafe { from_raw_parts_mut(stack.as_mut_ptr().cast::<u8>(), *used) }.zeroize();
        heap.zeroize();
    }
}

impl<'call> Arg<'call> {
    pub fn is_undefined(self) -> bool {
        let mut kind = sys::ValueType::napi_undefined;
        // SAFETY: `self` holds a live value of this call, as in all blocks below.
        unsafe { sys::napi_typeof(self.env, self.value, &raw mut kind) };
        kind == sys::ValueType::napi_undefined
    }

    pub fn is_array(self) -> bool {
        let mut is_array = false;
        // SAFETY: writes one bool.
        unsafe { sys::napi_is_array(self.env, self.value, &raw mut is_array) };
        is_array
    }

    pub fn number(self) -> Result<f64, Failure> {
        let mut number = 0.0;
        // SAFETY: writes one double.
        let status = unsafe { sys::napi_get_value_double(self.env, self.value, &raw mut number) };
        if status == sys::Status::napi_ok { Ok(number) } else { Err(Failure::Unexpected) }
    }

    /// The text of a string.
    pub fn text(self, buffer: &mut TextBuffer) -> Result<&str, Failure> {
        self.text_up_to(None, buffer)
    }

    /// The text of a string. Of a text that is longer than `limit` bytes, only a beginning that is
    /// longer too, so that text from outside takes little memory.
    pub fn text_up_to(
        self,
        limit: Option<usize>,
        buffer: &mut TextBuffer,
    ) -> Result<&str, Failure> {
        let bytes = self.utf8(buffer, limit).ok_or(Failure::Unexpected)?;
        str::from_utf8(bytes).map_err(|_| Failure::Unexpected)
    }

    fn utf8(self, buffer: &mut TextBuffer, limit: Option<usize>) -> Option<&[u8]> {
        let mut length = 0;
        // SAFETY: V8 writes no more than the size it is given, and says how much it wrote.
        let status = unsafe {
            let stack = buffer.stack.as_mut_ptr().cast();
            sys::napi_get_value_string_utf8(self.env, self.value, stack, ON_STACK, &raw mut length)
        };
        if status != sys::Status::napi_ok {
            return None;
        }
        buffer.used = length;
        // A character of up to 4 bytes is never cut, and a NUL ends the text.
        if length < ON_STACK - 4 {
            // SAFETY: so many bytes were written.
            return Some(unsafe { from_raw_parts(buffer.stack.as_ptr().cast(), length) });
        }
        // As above, with space for a NUL and the largest character.
        let size = limit.map_or_else(|| self.utf8_length(), |limit| limit + 4) + 1;
        let mut text: Vec<u8> = Vec::new();
        // Memory that cannot be had must not end the process.
        text.try_reserve_exact(size).ok()?;
        // SAFETY: there is memory for the text and the NUL, and the text is written when the
        // length is set.
        unsafe {
            let heap = text.as_mut_ptr().cast();
            sys::napi_get_value_string_utf8(self.env, self.value, heap, size, &raw mut length);
            text.set_len(length);
        }
        Some(buffer.heap.insert(text))
    }

    fn utf8_length(self) -> usize {
        let mut length = 0;
        // SAFETY: without a buffer only the length is written.
        unsafe {
            sys::napi_get_value_string_utf8(self.env, self.value, null_mut(), 0, &raw mut length);
        }
        length
    }

    /// The bytes of a `Uint8Array` in memory that is not shared. No JavaScript may run while they
    /// are borrowed, as it could write to them.
    pub fn bytes(self) -> Option<&'call [u8]> {
        let (mut length, mut data) = (0, null_mut());
        // SAFETY: writes a pointer and a length; V8 keeps the memory as long as the value lives.
        unsafe {
            let status =
                sys::napi_get_buffer_info(self.env, self.value, &raw mut data, &raw mut length);
            match (status, length) {
                (sys::Status::napi_ok, 0) => Some(&[]),
                (sys::Status::napi_ok, _) => Some(from_raw_parts(data.cast(), length)),
                _ => None,
            }
        }
    }

    /// The elements of an array, read up to the first that cannot be.
    pub fn items<T>(
        self,
        read: impl Fn(u32, Arg<'call>) -> Result<T, Failure>,
    ) -> Result<Vec<T>, Failure> {
        let mut length = 0;
        // SAFETY: writes one integer.
        let status = unsafe { sys::napi_get_array_length(self.env, self.value, &raw mut length) };
        if status != sys::Status::napi_ok {
            return Err(Failure::Unexpected);
        }
        let mut items = Vec::new();
        for at in 0..length {
            let mut value = null_mut();
            // SAFETY: writes one value.
            let status = unsafe { sys::napi_get_element(self.env, self.value, at, &raw mut value) };
            if status != sys::Status::napi_ok {
                return Err(Failure::Unexpected);
            }
            items.push(read(at, Arg { value, ..self })?);
        }
        Ok(items)
    }

    /// The key of a handle.
    pub fn key(self) -> Option<&'call ZumoKey> {
        let (mut is_ours, mut data) = (false, null_mut());
        // SAFETY: the tag is on no value but those that `key_handle` made, which hold a key until
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

/// Marks the handles of this version of the package, as another one may lay out its keys otherwise.
const TAG: sys::napi_type_tag =
    sys::napi_type_tag { lower: 0x9f1c_43d2_07be_4a65, upper: fnv1a(env!("CARGO_PKG_VERSION")) };

/// The hash FNV-1a, for short texts that nobody attacks.
const fn fnv1a(text: &str) -> u64 {
    let (mut hash, mut rest) = (0xcbf2_9ce4_8422_2325, text.as_bytes());
    while let [byte, more @ ..] = rest {
        hash = (hash ^ *byte as u64).wrapping_mul(0x0100_0000_01b3);
        rest = more;
    }
    hash
}

/// What a call returns.
pub enum Answer {
    Text(String),
    /// A key that JavaScript holds but cannot look into. Dropped, and so wiped, when it is collected.
    Key(ZumoKey),
    /// A copy, as a Buffer.
    Secret(Zeroizing<[u8; 32]>),
    Nothing,
}

/// Why a call returns nothing of use.
pub enum Failure {
    /// The caller's mistake.
    Argument(ArgumentError),
    /// A token that must not be trusted.
    Token(TokenError),
    /// A value of a kind that lib/tokens.js does not let through, or Node-API itself.
    Unexpected,
}

impl From<ArgumentError> for Failure {
    fn from(error: ArgumentError) -> Self {
        Self::Argument(error)
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

impl From<napi::Error> for Failure {
    fn from(_: napi::Error) -> Self {
        Self::Unexpected
    }
}

/// Exports a function of `N` arguments. Not by `#[napi]`, which keeps a list of borrowed arguments
/// for each call: a tenth of its time, and these arguments are never borrowed.
pub fn export<const N: usize>(
    env: Env,
    exports: &Object,
    name: &'static CStr,
    function: fn([Arg; N]) -> Result<Answer, Failure>,
) -> napi::Result<()> {
    let property = sys::napi_property_descriptor {
        utf8name: name.as_ptr(),
        name: null_mut(),
        method: Some(call::<N>),
        getter: None,
        setter: None,
        value: null_mut(),
        attributes: sys::PropertyAttributes::enumerable,
        data: function as *mut c_void,
    };
    // SAFETY: `call::<N>` finds the function in the pointer that is given here. The property is
    // defined, not set, so that setters on prototypes do not see it.
    check_status!(unsafe {
        sys::napi_define_properties(env.raw(), exports.raw(), 1, &raw const property)
    })
}

unsafe extern "C" fn call<const N: usize>(
    env: sys::napi_env,
    info: sys::napi_callback_info,
) -> sys::napi_value {
    let (mut args, mut count, mut data) = ([null_mut(); N], N, null_mut());
    // SAFETY: there is space for `N` arguments; those not given become undefined. The data is what
    // `export` put there: this very function.
    let function = unsafe {
        let args = args.as_mut_ptr();
        sys::napi_get_cb_info(env, info, &raw mut count, args, null_mut(), &raw mut data);
        transmute::<*mut c_void, fn([Arg; N]) -> Result<Answer, Failure>>(data)
    };
    let args = args.map(|value| Arg { env, value, call: PhantomData });
    // A panic must not cross into Node.
    let answer = catch_unwind(move || function(args)).unwrap_or(Err(Failure::Unexpected));
    let value = match answer {
        Ok(answer) => to_node(env, answer),
        Err(Failure::Argument(ref error)) => {
            error_to_node(env, error.code(), Some(&error.name), error.expected)
        }
        Err(Failure::Token(error)) => {
            error_to_node(env, error.code(), error.claim(), &error.to_string())
        }
        Err(failure) => Err(failure),
    };
    value.unwrap_or_else(|_| {
        // SAFETY: the text ends in NUL.
        unsafe { sys::napi_throw_error(env, null(), c"zumo-jwt failed unexpectedly".as_ptr()) };
        null_mut()
    })
}

fn to_node(env: sys::napi_env, answer: Answer) -> Result<sys::napi_value, Failure> {
    match answer {
        Answer::Text(text) => text_to_node(env, &text),
        Answer::Key(key) => key_to_node(env, key),
        Answer::Secret(bytes) => {
            let mut value = null_mut();
            // SAFETY: the bytes are as many as said, and copied.
            check_status!(unsafe {
                let data = bytes.as_ptr().cast();
                sys::napi_create_buffer_copy(env, bytes.len(), data, null_mut(), &raw mut value)
            })?;
            Ok(value)
        }
        Answer::Nothing => undefined(env),
    }
}

fn undefined(env: sys::napi_env) -> Result<sys::napi_value, Failure> {
    let mut value = null_mut();
    // SAFETY: writes one value.
    check_status!(unsafe { sys::napi_get_undefined(env, &raw mut value) })?;
    Ok(value)
}

fn text_to_node(env: sys::napi_env, text: &str) -> Result<sys::napi_value, Failure> {
    let (data, length) = (text.as_ptr().cast(), text.len().cast_signed());
    let mut value = null_mut();
    // SAFETY: the text is as long as said, and copied.
    check_status!(unsafe {
        if text.is_ascii() {
            sys::napi_create_string_latin1(env, data, length, &raw mut value)
        } else {
            sys::napi_create_string_utf8(env, data, length, &raw mut value)
        }
    })?;
    Ok(value)
}

fn key_to_node(env: sys::napi_env, key: ZumoKey) -> Result<sys::napi_value, Failure> {
    unsafe extern "C" fn drop_key(_: sys::napi_env, key: *mut c_void, _: *mut c_void) {
        // SAFETY: the pointer came from `Box::into_raw`, and Node calls this once.
        drop(unsafe { Box::from_raw(key.cast::<ZumoKey>()) });
    }
    let key = Box::into_raw(Box::new(key)).cast();
    let mut value = null_mut();
    // SAFETY: the key belongs to the value from here on.
    unsafe {
        let drop_key = Some(drop_key as _);
        let status = sys::napi_create_external(env, key, drop_key, null_mut(), &raw mut value);
        check_status!(status)?;
        check_status!(sys::napi_type_tag_object(env, value, &TAG))?;
    }
    Ok(value)
}

/// `{ code, name, message }`: of a caller's mistake, the argument and what is expected; of a
/// token, the claim or undefined, and the message.
fn error_to_node(
    env: sys::napi_env,
    code: &str,
    name: Option<&str>,
    message: &str,
) -> Result<sys::napi_value, Failure> {
    let property = |name: &CStr, text: Option<&str>| {
        let value = text.map_or_else(|| undefined(env), |text| text_to_node(env, text))?;
        Ok::<_, Failure>(sys::napi_property_descriptor {
            utf8name: name.as_ptr(),
            name: null_mut(),
            method: None,
            getter: None,
            setter: None,
            value,
            attributes: sys::PropertyAttributes::enumerable,
            data: null_mut(),
        })
    };
    let properties = [
        property(c"code", Some(code))?,
        property(c"name", name)?,
        property(c"message", Some(message))?,
    ];
    let mut object = null_mut();
    // SAFETY: as many properties as said, whose names live on; they are defined, not set, so that
    // setters on prototypes do not see them.
    unsafe {
        check_status!(sys::napi_create_object(env, &raw mut object))?;
        let (count, properties) = (properties.len(), properties.as_ptr());
        check_status!(sys::napi_define_properties(env, object, count, properties))?;
    }
    Ok(object)
}

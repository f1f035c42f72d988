//! Values of JavaScript, read and returned. The one block of `unsafe` is here: napi's own `String`
//! takes two calls and a zeroed allocation, and ends the process where memory is short.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::slice::from_raw_parts;

use napi::bindgen_prelude::{
    Either, FromNapiValue, FunctionCallContext, JsObjectValue, Latin1String, Object, ToNapiValue,
};
use napi::{Env, JsString, JsValue, Unknown, sys};
use napi_derive::napi;

use crate::token::MAX_LENGTH;
use crate::{ArgumentError, TokenError};

/// Memory for the text of one argument: on the stack unless the text is long.
pub struct TextBuffer {
    stack: [MaybeUninit<u8>; ON_STACK],
    heap: Vec<u8>,
}

const ON_STACK: usize = 4096;

/// A NUL ends the text, and a character of up to 4 bytes is never cut.
const SPARE: usize = 5;

impl TextBuffer {
    pub fn new() -> Self {
        Self { stack: [const { MaybeUninit::uninit() }; ON_STACK], heap: Vec::new() }
    }

    /// The text of a string. Of one that is longer than a token may be, only a beginning that is
    /// longer too: it gets the same answer, and takes little memory.
    pub fn read(&mut self, value: Unknown) -> Result<&str, Failure> {
        self.read_up_to(MAX_LENGTH, value)
    }

    /// As [`read`](Self::read), with another limit in bytes.
    pub fn read_up_to(&mut self, limit: usize, value: Unknown) -> Result<&str, Failure> {
        let Self { stack, heap } = self;
        let text = write_utf8(value, stack).ok_or(Failure::Unexpected)?;
        if text.len() <= ON_STACK - SPARE {
            return Ok(text);
        }
        // A unit of UTF-16 takes at most 3 bytes. To count the bytes, V8 would read all of the text.
        let length = JsString::from_unknown(value)?.utf16_len()?.saturating_mul(3);
        // Memory that cannot be had must not end the process.
        let reserved = heap.try_reserve_exact(length.min(limit) + SPARE);
        reserved.map_err(|_| Failure::Unexpected)?;
        write_utf8(value, heap.spare_capacity_mut()).ok_or(Failure::Unexpected)
    }
}

/// Writes as much of a string's text as there is space for.
fn write_utf8<'b>(value: Unknown, buffer: &'b mut [MaybeUninit<u8>]) -> Option<&'b str> {
    let (value, start, mut length) = (value.value(), buffer.as_mut_ptr(), 0);
    // SAFETY: V8 writes no more than the buffer holds, and says how much it wrote.
    let (status, bytes) = unsafe {
        let (env, value, size) = (value.env, value.value, buffer.len());
        let status =
            sys::napi_get_value_string_utf8(env, value, start.cast(), size, &raw mut length);
        (status, from_raw_parts(start.cast::<u8>(), length))
    };
    if status == sys::Status::napi_ok { str::from_utf8(bytes).ok() } else { None }
}

/// Why a call returns nothing of use.
pub enum Failure {
    /// The caller's mistake, or a token that must not be trusted.
    Described(ErrorData),
    /// A value of a kind that lib/tokens.js does not let through, or Node-API itself. napi's own
    /// error is dropped, as it can hold the value.
    Unexpected,
}

/// What JavaScript makes an error of.
#[napi(object, use_nullable = true)]
pub struct ErrorData {
    pub code: String,
    /// Of a caller's mistake, the argument. Of a token, the claim, if there is one.
    pub name: Option<String>,
    /// Of a caller's mistake, what is expected. Of a token, the error's message.
    pub message: String,
}

impl From<ArgumentError> for Failure {
    fn from(error: ArgumentError) -> Self {
        Self::Described(ErrorData {
            code: error.code().into(),
            name: Some(error.name.into()),
            message: error.expected.into(),
        })
    }
}

impl From<TokenError> for Failure {
    fn from(error: TokenError) -> Self {
        Self::Described(ErrorData {
            code: error.code().into(),
            name: error.claim().map(Into::into),
            message: error.to_string(),
        })
    }
}

impl From<napi::Error> for Failure {
    fn from(_: napi::Error) -> Self {
        Self::Unexpected
    }
}

/// A text as JavaScript keeps it: ASCII has a faster way.
pub fn text_answer(text: String) -> Either<Latin1String, String> {
    if text.is_ascii() { Either::A(text.into()) } else { Either::B(text) }
}

/// Exports a function. Not by `#[napi]`, which keeps a list of borrowed arguments for each call and
/// so takes 1.05 to 1.20 of the time.
pub fn export<Answer: ToNapiValue + 'static>(
    exports: &mut Object,
    env: Env,
    name: &str,
    function: fn(&FunctionCallContext) -> Result<Answer, Failure>,
) -> napi::Result<()> {
    let closure = move |call: FunctionCallContext| {
        // Here, as napi's own would show the text of the panic.
        match catch_unwind(AssertUnwindSafe(|| function(&call))) {
            Ok(Ok(answer)) => Ok(Either::A(answer)),
            Ok(Err(Failure::Described(error))) => Ok(Either::B(error)),
            Ok(Err(Failure::Unexpected)) | Err(_) => {
                Err(napi::Error::from_reason("zumo-jwt failed unexpectedly"))
            }
        }
    };
    exports.set_named_property(name, env.create_function_from_closure::<(), _, _>(name, closure)?)
}

//! What only tests call.

use napi::bindgen_prelude::FunctionCallContext;

use super::node::Failure;

/// Panics, to test that a panic becomes a JavaScript error.
#[allow(clippy::unnecessary_wraps)]
pub fn panics(_: &FunctionCallContext) -> Result<(), Failure> {
    panic!("on purpose");
}

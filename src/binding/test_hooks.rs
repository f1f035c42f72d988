//! What only tests call.

use super::node::{Answer, Arg, Failure};

/// Panics, to test that a panic becomes a JavaScript error.
#[allow(clippy::unnecessary_wraps)]
pub fn panics([]: [Arg; 0]) -> Result<Answer, Failure> {
    panic!("on purpose");
}

//! What only tests call.

use super::node::{Answer, Arg, Failure};

/// Fails as no other function may.
#[allow(clippy::unnecessary_wraps)]
pub fn panics([]: [Arg; 0]) -> Result<Answer, Failure> {
    panic!("on purpose");
}

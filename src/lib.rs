//! Mints and verifies the JSON Web Tokens of Azure Mobile Services, the value of the
//! `X-ZUMO-AUTH` header, and those of its successor App Service.
//!
//! The core is [`zumo_jwt`], [`sign`], [`Verifier`] and [`decode`] with a [`ZumoKey`]: plain Rust,
//! without `unsafe`, without a clock, without Node-API. Its errors name arguments as the callers in
//! JavaScript know them: `options.version`, `claims.exp`, `key[1]`. The feature `addon` adds the
//! Node.js addon, which only converts values.

mod claims;
mod error;
mod header;
mod json;
mod key;
mod sign;
mod token;

// The macros of napi register nothing in a test build.
#[cfg(all(feature = "addon", not(test)))]
mod binding;

pub use claims::Accepted;
pub use error::{ArgumentError, ErrorKind, TokenError};
pub use key::{KeyMaterial, Service, ZumoKey};
pub use sign::{sign, zumo_jwt};
pub use token::{Verifier, decode};

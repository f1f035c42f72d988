//! Mints and verifies the JSON Web Tokens of Azure Mobile Services, the value of the
//! `X-ZUMO-AUTH` header, and those of its successor App Service.
//!
//! The core is [`zumo_jwt`], [`sign`] and [`Token::verify`] with a [`ZumoKey`]: plain Rust,
//! without `unsafe`, without a clock, without N-API. The feature `addon` puts a Node.js addon in
//! front of it that converts and decides nothing.

mod error;
mod json;
mod key;
mod mac;
mod rules;
mod token;

// The macros of napi register nothing in a test build.
#[cfg(all(feature = "addon", not(test)))]
mod binding;

pub use error::{ArgumentError, Error, Problem, TokenError};
pub use json::{Object, Value};
pub use key::{Secret, Service, ZumoKey};
pub use rules::{Claims, Expected};
pub use token::{Token, Verified, sign, zumo_jwt};

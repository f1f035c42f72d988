//! The signing key of a service, kept ready for use.
#![forbid(unsafe_code)]

use subtle::{Choice, ConstantTimeEq};

use crate::mac::{Mac, Wiped, sha256};
use crate::{ArgumentError, Problem};

/// The service that a key belongs to, which decides what its tokens look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Azure Mobile Services: the user in `uid`, one fixed issuer.
    MobileServices,
    /// Azure App Service: the user in `sub`, the site's URL as issuer and audience.
    AppService,
}

/// A key as its owner has it.
pub enum Secret<'a> {
    /// Text, as the portal shows it.
    Text(&'a str),
    /// Bytes, taken as they are.
    Bytes(&'a [u8]),
}

impl<'a> From<&'a str> for Secret<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Secret<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

/// A signing key, derived and expanded once. Wiped from memory when dropped; has no `Debug`.
pub struct ZumoKey {
    service: Service,
    signing_key: Wiped<u8, 32>,
    mac: Mac,
}

impl ZumoKey {
    /// The key of a Mobile Service: SHA-256 over the master key and the text `JWTSig`. A master
    /// key given as text must be ASCII: other text had no single meaning on Microsoft's servers.
    ///
    /// # Errors
    /// `ERR_INVALID_ARG_VALUE` for an empty key, or text beyond ASCII.
    pub fn from_master_key<'a>(master_key: impl Into<Secret<'a>>) -> Result<Self, ArgumentError> {
        let wrong = |expected| ArgumentError::new(Problem::Value, "masterKey", expected);
        let bytes = match master_key.into() {
            Secret::Text(text) if !text.is_ascii() => {
                return Err(wrong("ASCII text; a key of other bytes is given as a Uint8Array"));
            }
            Secret::Text(text) => text.as_bytes(),
            Secret::Bytes(bytes) => bytes,
        };
        if bytes.is_empty() {
            return Err(wrong("non-empty"));
        }
        Ok(Self::new(Service::MobileServices, sha256(bytes, b"JWTSig")))
    }

    /// The key of an App Service site: 32 bytes, or `WEBSITE_AUTH_SIGNING_KEY`'s 64 hexadecimal
    /// digits in either case.
    ///
    /// # Errors
    /// `ERR_INVALID_ARG_VALUE` for anything else.
    pub fn from_signing_key<'a>(signing_key: impl Into<Secret<'a>>) -> Result<Self, ArgumentError> {
        let mut bytes = Wiped([0; 32]);
        let is_key = match signing_key.into() {
            Secret::Text(text) => {
                base16ct::mixed::decode(text, &mut bytes.0).is_ok_and(|it| it.len() == 32)
            }
            Secret::Bytes(own) if own.len() == bytes.0.len() => {
                bytes.0.copy_from_slice(own);
                true
            }
            Secret::Bytes(_) => false,
        };
        if !is_key {
            let expected = "64 hexadecimal digits or 32 bytes";
            return Err(ArgumentError::new(Problem::Value, "signingKey", expected));
        }
        Ok(Self::new(Service::AppService, bytes))
    }

    fn new(service: Service, signing_key: Wiped<u8, 32>) -> Self {
        let mut block = Wiped([0; 64]);
        let (head, _) = block.0.split_at_mut(32);
        head.copy_from_slice(&signing_key.0);
        let mac = Mac::new(&block.0);
        Self { service, signing_key, mac }
    }

    /// The service whose tokens this key signs.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// The 32 bytes that other libraries take as their HS256 secret.
    #[must_use]
    pub fn export(&self) -> &[u8; 32] {
        &self.signing_key.0
    }

    /// The HMAC-SHA-256 of a message (RFC 2104).
    #[must_use]
    pub fn mac(&self, message: &[u8]) -> [u8; 32] {
        self.mac.of(message)
    }

    /// Whether a code is the message's. Takes the same time wherever the two differ.
    #[must_use]
    pub fn is_mac_of(&self, message: &[u8], code: &[u8; 32]) -> bool {
        let own = self.mac.of(message);
        // Four words rather than 32 bytes, since subtle keeps each from the optimizer.
        let parts = own.as_chunks().0.iter().zip(code.as_chunks().0);
        let word = |part: &[u8; 8]| u64::from_ne_bytes(*part);
        parts.fold(Choice::from(1), |same, (own, code)| same & word(own).ct_eq(&word(code))).into()
    }
}

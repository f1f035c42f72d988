//! The signing key of a service, derived once and kept ready.
#![forbid(unsafe_code)]

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::ArgumentError;

/// The service that a key belongs to, which decides what its tokens look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
// Eight bytes, so that a `ZumoKey` has no padding: a move can leave parts of a secret in padding,
// and nothing wipes them.
#[repr(u64)]
pub enum Service {
    /// Azure Mobile Services: the user in `uid`, one fixed issuer.
    MobileServices,
    /// Azure App Service: the user in `sub`, the site's URL as issuer and audience.
    AppService,
}

/// A key as its owner has it.
pub enum KeyMaterial<'a> {
    /// Text, as the portal shows it.
    Text(&'a str),
    /// Bytes, taken as they are.
    Bytes(&'a [u8]),
}

impl<'a> From<&'a str> for KeyMaterial<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for KeyMaterial<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

/// A signing key, ready to sign and to verify. Wiped from memory when dropped; has no `Debug`.
pub struct ZumoKey {
    service: Service,
    signing_key: Zeroizing<[u8; 32]>,
    hmac: Hmac<Sha256>,
}

impl ZumoKey {
    /// The key of a Mobile Service: SHA-256 over the master key and the text `JWTSig`. A master
    /// key given as text must be ASCII: other text had no single meaning on Microsoft's servers.
    ///
    /// # Errors
    /// For an empty key, or text beyond ASCII.
    pub fn from_master_key<'a>(
        master_key: impl Into<KeyMaterial<'a>>,
    ) -> Result<Self, ArgumentError> {
        let error = |expected| ArgumentError::value("masterKey", expected);
        let bytes = match master_key.into() {
            KeyMaterial::Text(text) if !text.is_ascii() => {
                return Err(error("ASCII text; a key of other bytes is given as a Uint8Array"));
            }
            KeyMaterial::Text(text) => text.as_bytes(),
            KeyMaterial::Bytes(bytes) => bytes,
        };
        if bytes.is_empty() {
            return Err(error("non-empty"));
        }
        let mut signing_key = Zeroizing::new([0; 32]);
        let hash = Sha256::new_with_prefix(bytes).chain_update("JWTSig");
        hash.finalize_into((&mut *signing_key).into());
        Ok(Self::new(Service::MobileServices, signing_key))
    }

    /// The key of an App Service site: 32 bytes, or the 64 hexadecimal digits of
    /// `WEBSITE_AUTH_SIGNING_KEY` in either case.
    ///
    /// # Errors
    /// For anything else.
    pub fn from_signing_key<'a>(
        signing_key: impl Into<KeyMaterial<'a>>,
    ) -> Result<Self, ArgumentError> {
        let mut bytes = Zeroizing::new([0; 32]);
        let is_key = match signing_key.into() {
            KeyMaterial::Text(text) => {
                base16ct::mixed::decode(text, &mut *bytes).is_ok_and(|it| it.len() == 32)
            }
            KeyMaterial::Bytes(own) if own.len() == bytes.len() => {
                bytes.copy_from_slice(own);
                true
            }
            KeyMaterial::Bytes(_) => false,
        };
        if !is_key {
            return Err(ArgumentError::value("signingKey", "64 hexadecimal digits or 32 bytes"));
        }
        Ok(Self::new(Service::AppService, bytes))
    }

    fn new(service: Service, signing_key: Zeroizing<[u8; 32]>) -> Self {
        // HMAC pads a key with zeros up to the length of a block (RFC 2104).
        let mut block = Zeroizing::new([0; 64]);
        let (head, _) = block.split_at_mut(signing_key.len());
        head.copy_from_slice(&*signing_key);
        let hmac = Hmac::new((&*block).into());
        Self { service, signing_key, hmac }
    }

    /// The service whose tokens this key signs.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }

    /// The 32 bytes that other libraries take as their HS256 secret.
    #[must_use]
    pub fn export(&self) -> &[u8; 32] {
        &self.signing_key
    }

    /// The signature of a message: HMAC-SHA-256 (RFC 2104).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 32] {
        self.hmac.clone().chain_update(message).finalize().into_bytes().into()
    }

    /// Whether a signature is the message's. Takes the same time wherever the two differ.
    #[must_use]
    pub fn verify(&self, message: &[u8], signature: &[u8; 32]) -> bool {
        self.hmac.clone().chain_update(message).verify_slice(signature).is_ok()
    }
}

#[cfg(test)]
#[path = "../__test__/rust/key.rs"]
mod tests;

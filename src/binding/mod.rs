//! The Node.js addon: reads the arguments that lib/tokens.js has checked, and returns text, a key's
//! handle, or what is wrong.

mod node;
#[cfg(feature = "test_hooks")]
mod test_hooks;

use std::borrow::{Borrow, Cow};

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;
use zeroize::Zeroizing;

use self::node::{Answer, Arg, Failure, TextBuffer, export};
use crate::token::MAX_LENGTH;
use crate::{ArgumentError, KeyMaterial, OneOrMore, VerifyOptions, ZumoKey};

#[napi(module_exports)]
pub fn exports(exports: Object, env: Env) -> napi::Result<()> {
    export(env, &exports, c"zumoJwt", zumo_jwt)?;
    export(env, &exports, c"sign", sign)?;
    export(env, &exports, c"verify", verify)?;
    export(env, &exports, c"decode", decode)?;
    export(env, &exports, c"validateKeys", validate_keys)?;
    export(env, &exports, c"masterKey", master_key)?;
    export(env, &exports, c"signingKey", signing_key)?;
    export(env, &exports, c"exportKey", export_key)?;
    #[cfg(feature = "test_hooks")]
    export(env, &exports, c"panics", test_hooks::panics)?;
    Ok(())
}

/// The token of version 1; `expiry` in ms.
fn zumo_jwt([expiry, aud, user_id, key]: [Arg; 4]) -> Result<Answer, Failure> {
    let (mut aud_buffer, mut user_id_buffer) = (TextBuffer::new(), TextBuffer::new());
    let key = Key::read(key, "masterKey")?;
    let (aud, user_id) = (aud.text(&mut aud_buffer)?, user_id.text(&mut user_id_buffer)?);
    Ok(Answer::Text(crate::zumo_jwt(expiry.number()?, aud, user_id, key.borrow())?))
}

/// The token of claims, which came through `JSON.stringify`.
fn sign([claims, key, version]: [Arg; 3]) -> Result<Answer, Failure> {
    let mut buffer = TextBuffer::new();
    let key = Key::read(key, "key")?;
    let version = if version.is_undefined() { None } else { Some(version.number()?) };
    Ok(Answer::Text(crate::sign(claims.text(&mut buffer)?, key.borrow(), version)?))
}

/// The text of the claims; `clockTolerance` in s, `now` in ms.
fn verify(
    [token, keys, audience, issuer, clock_tolerance, now]: [Arg; 6],
) -> Result<Answer, Failure> {
    let (mut token_buffer, mut audience_buffer, mut issuer_buffer) =
        (TextBuffer::new(), TextBuffer::new(), TextBuffer::new());
    let keys = Keys::read(keys)?;
    let options = VerifyOptions::new(
        keys.as_slice(),
        one_or_more(audience, &mut audience_buffer)?,
        one_or_more(issuer, &mut issuer_buffer)?,
        clock_tolerance.number()?,
        now.number()?,
    )?;
    let token = token.text_up_to(Some(MAX_LENGTH), &mut token_buffer)?;
    Ok(Answer::Text(crate::verify(token, keys.as_slice(), &options)?))
}

/// The text of the claims.
fn decode([token]: [Arg; 1]) -> Result<Answer, Failure> {
    let mut buffer = TextBuffer::new();
    Ok(Answer::Text(crate::decode(token.text_up_to(Some(MAX_LENGTH), &mut buffer)?)?))
}

/// Fails where keys cannot be used with each other, or not with this audience and issuer.
fn validate_keys([keys, audience, issuer]: [Arg; 3]) -> Result<Answer, Failure> {
    let (mut audience_buffer, mut issuer_buffer) = (TextBuffer::new(), TextBuffer::new());
    crate::claims::validate_keys(
        Keys::read(keys)?.as_slice(),
        one_or_more(audience, &mut audience_buffer)?.as_ref(),
        one_or_more(issuer, &mut issuer_buffer)?.as_ref(),
    )?;
    Ok(Answer::Nothing)
}

/// A handle for the key of a Mobile Service.
fn master_key([master_key]: [Arg; 1]) -> Result<Answer, Failure> {
    let mut buffer = Zeroizing::new(TextBuffer::new());
    Ok(Answer::Key(ZumoKey::from_master_key(key_material(master_key, &mut buffer)?)?))
}

/// A handle for the key of an App Service site.
fn signing_key([signing_key]: [Arg; 1]) -> Result<Answer, Failure> {
    let mut buffer = Zeroizing::new(TextBuffer::new());
    Ok(Answer::Key(ZumoKey::from_signing_key(key_material(signing_key, &mut buffer)?)?))
}

/// The 32 bytes of a key.
fn export_key([key]: [Arg; 1]) -> Result<Answer, Failure> {
    let key = key.key().ok_or(Failure::Unexpected)?;
    Ok(Answer::Secret(Zeroizing::new(*key.export())))
}

fn key_material<'b>(arg: Arg<'b>, buffer: &'b mut TextBuffer) -> Result<KeyMaterial<'b>, Failure> {
    match arg.text(buffer) {
        Ok(text) => Ok(KeyMaterial::Text(text)),
        Err(failure) => arg.bytes().map(KeyMaterial::Bytes).ok_or(failure),
    }
}

/// A string, an array of strings or undefined.
fn one_or_more<'b>(arg: Arg, buffer: &'b mut TextBuffer) -> Result<Option<OneOrMore<'b>>, Failure> {
    match arg.text(buffer) {
        Ok(text) => Ok(Some(OneOrMore::One(text))),
        Err(_) if arg.is_undefined() => Ok(None),
        Err(_) => {
            let more = arg.items(|_, item| Ok(item.text(&mut TextBuffer::new())?.to_owned()))?;
            Ok(Some(OneOrMore::More(more)))
        }
    }
}

enum Key<'a> {
    // In a box, so that no move leaves a copy of the secret behind.
    Owned(Box<ZumoKey>),
    Borrowed(&'a ZumoKey),
}

impl<'a> Key<'a> {
    /// A handle's key, or that of a master key.
    fn read(arg: Arg<'a>, name: impl Into<Cow<'static, str>>) -> Result<Self, Failure> {
        if let Some(key) = arg.key() {
            return Ok(Self::Borrowed(key));
        }
        let mut buffer = Zeroizing::new(TextBuffer::new());
        let key = ZumoKey::from_master_key(key_material(arg, &mut buffer)?);
        let key = key.map_err(|error| ArgumentError { name: name.into(), ..error })?;
        Ok(Self::Owned(Box::new(key)))
    }
}

impl Borrow<ZumoKey> for Key<'_> {
    fn borrow(&self) -> &ZumoKey {
        match self {
            Self::Owned(key) => key,
            Self::Borrowed(key) => key,
        }
    }
}

/// One key nearly always, which then needs no allocation.
enum Keys<'a> {
    One([Key<'a>; 1]),
    More(Vec<Key<'a>>),
}

impl<'a> Keys<'a> {
    fn read(arg: Arg<'a>) -> Result<Self, Failure> {
        if arg.is_array() {
            let read = |at, item| Key::read(item, format!("key[{at}]"));
            return Ok(Self::More(arg.items(read)?));
        }
        Ok(Self::One([Key::read(arg, "key")?]))
    }

    fn as_slice(&self) -> &[Key<'a>] {
        match self {
            Self::One(one) => one,
            Self::More(more) => more,
        }
    }
}

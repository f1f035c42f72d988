//! The Node.js addon: reads the arguments that lib/tokens.js has checked, and returns text, a key's
//! handle, or what is wrong.
//!
//! The top of lib/tokens.js says who checks what. A value of another kind than described here is a
//! bug of the package, and one plain error.

mod node;
#[cfg(feature = "test_hooks")]
mod test_hooks;

use std::borrow::{Borrow, Cow};

use napi::bindgen_prelude::{
    BufferSlice, Either, External, FromNapiValue, FunctionCallContext, Latin1String, Object,
};
use napi::{Env, JsValue, Unknown, ValueType};
use napi_derive::napi;

use self::node::{Failure, TextBuffer, export, text_answer};
use crate::{Accepted, ArgumentError, KeyMaterial, Verifier, ZumoKey};

#[napi(module_exports)]
pub fn exports(mut exports: Object, env: Env) -> napi::Result<()> {
    export(&mut exports, env, "zumoJwt", zumo_jwt)?;
    export(&mut exports, env, "sign", sign)?;
    export(&mut exports, env, "verify", verify)?;
    export(&mut exports, env, "decode", decode)?;
    export(&mut exports, env, "validateKeys", validate_keys)?;
    export(&mut exports, env, "masterKey", master_key)?;
    export(&mut exports, env, "signingKey", signing_key)?;
    export(&mut exports, env, "exportKey", export_key)?;
    #[cfg(feature = "test_hooks")]
    export(&mut exports, env, "panics", test_hooks::panics)?;
    Ok(())
}

type Text = Either<Latin1String, String>;

/// `(expiry, aud, userId, key)`: the token of version 1; `expiry` in ms.
fn zumo_jwt(call: &FunctionCallContext) -> Result<Latin1String, Failure> {
    let (mut aud, mut user_id) = (TextBuffer::new(), TextBuffer::new());
    let key = Key::read(call.get(3)?, "masterKey")?;
    let (aud, user_id) = (aud.read(call.get(1)?)?, user_id.read(call.get(2)?)?);
    Ok(crate::zumo_jwt(call.get(0)?, aud, user_id, key.borrow())?.into())
}

/// `(claims, key, version)`: the token of claims, which came through `JSON.stringify`.
fn sign(call: &FunctionCallContext) -> Result<Latin1String, Failure> {
    let mut claims = TextBuffer::new();
    let key = Key::read(call.get(1)?, "key")?;
    Ok(crate::sign(claims.read(call.get(0)?)?, key.borrow(), call.get(2)?)?.into())
}

/// `(token, keys, audience, issuer, clockTolerance, now)`: the text of the claims; `clockTolerance`
/// in s, `now` in ms.
fn verify(call: &FunctionCallContext) -> Result<Text, Failure> {
    let (mut token, mut audience, mut issuer) =
        (TextBuffer::new(), TextBuffer::new(), TextBuffer::new());
    let keys = Keys::read(call.get(1)?)?;
    let audience = one_or_more(call.get(2)?, &mut audience)?;
    let issuer = one_or_more(call.get(3)?, &mut issuer)?;
    let verifier = Verifier::new(keys.as_slice(), audience, issuer)?;
    let token = token.read(call.get(0)?)?;
    Ok(text_answer(verifier.verify(token, call.get(4)?, call.get(5)?)?))
}

/// `(token)`: the text of the claims.
fn decode(call: &FunctionCallContext) -> Result<Text, Failure> {
    let mut token = TextBuffer::new();
    Ok(text_answer(crate::decode(token.read(call.get(0)?)?)?))
}

/// `(keys, audience, issuer)`: fails where `verify` would fail for any token. Of an adapter's options.
fn validate_keys(call: &FunctionCallContext) -> Result<(), Failure> {
    let (mut audience, mut issuer) = (TextBuffer::new(), TextBuffer::new());
    let keys = Keys::read(call.get(0)?)?;
    let audience = one_or_more(call.get(1)?, &mut audience)?;
    let issuer = one_or_more(call.get(2)?, &mut issuer)?;
    match Verifier::new(keys.as_slice(), audience, issuer) {
        Ok(_) => Ok(()),
        Err(error) if error.name == "key" => Err(error.with_name("options.key").into()),
        Err(error) => Err(error.into()),
    }
}

/// `(masterKey, name, node6)`: a handle for the key of a Mobile Service, from an argument of that name.
fn master_key(call: &FunctionCallContext) -> Result<External<ZumoKey>, Failure> {
    let name: String = call.get(1)?;
    let node6 = call.get(2)?;
    let make = |material: KeyMaterial| {
        if node6 {
            ZumoKey::from_master_key_on_node6(material)
        } else {
            ZumoKey::from_master_key(material)
        }
    };
    Ok(make_key(call.get(0)?, name, make)?.into())
}

/// `(signingKey)`: a handle for the key of an App Service site.
fn signing_key(call: &FunctionCallContext) -> Result<External<ZumoKey>, Failure> {
    let make = |material: KeyMaterial| ZumoKey::from_signing_key(material);
    Ok(make_key(call.get(0)?, "signingKey", make)?.into())
}

/// `(key)`: a copy of the key's bytes.
fn export_key(call: &FunctionCallContext) -> Result<BufferSlice<'static>, Failure> {
    let key: &External<ZumoKey> = call.get(0)?;
    Ok(BufferSlice::copy_from(call.env, key.export())?)
}

/// Makes a key of a string or a `Uint8Array`, which `make` only borrows: no JavaScript may run
/// meanwhile, as it could write to the bytes.
fn make_key(
    value: Unknown,
    name: impl Into<Cow<'static, str>>,
    make: impl FnOnce(KeyMaterial) -> Result<ZumoKey, ArgumentError>,
) -> Result<ZumoKey, Failure> {
    let key = if value.get_type()? == ValueType::String {
        make(KeyMaterial::Text(TextBuffer::new().read_up_to(usize::MAX, value)?))
    } else {
        make(KeyMaterial::Bytes(&BufferSlice::from_unknown(value)?))
    };
    key.map_err(|error| error.with_name(name).into())
}

/// A string, an array of strings or undefined.
fn one_or_more<'b>(
    value: Unknown,
    buffer: &'b mut TextBuffer,
) -> Result<Option<Accepted<'b>>, Failure> {
    match value.get_type()? {
        ValueType::Undefined => Ok(None),
        ValueType::String => Ok(Some(Accepted::One(buffer.read(value)?))),
        _ => {
            let texts = Vec::<Unknown>::from_unknown(value)?.into_iter();
            let read = |text| Ok(TextBuffer::new().read(text)?.to_owned());
            Ok(Some(Accepted::More(texts.map(read).collect::<Result<_, Failure>>()?)))
        }
    }
}

enum Key<'a> {
    Owned(ZumoKey),
    Borrowed(&'a ZumoKey),
}

impl Key<'_> {
    /// A handle's key, or that of a master key.
    fn read(value: Unknown, name: impl Into<Cow<'static, str>>) -> Result<Self, Failure> {
        if value.get_type()? == ValueType::External {
            return Ok(Self::Borrowed(<&External<ZumoKey>>::from_unknown(value)?));
        }
        let make = |material: KeyMaterial| ZumoKey::from_master_key(material);
        Ok(Self::Owned(make_key(value, name, make)?))
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
    fn read(value: Unknown) -> Result<Self, Failure> {
        if !value.is_array()? {
            return Ok(Self::One([Key::read(value, "key")?]));
        }
        let keys = Vec::<Unknown>::from_unknown(value)?.into_iter().enumerate();
        let read = |(at, key)| Key::read(key, format!("key[{at}]"));
        Ok(Self::More(keys.map(read).collect::<Result<_, _>>()?))
    }

    fn as_slice(&self) -> &[Key<'a>] {
        match self {
            Self::One(one) => one,
            Self::More(more) => more,
        }
    }
}

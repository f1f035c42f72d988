//! The addon: turns JavaScript's arguments into the core's, and its answers back. Nothing is
//! decided here but which type an argument is of.

mod answer;
mod border;
#[cfg(feature = "floor")]
mod floor;

use std::borrow::{Borrow, Cow};

use napi::Env;
use napi::bindgen_prelude::Object;
use napi_derive::napi;
use zeroize::Zeroizing;

use self::border::{Arg, Bytes, Handle, IllFormed, Room, SecretRoom, Text, export};
use crate::{ArgumentError, Error, Expected, Problem, Secret, Token, ZumoKey};

#[napi(module_exports)]
pub fn exports(exports: Object, env: Env) -> napi::Result<()> {
    export(env, &exports, c"zumoJwt", zumo_jwt)?;
    export(env, &exports, c"sign", sign)?;
    export(env, &exports, c"verify", verify)?;
    export(env, &exports, c"decode", decode)?;
    export(env, &exports, c"masterKey", master_key)?;
    export(env, &exports, c"signingKey", signing_key)?;
    export(env, &exports, c"exportKey", export_key)?;
    #[cfg(feature = "floor")]
    {
        export(env, &exports, c"floor", floor::floor)?;
        export(env, &exports, c"blocks", floor::blocks)?;
        export(env, &exports, c"panics", floor::panics)?;
    }
    Ok(())
}

/// A version 1 token; `expiry` in ms.
fn zumo_jwt([expiry, aud, user_id, master_key]: [Arg; 4]) -> Result<Text, Error> {
    let (mut aud_room, mut user_id_room) = (Room::new(), Room::new());
    let expiry = expiry.number().ok_or(of_type("expiry", EXPIRY))?;
    let aud = text(aud, of_type("aud", "a string"), &mut aud_room)?;
    let user_id = text(user_id, of_type("userId", "a string"), &mut user_id_room)?;
    let key = key(master_key, "masterKey")?;
    Ok(Text::Latin1(crate::zumo_jwt(expiry, aud, user_id, key.borrow())?.into_bytes()))
}

/// A token with claims that came through `JSON.stringify`.
fn sign([claims, key, version]: [Arg; 3]) -> Result<Text, Error> {
    let mut room = Room::new();
    let claims = text(claims, of_type("claims", "an object"), &mut room)?;
    let key = self::key(key, "key")?;
    let version = match version.number() {
        None if !version.is_undefined() => {
            return Err(of_type("version", "1 or 2").of("options").into());
        }
        version => version,
    };
    Ok(Text::Latin1(crate::sign(claims, key.borrow(), version)?.into_bytes()))
}

/// What the facade makes the answer of; `clockTolerance` in s, `now` in ms.
fn verify([token, key, audience, issuer, clock_tolerance, now]: [Arg; 6]) -> Result<Text, Error> {
    let (mut token_room, mut audience_room, mut issuer_room) =
        (Room::new(), Room::new(), Room::new());
    let token = text(token, of_type("token", "a string"), &mut token_room)?;
    let keys = match self::key(key, "key") {
        Ok(key) => OneOrMany::One([key]),
        Err(wrong) => {
            let keys = key.items().ok_or(wrong)?.into_iter().map(|item| self::key(item, "key"));
            OneOrMany::Many(keys.collect::<Result<_, _>>()?)
        }
    };
    let audience = texts(audience, "audience", &mut audience_room)?;
    let issuer = texts(issuer, "issuer", &mut issuer_room)?;
    let wrong = of_type("clockTolerance", "a number of seconds").of("options");
    let clock_tolerance = clock_tolerance.number().ok_or(wrong)?;
    let wrong = of_type("now", "a Date or a number of milliseconds").of("options");
    let now = now.number().ok_or(wrong)?;
    let expected = Expected::new(
        keys.as_slice(),
        audience.as_ref().map(OneOrMany::as_slice),
        issuer.as_ref().map(OneOrMany::as_slice),
        clock_tolerance,
        now,
    )?;
    let token = Token::read(token)?;
    Ok(answer::verified(&token.verify(keys.as_slice(), &expected)?))
}

/// Header, claims and signature as JSON.
fn decode([token]: [Arg; 1]) -> Result<Text, Error> {
    let mut room = Room::new();
    let token = Token::read(text(token, of_type("token", "a string"), &mut room)?)?;
    Ok(answer::decoded(token.contents()?))
}

/// A handle for the key of a Mobile Service.
fn master_key([master_key]: [Arg; 1]) -> Result<Handle, Error> {
    let mut room = SecretRoom::new();
    Ok(Handle(ZumoKey::from_master_key(secret(master_key, "masterKey", &mut room)?)?))
}

/// A handle for the key of an App Service site.
fn signing_key([signing_key]: [Arg; 1]) -> Result<Handle, Error> {
    let mut room = SecretRoom::new();
    Ok(Handle(ZumoKey::from_signing_key(secret(signing_key, "signingKey", &mut room)?)?))
}

/// The 32 bytes of a key.
fn export_key([key]: [Arg; 1]) -> Result<Bytes, Error> {
    let key = key.key().ok_or(of_type("key", "a ZumoKey"))?;
    Ok(Bytes(Zeroizing::new(*key.export())))
}

const EXPIRY: &str = "a Date, a number of milliseconds, or an object whose valueOf() gives one";

const fn of_type(name: &'static str, expected: &'static str) -> ArgumentError {
    ArgumentError::new(Problem::Type, name, expected)
}

fn text<'r>(arg: Arg, wrong: ArgumentError, room: &'r mut Room) -> Result<&'r str, ArgumentError> {
    let expected = "well-formed Unicode, without lone surrogates";
    match arg.text(room) {
        Ok(text) => text.ok_or(wrong),
        Err(IllFormed) => Err(ArgumentError { problem: Problem::Value, expected, ..wrong }),
    }
}

type Texts<'r> = OneOrMany<Cow<'r, str>>;

fn texts<'r>(
    arg: Arg,
    name: &'static str,
    room: &'r mut Room,
) -> Result<Option<Texts<'r>>, ArgumentError> {
    let wrong = of_type(name, "a string or an array of strings").of("options");
    match text(arg, wrong, room) {
        Ok(text) => Ok(Some(OneOrMany::One([text.into()]))),
        Err(_) if arg.is_undefined() => Ok(None),
        Err(wrong) => {
            let own = |item| Ok(text(item, wrong, &mut Room::new())?.to_owned().into());
            let items = arg.items().ok_or(wrong)?.into_iter().map(own);
            Ok(Some(OneOrMany::Many(items.collect::<Result<_, _>>()?)))
        }
    }
}

fn secret<'r>(
    arg: Arg<'r>,
    name: &'static str,
    room: &'r mut SecretRoom,
) -> Result<Secret<'r>, ArgumentError> {
    match text(arg, of_type(name, "a string or a Uint8Array"), &mut room.0) {
        Ok(text) => Ok(Secret::Text(text)),
        Err(wrong) => arg.bytes().map(Secret::Bytes).ok_or(wrong),
    }
}

fn key<'call>(arg: Arg<'call>, name: &'static str) -> Result<Key<'call>, ArgumentError> {
    if let Some(key) = arg.key() {
        return Ok(Key::Held(key));
    }
    let mut room = SecretRoom::new();
    let key = ZumoKey::from_master_key(secret(arg, name, &mut room)?);
    key.map(Key::Own).map_err(|error| ArgumentError { name, ..error })
}

enum Key<'a> {
    Own(ZumoKey),
    Held(&'a ZumoKey),
}

impl Borrow<ZumoKey> for Key<'_> {
    fn borrow(&self) -> &ZumoKey {
        match self {
            Self::Own(key) => key,
            Self::Held(key) => key,
        }
    }
}

/// What is one thing nearly always, and then needs no allocation.
enum OneOrMany<T> {
    One([T; 1]),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    fn as_slice(&self) -> &[T] {
        match self {
            Self::One(one) => one,
            Self::Many(many) => many,
        }
    }
}

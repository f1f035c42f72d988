//! The addon: turns JavaScript's arguments into the core's, and its answers back. Nothing is
//! decided here but which type an argument is of.

mod answer;
mod border;
#[cfg(feature = "floor")]
mod floor;

use std::borrow::{Borrow, Cow};

use napi::Env;
use napi::bindgen_prelude::BufferSlice;
use napi_derive::napi;

use self::border::{Answer, Arg, Handle, IllFormed, Room, SecretRoom, Text};
use crate::{ArgumentError, Expected, Problem, Secret, Token, ZumoKey};

/// A version 1 token; `expiry` in ms.
#[napi(
    catch_unwind,
    ts_args_type = "expiry: unknown, aud: unknown, userId: unknown, masterKey: unknown",
    ts_return_type = "string"
)]
pub fn zumo_jwt(expiry: Arg, aud: Arg, user_id: Arg, master_key: Arg) -> Answer<Text> {
    let (mut aud_room, mut user_id_room) = (Room::new(), Room::new());
    Answer::of(|| {
        let expiry = expiry.number().ok_or(of_type("expiry", EXPIRY))?;
        let aud = text(aud, of_type("aud", "a string"), &mut aud_room)?;
        let user_id = text(user_id, of_type("userId", "a string"), &mut user_id_room)?;
        let key = key(master_key, "masterKey")?;
        Ok(Text::Latin1(crate::zumo_jwt(expiry, aud, user_id, key.borrow())?.into_bytes()))
    })
}

/// A token with claims that came through `JSON.stringify`.
#[napi(
    catch_unwind,
    ts_args_type = "claims: unknown, key: unknown, version: unknown",
    ts_return_type = "string"
)]
pub fn sign(claims: Arg, key: Arg, version: Arg) -> Answer<Text> {
    let mut room = Room::new();
    Answer::of(|| {
        let claims = text(claims, of_type("claims", "an object"), &mut room)?;
        let key = self::key(key, "key")?;
        let version = number(version, of_type("version", "1 or 2").of("options"))?;
        Ok(Text::Latin1(crate::sign(claims, key.borrow(), version)?.into_bytes()))
    })
}

/// What the facade makes the answer of, or why the token was refused; `clockTolerance` in s, `now`
/// in ms.
#[napi(
    catch_unwind,
    ts_args_type = "token: unknown, key: unknown, audience: unknown, issuer: unknown, clockTolerance: unknown, now: unknown",
    ts_return_type = "string | [code: string, message: string, claim?: string]"
)]
pub fn verify(
    token: Arg,
    key: Arg,
    audience: Arg,
    issuer: Arg,
    clock_tolerance: Arg,
    now: Arg,
) -> Answer<Text> {
    let (mut token_room, mut audience_room, mut issuer_room) =
        (Room::new(), Room::new(), Room::new());
    Answer::of(|| {
        let token = text(token, of_type("token", "a string"), &mut token_room)?;
        let keys = match key.items() {
            None => OneOrMany::One([self::key(key, "key")?]),
            Some(items) => {
                let keys = items.into_iter().map(|item| self::key(item, "key"));
                OneOrMany::Many(keys.collect::<Result<_, _>>()?)
            }
        };
        let audience = texts(audience, "audience", &mut audience_room)?;
        let issuer = texts(issuer, "issuer", &mut issuer_room)?;
        let wrong = of_type("clockTolerance", "a number of seconds").of("options");
        let clock_tolerance = number(clock_tolerance, wrong)?;
        let wrong = of_type("now", "a Date or a number of milliseconds").of("options");
        let now = now.number().ok_or(wrong)?;
        let expected = Expected::new(
            keys.as_slice(),
            audience.as_ref().map(OneOrMany::as_slice),
            issuer.as_ref().map(OneOrMany::as_slice),
            clock_tolerance.unwrap_or(0.0),
            now,
        )?;
        let token = Token::read(token)?;
        Ok(answer::verified(&token.verify(keys.as_slice(), &expected)?))
    })
}

/// The contents as JSON, or why there are none.
#[napi(
    catch_unwind,
    ts_args_type = "token: unknown",
    ts_return_type = "string | [code: string, message: string]"
)]
pub fn decode(token: Arg) -> Answer<Text> {
    let mut room = Room::new();
    Answer::of(|| {
        let token = Token::read(text(token, of_type("token", "a string"), &mut room)?)?;
        Ok(answer::decoded(token.contents()?))
    })
}

/// A handle for the key of a Mobile Service.
#[napi(catch_unwind, ts_args_type = "masterKey: unknown", ts_return_type = "object")]
pub fn master_key(master_key: Arg) -> Answer<Handle> {
    let mut room = SecretRoom::new();
    Answer::of(|| {
        let secret = secret(master_key, "masterKey", &mut room)?;
        Ok(Handle(ZumoKey::from_master_key(secret)?))
    })
}

/// A handle for the key of an App Service site.
#[napi(catch_unwind, ts_args_type = "signingKey: unknown", ts_return_type = "object")]
pub fn signing_key(signing_key: Arg) -> Answer<Handle> {
    let mut room = SecretRoom::new();
    Answer::of(|| {
        let secret = secret(signing_key, "signingKey", &mut room)?;
        Ok(Handle(ZumoKey::from_signing_key(secret)?))
    })
}

/// The 32 bytes of a key.
#[napi(catch_unwind, ts_args_type = "key: object", ts_return_type = "Buffer")]
pub fn export_key<'env>(env: &'env Env, key: Arg<'env>) -> Answer<BufferSlice<'env>> {
    Answer::of(|| {
        let key = key.key().ok_or(of_type("key", "a ZumoKey"))?;
        let copy = BufferSlice::copy_from(env, key.export());
        copy.map_err(|_| ArgumentError::new(Problem::Value, "key", "exportable here").into())
    })
}

const EXPIRY: &str = "a Date, a number of milliseconds, or an object whose valueOf() gives one";

const fn of_type(name: &'static str, expected: &'static str) -> ArgumentError {
    ArgumentError::new(Problem::Type, name, expected)
}

fn number(arg: Arg, wrong: ArgumentError) -> Result<Option<f64>, ArgumentError> {
    match arg.number() {
        None if !arg.is_undefined() => Err(wrong),
        number => Ok(number),
    }
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
    if arg.is_undefined() {
        return Ok(None);
    }
    let wrong = of_type(name, "a string or an array of strings").of("options");
    Ok(Some(match arg.items() {
        None => OneOrMany::One([text(arg, wrong, room)?.into()]),
        Some(items) => {
            let own = |item| Ok(text(item, wrong, &mut Room::new())?.to_owned().into());
            OneOrMany::Many(items.into_iter().map(own).collect::<Result<_, _>>()?)
        }
    }))
}

fn secret<'r>(
    arg: Arg<'r>,
    name: &'static str,
    room: &'r mut SecretRoom,
) -> Result<Secret<'r>, ArgumentError> {
    if let Some(bytes) = arg.bytes() {
        return Ok(Secret::Bytes(bytes));
    }
    Ok(Secret::Text(text(arg, of_type(name, "a string or a Uint8Array"), &mut room.0)?))
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

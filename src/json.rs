//! JSON as tokens need it: written as `JSON.stringify` writes it, read without a second meaning.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

/// How deep arrays and objects may nest.
const MAX_DEPTH: usize = 128;

/// A JSON value that borrows its text where it can.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// Any number; always finite.
    Number(f64),
    /// A string of whole Unicode characters.
    String(Cow<'a, str>),
    /// An array.
    Array(Vec<Value<'a>>),
    /// An object.
    Object(Object<'a>),
}

/// A JSON object whose members stand in the order of their text, no name twice.
#[derive(Debug, Clone, PartialEq)]
pub struct Object<'a>(Vec<(Cow<'a, str>, Value<'a>)>);

impl<'a> Object<'a> {
    /// Reads one JSON object (RFC 8259). Nothing comes back for text that another reader could
    /// take for something else: a name given twice in any object, a lone surrogate, a number that
    /// is not finite; nor for more than 128 levels.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut reader = serde_json::Deserializer::from_str(text);
        reader.disable_recursion_limit();
        let value = Strict { depth: 0 }.deserialize(&mut reader).ok()?;
        reader.end().ok()?;
        match value {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The value of a member.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value<'a>> {
        self.iter().find_map(|(own, value)| (own == name).then_some(value))
    }

    /// The members in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value<'a>)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }

    /// Takes a member out.
    pub fn take(&mut self, name: &str) -> Option<Value<'a>> {
        let at = self.0.iter().position(|(own, _)| own == name)?;
        Some(self.0.remove(at).1)
    }

    /// Puts members in front of those that are there.
    pub fn prepend(&mut self, members: impl IntoIterator<Item = (&'static str, Value<'a>)>) {
        self.0.splice(0..0, members.into_iter().map(|(name, value)| (name.into(), value)));
    }

    fn has_name_twice(&self) -> bool {
        // Comparing all pairs beats sorting for the few claims of a real token, and would take
        // long for the thousands of a hostile one.
        if self.0.len() <= 16 {
            let mut earlier = self.0.iter().enumerate();
            return earlier
                .any(|(at, (name, _))| self.0.iter().take(at).any(|(own, _)| own == name));
        }
        let mut names: Vec<_> = self.0.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.windows(2).any(|pair| pair.first() == pair.last())
    }
}

impl Value<'_> {
    /// Writes the value as `JSON.stringify` does.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null => out.extend_from_slice(b"null"),
            Self::Bool(true) => out.extend_from_slice(b"true"),
            Self::Bool(false) => out.extend_from_slice(b"false"),
            Self::Number(number) => write_number(*number, out),
            Self::String(text) => write_string(text, out),
            Self::Array(items) => {
                out.push(b'[');
                for item in items {
                    item.write(out);
                    out.push(b',');
                }
                close(b']', out);
            }
            Self::Object(object) => {
                out.push(b'{');
                for (name, value) in object.iter() {
                    write_string(name, out);
                    out.push(b':');
                    value.write(out);
                    out.push(b',');
                }
                close(b'}', out);
            }
        }
    }
}

/// Ends a list whose items each left a comma behind.
fn close(bracket: u8, out: &mut Vec<u8>) {
    out.pop_if(|last| *last == b',');
    out.push(bracket);
}

/// Writes a finite number as ECMAScript's `Number::toString` does.
pub fn write_number(number: f64, out: &mut Vec<u8>) {
    // Whole seconds are what most tokens hold, and integers print several times faster.
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)]
    let whole = number as i64;
    #[allow(clippy::cast_precision_loss, clippy::float_cmp)]
    if whole.unsigned_abs() < 1 << 53 && whole as f64 == number {
        out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
    } else {
        out.extend_from_slice(ryu_js::Buffer::new().format_finite(number).as_bytes());
    }
}

/// Writes a string in quotes, escaping what `JSON.stringify` escapes and nothing else.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| is_special(*byte)) {
        let (plain, special) = rest.split_at(at);
        out.extend_from_slice(plain);
        let Some((&byte, after)) = special.split_first() else { break };
        let short = match byte {
            0x08 => b'b',
            b'\t' => b't',
            b'\n' => b'n',
            0x0c => b'f',
            b'\r' => b'r',
            b'"' | b'\\' => byte,
            _ => b'u',
        };
        out.extend_from_slice(&[b'\\', short]);
        if short == b'u' {
            // A control character: below 0x20.
            let last = byte & 0xf;
            let last = if last < 10 { b'0' + last } else { b'a' - 10 + last };
            out.extend_from_slice(&[b'0', b'0', b'0' + (byte >> 4), last]);
        }
        rest = after;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// Whether a JSON string holds the text as it is.
pub fn is_plain(text: &[u8]) -> bool {
    // Every byte is looked at, since a loop that ends early is not vectorized.
    !text.iter().fold(false, |any, byte| any | is_special(*byte))
}

fn is_special(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

/// Deserializes one value, so many arrays and objects down.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
}

impl Strict {
    fn enter<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth {
            MAX_DEPTH => Err(E::custom("nested too deep")),
            depth => Ok(Self { depth: depth + 1 }),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Value::Number(value))
    }

    #[allow(clippy::cast_precision_loss)]
    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Value::Number(value as f64))
    }

    #[allow(clippy::cast_precision_loss)]
    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Value::Number(value as f64))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Value::String(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Value::String(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let inner = self.enter()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let inner = self.enter()?;
        let mut object = Object(Vec::with_capacity(8));
        while let Some(name) = map.next_key_seed(Name)? {
            object.0.push((name, map.next_value_seed(inner)?));
        }
        if object.has_name_twice() {
            return Err(A::Error::custom("a name stands twice"));
        }
        Ok(Value::Object(object))
    }
}

struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(name))
    }

    fn visit_str<E>(self, name: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(name.to_owned()))
    }
}

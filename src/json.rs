//! Strict JSON: one pass over the text of an object that accepts nothing that two readers could
//! read differently, and keeps only the members that rules speak of.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

/// How deep arrays and objects may nest.
const MAX_DEPTH: usize = 128;

/// The value of a member that rules speak of.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Bool(bool),
    /// Always finite.
    Number(f64),
    String(Cow<'a, str>),
    /// An array of strings.
    Strings(Vec<Cow<'a, str>>),
    /// `null`, an object, or any other array.
    Other,
}

/// The members of an object that are kept.
pub trait Members<'a>: Default {
    /// Where the value of a member goes; `None` for one that is only checked.
    fn member(&mut self, name: &str) -> Option<&mut Option<Value<'a>>>;

    /// Told of every member: its name, and the text of that name with its quotes.
    fn found(&mut self, _name: &Cow<'a, str>, _text: &'a str) {}
}

/// Reads one JSON object (RFC 8259). `None` for text that another reader could read differently: a
/// name given twice in any object, a lone surrogate, a number that is not finite; and for more than
/// 128 levels.
pub fn read_object<'a, M: Members<'a>>(text: &'a str) -> Option<M> {
    let mut reader = serde_json::Deserializer::from_str(text);
    // In place of serde_json's own limit of 127 levels.
    reader.disable_recursion_limit();
    let mut members = M::default();
    reader.deserialize_map(ObjectVisitor { members: &mut members }).ok()?;
    reader.end().ok()?;
    Some(members)
}

struct ObjectVisitor<'m, M> {
    members: &'m mut M,
}

impl<'de, M: Members<'de>> Visitor<'de> for ObjectVisitor<'_, M> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut others = Vec::new();
        while let Some(raw) = map.next_key::<&RawValue>()? {
            let name = unquote(raw)?;
            self.members.found(&name, raw.get());
            match self.members.member(&name) {
                Some(Some(_)) => return Err(duplicate()),
                Some(member) => {
                    *member = Some(map.next_value_seed(Check { depth: 1, keep: true })?)
                }
                None => {
                    others.push(name);
                    map.next_value_seed(Check { depth: 1, keep: false })?;
                }
            }
        }
        if has_duplicate_names(&mut others) { Err(duplicate()) } else { Ok(()) }
    }
}

/// Checks a value inside of so many arrays and objects, and returns it if it is to be kept.
#[derive(Clone, Copy)]
struct Check {
    depth: usize,
    keep: bool,
}

impl Check {
    fn enter<E: Error>(self) -> Result<Self, E> {
        match self.depth {
            MAX_DEPTH => Err(E::custom("nested too deep")),
            depth => Ok(Self { depth: depth + 1, ..self }),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Check {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Value::Other)
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
        Ok(if self.keep { Value::String(Cow::Owned(text.to_owned())) } else { Value::Other })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let inner = self.enter()?;
        let mut strings = Some(Vec::new());
        while let Some(item) = seq.next_element_seed(inner)? {
            match (&mut strings, item) {
                (Some(strings), Value::String(text)) if self.keep => strings.push(text),
                _ => strings = None,
            }
        }
        Ok(strings.map_or(Value::Other, Value::Strings))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let inner = Self { keep: false, ..self.enter()? };
        let mut names = Vec::new();
        while let Some(raw) = map.next_key::<&RawValue>()? {
            names.push(unquote(raw)?);
            map.next_value_seed(inner)?;
        }
        if has_duplicate_names(&mut names) { Err(duplicate()) } else { Ok(Value::Other) }
    }
}

fn unquote<'a, E: Error>(name: &'a RawValue) -> Result<Cow<'a, str>, E> {
    let text = name.get();
    if text.contains('\\') {
        return serde_json::from_str(text).map(Cow::Owned).map_err(E::custom);
    }
    let inside = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inside.map(Cow::Borrowed).ok_or_else(|| E::custom("a name without quotes"))
}

fn has_duplicate_names(names: &mut [Cow<str>]) -> bool {
    // Comparing all pairs is faster for the few claims of a real token, and would take long for the
    // thousands of a hostile one.
    if let 0..=16 = names.len() {
        let mut rest = &*names;
        while let Some((name, others)) = rest.split_first() {
            if others.contains(name) {
                return true;
            }
            rest = others;
        }
        return false;
    }
    names.sort_unstable();
    names.windows(2).any(|pair| pair.first() == pair.last())
}

fn duplicate<E: Error>() -> E {
    E::custom("a name is given twice")
}

/// Writes a finite number as ECMAScript's `Number::toString` does.
pub fn write_number(number: f64, out: &mut Vec<u8>) {
    out.extend_from_slice(ryu_js::Buffer::new().format_finite(number).as_bytes());
}

/// Writes a string in quotes, with the escapes of `JSON.stringify`.
pub fn write_string(text: &str, out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = serde_json::to_writer(out, text);
}

#[cfg(test)]
#[path = "../__test__/rust/json.rs"]
mod tests;

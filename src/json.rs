//! Strict JSON: one pass over the text of an object that accepts nothing that two readers could
//! read differently, and keeps only the members that a rule reads.
#![forbid(unsafe_code)]

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// How deep arrays and objects may nest.
const MAX_DEPTH: usize = 128;

/// The value of a member that a rule reads.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Bool(bool),
    /// Always finite.
    Number(f64),
    String(Cow<'a, str>),
    /// An array of strings.
    Strings(Vec<Cow<'a, str>>),
    Null,
    /// An object, or any other array.
    Other,
}

/// A struct with a field for each member of an object that is kept.
pub trait Fields<'a>: Default {
    /// The field of a member; `None` for a member that is only checked.
    fn field(&mut self, name: &str) -> Option<&mut Option<Value<'a>>>;
}

/// Reads one JSON object (RFC 8259). `None` for text that another reader could read differently: a
/// name given twice in any object, a lone surrogate, a number that is not finite; and for more than
/// 128 levels.
pub fn read_object<'a, F: Fields<'a>>(text: &'a str) -> Option<F> {
    let mut reader = serde_json::Deserializer::from_str(text);
    // In place of serde_json's own limit of 127 levels.
    reader.disable_recursion_limit();
    let mut fields = F::default();
    reader.deserialize_map(ObjectVisitor(&mut fields)).ok()?;
    reader.end().ok()?;
    Some(fields)
}

struct ObjectVisitor<'f, F>(&'f mut F);

impl<'de, F: Fields<'de>> Visitor<'de> for ObjectVisitor<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(fields) = self;
        let (names, depth) = (&mut Vec::new(), 1);
        // A name is always a string.
        while let Some(Value::String(name)) =
            map.next_key_seed(Reader { names, depth, keep: true })?
        {
            if let Some(field) = fields.field(&name) {
                let value = map.next_value_seed(Reader { names, depth, keep: true })?;
                if field.replace(value).is_some() {
                    return Err(duplicate());
                }
            } else {
                names.push(name);
                map.next_value_seed(Reader { names, depth, keep: false })?;
            }
        }
        refuse_duplicates(names)
    }
}

/// Reads and checks a value. Returns it if `keep` is set, and else `Value::Other`.
struct Reader<'n, 'de> {
    /// The names in all objects around the value. One vector for all of them saves allocations.
    names: &'n mut Vec<Cow<'de, str>>,
    /// How many arrays and objects are around the value.
    depth: usize,
    keep: bool,
}

impl<'n, 'de> Reader<'n, 'de> {
    fn enter<E: Error>(self) -> Result<(&'n mut Vec<Cow<'de, str>>, usize), E> {
        match self.depth {
            MAX_DEPTH => Err(E::custom("nested too deep")),
            depth => Ok((self.names, depth + 1)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_, 'de> {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_, 'de> {
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
        Ok(if self.keep { Value::String(Cow::Owned(text.to_owned())) } else { Value::Other })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let keep = self.keep;
        let (names, depth) = self.enter()?;
        let mut strings = keep.then(Vec::new);
        while let Some(item) = seq.next_element_seed(Reader { names, depth, keep })? {
            match (&mut strings, item) {
                (Some(strings), Value::String(text)) => strings.push(text),
                _ => strings = None,
            }
        }
        Ok(strings.map_or(Value::Other, Value::Strings))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (names, depth) = self.enter()?;
        let outer = names.len();
        while let Some(Value::String(name)) =
            map.next_key_seed(Reader { names, depth, keep: true })?
        {
            names.push(name);
            map.next_value_seed(Reader { names, depth, keep: false })?;
        }
        refuse_duplicates(names.get_mut(outer..).unwrap_or_default())?;
        names.truncate(outer);
        Ok(Value::Other)
    }
}

fn refuse_duplicates<E: Error>(names: &mut [Cow<str>]) -> Result<(), E> {
    // Comparing all pairs is faster for the few names of a real token, and would take long for the
    // thousands of a hostile one.
    let has_duplicates = if names.len() <= 16 {
        let mut pairs = names.iter().enumerate();
        pairs.any(|(at, name)| names.iter().take(at).any(|earlier| earlier == name))
    } else {
        names.sort_unstable();
        names.windows(2).any(|pair| pair.first() == pair.last())
    };
    if has_duplicates { Err(duplicate()) } else { Ok(()) }
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

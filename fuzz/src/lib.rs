//! Tokens and their JSON, by crates that the package itself does not use.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use hmac_sha256::HMAC;
use jiter::{Jiter, JsonValue};

/// The master key of most golden tokens.
pub const MASTER_KEY: &str = "AbCdEfGhIjKlMnOpQrStUvWxYz012345";
pub const ISSUER: &str = "urn:microsoft:windows-azure:zumo";

/// Separates the pieces of an input; a byte that no UTF-8 text holds.
pub const SEPARATOR: u8 = 0xff;

pub type Members<'a> = [(std::borrow::Cow<'a, str>, JsonValue<'a>)];

pub fn signed(header: &[u8], claims: &[u8], key: &[u8]) -> String {
    let signed = format!("{}.{}", BASE64URL.encode(header), BASE64URL.encode(claims));
    let mac = HMAC::mac(&signed, key);
    format!("{signed}.{}", BASE64URL.encode(mac))
}

/// The header, the claims and the signature; nothing but the one way to write them passes.
pub fn split(token: &str) -> Option<[Vec<u8>; 3]> {
    let parts: Vec<_> = token.split('.').collect();
    let [header, claims, signature] = parts.try_into().ok()?;
    let decode = |part: &str| BASE64URL.decode(part).ok().filter(|bytes| !bytes.is_empty());
    Some([decode(header)?, decode(claims)?, decode(signature)?])
}

/// A JSON object as the package reads it: no name twice, all numbers finite, 128 levels at most.
pub fn read(text: &[u8]) -> Option<JsonValue<'_>> {
    let value = JsonValue::parse(text, false).ok()?;
    (matches!(value, JsonValue::Object(_)) && is_strict(&value, 128)).then_some(value)
}

fn is_strict(value: &JsonValue, levels: usize) -> bool {
    match value {
        JsonValue::Array(items) => {
            levels > 0 && items.iter().all(|item| is_strict(item, levels - 1))
        }
        JsonValue::Object(members) => {
            let mut names = HashSet::new();
            levels > 0
                && members
                    .iter()
                    .all(|(name, value)| names.insert(name) && is_strict(value, levels - 1))
        }
        JsonValue::Float(_) | JsonValue::BigInt(_) => number(value).is_finite(),
        _ => true,
    }
}

pub fn members<'a, 'j>(value: &'a JsonValue<'j>) -> &'a Members<'j> {
    match value {
        JsonValue::Object(members) => members,
        _ => &[],
    }
}

pub fn get<'a, 'j>(value: &'a JsonValue<'j>, name: &str) -> Option<&'a JsonValue<'j>> {
    members(value).iter().find_map(|(own, value)| (own == name).then_some(value))
}

pub fn number(value: &JsonValue) -> f64 {
    match value {
        JsonValue::Int(number) => *number as f64,
        JsonValue::BigInt(number) => number.to_string().parse().unwrap(),
        JsonValue::Float(number) => *number,
        _ => f64::NAN,
    }
}

/// The members of an object: each name, and the text of its value with the white space around it.
pub fn value_texts(text: &str) -> Option<Vec<(String, &str)>> {
    let mut reader = Jiter::new(text.as_bytes());
    let mut texts = Vec::new();
    let mut name = reader.next_object().ok()?.map(str::to_owned);
    while let Some(own) = name {
        let start = reader.current_index();
        reader.next_skip().ok()?;
        texts.push((own, &text[start..reader.current_index()]));
        name = reader.next_key().ok()?.map(str::to_owned);
    }
    Some(texts)
}

pub fn stringify_text(text: &str) -> String {
    let escaped: String = text
        .chars()
        .map(|character| match character {
            '"' => "\\\"".into(),
            '\\' => "\\\\".into(),
            '\u{8}' => "\\b".into(),
            '\t' => "\\t".into(),
            '\n' => "\\n".into(),
            '\u{c}' => "\\f".into(),
            '\r' => "\\r".into(),
            '\0'..='\x1f' => format!("\\u{:04x}", u32::from(character)),
            _ => character.to_string(),
        })
        .collect();
    format!("\"{escaped}\"")
}

/// ECMA-262, `Number::toString`, from Rust's own formatting. The names are the specification's.
pub fn stringify_number(number: f64) -> String {
    if number == 0.0 {
        return "0".into();
    }
    // Of two shortest forms that are equally close, Rust takes the upper one and ECMAScript the
    // even one, as Rust does where it is told how many digits to print.
    let shortest = format!("{:e}", number.abs());
    let digits = shortest.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit);
    let even = format!("{:.*e}", digits.count() - 1, number.abs());
    let scientific = if even.parse() == Ok(number.abs()) { even } else { shortest };
    let (mantissa, exponent) = scientific.split_once('e').unwrap();
    let digits = mantissa.replace('.', "");
    let (k, n) = (digits.len() as i32, exponent.parse::<i32>().unwrap() + 1);
    let zeros = |count: i32| "0".repeat(count as usize);
    let text = match n {
        _ if k <= n && n <= 21 => digits + &zeros(n - k),
        1..=21 => format!("{}.{}", &digits[..n as usize], &digits[n as usize..]),
        -5..=0 => format!("0.{}{digits}", zeros(-n)),
        _ => format!("{mantissa}e{:+}", n - 1),
    };
    if number < 0.0 { format!("-{text}") } else { text }
}

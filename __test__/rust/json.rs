//! The reader against `serde_json`'s own, and the writers against `serde_json` and `ryu-js`.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, clippy::float_cmp)]

use proptest::prelude::*;

use super::*;

/// Keeps the member `kept`.
#[derive(Default)]
struct Kept<'a>(Option<Value<'a>>);

impl<'a> Fields<'a> for Kept<'a> {
    fn field(&mut self, name: &str) -> Option<&mut Option<Value<'a>>> {
        (name == "kept").then_some(&mut self.0)
    }
}

fn is_object(text: &str) -> bool {
    read_object::<Kept>(text).is_some()
}

#[test]
fn values_are_read_as_what_they_are() {
    for (text, value) in [
        ("true", Value::Bool(true)),
        ("-1.5e3", Value::Number(-1500.0)),
        ("9007199254740993", Value::Number(9_007_199_254_740_992.0)),
        ("-0", Value::Number(0.0)),
        (r#""text""#, Value::String("text".into())),
        (r#""\u0074\ud83d\ude00""#, Value::String("t😀".into())),
        (r#"["a","\u0062"]"#, Value::Strings(vec!["a".into(), "b".into()])),
        ("[]", Value::Strings(vec![])),
        (r#"["a",1]"#, Value::Other),
        (r#"[["a"]]"#, Value::Other),
        (r#"[null,"a"]"#, Value::Other),
        ("null", Value::Null),
        ("{}", Value::Other),
    ] {
        let text = format!(r#"{{"other":1,"kept":{text},"another":{text}}}"#);
        assert_eq!(read_object::<Kept>(&text).unwrap().0, Some(value), "{text}");
    }
    assert_eq!(read_object::<Kept>(r#"{"\u006bept":1}"#).unwrap().0, Some(Value::Number(1.0)));
    assert_eq!(read_object::<Kept>("{}").unwrap().0, None);
}

#[test]
fn what_is_not_one_object_is_refused() {
    for text in
        ["", "[]", "null", r#""a""#, "{", "}", "{}{}", "{,}", r#"{"a":1,}"#, r#"{"a"}"#, "{1:2}"]
    {
        assert!(!is_object(text), "{text}");
    }
    assert!(is_object(" \t\r\n{ } \n"));
}

/// A value as the one that is kept, as one that is only checked, and inside others.
fn everywhere(value: &str) -> [String; 4] {
    [
        format!(r#"{{"kept":{value}}}"#),
        format!(r#"{{"other":{value}}}"#),
        format!(r#"{{"kept":[{value}]}}"#),
        format!(r#"{{"other":[{{"x":[{value}]}}]}}"#),
    ]
}

#[test]
fn what_two_readers_could_read_differently_is_refused_everywhere() {
    for value in [
        "1e999",
        "-1e309",
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"a":{"b":1,"b":1}}"#,
        r#"{"\ud800":1}"#,
        r#"{"a"}"#,
        "{1:2}",
        "01",
        "+1",
        ".5",
        "NaN",
        "'a'",
        "\"\n\"",
        r#""\x""#,
    ] {
        for text in everywhere(value) {
            assert!(!is_object(&text), "{text}");
        }
    }
    for value in ["1e308", "1e-999", r#""\ud83d\ude00""#, r#"{"a":{"a":1},"\u0062":{"a":1}}"#] {
        for text in everywhere(value) {
            assert!(is_object(&text), "{text}");
        }
    }
    for text in [r#"{"kept":1,"kept":1}"#, r#"{"kept":null,"\u006bept":null}"#, r#"{"a":1,"a":1}"#]
    {
        assert!(!is_object(text), "{text}");
    }
}

#[test]
fn a_name_may_be_given_once_however_many_there_are() {
    let names = |count| (0..count).map(|at| format!(r#""n{at}":0"#)).collect::<Vec<_>>().join(",");
    for count in [1, 2, 15, 16, 17, 100] {
        for last in [0, count - 1] {
            let names = names(count);
            assert!(is_object(&format!("{{{names}}}")));
            assert!(is_object(&format!(r#"{{{names},"x":{{{names}}},"y":{{{names}}}}}"#)));
            assert!(!is_object(&format!(r#"{{{names},"n{last}":0}}"#)));
            assert!(!is_object(&format!(r#"{{"x":{{{names},"n{last}":0}}}}"#)));
        }
    }
}

#[test]
fn objects_and_arrays_are_at_most_128_deep() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        for name in ["kept", "other"] {
            let nested = |depth: usize| {
                let (open, close) = (open.repeat(depth - 1), close.repeat(depth - 1));
                format!(r#"{{"{name}":{open}1{close}}}"#)
            };
            assert!(is_object(&nested(128)));
            assert!(!is_object(&nested(129)));
        }
    }
}

#[test]
fn strings_are_written_as_json_stringify_writes_them() {
    for (text, expected) in [
        ("\"\\/", r#""\"\\/""#),
        ("\u{8}\t\n\u{c}\r", r#""\b\t\n\f\r""#),
        ("\0\u{b}\u{1f}", r#""\u0000\u000b\u001f""#),
        ("<\u{7f}\u{2028}😀", "\"<\u{7f}\u{2028}😀\""),
    ] {
        assert_eq!(written(|out| write_string(text, out)), expected);
    }
}

#[test]
fn numbers_are_written_as_ecmascript_writes_them() {
    for (number, expected) in [
        (-0.0, "0"),
        (-1.0, "-1"),
        (9_007_199_254_740_991.0, "9007199254740991"),
        (i64::MAX as f64, "9223372036854776000"),
        (i64::MIN as f64, "-9223372036854776000"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (1_356_825_600.007, "1356825600.007"),
    ] {
        assert_eq!(written(|out| write_number(number, out)), expected);
    }
}

fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<String>().prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 64, 20, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..20).prop_map(Into::into),
            prop::collection::hash_map(any::<String>(), inner, 0..20)
                .prop_map(|members| members.into_iter().collect::<serde_json::Map<_, _>>().into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_serde_json_writes_is_read(value in json(), indent in any::<bool>()) {
        let object = serde_json::json!({ "kept": value });
        let text = if indent { serde_json::to_string_pretty(&object) } else { serde_json::to_string(&object) };
        let text = text.unwrap();
        let Kept(kept) = read_object(&text).unwrap();
        let kept = kept.unwrap();
        match object.get("kept").unwrap() {
            serde_json::Value::Null => prop_assert_eq!(kept, Value::Null),
            serde_json::Value::Bool(flag) => prop_assert_eq!(kept, Value::Bool(*flag)),
            serde_json::Value::Number(number) => prop_assert_eq!(kept, Value::Number(number.as_f64().unwrap())),
            serde_json::Value::String(text) => prop_assert_eq!(kept, Value::String(text.into())),
            serde_json::Value::Array(items) if items.iter().all(serde_json::Value::is_string) => {
                prop_assert_eq!(kept, Value::Strings(items.iter().map(|item| item.as_str().unwrap().into()).collect()));
            }
            _ => prop_assert_eq!(kept, Value::Other),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    #[test]
    fn numbers_are_written_as_they_read_back(number in prop_oneof![
        any::<f64>().prop_filter("finite", |number| number.is_finite()),
        any::<i64>().prop_map(|number| number as f64),
        (-9_007_199_254_740_995_i64..9_007_199_254_740_995).prop_map(|number| number as f64 / 1000.0),
    ]) {
        let text = written(|out| write_number(number, out));
        prop_assert_eq!(text.parse::<f64>().unwrap(), number);
    }
}

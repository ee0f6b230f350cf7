//! Every WIT type, through a real component and back: schema, reader and writer agree with each other and with the guest.
//!
//! The component has a function that returns what it was given. That takes no code: behind sixteen more parameters, the
//! canonical ABI passes everything by reference, and so a core function that returns its parameter does it for every type.

use super::interface::ComponentInterface;
use super::value::{Handles, ValueReader, to_json};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fmt::Write;
use wasmtime::component::{Component, Instance, Linker, ResourceAny, ResourceType, Val};
use wasmtime::{Engine, Store};

/// A WIT type.
#[derive(Clone, Debug)]
enum Wit {
    Primitive(&'static str),
    List(Box<Wit>),
    Tuple(Vec<Wit>),
    Record(Vec<Wit>),
    Variant(Vec<Option<Wit>>),
    Enum(usize),
    Flags(usize),
    Option(Box<Wit>),
    Result(Option<Box<Wit>>, Option<Box<Wit>>),
}

const PRIMITIVES: [&str; 13] =
    ["bool", "s8", "u8", "s16", "u16", "s32", "u32", "s64", "u64", "f32", "f64", "char", "string"];

fn wit() -> impl Strategy<Value = Wit> {
    let leaf = prop_oneof![
        8 => proptest::sample::select(&PRIMITIVES[..]).prop_map(Wit::Primitive),
        1 => (1..5_usize).prop_map(Wit::Enum),
        1 => (1..33_usize).prop_map(Wit::Flags),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let boxed = inner.clone().prop_map(Box::new);
        let payload = proptest::option::of(boxed.clone());
        prop_oneof![
            boxed.clone().prop_map(Wit::List),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Wit::Tuple),
            proptest::collection::vec(inner.clone(), 1..4).prop_map(Wit::Record),
            proptest::collection::vec(proptest::option::of(inner), 1..4).prop_map(Wit::Variant),
            boxed.prop_map(Wit::Option),
            (payload.clone(), payload).prop_map(|(ok, err)| Wit::Result(ok, err)),
        ]
    })
}

/// Integers of that many bits as JSON has them.
fn integer(least: i128, most: i128) -> BoxedStrategy<Value> {
    const SAFE: i128 = (1 << 53) - 1;
    prop_oneof![least..=most, Just(least), Just(most), Just(0)]
        .prop_map(|value: i128| if value.abs() <= SAFE { json!(value as i64) } else { json!(value.to_string()) })
        .boxed()
}

fn float(number: impl Strategy<Value = f64> + 'static) -> BoxedStrategy<Value> {
    let special = proptest::sample::select(vec!["NaN", "Infinity", "-Infinity"]);
    prop_oneof![8 => number.prop_map(|number| json!(number)), 1 => special.prop_map(|text| json!(text))].boxed()
}

/// Values of a type, in their JSON form.
fn value(of: &Wit) -> BoxedStrategy<Value> {
    match of {
        Wit::Primitive(name) => match *name {
            "bool" => any::<bool>().prop_map(Value::from).boxed(),
            "s8" => integer(i8::MIN.into(), i8::MAX.into()),
            "u8" => integer(0, u8::MAX.into()),
            "s16" => integer(i16::MIN.into(), i16::MAX.into()),
            "u16" => integer(0, u16::MAX.into()),
            "s32" => integer(i32::MIN.into(), i32::MAX.into()),
            "u32" => integer(0, u32::MAX.into()),
            "s64" => integer(i64::MIN.into(), i64::MAX.into()),
            "u64" => integer(0, u64::MAX.into()),
            "f32" => float(proptest::num::f32::NORMAL.prop_map(f64::from)),
            "f64" => float(proptest::num::f64::NORMAL | proptest::num::f64::ZERO),
            "char" => any::<char>().prop_map(|character| character.to_string().into()).boxed(),
            _ => any::<String>().prop_map(Value::from).boxed(),
        },
        Wit::List(item) => proptest::collection::vec(value(item), 0..5).prop_map(Value::from).boxed(),
        Wit::Tuple(items) => items.iter().map(value).collect::<Vec<_>>().prop_map(Value::from).boxed(),
        Wit::Record(fields) => {
            let fields: Vec<_> = fields.iter().map(value).collect();
            let named = |values: Vec<Value>| {
                values.into_iter().enumerate().map(|(index, value)| (format!("f{index}"), value)).collect()
            };
            fields.prop_map(move |values| Value::Object(named(values))).boxed()
        }
        Wit::Variant(cases) => {
            let cases = cases.iter().enumerate().map(|(index, case)| tagged(format!("c{index}"), case.as_ref()));
            proptest::strategy::Union::new(cases).boxed()
        }
        Wit::Enum(count) => (0..*count).prop_map(|index| format!("e{index}").into()).boxed(),
        Wit::Flags(count) => proptest::collection::vec(any::<bool>(), *count)
            .prop_map(|set| {
                let set = set.into_iter().enumerate().filter(|(_, set)| *set);
                set.map(|(index, _)| Value::from(format!("b{index}"))).collect()
            })
            .boxed(),
        Wit::Option(inner) if matches!(**inner, Wit::Option(_)) => {
            prop_oneof![tagged("none".into(), None), tagged("some".into(), Some(inner))].boxed()
        }
        Wit::Option(inner) => prop_oneof![1 => Just(Value::Null), 3 => value(inner)].boxed(),
        Wit::Result(ok, err) => {
            prop_oneof![tagged("ok".into(), ok.as_deref()), tagged("err".into(), err.as_deref())].boxed()
        }
    }
}

fn tagged(tag: String, payload: Option<&Wit>) -> BoxedStrategy<Value> {
    match payload {
        None => Just(json!({ "tag": tag })).boxed(),
        Some(payload) => value(payload).prop_map(move |value| json!({ "tag": tag, "val": value })).boxed(),
    }
}

fn names(letter: &str, count: usize) -> String {
    (0..count).map(|index| format!("\"{letter}{index}\" ")).collect()
}

/// Defines types as WebAssembly text, each with a name, as the component model demands of most.
#[derive(Default)]
struct Definitions {
    text: String,
    count: usize,
}

impl Definitions {
    fn define(&mut self, wit: &Wit) -> String {
        let mut body = String::new();
        match wit {
            Wit::Primitive(name) => return (*name).into(),
            Wit::List(item) => body = format!("(list {})", self.define(item)),
            Wit::Tuple(items) => {
                let items: Vec<_> = items.iter().map(|item| self.define(item)).collect();
                body = format!("(tuple {})", items.join(" "));
            }
            Wit::Record(fields) => {
                for (index, field) in fields.iter().enumerate() {
                    let ty = self.define(field);
                    let _ = write!(body, "(field \"f{index}\" {ty})");
                }
                body = format!("(record {body})");
            }
            Wit::Variant(cases) => {
                for (index, case) in cases.iter().enumerate() {
                    let ty = case.as_ref().map(|case| self.define(case)).unwrap_or_default();
                    let _ = write!(body, "(case \"c{index}\" {ty})");
                }
                body = format!("(variant {body})");
            }
            Wit::Enum(count) => {
                body = format!("(enum {})", names("e", *count));
            }
            Wit::Flags(count) => {
                body = format!("(flags {})", names("b", *count));
            }
            Wit::Option(inner) => body = format!("(option {})", self.define(inner)),
            Wit::Result(ok, err) => {
                if let Some(ok) = ok {
                    body = self.define(ok);
                }
                if let Some(err) = err {
                    let err = self.define(err);
                    let _ = write!(body, " (error {err})");
                }
                body = format!("(result {body})");
            }
        }
        let number = self.count;
        self.count += 1;
        let _ = writeln!(self.text, "(type $d{number} {body}) (export $t{number} \"t{number}\" (type $d{number}))");
        format!("$t{number}")
    }
}

/// A component whose function `echo` returns its parameter `x`, a record of a value of that type and what makes it go by
/// reference.
fn echo_component(wit: &Wit) -> String {
    let mut definitions = Definitions::default();
    let ty = definitions.define(wit);
    let padding: String = (0..17).map(|index| format!("(field \"p{index}\" u32)")).collect();
    format!(
        r#"(component
            {}
            (type $boxed (record (field "value" {ty}) {padding}))
            (export $box "box" (type $boxed))
            (core module $m
                (memory (export "memory") 4)
                (global $next (mut i32) (i32.const 1024))
                (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                    (local $at i32)
                    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
                    (global.set $next (i32.add (local.get $at) (local.get 3)))
                    (local.get $at))
                (func (export "echo") (param i32) (result i32) (local.get 0)))
            (core instance $i (instantiate $m))
            (func $echo (param "x" $box) (result $box)
                (canon lift (core func $i "echo") (memory (core memory $i "memory")) (realloc (core func $i "realloc"))))
            (export "echo" (func $echo)))"#,
        definitions.text
    )
}

struct NoHandles;

impl Handles for NoHandles {
    fn resource(&mut self, _handle: u64, _ty: &ResourceType, _moved: bool) -> Result<ResourceAny, String> {
        Err("none".into())
    }

    fn handle(&mut self, _resource: ResourceAny) -> u64 {
        unreachable!("no type here is a resource")
    }
}

struct Echo {
    store: Store<()>,
    instance: Instance,
    parameters: Value,
    result: Value,
}

impl Echo {
    fn new(engine: &Engine, wit: &Wit) -> Self {
        let text = echo_component(wit);
        let component = Component::new(engine, wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}")));
        let component = component.unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        let function = ComponentInterface::of(&component).unwrap().functions.remove(0);
        let mut store = Store::new(engine, ());
        let instance = Linker::new(engine).instantiate(&mut store, &component).unwrap();
        let (Some(parameters), Some(result)) = (function.parameters, function.result) else {
            panic!("the function has no schemas")
        };
        Self { store, instance, parameters, result }
    }

    fn arguments(value: Value) -> Value {
        let mut boxed = json!({ "value": value });
        (0..17).for_each(|index| boxed[format!("p{index}")] = json!(index));
        json!({ "x": boxed })
    }

    fn read(&mut self, arguments: Value) -> Result<Vec<Val>, super::value::Mismatch> {
        let function = self.instance.get_func(&mut self.store, "echo").unwrap();
        ValueReader::new(&mut NoHandles).arguments(function.ty(&self.store).params(), arguments)
    }

    fn call(&mut self, arguments: Value) -> Value {
        let values = self.read(arguments).unwrap();
        let function = self.instance.get_func(&mut self.store, "echo").unwrap();
        let mut results = [Val::Bool(false)];
        function.call(&mut self.store, &values, &mut results).unwrap();
        let ty = function.ty(&self.store).results().next().unwrap();
        let [result] = results;
        to_json(&ty, result, &mut NoHandles)
    }
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Equal as numbers, however they are written: 1 and 1.0.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, left)| right.get(name).is_some_and(|right| same(left, right)))
        }
        _ => left == right,
    }
}

/// Whether a JSON Schema allows a value. Knows the keywords of ours, and panics at others.
fn allows(schema: &Value, value: &Value) -> bool {
    let count =
        |expected: &Value, count: usize| expected.as_u64().map(|expected| (expected as usize).cmp(&count)).unwrap();
    let characters = value.as_str().map(|text| text.chars().count());
    let items = value.as_array();
    let fields = value.as_object();
    schema.as_object().unwrap().iter().all(|(keyword, argument)| match keyword.as_str() {
        "description" => true,
        "type" => match argument.as_str().unwrap() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            "number" => value.is_number(),
            "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
            other => panic!("{other}"),
        },
        "minimum" => value.as_f64().is_none_or(|number| number >= argument.as_f64().unwrap()),
        "maximum" => value.as_f64().is_none_or(|number| number <= argument.as_f64().unwrap()),
        "const" => value == argument,
        "enum" => argument.as_array().unwrap().contains(value),
        "anyOf" => argument.as_array().unwrap().iter().any(|schema| allows(schema, value)),
        "oneOf" => argument.as_array().unwrap().iter().filter(|schema| allows(schema, value)).count() == 1,
        "minLength" => characters.is_none_or(|length| count(argument, length).is_le()),
        "maxLength" => characters.is_none_or(|length| count(argument, length).is_ge()),
        "minItems" => items.is_none_or(|items| count(argument, items.len()).is_le()),
        "maxItems" => items.is_none_or(|items| count(argument, items.len()).is_ge()),
        "uniqueItems" => items.is_none_or(|items| (1..items.len()).all(|end| !items[..end].contains(&items[end]))),
        "prefixItems" => {
            let schemas = argument.as_array().unwrap();
            items.is_none_or(|items| schemas.iter().zip(items).all(|(schema, item)| allows(schema, item)))
        }
        "items" => items.is_none_or(|items| {
            let rest = &items[schema["prefixItems"].as_array().map_or(0, Vec::len).min(items.len())..];
            if argument == &json!(false) { rest.is_empty() } else { rest.iter().all(|item| allows(argument, item)) }
        }),
        "properties" => fields.is_none_or(|fields| {
            let known = argument.as_object().unwrap();
            fields.iter().all(|(name, field)| known.get(name).is_none_or(|schema| allows(schema, field)))
        }),
        "required" => {
            let names = argument.as_array().unwrap();
            fields.is_none_or(|fields| names.iter().all(|name| fields.contains_key(name.as_str().unwrap())))
        }
        "additionalProperties" => {
            assert_eq!(argument, &json!(false));
            fields.is_none_or(|fields| fields.keys().all(|name| schema["properties"].get(name).is_some()))
        }
        "pattern" => value.as_str().is_none_or(|text| {
            let (digits, most) = match argument.as_str().unwrap() {
                "^(0|-?[1-9][0-9]{0,18})$" => (text.strip_prefix('-').unwrap_or(text), 19),
                "^(0|[1-9][0-9]{0,19})$" => (text, 20),
                other => panic!("{other}"),
            };
            let whole = (1..=most).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
            text == "0" || (whole && !digits.starts_with('0'))
        }),
        other => panic!("{other}"),
    })
}

/// JSON of no type in particular, of what the forms are made of.
fn junk() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop_oneof![Just(0), Just(-1), Just(128), Just(256), Just(65536), Just(1 << 32), Just(1 << 53), any::<i64>()]
            .prop_map(Value::from),
        proptest::sample::select(vec![1.0, 0.5, -0.0, 1e300, 3.5e38, -3.5e38]).prop_map(Value::from),
        proptest::sample::select(vec!["", "a", "ab", "e0", "b0", "NaN", "0", "-0", "01", "+1", "1", "-1", "tag"])
            .prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let names = proptest::sample::select(vec!["tag", "val", "f0", "f1", "handle"]);
        let tags = proptest::sample::select(vec!["c0", "c1", "ok", "err", "some", "none"]);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map(names, inner.clone(), 0..3)
                .prop_map(|fields| fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()),
            (tags.clone(), inner).prop_map(|(tag, value)| json!({ "tag": tag, "val": value })),
            tags.prop_map(|tag| json!({ "tag": tag })),
        ]
    })
}

/// Puts `junk` in the place of some value within, chosen by `at`.
fn spoil(value: &mut Value, at: usize, junk: Value) {
    let children: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(fields) => fields.values_mut().collect(),
        _ => Vec::new(),
    };
    let count = children.len() + 1;
    match children.into_iter().nth(at % count) {
        Some(child) => spoil(child, at / count, junk),
        None => *value = junk,
    }
}

#[test]
fn every_value_of_every_type_comes_back_as_it_went_in() {
    let engine = Engine::default();
    let cases = wit().prop_flat_map(|wit| {
        let values = proptest::collection::vec(value(&wit), 4);
        (Just(wit), values)
    });
    proptest!(config(96), |((wit, values) in cases)| {
        let mut echo = Echo::new(&engine, &wit);
        for value in values {
            let arguments = Echo::arguments(value);
            prop_assert!(allows(&echo.parameters, &arguments), "{arguments} is not of {}", echo.parameters);
            let returned = echo.call(arguments.clone());
            prop_assert!(same(&returned, &arguments["x"]), "{arguments} came back as {returned}");
            prop_assert!(allows(&echo.result, &returned), "{returned} is not of {}", echo.result);
        }
    });
}

#[test]
fn reader_takes_exactly_what_the_schema_allows() {
    let engine = Engine::default();
    let cases = wit().prop_flat_map(|wit| {
        let values = proptest::collection::vec((value(&wit), any::<usize>(), junk()), 12);
        (Just(wit), values)
    });
    proptest!(config(96), |((wit, spoiled) in cases)| {
        let mut echo = Echo::new(&engine, &wit);
        for (mut value, at, junk) in spoiled {
            spoil(&mut value, at, junk);
            let arguments = Echo::arguments(value);
            let (allowed, read) = (allows(&echo.parameters, &arguments), echo.read(arguments.clone()));
            prop_assert_eq!(allowed, read.is_ok(), "{} by {}: {:?}", arguments, echo.parameters, read);
        }
    });
}

#[test]
fn mismatch_names_the_path() {
    let engine = Engine::default();
    let wit = Wit::Record(vec![
        Wit::List(Box::new(Wit::Primitive("u8"))),
        Wit::Variant(vec![None, Some(Wit::Primitive("string"))]),
        Wit::Primitive("u64"),
    ]);
    let mut echo = Echo::new(&engine, &wit);
    let good = json!({ "f0": [1, 2], "f1": { "tag": "c0" }, "f2": 7 });
    assert!(echo.read(Echo::arguments(good.clone())).is_ok());
    for (pointer, wrong, message) in [
        ("/f0/1", json!(256), "$.x.value.f0[1] must be an integer from 0 to 255, but is 256."),
        ("/f0/0", json!("1"), "$.x.value.f0[0] must be an integer from 0 to 255, but is \"1\"."),
        ("/f1", json!({ "tag": "c7" }), "$.x.value.f1.tag must be one of c0, c1, but is \"c7\"."),
        ("/f1", json!({ "tag": "c1" }), "$.x.value.f1 must be an object with \"val\", but is {}."),
        ("/f1", json!({ "tag": "c1", "val": 1 }), "$.x.value.f1.val must be a string, but is 1."),
        (
            "/f1",
            json!({ "tag": "c0", "val": 1 }),
            "$.x.value.f1.val must be left out, since there is nothing of that name, but is 1.",
        ),
        (
            "/f2",
            json!(1_u64 << 53),
            "$.x.value.f2 must be an integer from 0 to 18446744073709551615, as a string of digits where it lies beyond \
             9007199254740991, but is 9007199254740992.",
        ),
    ] {
        let mut value = good.clone();
        *value.pointer_mut(pointer).unwrap() = wrong;
        assert_eq!(echo.read(Echo::arguments(value)).unwrap_err().to_string(), message);
    }
    for (arguments, message) in [
        (json!(1), "$ must be an object of arguments by name, or an array of them, but is 1."),
        (json!([]), "$ must be an array of length 1, but is []."),
        (json!({ "y": 1 }), "$ must be an object with \"x\", but is an object with y."),
    ] {
        assert_eq!(echo.read(arguments).unwrap_err().to_string(), message);
    }
}

#[test]
fn schemas_of_enormous_types_are_refused_before_they_are_written() {
    let engine = Engine::default();
    let mut wit = Wit::Primitive("u8");
    for _ in 0..12 {
        wit = Wit::Tuple(vec![wit.clone(), wit]);
    }
    let component = Component::new(&engine, wat::parse_str(echo_component(&wit)).unwrap()).unwrap();
    let function = ComponentInterface::of(&component).unwrap().functions.remove(0);
    assert!(function.unsupported.unwrap().contains("more than 4096"), "{:?}", function.parameters);
    let mut wit = Wit::Primitive("u8");
    for _ in 0..24 {
        wit = Wit::List(Box::new(wit));
    }
    let component = Component::new(&engine, wat::parse_str(echo_component(&wit)).unwrap()).unwrap();
    let function = ComponentInterface::of(&component).unwrap().functions.remove(0);
    assert!(function.unsupported.unwrap().contains("deeper than 24"), "{:?}", function.parameters);
}

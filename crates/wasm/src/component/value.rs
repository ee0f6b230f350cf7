//! Values of WIT types to and from their JSON form, the one that [`super::schema`] describes.

use super::schema::MAX_SAFE_INTEGER;
use serde_json::{Map, Value, json};
use std::fmt::Write;
use wasmtime::component::types::Field;
use wasmtime::component::{ResourceAny, ResourceType, Type, Val};

/// Why a JSON value is none of the type that is wanted, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} must be {expected}, but is {found}.")]
pub struct Mismatch {
    /// Such as `$.point.x` or `$.items[3]`.
    pub path: String,
    /// Such as `an integer from 0 to 255`.
    pub expected: String,
    /// The value, shortened.
    pub found: String,
}

/// The resources that a host holds handles of.
pub trait Handles {
    /// The resource behind a handle; `moved` where its ownership goes to the guest.
    ///
    /// # Errors
    /// What the handle must be instead, where there is none of that number and type.
    fn resource(&mut self, handle: u64, ty: &ResourceType, moved: bool) -> std::result::Result<ResourceAny, String>;

    /// A handle for a resource that the host now owns.
    fn handle(&mut self, resource: ResourceAny) -> u64;
}

/// Reads values from JSON.
pub struct ValueReader<'a> {
    handles: &'a mut dyn Handles,
    /// From the root to where the reader is.
    path: Vec<Step>,
}

enum Step {
    Field(String),
    Index(usize),
}

type Result<T> = std::result::Result<T, Mismatch>;

impl<'a> ValueReader<'a> {
    pub fn new(handles: &'a mut dyn Handles) -> Self {
        Self { handles, path: Vec::new() }
    }

    /// The arguments of a function, given as an array in order or as an object by name. In an object, one of an option type
    /// may be left out.
    ///
    /// # Errors
    /// Names the first place that does not fit; nothing of the arguments is used then.
    pub fn arguments<'b>(
        &mut self,
        parameters: impl ExactSizeIterator<Item = (&'b str, Type)>,
        arguments: Value,
    ) -> Result<Vec<Val>> {
        match arguments {
            Value::Object(fields) => {
                let values = self.fields(parameters, fields)?;
                Ok(values.into_iter().map(|(_, value)| value).collect())
            }
            Value::Array(items) => self.items(parameters.map(|(_, ty)| ty), items),
            other => Err(self.mismatch("an object of arguments by name, or an array of them", &other)),
        }
    }

    /// A value of that type.
    ///
    /// # Errors
    /// As [`ValueReader::arguments`].
    pub fn value(&mut self, ty: &Type, json: Value) -> Result<Val> {
        Ok(match ty {
            Type::Bool => match json {
                Value::Bool(value) => Val::Bool(value),
                other => return Err(self.mismatch("true or false", &other)),
            },
            Type::S8 => Val::S8(self.integer(&json)?),
            Type::U8 => Val::U8(self.integer(&json)?),
            Type::S16 => Val::S16(self.integer(&json)?),
            Type::U16 => Val::U16(self.integer(&json)?),
            Type::S32 => Val::S32(self.integer(&json)?),
            Type::U32 => Val::U32(self.integer(&json)?),
            Type::S64 => Val::S64(self.wide_integer(&json, -MAX_SAFE_INTEGER, i64::MIN.into(), i64::MAX.into())?),
            Type::U64 => Val::U64(self.wide_integer(&json, 0, 0, u64::MAX.into())?),
            Type::Float32 => Val::Float32(self.float32(&json)?),
            Type::Float64 => Val::Float64(self.float64(&json, "a number, or \"NaN\", \"Infinity\" or \"-Infinity\"")?),
            Type::Char => Val::Char(self.character(&json)?),
            Type::String => match json {
                Value::String(text) => Val::String(text),
                other => return Err(self.mismatch("a string", &other)),
            },
            Type::List(list) => {
                let ty = list.ty();
                let items = self.array(json, None)?;
                Val::List(self.items(std::iter::repeat_n(ty, items.len()), items)?)
            }
            Type::FixedLengthList(list) => {
                let length = list.len() as usize;
                let items = self.array(json, Some(length))?;
                Val::FixedLengthList(self.items(std::iter::repeat_n(list.ty(), length), items)?)
            }
            Type::Map(map) => {
                let (key, value) = (map.key(), map.value());
                let mut entries = Vec::new();
                for (index, entry) in self.array(json, None)?.into_iter().enumerate() {
                    entries.push(self.at(Step::Index(index), |reader| {
                        let items = reader.array(entry, Some(2))?;
                        let mut pair = reader.items([key.clone(), value.clone()].into_iter(), items)?.into_iter();
                        let (Some(key), Some(value)) = (pair.next(), pair.next()) else { unreachable!("two items") };
                        Ok((key, value))
                    })?);
                }
                Val::Map(entries)
            }
            Type::Record(record) => match json {
                Value::Object(fields) => {
                    Val::Record(self.fields(record.fields().map(|field| (field.name, field.ty)), fields)?)
                }
                other => return Err(self.mismatch("an object", &other)),
            },
            Type::Tuple(tuple) => {
                let items = self.array(json, Some(tuple.types().len()))?;
                Val::Tuple(self.items(tuple.types(), items)?)
            }
            Type::Variant(variant) => {
                let cases: Vec<_> = variant.cases().map(|case| (case.name, case.ty)).collect();
                let (tag, payload) = self.case(&cases, json)?;
                Val::Variant(tag, payload)
            }
            Type::Result(result) => {
                let (tag, payload) = self.case(&[("ok", result.ok()), ("err", result.err())], json)?;
                Val::Result(if tag == "ok" { Ok(payload) } else { Err(payload) })
            }
            Type::Option(option) => match (option.ty(), json) {
                (inner @ Type::Option(_), json) => {
                    Val::Option(self.case(&[("none", None), ("some", Some(inner))], json)?.1)
                }
                (_, Value::Null) => Val::Option(None),
                (inner, json) => Val::Option(Some(Box::new(self.value(&inner, json)?))),
            },
            Type::Enum(names) => Val::Enum(self.one_of(names.names(), json)?),
            Type::Flags(flags) => {
                let mut set: Vec<String> = Vec::new();
                for (index, flag) in self.array(json, None)?.into_iter().enumerate() {
                    let name = self.at(Step::Index(index), |reader| {
                        let name = reader.one_of(flags.names(), flag)?;
                        if set.contains(&name) {
                            return Err(reader.mismatch("a flag that is not there before", &name.into()));
                        }
                        Ok(name)
                    })?;
                    set.push(name);
                }
                Val::Flags(set)
            }
            Type::Own(ty) => Val::Resource(self.resource(ty, json, true)?),
            Type::Borrow(ty) => Val::Resource(self.resource(ty, json, false)?),
            Type::Future(_) | Type::Stream(_) | Type::ErrorContext => {
                return Err(self.mismatch("of a type that JSON has a form for", &json));
            }
        })
    }

    fn mismatch(&self, expected: impl Into<String>, found: &Value) -> Mismatch {
        let mut path = String::from("$");
        for step in &self.path {
            let _ = match step {
                Step::Field(name) => write!(path, ".{name}"),
                Step::Index(index) => write!(path, "[{index}]"),
            };
        }
        Mismatch { path, expected: expected.into(), found: shorten(found) }
    }

    fn at<T>(&mut self, step: Step, read: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.path.push(step);
        let result = read(self)?;
        self.path.pop();
        Ok(result)
    }

    fn integer<T: TryFrom<i128> + Bounds>(&self, json: &Value) -> Result<T> {
        let integer = whole_number(json).and_then(|number| T::try_from(number).ok());
        integer.ok_or_else(|| self.mismatch(format!("an integer from {} to {}", T::LEAST, T::MOST), json))
    }

    fn wide_integer<T: TryFrom<i128>>(&self, json: &Value, safe_least: i64, least: i128, most: i128) -> Result<T> {
        let number = match json {
            Value::String(digits) => whole_digits(digits),
            json => whole_number(json).filter(|number| (safe_least.into()..=MAX_SAFE_INTEGER.into()).contains(number)),
        };
        number.filter(|number| (least..=most).contains(number)).and_then(|number| T::try_from(number).ok()).ok_or_else(
            || {
                let expected = format!(
                    "an integer from {least} to {most}, as a string of digits where it lies beyond {MAX_SAFE_INTEGER}"
                );
                self.mismatch(expected, json)
            },
        )
    }

    fn float32(&self, json: &Value) -> Result<f32> {
        let expected = "a number that fits into 32 bits, or \"NaN\", \"Infinity\" or \"-Infinity\"";
        let wide = self.float64(json, expected)?;
        if wide.is_finite() && wide.abs() > f32::MAX.into() {
            return Err(self.mismatch(expected, json));
        }
        Ok(wide as f32)
    }

    fn float64(&self, json: &Value, expected: &str) -> Result<f64> {
        match json {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => match &**text {
                "NaN" => Some(f64::NAN),
                "Infinity" => Some(f64::INFINITY),
                "-Infinity" => Some(f64::NEG_INFINITY),
                _ => None,
            },
            _ => None,
        }
        .ok_or_else(|| self.mismatch(expected, json))
    }

    fn character(&self, json: &Value) -> Result<char> {
        let mut characters = json.as_str().unwrap_or_default().chars();
        match (characters.next(), characters.next()) {
            (Some(character), None) => Ok(character),
            _ => Err(self.mismatch("a string of one character (one code point)", json)),
        }
    }

    fn array(&self, json: Value, length: Option<usize>) -> Result<Vec<Value>> {
        match (json, length) {
            (Value::Array(items), None) => Ok(items),
            (Value::Array(items), Some(length)) if items.len() == length => Ok(items),
            (other, None) => Err(self.mismatch("an array", &other)),
            (other, Some(length)) => Err(self.mismatch(format!("an array of length {length}"), &other)),
        }
    }

    fn items(&mut self, types: impl ExactSizeIterator<Item = Type>, items: Vec<Value>) -> Result<Vec<Val>> {
        if items.len() != types.len() {
            return Err(self.mismatch(format!("an array of length {}", types.len()), &Value::Array(items)));
        }
        let mut values = Vec::with_capacity(items.len());
        for (index, (ty, item)) in types.zip(items).enumerate() {
            values.push(self.at(Step::Index(index), |reader| reader.value(&ty, item))?);
        }
        Ok(values)
    }

    fn fields<'b>(
        &mut self,
        types: impl Iterator<Item = (&'b str, Type)>,
        mut fields: Map<String, Value>,
    ) -> Result<Vec<(String, Val)>> {
        let mut values = Vec::new();
        for (name, ty) in types {
            let value = match fields.remove(name) {
                Some(field) => self.at(Step::Field(name.into()), |reader| reader.value(&ty, field))?,
                None if matches!(ty, Type::Option(_)) => Val::Option(None),
                None => return Err(self.mismatch(format!("an object with {name:?}"), &Value::Object(fields))),
            };
            values.push((name.to_owned(), value));
        }
        match fields.into_iter().next() {
            None => Ok(values),
            Some((name, value)) => {
                self.path.push(Step::Field(name));
                Err(self.mismatch("left out, since there is nothing of that name", &value))
            }
        }
    }

    /// `{ "tag": ..., "val": ... }`, the second where the case has a payload.
    fn case(&mut self, cases: &[(&str, Option<Type>)], json: Value) -> Result<(String, Option<Box<Val>>)> {
        let Value::Object(mut fields) = json else {
            return Err(self.mismatch("an object with \"tag\"", &json));
        };
        let Some(tag) = fields.remove("tag") else {
            return Err(self.mismatch("an object with \"tag\"", &Value::Object(fields)));
        };
        let names = cases.iter().map(|(name, _)| *name);
        let tag = self.at(Step::Field("tag".into()), |reader| reader.one_of(names, tag))?;
        let payload = cases.iter().find(|(name, _)| *name == tag).and_then(|(_, payload)| payload.clone());
        let mut payload = self.payload(payload, fields)?;
        Ok((tag, payload.pop().map(|(_, value)| Box::new(value))))
    }

    /// Unlike a record's field, a payload is never left out.
    fn payload(&mut self, ty: Option<Type>, fields: Map<String, Value>) -> Result<Vec<(String, Val)>> {
        if ty.is_some() && !fields.contains_key("val") {
            return Err(self.mismatch("an object with \"val\"", &Value::Object(fields)));
        }
        self.fields(ty.map(|ty| ("val", ty)).into_iter(), fields)
    }

    fn one_of<'b>(&self, names: impl Iterator<Item = &'b str>, json: Value) -> Result<String> {
        let names: Vec<_> = names.collect();
        match json {
            Value::String(name) if names.contains(&&*name) => Ok(name),
            other => Err(self.mismatch(format!("one of {}", names.join(", ")), &other)),
        }
    }

    fn resource(&mut self, ty: &ResourceType, json: Value, moved: bool) -> Result<ResourceAny> {
        let handle = match &json {
            Value::Object(fields) if fields.len() == 1 => fields.get("handle").and_then(whole_number),
            _ => None,
        };
        let handle = handle.filter(|handle| (1..=MAX_SAFE_INTEGER.into()).contains(handle));
        let Some(handle) = handle else {
            return Err(self.mismatch("a handle, as a call returned it: { \"handle\": number }", &json));
        };
        self.handles.resource(handle as u64, ty, moved).map_err(|expected| self.mismatch(expected, &json))
    }
}

/// The JSON form of a value of that type, one that [`super::schema`] has a form for.
pub fn to_json(ty: &Type, value: Val, handles: &mut dyn Handles) -> Value {
    match (ty, value) {
        (_, Val::Bool(value)) => value.into(),
        (_, Val::S8(value)) => value.into(),
        (_, Val::U8(value)) => value.into(),
        (_, Val::S16(value)) => value.into(),
        (_, Val::U16(value)) => value.into(),
        (_, Val::S32(value)) => value.into(),
        (_, Val::U32(value)) => value.into(),
        (_, Val::S64(value)) if value.unsigned_abs() <= MAX_SAFE_INTEGER as u64 => value.into(),
        (_, Val::S64(value)) => value.to_string().into(),
        (_, Val::U64(value)) if value <= MAX_SAFE_INTEGER as u64 => value.into(),
        (_, Val::U64(value)) => value.to_string().into(),
        (_, Val::Float32(value)) => float_to_json(value.into()),
        (_, Val::Float64(value)) => float_to_json(value),
        (_, Val::Char(value)) => value.to_string().into(),
        (_, Val::String(value) | Val::Enum(value)) => value.into(),
        (_, Val::Flags(names)) => names.into(),
        (_, Val::Resource(resource)) => json!({ "handle": handles.handle(resource) }),
        (Type::List(list), Val::List(items)) => array(std::iter::repeat(list.ty()), items, handles),
        (Type::FixedLengthList(list), Val::FixedLengthList(items)) => {
            array(std::iter::repeat(list.ty()), items, handles)
        }
        (Type::Tuple(tuple), Val::Tuple(items)) => array(tuple.types(), items, handles),
        (Type::Map(map), Val::Map(entries)) => {
            let (key_type, value_type) = (map.key(), map.value());
            let pair = |(key, value)| json!([to_json(&key_type, key, handles), to_json(&value_type, value, handles)]);
            entries.into_iter().map(pair).collect()
        }
        (Type::Record(record), Val::Record(fields)) => {
            let field = |(of, (name, value)): (Field<'_>, _)| (name, to_json(&of.ty, value, handles));
            Value::Object(record.fields().zip(fields).map(field).collect())
        }
        (Type::Variant(variant), Val::Variant(tag, payload)) => {
            let ty = variant.cases().find(|case| case.name == tag).and_then(|case| case.ty);
            case(tag, ty, payload, handles)
        }
        (Type::Result(result), Val::Result(Ok(payload))) => case("ok".into(), result.ok(), payload, handles),
        (Type::Result(result), Val::Result(Err(payload))) => case("err".into(), result.err(), payload, handles),
        (Type::Option(option), Val::Option(value)) => match (option.ty(), value) {
            (Type::Option(_), None) => case("none".into(), None, None, handles),
            (inner @ Type::Option(_), value) => case("some".into(), Some(inner), value, handles),
            (_, None) => Value::Null,
            (inner, Some(value)) => to_json(&inner, *value, handles),
        },
        // Types without a form, which no function that is called has, and values of another type than theirs.
        _ => Value::Null,
    }
}

fn array(types: impl Iterator<Item = Type>, items: Vec<Val>, handles: &mut dyn Handles) -> Value {
    types.zip(items).map(|(ty, item)| to_json(&ty, item, handles)).collect()
}

fn case(tag: String, ty: Option<Type>, payload: Option<Box<Val>>, handles: &mut dyn Handles) -> Value {
    match (ty, payload) {
        (Some(ty), Some(payload)) => json!({ "tag": tag, "val": to_json(&ty, *payload, handles) }),
        _ => json!({ "tag": tag }),
    }
}

/// JSON's numbers have no infinities and no NaN.
fn float_to_json(value: f64) -> Value {
    if value.is_finite() { json!(value) } else { not_finite(value) }
}

fn not_finite(value: f64) -> Value {
    if value.is_nan() {
        "NaN".into()
    } else if value > 0.0 {
        "Infinity".into()
    } else {
        "-Infinity".into()
    }
}

trait Bounds {
    const LEAST: i128;
    const MOST: i128;
}

macro_rules! bounds {
    ($($ty:ty),*) => {
        $(impl Bounds for $ty {
            const LEAST: i128 = <$ty>::MIN as i128;
            const MOST: i128 = <$ty>::MAX as i128;
        })*
    };
}

bounds!(i8, u8, i16, u16, i32, u32);

/// A number without a fraction, which JSON Schema calls an integer however it is written.
fn whole_number(json: &Value) -> Option<i128> {
    let Value::Number(number) = json else { return None };
    if let Some(integer) = number.as_i128() {
        return Some(integer);
    }
    let float = number.as_f64()?;
    (float.fract() == 0.0 && float.abs() <= MAX_SAFE_INTEGER as f64).then_some(float as i128)
}

/// Digits as the schemas' patterns allow them: no plus, no leading zeros, no minus zero.
fn whole_digits(digits: &str) -> Option<i128> {
    let unsigned = digits.strip_prefix('-').unwrap_or(digits);
    let canonical = digits == "0" || (unsigned.starts_with(|first: char| ('1'..='9').contains(&first)));
    if canonical && unsigned.bytes().all(|byte| byte.is_ascii_digit()) { digits.parse().ok() } else { None }
}

fn shorten(json: &Value) -> String {
    const SHOWN: usize = 60;
    match json {
        Value::Array(items) if items.is_empty() => "[]".into(),
        Value::Array(items) => format!("an array of length {}", items.len()),
        Value::Object(fields) if fields.is_empty() => "{}".into(),
        Value::Object(fields) => {
            let names: Vec<_> = fields.keys().take(5).map(|name| shorten_text(name, SHOWN)).collect();
            let more = if fields.len() > names.len() { ", ..." } else { "" };
            format!("an object with {}{more}", names.join(", "))
        }
        Value::String(text) => format!("{:?}", shorten_text(text, SHOWN)),
        other => other.to_string(),
    }
}

fn shorten_text(text: &str, length: usize) -> String {
    match text.char_indices().nth(length) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.into(),
    }
}

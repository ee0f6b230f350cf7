//! JSON Schemas (draft 2020-12) of WIT types. [`super::value`] accepts exactly what they allow.

use serde_json::{Map, Value, json};
use wasmtime::component::{ResourceType, Type};

/// How deep types may nest. Keeps schemas and values well within what JSON parsers take (serde_json: 128 levels).
const MAX_DEPTH: u32 = 24;

/// Types in one function, each counted wherever it is used: a few kilobytes of a component can name types that are enormous
/// when written out.
const MAX_TYPES: u32 = 4096;

/// The largest integer that a JSON number carries exactly wherever it is read: 2^53 - 1.
pub const MAX_SAFE_INTEGER: i64 = (1 << 53) - 1;

/// Where a list is a repetition of one type, how many there may be in a fixed-length one.
const MAX_FIXED_LENGTH: u32 = 1 << 20;

/// Why a function can't be called with JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    #[error("It uses a {0}, which JSON has no form for.")]
    Type(&'static str),
    #[error("Its types nest deeper than {MAX_DEPTH} levels.")]
    Depth,
    #[error("Its types are more than {MAX_TYPES}, each counted wherever it is used.")]
    Size,
    #[error("It has a list of a fixed length above {MAX_FIXED_LENGTH}.")]
    FixedLength,
    #[error("It is asynchronous in the component model's sense (`async func`).")]
    Async,
}

/// Writes schemas of one function's types.
pub struct SchemaWriter<'a> {
    resources: &'a [(ResourceType, String)],
    types_left: u32,
    depth: u32,
}

impl<'a> SchemaWriter<'a> {
    /// `resources` are those that have a name.
    pub fn new(resources: &'a [(ResourceType, String)]) -> Self {
        Self { resources, types_left: MAX_TYPES, depth: 0 }
    }

    /// The schema of the JSON form of that type's values.
    ///
    /// # Errors
    /// Where they have none.
    pub fn schema(&mut self, ty: &Type) -> Result<Value, Unsupported> {
        self.types_left = self.types_left.checked_sub(1).ok_or(Unsupported::Size)?;
        if self.depth == MAX_DEPTH {
            return Err(Unsupported::Depth);
        }
        self.depth += 1;
        let schema = self.schema_within(ty);
        self.depth -= 1;
        schema
    }

    fn schema_within(&mut self, ty: &Type) -> Result<Value, Unsupported> {
        Ok(match ty {
            Type::Bool => json!({ "type": "boolean" }),
            Type::S8 => integer(i8::MIN, i8::MAX),
            Type::U8 => integer(u8::MIN, u8::MAX),
            Type::S16 => integer(i16::MIN, i16::MAX),
            Type::U16 => integer(u16::MIN, u16::MAX),
            Type::S32 => integer(i32::MIN, i32::MAX),
            Type::U32 => integer(u32::MIN, u32::MAX),
            Type::S64 => wide_integer(-MAX_SAFE_INTEGER, "^(0|-?[1-9][0-9]{0,18})$", "s64"),
            Type::U64 => wide_integer(0, "^(0|[1-9][0-9]{0,19})$", "u64"),
            Type::Float32 => float(json!({ "type": "number", "minimum": f32::MIN, "maximum": f32::MAX })),
            Type::Float64 => float(json!({ "type": "number" })),
            Type::Char => json!({ "type": "string", "minLength": 1, "maxLength": 1 }),
            Type::String => json!({ "type": "string" }),
            Type::List(list) => json!({ "type": "array", "items": self.schema(&list.ty())? }),
            Type::FixedLengthList(list) => {
                let length = list.len();
                if length > MAX_FIXED_LENGTH {
                    return Err(Unsupported::FixedLength);
                }
                json!({ "type": "array", "items": self.schema(&list.ty())?, "minItems": length, "maxItems": length })
            }
            Type::Map(map) => {
                let entry = tuple(vec![self.schema(&map.key())?, self.schema(&map.value())?]);
                json!({ "type": "array", "items": entry })
            }
            Type::Record(record) => {
                let mut fields = ObjectSchema::default();
                for field in record.fields() {
                    let schema = self.schema(&field.ty)?;
                    fields.add(field.name, schema, !matches!(field.ty, Type::Option(_)));
                }
                fields.finish()
            }
            Type::Tuple(types) => tuple(types.types().map(|ty| self.schema(&ty)).collect::<Result<_, _>>()?),
            Type::Variant(variant) => {
                let mut cases = Vec::with_capacity(variant.cases().len());
                for case in variant.cases() {
                    cases.push(self.case(case.name, case.ty.as_ref())?);
                }
                json!({ "oneOf": cases })
            }
            Type::Result(result) => json!({
                "oneOf": [self.case("ok", result.ok().as_ref())?, self.case("err", result.err().as_ref())?]
            }),
            Type::Option(option) => match option.ty() {
                // `null` would be the inner one's nothing as well as the outer one's.
                inner @ Type::Option(_) => json!({
                    "oneOf": [self.case("none", None)?, self.case("some", Some(&inner))?]
                }),
                inner => json!({ "anyOf": [{ "type": "null" }, self.schema(&inner)?] }),
            },
            Type::Enum(names) => json!({ "type": "string", "enum": names.names().collect::<Vec<_>>() }),
            Type::Flags(flags) => json!({
                "type": "array",
                "items": { "type": "string", "enum": flags.names().collect::<Vec<_>>() },
                "uniqueItems": true,
            }),
            Type::Own(resource) => self.handle(resource, "own"),
            Type::Borrow(resource) => self.handle(resource, "borrow"),
            Type::Future(_) => return Err(Unsupported::Type("future")),
            Type::Stream(_) => return Err(Unsupported::Type("stream")),
            Type::ErrorContext => return Err(Unsupported::Type("error-context")),
        })
    }

    fn case(&mut self, name: &str, payload: Option<&Type>) -> Result<Value, Unsupported> {
        let mut case = ObjectSchema::default();
        case.add("tag", json!({ "const": name }), true);
        if let Some(payload) = payload {
            case.add("val", self.schema(payload)?, true);
        }
        Ok(case.finish())
    }

    fn handle(&self, resource: &ResourceType, ownership: &str) -> Value {
        let name = self.resources.iter().find(|(of, _)| of == resource).map_or("resource", |(_, name)| name);
        let mut handle = ObjectSchema::default();
        handle.add("handle", json!({ "type": "integer", "minimum": 1, "maximum": MAX_SAFE_INTEGER }), true);
        let mut schema = handle.finish();
        schema["description"] = format!("{ownership}<{name}>").into();
        schema
    }
}

/// The schema of an object that has those properties and no others.
#[derive(Default)]
pub struct ObjectSchema {
    properties: Map<String, Value>,
    required: Vec<Value>,
}

impl ObjectSchema {
    pub fn add(&mut self, name: &str, schema: Value, required: bool) {
        if required {
            self.required.push(name.into());
        }
        self.properties.insert(name.into(), schema);
    }

    pub fn finish(self) -> Value {
        json!({
            "type": "object",
            "properties": self.properties,
            "required": self.required,
            "additionalProperties": false,
        })
    }
}

fn integer(minimum: impl Into<i64>, maximum: impl Into<i64>) -> Value {
    json!({ "type": "integer", "minimum": minimum.into(), "maximum": maximum.into() })
}

/// 64 bits: a number as far as that is exact, the digits as text beyond.
fn wide_integer(minimum: i64, pattern: &str, wit: &str) -> Value {
    json!({
        "anyOf": [integer(minimum, MAX_SAFE_INTEGER), { "type": "string", "pattern": pattern }],
        "description": wit,
    })
}

/// JSON's numbers have no infinities and no NaN.
fn float(number: Value) -> Value {
    json!({ "anyOf": [number, { "type": "string", "enum": ["NaN", "Infinity", "-Infinity"] }] })
}

fn tuple(items: Vec<Value>) -> Value {
    let length = items.len();
    json!({ "type": "array", "prefixItems": items, "items": false, "minItems": length })
}

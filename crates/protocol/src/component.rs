use crate::id::BlobDigest;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

/// Where a component's bytes come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum ComponentSource {
    /// A file that the sidecar reads, by its absolute path; where it is replaced, the new code runs from then on.
    File { path: String },
    /// Bytes that [`crate::Request::PutBlob`] brought.
    Blob { digest: BlobDigest },
}

/// What a WebAssembly file is, and so how its functions are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ComponentKind {
    /// A component: its functions take and return JSON, by the types of its WIT.
    Component,
    /// A plain module whose functions take and return bytes.
    Module,
}

/// How far a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ComponentState {
    /// It is listed, and its code is not ready yet: calls wait.
    Loading,
    Loaded,
    /// It can't be called, until it is replaced.
    Failed,
}

/// A component that is registered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct ComponentSummary {
    pub id: String,
    pub state: ComponentState,
    /// Left out where it is not known yet, as the next two.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<ComponentKind>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub digest: Option<BlobDigest>,
    /// The names of its functions.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub functions: Option<Vec<String>>,
    /// Where its bytes come from a file.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub path: Option<String>,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub error: Option<String>,
}

/// A component with what its functions take and return.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct ComponentDetails {
    pub id: String,
    pub kind: ComponentKind,
    pub digest: BlobDigest,
    pub functions: Vec<ComponentFunction>,
}

/// A function that a component exports.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub struct ComponentFunction {
    /// Its name; within an interface `package:name/interface@version#name`.
    pub name: String,
    /// The JSON Schema of an object with its arguments. Left out for functions that take bytes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub parameters: Option<Value>,
    /// The JSON Schema of what it returns. Left out where it returns nothing, or bytes.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub result: Option<Value>,
    /// Why it can't be called, where that is so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub unsupported: Option<String>,
}

/// What a function is called with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum CallInput {
    /// The arguments, as an object by name or as an array in order.
    Json { arguments: Value },
    /// From [`crate::Command::Upload`] with the same id, that many bytes in all.
    Bytes { length: u64 },
}

/// What became of a component.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "camelCase")]
pub enum ComponentChange {
    /// Its code is being made ready.
    Loading,
    /// Its code is ready.
    Loaded,
    /// Its code can't be made ready.
    Failed,
    /// It was replaced; it loads again.
    Changed,
    /// It is not registered any more.
    Removed,
}

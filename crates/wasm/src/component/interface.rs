//! The functions of a component: their names, where they lie, and the schemas of what they take and return.

use super::schema::{ObjectSchema, SchemaWriter, Unsupported};
use hotcell_protocol::ComponentFunction;
use std::collections::HashMap;
use wasmtime::component::types::{ComponentFunc, ComponentItem};
use wasmtime::component::{Component, ComponentExportIndex, ResourceType, Type};

/// Functions that a component may export.
pub const MAX_FUNCTIONS: usize = 1000;

/// Bytes of all its schemas together, as JSON.
pub const MAX_INTERFACE_BYTES: usize = 1 << 20;

/// What a name of a component's leads to.
#[derive(Clone, Copy, Debug)]
pub enum Callee {
    Function(ComponentExportIndex),
    /// Not a function of its own: drops a handle.
    DropHandle,
}

/// The functions of a component, in the order of its exports.
#[derive(Debug, Default)]
pub struct ComponentInterface {
    pub functions: Vec<ComponentFunction>,
    pub callees: HashMap<String, Callee>,
}

/// The component exports too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    #[error("It exports more than {MAX_FUNCTIONS} functions.")]
    Functions,
    #[error("The JSON Schemas of its functions have more than {MAX_INTERFACE_BYTES} bytes.")]
    Schemas,
}

/// The name of the function that drops a handle to a resource which a component exports. A component can't have one of that
/// name itself.
fn drop_name(resource: &str) -> String {
    match resource.split_once('#') {
        Some((interface, name)) => format!("{interface}#[resource-drop]{name}"),
        None => format!("[resource-drop]{resource}"),
    }
}

impl ComponentInterface {
    /// The interface of that component.
    ///
    /// # Errors
    /// Where there is more of it than anybody would list.
    pub fn of(component: &Component) -> Result<Self, TooLarge> {
        let exports = Exports::of(component);
        let mut interface = Self::default();
        let mut bytes = 0;
        for (name, ty, index) in &exports.functions {
            interface.push(function(name, ty, &exports.resources), Callee::Function(*index), &mut bytes)?;
        }
        for (resource, name) in &exports.resources {
            let mut parameters = ObjectSchema::default();
            let schema = SchemaWriter::new(&exports.resources).schema(&Type::Own(*resource));
            parameters.add("handle", schema.unwrap_or_default(), true);
            let drop = ComponentFunction {
                name: drop_name(name),
                parameters: Some(parameters.finish()),
                result: None,
                unsupported: None,
            };
            interface.push(drop, Callee::DropHandle, &mut bytes)?;
        }
        Ok(interface)
    }

    fn push(&mut self, function: ComponentFunction, callee: Callee, bytes: &mut usize) -> Result<(), TooLarge> {
        if self.functions.len() == MAX_FUNCTIONS {
            return Err(TooLarge::Functions);
        }
        *bytes += serde_json::to_vec(&function).map_or(usize::MAX, |json| json.len());
        if *bytes > MAX_INTERFACE_BYTES {
            return Err(TooLarge::Schemas);
        }
        self.callees.insert(function.name.clone(), callee);
        self.functions.push(function);
        Ok(())
    }
}

#[derive(Default)]
struct Exports {
    functions: Vec<(String, ComponentFunc, ComponentExportIndex)>,
    resources: Vec<(ResourceType, String)>,
}

impl Exports {
    fn of(component: &Component) -> Self {
        let engine = component.engine();
        let mut exports = Self::default();
        let ty = component.component_type();
        for (name, export) in ty.exports(engine) {
            match export.ty {
                ComponentItem::ComponentInstance(instance) => {
                    let Some(within) = component.get_export_index(None, name) else { continue };
                    for (member, export) in instance.exports(engine) {
                        exports.add(component, Some(&within), format!("{name}#{member}"), member, export.ty);
                    }
                }
                item => exports.add(component, None, name.to_owned(), name, item),
            }
        }
        exports
    }

    fn add(
        &mut self,
        component: &Component,
        within: Option<&ComponentExportIndex>,
        full_name: String,
        name: &str,
        item: ComponentItem,
    ) {
        match item {
            ComponentItem::ComponentFunc(ty) => {
                if let Some(index) = component.get_export_index(within, name) {
                    self.functions.push((full_name, ty, index));
                }
            }
            ComponentItem::Resource(resource) if !self.resources.iter().any(|(known, _)| *known == resource) => {
                self.resources.push((resource, full_name));
            }
            _ => {}
        }
    }
}

fn function(name: &str, ty: &ComponentFunc, resources: &[(ResourceType, String)]) -> ComponentFunction {
    let mut function = ComponentFunction { name: name.to_owned(), parameters: None, result: None, unsupported: None };
    match schemas(ty, resources) {
        Ok((parameters, result)) => {
            function.parameters = Some(parameters);
            function.result = result;
        }
        Err(unsupported) => function.unsupported = Some(unsupported.to_string()),
    }
    function
}

type Schemas = (serde_json::Value, Option<serde_json::Value>);

/// The schemas of what a function takes and returns.
fn schemas(ty: &ComponentFunc, resources: &[(ResourceType, String)]) -> Result<Schemas, Unsupported> {
    if ty.async_() {
        return Err(Unsupported::Async);
    }
    let mut writer = SchemaWriter::new(resources);
    let mut parameters = ObjectSchema::default();
    for (name, ty) in ty.params() {
        let schema = writer.schema(&ty)?;
        parameters.add(name, schema, !matches!(ty, Type::Option(_)));
    }
    let result = ty.results().next().map(|ty| writer.schema(&ty)).transpose()?;
    Ok((parameters.finish(), result))
}

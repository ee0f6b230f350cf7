//! Components as text, for people.

use hotcell_protocol::{ComponentDetails, ComponentKind, ComponentState, ComponentSummary};
use std::fmt::Write;

/// A line for each component.
pub fn list(components: &[ComponentSummary]) -> String {
    let width = components.iter().map(|component| component.id.len()).max().unwrap_or_default();
    let mut text = String::new();
    for ComponentSummary { id, state, kind, functions, error, .. } in components {
        let _ = match (state, kind, functions, error) {
            (ComponentState::Failed, _, _, Some(error)) => writeln!(text, "{id:width$}  failed     {error}"),
            (_, Some(kind), Some(functions), _) => {
                writeln!(text, "{id:width$}  {:9}  {}", name(*kind), functions.join(", "))
            }
            _ => writeln!(text, "{id:width$}  unknown"),
        };
    }
    text
}

/// Everything that is known of one.
pub fn details(component: &ComponentDetails) -> String {
    let ComponentDetails { id, kind, digest, functions } = component;
    let mut text = format!("{id}: {}, SHA-256 {digest}\n", name(*kind));
    for function in functions {
        let _ = writeln!(text, "\n{}", function.name);
        match (kind, &function.unsupported) {
            (_, Some(reason)) => drop(writeln!(text, "  can't be called: {reason}")),
            (ComponentKind::Module, None) => drop(writeln!(text, "  takes and returns bytes")),
            (ComponentKind::Component, None) => {
                if let Some(parameters) = &function.parameters {
                    let _ = writeln!(text, "  takes {parameters}");
                }
                match &function.result {
                    Some(result) => drop(writeln!(text, "  returns {result}")),
                    None => drop(writeln!(text, "  returns nothing")),
                }
            }
        }
    }
    text
}

fn name(kind: ComponentKind) -> &'static str {
    match kind {
        ComponentKind::Component => "component",
        ComponentKind::Module => "module",
    }
}

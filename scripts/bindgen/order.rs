//! Puts a module's functions into the order of their names, drops the names, and keeps one of functions
//! that do the same.
//!
//! Copies of one generic function then lie beside one another, where gzip sees what they have in
//! common: its window is 32 KiB. wasm-bindgen orders by size.

use std::collections::HashMap;

use anyhow::{Result, anyhow};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, FunctionSectionReader, KnownCustom, Name, Parser,
    Payload, TypeRef,
};

/// The module with its functions in order, each once.
pub fn by_name(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut ordered = arranged(wasm)?;
    // Callers of functions that have become one may then be alike themselves.
    loop {
        let once = arranged(&ordered)?;
        if once.len() == ordered.len() {
            return Ok(ordered);
        }
        ordered = once;
    }
}

fn arranged(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut order = Order::of(wasm)?;
    let mut module = Module::new();
    order
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .map_err(|error| anyhow!("{error}"))?;
    Ok(module.finish())
}

struct Order {
    /// How many functions are imported: these come first, and stay.
    imported: u32,
    /// The module's own functions by their former place, in their new order.
    former: Vec<u32>,
    /// The new place of each.
    places: Vec<u32>,
}

impl Order {
    fn of(wasm: &[u8]) -> Result<Self> {
        let mut imported = 0;
        let mut names = HashMap::new();
        let mut types = Vec::new();
        let mut bodies = Vec::new();
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(section) => {
                    types = section.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes()),
                Payload::CustomSection(section) => {
                    if let KnownCustom::Name(subsections) = section.as_known() {
                        for subsection in subsections {
                            if let Name::Function(functions) = subsection? {
                                for naming in functions {
                                    let naming = naming?;
                                    names.insert(naming.index, naming.name);
                                }
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        let count = u32::try_from(bodies.len())?;
        let mut former: Vec<u32> = (0..count).collect();
        // Without the hash at a name's end copies of one function differ by their bodies alone. Where there
        // are no names any more, nothing moves.
        former.sort_by_key(|n| {
            let name = names.get(&(imported + n)).copied().unwrap_or_default();
            let name = name.rsplit_once("::h").map_or(name, |(name, _)| name);
            (
                name,
                if names.is_empty() {
                    &[][..]
                } else {
                    bodies[*n as usize]
                },
            )
        });
        let mut places = vec![0; bodies.len()];
        let mut firsts: HashMap<(u32, &[u8]), u32> = HashMap::new();
        former.retain(|n| {
            let next = u32::try_from(firsts.len()).unwrap_or(u32::MAX);
            let function = (types[*n as usize], bodies[*n as usize]);
            let place = *firsts.entry(function).or_insert(next);
            places[*n as usize] = place;
            place == next
        });
        Ok(Self {
            imported,
            former,
            places,
        })
    }
}

type Outcome<T = ()> = Result<T, reencode::Error>;

impl Reencode for Order {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Outcome<u32> {
        Ok(match function.checked_sub(self.imported) {
            Some(n) => self.imported + self.places[n as usize],
            None => function,
        })
    }

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: FunctionSectionReader<'_>,
    ) -> Outcome {
        let types = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        for n in &self.former {
            functions.function(types[*n as usize]);
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: CodeSectionReader<'_>,
    ) -> Outcome {
        let bodies = section.into_iter().collect::<Result<Vec<_>, _>>()?;
        for n in self.former.clone() {
            self.parse_function_body(code, bodies[n as usize].clone())?;
        }
        Ok(())
    }

    /// No custom section is needed at run time.
    fn parse_custom_section(&mut self, _: &mut Module, _: CustomSectionReader<'_>) -> Outcome {
        Ok(())
    }
}

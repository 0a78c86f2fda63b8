//! Puts a module's functions into the order in which gzip makes the least of them, drops their names, and
//! keeps one of functions that do the same.

use std::collections::HashMap;

use anyhow::{Result, anyhow};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{CodeSection, FunctionSection, Module};
use wasmparser::{
    CodeSectionReader, CustomSectionReader, FunctionSectionReader, Parser, Payload, TypeRef,
};

use super::likeness;

/// The module with its functions in order, each once.
pub fn arranged(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut once = Functions::of(wasm)?.once().write(wasm)?;
    // Callers of functions that have become one may then be alike themselves.
    loop {
        let again = Functions::of(&once)?.once().write(&once)?;
        if again.len() == once.len() {
            return Functions::of(&once)?.by_likeness().write(&once);
        }
        once = again;
    }
}

/// A module's functions as they are.
struct Functions<'a> {
    /// How many are imported: these come first, and stay.
    imported: u32,
    /// The type of each of the module's own.
    types: Vec<u32>,
    /// The code of each.
    bodies: Vec<&'a [u8]>,
}

impl<'a> Functions<'a> {
    fn of(wasm: &'a [u8]) -> Result<Self> {
        let mut functions = Self {
            imported: 0,
            types: Vec::new(),
            bodies: Vec::new(),
        };
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        functions.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::FunctionSection(section) => {
                    functions.types = section.into_iter().collect::<Result<_, _>>()?;
                }
                Payload::CodeSectionEntry(body) => functions.bodies.push(body.as_bytes()),
                _ => {}
            }
        }
        Ok(functions)
    }

    /// The first of those that do the same.
    fn once(&self) -> Order {
        let mut firsts = HashMap::new();
        let mut former = Vec::new();
        let mut places = Vec::new();
        for (n, function) in (0..).zip(self.types.iter().zip(&self.bodies)) {
            let next = u32::try_from(former.len()).unwrap_or(u32::MAX);
            let place = *firsts.entry(function).or_insert(next);
            if place == next {
                former.push(n);
            }
            places.push(place);
        }
        Order {
            imported: self.imported,
            former,
            places,
        }
    }

    /// All of them, those that are alike beside one another.
    fn by_likeness(&self) -> Order {
        let former = likeness::order(&self.bodies);
        let mut places = vec![0; former.len()];
        for (place, n) in (0..).zip(&former) {
            places[*n as usize] = place;
        }
        Order {
            imported: self.imported,
            former,
            places,
        }
    }
}

/// Where a module's functions go.
struct Order {
    imported: u32,
    /// The module's own functions by their former place, in their new order.
    former: Vec<u32>,
    /// The new place of each.
    places: Vec<u32>,
}

impl Order {
    fn write(mut self, wasm: &[u8]) -> Result<Vec<u8>> {
        let mut module = Module::new();
        self.parse_core_module(&mut module, Parser::new(0), wasm)
            .map_err(|error| anyhow!("{error}"))?;
        Ok(module.finish())
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

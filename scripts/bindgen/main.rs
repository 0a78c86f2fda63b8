//! `bindgen INPUT.wasm FOLDER`: writes `index.js` and `index_bg.wasm`, which import each other.

mod likeness;
mod order;

use std::path::Path;
use std::{env, fs};

use anyhow::{Result, bail};
use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [input, folder] = arguments.as_slice() else {
        bail!("usage: bindgen INPUT.wasm FOLDER");
    };
    Bindgen::new()
        .input_path(input)
        .out_name("index")
        .module(true)?
        .typescript(false)
        // After a panic src/edge/entry.js resets the instance.
        .reset_state_function(true)
        .force_enable_abort_handler(true)
        .generate(folder)?;
    // Without names, a tenth of the worker's bytes: a panic is logged with its place in the source.
    let module = Path::new(folder).join("index_bg.wasm");
    fs::write(&module, order::arranged(&fs::read(&module)?)?)?;
    Ok(())
}

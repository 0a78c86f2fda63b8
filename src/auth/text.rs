//! Unicode normalisation, by tables that cost the worker no bytes: its runtime has them.

/// Brings a text into Unicode's form NFKC (Unicode Standard Annex 15).
pub fn nfkc(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    composed(text)
}

#[cfg(target_arch = "wasm32")]
fn composed(text: &str) -> String {
    js_sys::JsString::from(text).normalize("NFKC").into()
}

#[cfg(not(target_arch = "wasm32"))]
fn composed(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization;

    text.nfkc().collect()
}

//! The static assets of the pages: styles, script and icon, which Cloudflare serves beside the worker.
//!
//! Their names have a hash of their content, so that browsers keep them for ever; `scripts/lib/assets.mjs`
//! computes the same when it writes the files.

/// The style sheet.
pub const STYLE: Asset = Asset::new("style", "css", include_bytes!("assets/style.css"));
/// The script; every page works without it.
pub const SCRIPT: Asset = Asset::new("page", "js", include_bytes!("assets/page.js"));
/// The script that posts a form by itself: an answer to a client (OAuth 2.0 Form Post Response Mode).
pub const POST: Asset = Asset::new("post", "js", include_bytes!("assets/post.js"));
/// The icon of the browser's tab.
pub const ICON: Asset = Asset::new("icon", "svg", include_bytes!("assets/icon.svg"));

/// A static asset, by what its name is made of.
#[derive(Debug, Clone, Copy)]
pub struct Asset {
    name: &'static str,
    hash: u64,
    extension: &'static str,
}

impl Asset {
    const fn new(name: &'static str, extension: &'static str, content: &[u8]) -> Self {
        Self {
            name,
            hash: fnv1a(content),
            extension,
        }
    }

    /// Its path.
    pub fn path(self) -> String {
        let (name, hash, extension) = (self.name, self.hash, self.extension);
        format!("/assets/{name}.{hash:016x}.{extension}")
    }
}

/// FNV-1a of 64 bits: names a content, and protects nothing.
#[allow(
    clippy::indexing_slicing,
    reason = "constant evaluation knows no iterators"
)]
const fn fnv1a(content: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut index = 0;
    while index < content.len() {
        hash = (hash ^ content[index] as u64).wrapping_mul(0x0100_0000_01b3);
        index += 1;
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_the_hash_of_the_content() {
        assert_eq!(fnv1a(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
        let asset = Asset::new("style", "css", b"foobar");
        assert_eq!(asset.path(), "/assets/style.85944171f73967e8.css");
    }
}

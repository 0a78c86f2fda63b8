//! How much one document may hold, counted while it is read.

use super::malformed::Malformed;

/// The most values that a document, form or query may have; the document itself is one.
pub const MAX_VALUES: usize = 1_000;

/// How deep a document may nest.
pub const MAX_DEPTH: usize = 32;

/// Counts the values and levels of one document.
///
/// A value takes many times the memory of the two bytes it may be written with, so a reader counts it
/// before it makes it.
#[derive(Debug, Default)]
pub struct Bounds {
    values: usize,
    depth: usize,
}

impl Bounds {
    /// Counts one more value.
    pub const fn value(&mut self) -> Result<(), Malformed> {
        if self.values == MAX_VALUES {
            return Err(Malformed::syntax("it has too many values"));
        }
        self.values += 1;
        Ok(())
    }

    /// Goes one level down. The limit is also what keeps a recursive reader off the end of the stack.
    pub const fn enter(&mut self) -> Result<(), Malformed> {
        if self.depth == MAX_DEPTH {
            return Err(Malformed::syntax("it nests too deep"));
        }
        self.depth += 1;
        Ok(())
    }

    /// Comes back up.
    pub const fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

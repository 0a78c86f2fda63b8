//! A page of rows: which of those that are meant, and in which order.

use super::column::Column;

/// A page of rows.
#[derive(Debug, Clone)]
pub struct Page {
    /// The columns to sort by, each once; the rows' ids come last.
    pub order: Vec<(&'static Column, Direction)>,
    /// The most rows of the page.
    pub limit: i64,
    /// How many rows come before it.
    pub skip: i64,
}

/// The direction in which a column is sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Smallest first, null last.
    Ascending,
    /// Null first, then the largest.
    Descending,
}

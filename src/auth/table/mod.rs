//! Tables as their APIs show them: the one description of a table's columns from which bodies, filters,
//! answers and SQL follow.

pub mod changes;
pub mod column;
pub mod condition;
mod evaluation;
pub mod page;
pub mod pattern;
pub mod row;

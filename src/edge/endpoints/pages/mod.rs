//! The pages. Each module has the requests of one page or of a few that belong together.

pub mod activity;
pub mod brand;
mod browser_cookies;
mod client_request;
pub mod data;
pub mod development;
pub mod devices;
pub mod email;
pub mod linked;
pub mod password;
mod problem;
pub mod profile;
pub mod proof;
pub mod provider;
pub mod second_step;
pub mod security;
pub mod sign_in;
pub mod sign_out;
pub mod sign_up;
mod visit;
mod ways;

//! QR codes as SVG.

use std::fmt::Write as _;

use qrcodegen::{QrCode, QrCodeEcc};

use crate::error::{Error, ErrorKind};

/// The modules of white around a code (ISO/IEC 18004 §5.3.8).
const QUIET_ZONE: i32 = 4;

/// A QR code of a text: black on white, whatever the page's colours are, since cameras expect it.
pub fn svg(text: &str) -> Result<String, Error> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium)
        .map_err(|error| ErrorKind::Internal(format!("QR code: {error}")))?;
    let (width, mut path) = (code.size() + 2 * QUIET_ZONE, String::new());
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let run = (x..code.size())
                .take_while(|x| code.get_module(*x, y))
                .count();
            let run = i32::try_from(run).unwrap_or_default();
            if run > 0 {
                // Writing to a string does not fail.
                let (left, top) = (x + QUIET_ZONE, y + QUIET_ZONE);
                let _ = write!(path, "M{left},{top}h{run}v1h-{run}z");
            }
            x += run + 1;
        }
    }
    Ok(format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {width}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0,0h{width}v{width}h-{width}z\"/>\
         <path d=\"{path}\"/></svg>"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The modules that a path draws black.
    fn drawn(svg: &str) -> Vec<(i32, i32)> {
        let (_, path) = svg.split_once("<path d=\"").unwrap();
        let (path, _) = path.split_once('"').unwrap();
        let mut modules = Vec::new();
        for run in path.split('M').skip(1) {
            let (place, rest) = run.split_once('h').unwrap();
            let (x, y) = place.split_once(',').unwrap();
            let length: i32 = rest.split_once('v').unwrap().0.parse().unwrap();
            let (x, y): (i32, i32) = (x.parse().unwrap(), y.parse().unwrap());
            modules.extend((x..x + length).map(|x| (x, y)));
        }
        modules
    }

    #[test]
    fn every_black_module_is_drawn_once_inside_its_quiet_zone() {
        let text = "otpauth://totp/Edgelatch:ann?secret=GEZDGNBVGY3TQOJQ&issuer=Edgelatch";
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).unwrap();
        let black: Vec<(i32, i32)> = (0..code.size())
            .flat_map(|y| (0..code.size()).map(move |x| (x, y)))
            .filter(|(x, y)| code.get_module(*x, *y))
            .map(|(x, y)| (x + 4, y + 4))
            .collect();
        assert_eq!(drawn(&svg(text).unwrap()), black);
    }

    #[test]
    fn a_text_that_is_too_long_is_refused() {
        assert!(svg(&"x".repeat(5_000)).is_err());
    }
}

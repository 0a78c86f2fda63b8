//! How a client, or the deployment itself, looks on the pages: name, logo, accent colour, links.

/// How a client looks; what is absent is the deployment's. Names as in RFC 7591 §2.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Branding {
    /// What people call it.
    pub client_name: Option<String>,
    /// Its home.
    pub client_uri: Option<String>,
    /// A picture as a `data:` URL.
    pub logo: Option<String>,
    /// Its terms of service.
    pub tos_uri: Option<String>,
    /// Its privacy policy.
    pub policy_uri: Option<String>,
    /// The colour of buttons and links.
    pub accent: Option<Accent>,
}

/// A colour that text can have on every light surface of the pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accent([u8; 3]);

/// The light surface that is hardest to read on, and the dark one (`assets/style.css`: `--sunken`).
const LIGHT_SURFACE: [u8; 3] = [0xef, 0xef, 0xeb];
const DARK_SURFACE: [u8; 3] = [0x24, 0x28, 0x2a];
/// The contrast that text needs (WCAG 2.2, 1.4.3).
const TEXT_CONTRAST: f64 = 4.5;
const WHITE: [u8; 3] = [0xff; 3];
const BLACK: [u8; 3] = [0x10; 3];

impl Accent {
    /// Reads `#rrggbb`; nothing for another text, or a colour that cannot be read on light surfaces.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6)?;
        let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        let number = u32::from_str_radix(digits, 16).ok().filter(|_| plain)?;
        let [_, red, green, blue] = number.to_be_bytes();
        let colour = [red, green, blue];
        (contrast(colour, LIGHT_SURFACE) >= TEXT_CONTRAST).then_some(Self(colour))
    }

    /// As it was given.
    pub fn text(self) -> String {
        hex(self.0)
    }

    /// The custom properties of the style sheet, for both schemes.
    pub fn style_sheet(self) -> String {
        let properties = |accent: [u8; 3]| {
            let on_accent = if contrast(accent, WHITE) >= TEXT_CONTRAST {
                WHITE
            } else {
                BLACK
            };
            let (accent, on_accent) = (hex(accent), hex(on_accent));
            format!(":root{{--accent:{accent};--on-accent:{on_accent}}}")
        };
        let (light, dark) = (properties(self.0), properties(self.in_the_dark()));
        format!("{light}@media(prefers-color-scheme:dark){{{dark}}}")
    }

    /// The same colour, as much lighter as text on dark surfaces needs.
    fn in_the_dark(self) -> [u8; 3] {
        let lighter = |twentieths: u16| {
            self.0.map(|part| {
                let part = u16::from(part);
                let lighter = part + (255 - part) * twentieths / 20;
                u8::try_from(lighter).unwrap_or(u8::MAX)
            })
        };
        let mut colours = (0..=20).map(lighter);
        colours
            .find(|colour| contrast(*colour, DARK_SURFACE) >= TEXT_CONTRAST)
            .unwrap_or(WHITE)
    }
}

fn hex(colour: [u8; 3]) -> String {
    let [red, green, blue] = colour;
    format!("#{red:02x}{green:02x}{blue:02x}")
}

/// The contrast ratio of two colours (WCAG 2.2, "contrast ratio").
fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// The relative luminance of a colour in sRGB.
fn luminance(colour: [u8; 3]) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    };
    let [red, green, blue] = colour.map(linear);
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/// The picture types that a logo may have.
const LOGO_TYPES: [&str; 4] = ["image/png", "image/jpeg", "image/webp", "image/svg+xml"];
/// The longest logo, in characters of its `data:` URL.
pub const MAX_LOGO: usize = 32_768;

/// The media type and the base64 of a logo; nothing where the text is no logo.
pub fn logo_parts(url: &str) -> Option<(&'static str, &str)> {
    let rest = url
        .strip_prefix("data:")
        .filter(|_| url.len() <= MAX_LOGO)?;
    let (media, base64) = rest.split_once(";base64,")?;
    let media = LOGO_TYPES.into_iter().find(|known| *known == media)?;
    let plain = |char: char| char.is_ascii_alphanumeric() || "+/=".contains(char);
    (!base64.is_empty() && base64.chars().all(plain)).then_some((media, base64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_accent_is_a_colour_that_can_be_read_on_light_surfaces() {
        for (text, is_one) in [
            ("#1f5f5b", true),
            ("#000000", true),
            ("#1F5F5B", true),
            ("#ffff00", false),
            ("#ffffff", false),
            ("#777777", false),
            ("1f5f5b", false),
            ("#1f5f5", false),
            ("#+12345", false),
            ("#1f5f5b;}", false),
            ("", false),
            ("#éééa", false),
        ] {
            assert_eq!(Accent::parse(text).is_some(), is_one, "{text}");
        }
    }

    #[test]
    fn the_contrast_is_that_of_the_definition() {
        assert!((contrast(WHITE, [0; 3]) - 21.0).abs() < 1e-9);
        assert!((contrast([0x77; 3], WHITE) - 4.478).abs() < 1e-3);
    }

    proptest! {
        #[test]
        fn every_accent_can_be_read_in_both_schemes(red: u8, green: u8, blue: u8) {
            if let Some(accent) = Accent::parse(&hex([red, green, blue])) {
                let dark = accent.in_the_dark();
                prop_assert!(contrast(dark, DARK_SURFACE) >= TEXT_CONTRAST);
                for shown in [accent.0, dark] {
                    let best = contrast(shown, WHITE).max(contrast(shown, BLACK));
                    prop_assert!(best >= TEXT_CONTRAST);
                }
                prop_assert!(accent.style_sheet().is_ascii());
            }
        }
    }

    #[test]
    fn a_logo_is_a_picture_in_a_data_url() {
        assert_eq!(
            logo_parts("data:image/png;base64,AA=="),
            Some(("image/png", "AA=="))
        );
        for text in [
            "",
            "https://a.example/logo.png",
            "data:text/html;base64,AA==",
            "data:image/png,x",
            "data:image/png;base64,",
            "data:image/png;base64,A\"A",
            "data:image/svg+xml;charset=utf-8;base64,AA==",
        ] {
            assert_eq!(logo_parts(text), None, "{text}");
        }
        assert_eq!(
            logo_parts(&format!("data:image/png;base64,{}", "A".repeat(MAX_LOGO))),
            None
        );
    }
}

//! What a device is called in a person's own list: its browser and system, as far as `User-Agent`
//! tells.

/// Browsers by what only their own `User-Agent` has, the most telling first.
const BROWSERS: [(&str, &str); 8] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: [(&str, &str); 8] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];

/// The name of a device; nothing where its `User-Agent` is of no known browser or system. What is
/// neither, such as an app's own, is shown as it is, up to its first version.
pub fn name(user_agent: Option<&str>) -> Option<String> {
    let agent = user_agent.filter(|agent| !agent.trim().is_empty())?;
    let find = |known: &[(&str, &'static str)]| {
        let mut known = known.iter();
        known
            .find(|(part, _)| agent.contains(part))
            .map(|(_, name)| *name)
    };
    let browser = find(&BROWSERS).filter(|_| agent.starts_with("Mozilla/"));
    Some(match (browser, find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser}, {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => {
            let product = agent.split(['/', ' ']).next().unwrap_or(agent);
            product.chars().take(40).collect()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_called_by_browser_and_system() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0.0.0 Safari/537.36 Edg/148.0",
                "Edge, Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1",
                "Safari, iPhone",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox, Linux",
            ),
            ("Fieldbook/3.1 (Android 16)", "Android"),
            ("okhttp/5.0", "okhttp"),
            ("<script>alert(1)</script>", "<script>alert(1)<"),
        ] {
            assert_eq!(name(Some(agent)).as_deref(), Some(expected), "{agent}");
        }
        assert_eq!(name(None), None);
        assert_eq!(name(Some(" ")), None);
    }
}

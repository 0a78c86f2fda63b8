//! What many pages have in common. Each part is a template of its own, because what a template
//! includes or extends is compiled again for each.

use std::fmt;

use askama::filters::HtmlSafe;
use askama::{DynTemplate, FastWritable, Template, Values};

use super::Frame;
use super::account::Shell;
use super::ask::PasskeyButton;
use crate::wire::texts;

/// HTML that a template made. It is not escaped again.
pub struct Html(String);

impl Html {
    fn of(part: &dyn DynTemplate) -> Self {
        Self(part.dyn_render().unwrap_or_default())
    }
}

impl fmt::Display for Html {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.0)
    }
}

impl FastWritable for Html {
    fn write_into(&self, to: &mut dyn fmt::Write, _: &dyn Values) -> askama::Result<()> {
        Ok(to.write_str(&self.0)?)
    }
}

impl HtmlSafe for Html {}

#[derive(Template)]
#[template(path = "parts/head_start.html", config = "src/wire/pages/askama.toml")]
struct HeadStart<'a> {
    frame: &'a Frame,
}

#[derive(Template)]
#[template(path = "parts/head_end.html", config = "src/wire/pages/askama.toml")]
struct HeadEnd<'a> {
    frame: &'a Frame,
}

#[derive(Template)]
#[template(path = "parts/brand.html", config = "src/wire/pages/askama.toml")]
struct BrandName<'a> {
    frame: &'a Frame,
}

#[derive(Template)]
#[template(path = "parts/top.html", config = "src/wire/pages/askama.toml")]
struct Top<'a> {
    frame: &'a Frame,
    shell: &'a Shell,
}

#[derive(Template)]
#[template(path = "parts/messages.html", config = "src/wire/pages/askama.toml")]
struct Messages<'a> {
    frame: &'a Frame,
}

#[derive(Template)]
#[template(path = "parts/links.html", config = "src/wire/pages/askama.toml")]
struct Links<'a> {
    frame: &'a Frame,
}

#[derive(Template)]
#[template(path = "parts/show.html", config = "src/wire/pages/askama.toml")]
struct Show<'a> {
    frame: &'a Frame,
    shown: &'a str,
}

#[derive(Template)]
#[template(path = "parts/passkey.html", config = "src/wire/pages/askama.toml")]
struct Passkey<'a> {
    frame: &'a Frame,
    passkey: &'a PasskeyButton,
}

#[derive(Template)]
#[template(
    path = "parts/new_password.html",
    config = "src/wire/pages/askama.toml"
)]
struct NewPassword<'a> {
    frame: &'a Frame,
    passwords: &'a texts::Password,
    least: usize,
    new_is_first: bool,
}

impl Frame {
    /// The document up to its title.
    pub fn head_start(&self) -> Html {
        Html::of(&HeadStart { frame: self })
    }

    /// The head after the page's own title.
    pub fn head_end(&self) -> Html {
        Html::of(&HeadEnd { frame: self })
    }

    /// The logo and the name.
    pub fn brand_name(&self) -> Html {
        Html::of(&BrandName { frame: self })
    }

    /// The header and the navigation of a signed-in person.
    pub fn top(&self, shell: &Shell) -> Html {
        Html::of(&Top { frame: self, shell })
    }

    /// What has just been done, and what is wrong.
    pub fn messages(&self) -> Html {
        Html::of(&Messages { frame: self })
    }

    /// The client's links and the other languages.
    pub fn links(&self) -> Html {
        Html::of(&Links { frame: self })
    }

    /// The button that shows the password in the field with this id.
    pub fn show(&self, shown: &str) -> Html {
        Html::of(&Show { frame: self, shown })
    }

    /// The button that asks the browser for a passkey.
    pub fn passkey(&self, passkey: &PasskeyButton) -> Html {
        Html::of(&Passkey {
            frame: self,
            passkey,
        })
    }

    /// The field for a new password of at least so many characters. Templates pass references.
    pub fn new_password(
        &self,
        passwords: &texts::Password,
        least: &usize,
        is_first: &bool,
    ) -> Html {
        Html::of(&NewPassword {
            frame: self,
            passwords,
            least: *least,
            new_is_first: *is_first,
        })
    }
}

//! Whatever a body holds, reading it takes time in proportion to its length.
//!
//! Bodies here are sixteen times as large as the largest that is taken: quadratic work hides in less.
//! Reading it is set against reading a sixteenth of it sixteen times, which takes as long on the same
//! busy machine; work that grows with the square would take sixteen times as long.

// All of this file is test code, which clippy knows of its `#[test]` functions only.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::hint::black_box;
use std::time::{Duration, Instant};

use edgelatch::testing::wire::incoming::{Body, Incoming, MAX_BODY, Method};
use edgelatch::testing::wire::servicestack::dto::Authenticate;
use edgelatch::testing::wire::servicestack::{
    bind, cookies, jsv, negotiation, recognise, return_url,
};

const LARGE: usize = MAX_BODY * 16;
const PARTS: u32 = 16;
const SMALL: usize = MAX_BODY;
/// How many times as long the whole may take as its parts.
const MOST: u32 = 6;
/// Nothing that is done in this time is worth a second look.
const INSTANT: Duration = Duration::from_millis(200);
/// How often the machine may be busy with something else.
const TRIES: usize = 4;

/// What a writer of each format repeats, and what trips its readers.
const PIECES: [&str; 34] = [
    "{",
    "}",
    "[",
    "]",
    "\"",
    "\"\"",
    ":",
    ",",
    "a:b,",
    "{a:",
    "a:{},",
    "[{",
    "[],",
    "\"a\":\"b\",",
    "{\"a\":",
    "\\\"",
    "<a>",
    "<a/>",
    "</a>",
    "<![CDATA[",
    "<!--",
    "&amp;",
    " a='x'",
    "a=b&",
    "password=x&",
    "%41",
    "a,b\r\n",
    "\",\"",
    "--b\r\n",
    "\r\n--b",
    "\r\n\r\n",
    " ",
    "a",
    "é",
];

/// What the pieces come after, so that readers get past the beginning.
const HEADS: [&str; 8] = [
    "",
    "{\"password\":\"",
    "{meta:{",
    "meta={a:b",
    "<x><meta>",
    "<x ",
    "a\r\n\"",
    "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n",
];

const TYPES: [&str; 6] = [
    "application/json",
    "text/jsv",
    "application/xml",
    "text/csv",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
];

#[allow(clippy::disallowed_methods)] // There is no measuring without a clock.
fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Fails if the work on the whole is out of proportion to that on its parts, every time.
fn assert_linear(name: &str, work: impl Fn(usize)) {
    let mut seen = Vec::new();
    for _ in 0..TRIES {
        let large = time(|| work(LARGE));
        if large < INSTANT {
            return;
        }
        let parts = time(|| (0..PARTS).for_each(|_| work(SMALL)));
        if large < parts * MOST {
            return;
        }
        seen.push((parts, large));
    }
    panic!("{name}: {seen:?}");
}

fn repeated(head: &str, piece: &str, length: usize) -> String {
    format!("{head}{}", piece.repeat(length / piece.len()))
}

fn request(path: &str, media: &str, body: String) -> Incoming {
    let headers = vec![("content-type".to_owned(), media.to_owned())];
    Incoming::new(
        Method::Post,
        path,
        "",
        headers,
        Body::Bytes(body.into_bytes()),
    )
}

/// Everything that is done with a body: whose it is, what it says, where it wants to go.
fn read(incoming: &Incoming) {
    let Some(call) = recognise::recognise(incoming) else {
        return;
    };
    let _ = black_box(bind::one::<Authenticate>(incoming, &call).is_ok());
    let _ = black_box(bind::batch::<Authenticate>(incoming, &call).is_ok());
    let _ = black_box((
        return_url::requested(incoming, &call),
        return_url::is_page(incoming, &call),
    ));
}

#[test]
fn a_body_of_any_format_is_read_or_refused_in_linear_time() {
    for media in TYPES {
        for head in HEADS {
            for piece in PIECES {
                assert_linear(&format!("{media} {head}{piece}"), |length| {
                    read(&request(
                        "/auth/credentials",
                        media,
                        repeated(head, piece, length),
                    ));
                });
            }
        }
    }
}

#[test]
fn whose_a_body_at_a_shared_name_is_takes_linear_time() {
    for media in TYPES {
        for piece in PIECES {
            assert_linear(&format!("{media} {piece}"), |length| {
                read(&request("/auth/google", media, repeated("", piece, length)));
            });
        }
    }
}

#[test]
fn a_batch_is_read_or_refused_in_linear_time() {
    for (path, piece) in [
        ("/api/Authenticate[]", "{},"),
        ("/api/Authenticate[]", "{\"userName\":\"a\"},"),
        ("/jsv/reply/Authenticate[]", "{a:b},"),
        ("/jsv/reply/Authenticate[]", ","),
    ] {
        assert_linear(&format!("{path} {piece}"), |length| {
            read(&request(
                path,
                "application/json",
                repeated("[", piece, length),
            ));
            let whole = repeated("[", piece, length);
            let whole = format!("{}]", whole.trim_end_matches(','));
            read(&request(path, "application/json", whole));
        });
    }
}

#[test]
fn headers_and_queries_of_any_length_take_linear_time() {
    for piece in [
        ",",
        ";",
        "=",
        "text/jsv,",
        "*/*;q=0.1,",
        "ss-tok=",
        "ss-tok=;",
        "a=b;",
        "%",
        "format=x&",
        "continue=/&",
        "password=x&",
        "\"",
        " ",
    ] {
        assert_linear(piece, |length| {
            let text = repeated("", piece, length);
            let header = |name: &str| (name.to_owned(), text.clone());
            let headers = vec![
                header("accept"),
                header("content-type"),
                header("cookie"),
                header("authorization"),
            ];
            let incoming = Incoming::new(
                Method::Post,
                "/auth",
                &text,
                headers,
                Body::Bytes(Vec::new()),
            );
            let _ = black_box(cookies::Cookie::RefreshToken.read(&incoming));
            let _ = black_box(negotiation::negotiated(&incoming, None));
            read(&incoming);
        });
    }
}

#[test]
fn writing_takes_linear_time_too() {
    for piece in ["\"", ",", "a", "\r\n", "é"] {
        assert_linear(piece, |length| {
            let value = serde_json::json!({ "a": piece.repeat(length / piece.len()) });
            let _ = black_box(jsv::write(&value));
        });
        assert_linear(&format!("a list of {piece}"), |length| {
            let list: Vec<&str> = std::iter::repeat_n(piece, length / piece.len()).collect();
            let _ = black_box(jsv::write(&serde_json::json!(list)));
        });
    }
}

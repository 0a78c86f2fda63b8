//! The body of a request: read to its end and decoded, bounded in bytes and in time.

use std::pin::pin;
use std::time::Duration;

use js_sys::{Object, Reflect, Uint8Array};
use wasm_bindgen::prelude::{JsCast, JsValue, wasm_bindgen};
use worker::web_sys::{self, ReadableStream, Request};
use worker::{Delay, Response};

use super::clock::before;
use crate::error::{Error, ErrorKind};
use crate::wire::incoming::{Body, Coding, Incoming};

/// How many bytes of a refused body are read only so that they have been read.
const MAX_REST: usize = 32 * 1_048_576;

/// How long the end of a body may take to come.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads the body to its end. What is beyond the limit of its endpoint never reaches the worker's own memory.
pub async fn read(request: &Request, incoming: &Incoming) -> Body {
    let length = incoming
        .header("content-length")
        .and_then(|length| length.parse().ok());
    let coding = Coding::read(incoming.header("content-encoding"));
    let most = incoming.max_body();
    let body = match request.body() {
        None => return Body::Bytes(Vec::new()),
        Some(stream) => to_its_end(&stream, length, most).await,
    };
    let bytes = match (body, coding) {
        (Ok(bytes), Err(refused)) if !bytes.is_empty() => Err(refused),
        (Ok(bytes), Ok(Some(coding))) if !bytes.is_empty() => decoded(bytes, coding, most).await,
        (body, _) => body,
    };
    bytes.map_or_else(Body::Unread, Body::Bytes)
}

async fn to_its_end(
    stream: &ReadableStream,
    length: Option<usize>,
    most: usize,
) -> Result<Vec<u8>, Error> {
    let size = length.unwrap_or(most).min(most);
    let cut_off = |_| ErrorKind::Syntax("The body ends too soon".to_owned());
    let mut pieces = Pieces::of(stream, size).map_err(cut_off)?;
    let mut timeout = pin!(Delay::from(READ_TIMEOUT));
    let body = before(timeout.as_mut(), pieces.bytes(most)).await;
    let body = body.ok_or(ErrorKind::Timeout)?.map_err(cut_off)?;
    if body.is_none() {
        before(timeout, pieces.pass_over()).await;
    }
    body.ok_or_else(|| ErrorKind::TooLarge.into())
}

/// Decodes a body, no further than to `most` bytes.
async fn decoded(bytes: Vec<u8>, coding: Coding, most: usize) -> Result<Vec<u8>, Error> {
    let coded = || ErrorKind::Syntax(format!("The body is not {}", coding.name()));
    let decode = async {
        let source: web_sys::Response = Response::from_bytes(bytes)?.into();
        let source: ByteSource = source.body().ok_or(JsValue::UNDEFINED)?.unchecked_into();
        let stream = source.pipe_through(&DecompressionStream::new(coding.name())?)?;
        Pieces::of(&stream, most)?.bytes(most).await
    };
    let decoded: Result<_, JsValue> = decode.await;
    decoded
        .map_err(|_| coded())?
        .ok_or_else(|| ErrorKind::TooLarge.into())
}

/// A stream, piece by piece, through one buffer that is not in the worker's own memory.
struct Pieces {
    reader: BodyReader,
    buffer: Uint8Array,
    wanted: Object,
}

impl Pieces {
    /// A buffer of one byte more than `size` shows in one piece that there is no more.
    fn of(stream: &ReadableStream, size: usize) -> Result<Self, JsValue> {
        let size = u32::try_from(size).unwrap_or(u32::MAX).saturating_add(1);
        let wanted = Object::new();
        Reflect::set(&wanted, &"min".into(), &size.into())?;
        Ok(Self {
            reader: BodyReader::new(stream)?,
            buffer: Uint8Array::new_with_length(size),
            wanted,
        })
    }

    /// The next piece: a full one, or what there is before the end; nothing at the end.
    async fn next(&mut self) -> Result<Option<Uint8Array>, JsValue> {
        let read = self.reader.read(&self.buffer, &self.wanted).await?;
        let piece: Uint8Array = Reflect::get(&read, &"value".into())?.dyn_into()?;
        // The buffer went to the reader, and comes back with the piece.
        self.buffer = Uint8Array::new(&piece.buffer());
        Ok((piece.length() > 0).then_some(piece))
    }

    /// All bytes; nothing if they are more than `most`.
    async fn bytes(&mut self, most: usize) -> Result<Option<Vec<u8>>, JsValue> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.next().await? {
            if bytes.len().saturating_add(piece.byte_length() as usize) > most {
                return Ok(None);
            }
            bytes.extend(piece.to_vec());
        }
        Ok(Some(bytes))
    }

    /// Reads what is left, and keeps nothing of it.
    async fn pass_over(&mut self) -> Result<(), JsValue> {
        let mut passed = 0_usize;
        while let Some(piece) = self.next().await?
            && passed < MAX_REST
        {
            passed = passed.saturating_add(piece.byte_length() as usize);
        }
        Ok(())
    }
}

#[wasm_bindgen]
extern "C" {
    /// Streams Standard §4.5.
    #[wasm_bindgen(js_name = ReadableStreamBYOBReader)]
    type BodyReader;
    #[wasm_bindgen(constructor, catch, js_class = "ReadableStreamBYOBReader")]
    fn new(stream: &ReadableStream) -> Result<BodyReader, JsValue>;
    #[wasm_bindgen(method, catch)]
    async fn read(
        this: &BodyReader,
        into: &Uint8Array,
        wanted: &Object,
    ) -> Result<JsValue, JsValue>;

    /// A stream that can be sent through another.
    type ByteSource;
    #[wasm_bindgen(method, catch, js_name = pipeThrough)]
    fn pipe_through(this: &ByteSource, to: &DecompressionStream)
    -> Result<ReadableStream, JsValue>;

    /// Compression Standard §6.
    type DecompressionStream;
    #[wasm_bindgen(constructor, catch)]
    fn new(format: &str) -> Result<DecompressionStream, JsValue>;
}

//! KV as we use it: typed records under the key of a one-time thing, each with its life.

use std::rc::Rc;

use js_sys::Reflect;
use worker::{Env, KvStore};

use super::d1::with_timeout;
use super::metrics::StorageMetrics;
use crate::auth::json;
use crate::auth::one_time::OneTime;
use crate::auth::secret::random_id;
use crate::auth::time::{Seconds, Timestamp};
use crate::error::{Error, ErrorKind};
use crate::wire::message::Message;

/// KV refuses shorter lives; the stored `expires_on` is the true end.
const SHORTEST_LIFE: Seconds = Seconds::MINUTE;
/// What the keys of the development mailbox begin with.
const MAIL: &str = "dev-mail:";
const MAIL_LIFE: u64 = 86_400;
const MAILS_SHOWN: u64 = 100;

/// The key-value store. It remembers, and never decides: a miss is never a refusal.
#[derive(Clone)]
pub struct Kv {
    env: Env,
    metrics: Rc<StorageMetrics>,
}

impl Kv {
    /// Opens the binding `KV`.
    pub fn open(env: &Env, metrics: Rc<StorageMetrics>) -> Result<Self, Error> {
        let binding = Reflect::get(env, &"KV".into()).unwrap_or_default();
        if !binding.is_object() {
            return Err(missing());
        }
        Ok(Self {
            env: env.clone(),
            metrics,
        })
    }

    /// The binding, taken apart only where it is used: most requests do without.
    fn store(&self) -> Result<KvStore, Error> {
        self.env.kv("KV").map_err(|_| missing())
    }

    /// The same store, counted by another meter.
    pub fn counted_by(&self, metrics: Rc<StorageMetrics>) -> Self {
        Self {
            env: self.env.clone(),
            metrics,
        }
    }

    /// Remembers a record for a time.
    pub async fn put<T: OneTime>(&self, key: &str, record: &T, life: Seconds) -> Result<(), Error> {
        let text = serde_json::to_string(record)
            .map_err(|error| ErrorKind::Internal(format!("KV record: {error}")))?;
        let store = self.store()?;
        let put = store
            .put(key, text)
            .map_err(outage)?
            .expiration_ttl(life.max(SHORTEST_LIFE).get().unsigned_abs());
        let _trip = self.metrics.begin();
        self.metrics.operation();
        with_timeout("KV", put.execute()).await
    }

    /// Forgets a record.
    pub async fn delete(&self, key: &str) -> Result<(), Error> {
        let _trip = self.metrics.begin();
        self.metrics.operation();
        with_timeout("KV", self.store()?.delete(key)).await
    }

    /// Puts a message into the development mailbox, for a day. Later ones list first.
    pub async fn keep_mail(&self, message: &Message, now: Timestamp) -> Result<(), Error> {
        let key = format!(
            "{MAIL}{:015}-{}",
            i64::MAX / 10_000 - now.millis(),
            random_id()?
        );
        let text = serde_json::to_string(message)
            .map_err(|error| ErrorKind::Internal(format!("mail: {error}")))?;
        let put = self.store()?.put(&key, text).map_err(outage)?;
        with_timeout("KV", put.expiration_ttl(MAIL_LIFE).execute()).await
    }

    /// The messages in the development mailbox, newest first.
    pub async fn mails(&self) -> Result<Vec<Message>, Error> {
        let store = self.store()?;
        let list = store.list().prefix(MAIL.to_owned()).limit(MAILS_SHOWN);
        let mut mails = Vec::new();
        for key in with_timeout("KV", list.execute()).await?.keys {
            let text = with_timeout("KV", store.get(&key.name).text()).await?;
            mails.extend(text.and_then(|text| json::read(text.as_bytes()).ok()));
        }
        Ok(mails)
    }

    /// What is remembered under a key, if this place knows it.
    pub async fn get<T: OneTime>(&self, key: &str) -> Result<Option<T>, Error> {
        let _trip = self.metrics.begin();
        self.metrics.operation();
        let text = with_timeout("KV", self.store()?.get(key).text()).await?;
        Ok(text.and_then(|text| json::read(text.as_bytes()).ok()))
    }
}

fn missing() -> Error {
    ErrorKind::Misconfigured("KV (the KV binding) is missing".to_owned()).into()
}

fn outage(error: impl std::fmt::Display) -> Error {
    ErrorKind::Unavailable(format!("KV: {error}")).into()
}

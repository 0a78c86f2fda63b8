//! What a request has to work with: settings, storage, and the time it came in.

use std::cell::{Cell, OnceCell};
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use js_sys::Reflect;
use worker::web_sys::Request;
use worker::{Context, Delay, Env};

use super::audit_queue;
use super::d1::Db;
use super::deadline::Deadline;
use super::kv::Kv;
use super::log;
use super::metrics::StorageMetrics;
use crate::auth::attempts::{AttemptOrigin, network_of};
use crate::auth::id::SessionId;
use crate::auth::sign_in_place::SignInPlace;
use crate::auth::time::Timestamp;
use crate::config::Config;
use crate::error::Error;
use crate::wire::incoming::Incoming;
use crate::wire::reply::Reply;

/// What is kept of a `User-Agent`, in characters.
const LONGEST_AGENT: usize = 256;
/// What is kept of the platform's own words, in characters: more than any of them has.
const LONGEST_WORD: usize = 64;

/// What a response has before work behind it begins. The next turn of the event loop is too early: the
/// response is then still on its way through the same thread, and would wait for the work.
const HEAD_START: Duration = Duration::from_millis(1);

thread_local! {
    // The environment does not change while an isolate lives, so it is read once.
    static CONFIG: OnceCell<Rc<Config>> = const { OnceCell::new() };
}

/// What a request has to work with.
#[derive(Clone)]
pub struct App {
    /// The deployment's settings.
    pub config: Rc<Config>,
    /// The relational store, which decides.
    pub db: Db,
    /// The key-value store, which remembers.
    pub kv: Kv,
    /// When the request came in.
    pub now: Timestamp,
    /// The client's address and agent, as the platform gives them.
    pub client_info: Rc<ClientInfo>,
    /// The bindings, for the rare ones that are not opened for every request.
    pub env: Env,
    /// How long the request's outgoing calls may take together.
    pub deadline: Rc<Deadline>,
    /// Whether the request has ended sessions, of which clients are to hear.
    pub ends_sessions: Rc<Cell<bool>>,
    metrics: Rc<StorageMetrics>,
    context: Rc<Context>,
}

impl App {
    /// Opens what a request needs; fails where the deployment is not whole.
    pub fn open(
        env: &Env,
        context: Context,
        client_info: ClientInfo,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let config = config(env)?;
        let metrics = Rc::<StorageMetrics>::default();
        Ok(Self {
            config,
            db: Db::open(env, Rc::clone(&metrics))?,
            kv: Kv::open(env, Rc::clone(&metrics))?,
            now,
            client_info: Rc::new(client_info),
            env: env.clone(),
            deadline: Rc::default(),
            ends_sessions: Rc::default(),
            metrics,
            context: Rc::new(context),
        })
    }

    /// Opens settings and stores alone, for work without a request.
    pub fn open_stores(env: &Env) -> Result<(Rc<Config>, Db, Kv), Error> {
        let metrics = Rc::<StorageMetrics>::default();
        let db = Db::open(env, Rc::clone(&metrics))?;
        Ok((config(env)?, db, Kv::open(env, metrics)?))
    }

    /// Runs work after the response has left. No response waits for it, its storage round trips are not
    /// counted, and its failures go to the log.
    pub fn in_background<F>(&self, work: impl FnOnce(Self) -> F)
    where
        F: Future<Output = Result<(), Error>> + 'static,
    {
        let metrics = Rc::<StorageMetrics>::default();
        let app = Self {
            db: self.db.counted_by(Rc::clone(&metrics)),
            kv: self.kv.counted_by(Rc::clone(&metrics)),
            deadline: Rc::default(),
            metrics,
            ..self.clone()
        };
        self.wait_until(Box::pin(work(app)));
    }

    /// Not generic: what runs a promise is compiled once.
    fn wait_until(&self, work: Pin<Box<dyn Future<Output = Result<(), Error>>>>) {
        self.context.wait_until(async {
            Delay::from(HEAD_START).await;
            if let Err(error) = work.await {
                log::failure(&error);
            }
        });
    }

    /// Adds `Server-Timing` where the deployment asks for it.
    pub fn timed(&self, reply: Reply) -> Reply {
        if self.config.server_timing {
            reply.with("server-timing", self.metrics.server_timing())
        } else {
            reply
        }
    }
}

/// The address and agent of a request, as the platform gives them: but for the agent, nothing that the
/// caller writes.
#[derive(Debug)]
pub struct ClientInfo {
    /// The address that connected to Cloudflare.
    pub address: Option<String>,
    /// What the caller calls itself.
    pub user_agent: Option<String>,
    /// Cloudflare's id of the request.
    pub ray: Option<String>,
    request: Request,
}

impl ClientInfo {
    /// Reads the headers that the platform sets.
    pub fn new(incoming: &Incoming, request: Request) -> Self {
        let header = |name, longest| {
            let value = incoming.header(name);
            value.map(|text| text.chars().take(longest).collect())
        };
        Self {
            address: header("cf-connecting-ip", LONGEST_WORD),
            user_agent: header("user-agent", LONGEST_AGENT),
            ray: header("cf-ray", LONGEST_WORD),
            request,
        }
    }

    /// ISO country code. The runtime reads `cf` whole at the first use, which takes longer than
    /// anything else that is read of a request.
    pub fn country(&self) -> Option<String> {
        let cf = Reflect::get(&self.request, &"cf".into()).ok()?;
        let country = Reflect::get(&cf, &"country".into()).ok()?;
        country.as_string()
    }

    /// What signs in, and where.
    pub fn place(&self) -> SignInPlace {
        SignInPlace {
            user_agent: self.user_agent.clone(),
            country: self.country(),
        }
    }

    /// Where an attempt comes from, with the device that names itself and the session of a token
    /// that came along.
    pub fn origin(&self, device_id: Option<&str>, session: Option<SessionId>) -> AttemptOrigin {
        AttemptOrigin {
            network: network_of(self.address.as_deref()),
            device: device_id.map(str::to_owned),
            session,
        }
    }
}

fn config(env: &Env) -> Result<Rc<Config>, Error> {
    CONFIG.with(|cell| {
        if let Some(config) = cell.get() {
            return Ok(Rc::clone(config));
        }
        let config = Rc::new(Config::read(|name| setting(env, name))?);
        if config.audit.is_queued {
            audit_queue::require(env)?;
        }
        if let Some(off) = config.oauth.off {
            log::note(&format!("the OAuth endpoints are off: {}", off.reason()));
        }
        Ok(Rc::clone(cell.get_or_init(|| config)))
    })
}

/// A variable or secret as text; numbers and booleans of `wrangler.toml` too.
fn setting(env: &Env, name: &str) -> Option<String> {
    let value = js_sys::Reflect::get(env, &name.into()).ok()?;
    value
        .as_string()
        .or_else(|| value.as_f64().map(|number| number.to_string()))
        .or_else(|| {
            value
                .as_bool()
                .map(|flag| (if flag { "on" } else { "off" }).to_owned())
        })
}

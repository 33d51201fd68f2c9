//! The sessions a client may resume.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use crypto_core::UnixTime;
use pki_types::ServerName;
use tls_core::{Session, SessionId};

/// Most servers remembered; beyond that the one heard of longest ago goes.
pub(crate) const MAX_SERVERS: usize = 256;

/// Most tickets kept per server: as many as servers give at once, and a few connections more.
pub(crate) const MAX_TICKETS: usize = 8;

/// A bounded store of sessions by name. A session is taken out to be used, so each ticket is used once.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    by_name: HashMap<ServerName<'static>, VecDeque<Session>>,
    /// Names in `by_name`, the latest last.
    order: VecDeque<ServerName<'static>>,
}

impl Sessions {
    /// Takes the freshest session for `name` that has not expired.
    pub(crate) fn take(&self, name: &ServerName<'_>, now: UnixTime) -> Option<Session> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = name.to_owned();
        let kept = inner.by_name.get_mut(&name)?;
        kept.retain(|session| session.expires() > now);
        let session = kept.pop_back();
        if kept.is_empty() {
            inner.by_name.remove(&name);
            inner.order.retain(|other| *other != name);
        }
        session
    }

    /// Keeps `session` for the next connection to its server.
    pub(crate) fn keep(&self, session: Session) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = session.server_name().clone();
        inner.order.retain(|other| *other != name);
        inner.order.push_back(name.clone());
        let kept = inner.by_name.entry(name).or_default();
        kept.push_back(session);
        if kept.len() > MAX_TICKETS {
            kept.pop_front();
        }
        if inner.order.len() > MAX_SERVERS
            && let Some(oldest) = inner.order.pop_front()
        {
            inner.by_name.remove(&oldest);
        }
    }

    /// Drops every ticket of a session that failed.
    pub(crate) fn forget(&self, id: SessionId) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Inner { by_name, order } = &mut *inner;
        by_name.retain(|_, kept| {
            kept.retain(|session| session.id() != id);
            !kept.is_empty()
        });
        order.retain(|name| by_name.contains_key(name));
    }
}

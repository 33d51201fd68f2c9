//! The running hash over all handshake messages (RFC 8446 section 4.4.1).

use alloc::boxed::Box;

use crypto_core::{Digest, HashContext};

use crate::{suite::Suite, wire::HandshakeType};

/// The transcript hash of a connection.
#[derive(Debug)]
pub(crate) struct Transcript {
    context: Box<dyn HashContext>,
}

impl Transcript {
    /// Starts with the first ClientHello, header included.
    pub(crate) fn new(suite: &Suite, client_hello: &[u8]) -> Self {
        let mut context = suite.hash.start();
        context.update(client_hello);
        Self { context }
    }

    /// Starts after a HelloRetryRequest: a synthetic message stands for the first ClientHello.
    pub(crate) fn after_retry(suite: &Suite, first_hello: &Digest, retry: &[u8]) -> Self {
        let mut context = suite.hash.start();
        let hash = first_hello.as_ref();
        let len = u8::try_from(hash.len()).unwrap_or_default();
        context.update(&[HandshakeType::MESSAGE_HASH.0, 0, 0, len]);
        context.update(hash);
        context.update(retry);
        Self { context }
    }

    /// Adds a message, header included.
    pub(crate) fn update(&mut self, message: &[u8]) {
        self.context.update(message);
    }

    /// The hash so far.
    pub(crate) fn hash(&self) -> Digest {
        self.context.peek()
    }

    /// The hash with `partial` behind what was added so far, which stays as it is (binders).
    pub(crate) fn hash_with(&self, partial: &[u8]) -> Digest {
        let mut fork = self.context.fork();
        fork.update(partial);
        fork.peek()
    }
}

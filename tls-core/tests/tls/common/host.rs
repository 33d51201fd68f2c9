//! A host around a machine: it answers questions, and does what a test wants done on an event.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use bytes::BytesMut;
use crypto_core::SignatureAlgorithm;
use testkit::{certificate::Key, laws::Machine};
use tls_core::{
    Answer, CertificateError, Client, Event, Identity, Misuse, Server, ServerConfig, ServerSession,
    wire::SignatureScheme,
};

/// The verbs that both roles have.
pub(crate) trait Role: std::fmt::Debug {
    fn poll(&mut self, rx: &mut BytesMut, tx: &mut BytesMut) -> Option<Event>;
    fn answer(&mut self, answer: Answer) -> Result<(), Misuse>;
    fn write(&mut self, data: &[u8], tx: &mut BytesMut) -> Result<(), Misuse>;
    fn close(&mut self, tx: &mut BytesMut) -> Result<(), Misuse>;
    fn eof(&mut self);
}

macro_rules! role {
    ($role:ident) => {
        impl Role for $role {
            fn poll(&mut self, rx: &mut BytesMut, tx: &mut BytesMut) -> Option<Event> {
                Self::poll(self, rx, tx)
            }
            fn answer(&mut self, answer: Answer) -> Result<(), Misuse> {
                Self::answer(self, answer)
            }
            fn write(&mut self, data: &[u8], tx: &mut BytesMut) -> Result<(), Misuse> {
                Self::write(self, data, tx)
            }
            fn close(&mut self, tx: &mut BytesMut) -> Result<(), Misuse> {
                Self::close(self, tx)
            }
            fn eof(&mut self) {
                Self::eof(self);
            }
        }
    };
}
role!(Client);
role!(Server);

/// What a test sees of a machine.
#[derive(Debug)]
pub(crate) enum Seen {
    /// A question that the host has answered.
    Asked {
        kind: &'static str,
        #[expect(dead_code, reason = "the laws compare it through Debug")]
        text: String,
    },
    Event(Event),
}

/// Sessions that a host keeps for a server.
pub(crate) type Store = Arc<Mutex<HashMap<Vec<u8>, ServerSession>>>;

/// What the host answers, and what it does of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answers {
    /// Questions are left to the test.
    pub(crate) hold: bool,
    pub(crate) refuse: Option<CertificateError>,
    pub(crate) config: Option<Arc<ServerConfig>>,
    pub(crate) identity: Option<Identity>,
    pub(crate) signer: Option<Key>,
    pub(crate) store: Store,
    /// Said once connected.
    pub(crate) greeting: Vec<u8>,
    /// Sends data back.
    pub(crate) echo: bool,
    /// Answers close_notify with close_notify.
    pub(crate) close_back: bool,
}

/// A machine in the hands of a host.
#[derive(Debug)]
pub(crate) struct Host<R> {
    pub(crate) tls: R,
    pub(crate) answers: Answers,
}

impl<R: Role> Host<R> {
    pub(crate) fn new(tls: R) -> Self {
        Self {
            tls,
            answers: Answers::default(),
        }
    }

    pub(crate) fn answers(mut self, answers: Answers) -> Self {
        self.answers = answers;
        self
    }

    /// Greets, echoes and closes: so that a law sees traffic too.
    pub(crate) fn chatting(mut self, greeting: &[u8]) -> Self {
        self.answers.greeting = greeting.to_vec();
        self.answers.close_back = true;
        self
    }

    fn act(&mut self, event: &Event, tx: &mut BytesMut) {
        match event {
            Event::Connected(_) => self.tls.write(&self.answers.greeting, tx).unwrap(),
            // The sending direction may be closed already.
            Event::Data(data) if self.answers.echo => drop(self.tls.write(data, tx)),
            Event::PeerClosed if self.answers.close_back => drop(self.tls.close(tx)),
            Event::StoreTicket { identity, session } => {
                self.answers
                    .store
                    .lock()
                    .unwrap()
                    .insert(identity.clone(), (**session).clone());
            }
            _ => {}
        }
    }

    /// Answers a question, or gives the event back.
    fn respond(&self, event: Event) -> Result<(&'static str, String, Answer), Event> {
        if self.answers.hold {
            return Err(event);
        }
        let text = format!("{event:?}");
        let (kind, answer) = match event {
            Event::ClientHello(question) => {
                let config = self
                    .answers
                    .config
                    .clone()
                    .expect("no configuration to answer with");
                ("ClientHello", question.with(config))
            }
            Event::Ticket(question) => {
                let store = self.answers.store.lock().unwrap();
                let found = question
                    .identities()
                    .iter()
                    .enumerate()
                    .find_map(|(index, identity)| Some((index, store.get(&identity[..])?.clone())));
                let answer = match found {
                    Some((index, session)) => question.found(index, session),
                    None => question.unknown(),
                };
                ("Ticket", answer)
            }
            Event::Credential(question) => {
                let answer = match self.answers.identity.clone() {
                    Some(identity) => question.present(identity),
                    None => question.decline(),
                };
                ("Credential", answer)
            }
            Event::Sign(question) => {
                let answer = match &self.answers.signer {
                    Some(signer) => {
                        let algorithm = algorithm(question.scheme());
                        let signature = signer.key.sign(algorithm, question.content()).unwrap();
                        question.signature(signature)
                    }
                    None => question.failed(),
                };
                ("Sign", answer)
            }
            Event::Verify(question) => {
                let answer = match self.answers.refuse {
                    Some(why) => question.reject(why),
                    None => question.accept(),
                };
                ("Verify", answer)
            }
            event => return Err(event),
        };
        Ok((kind, text, answer))
    }
}

/// The algorithm of a scheme, for a signer that stands outside.
pub(crate) fn algorithm(scheme: SignatureScheme) -> SignatureAlgorithm {
    match scheme {
        SignatureScheme::ECDSA_SECP256R1_SHA256 => SignatureAlgorithm::EcdsaP256Sha256,
        SignatureScheme::ECDSA_SECP384R1_SHA384 => SignatureAlgorithm::EcdsaP384Sha384,
        SignatureScheme::ED25519 => SignatureAlgorithm::Ed25519,
        SignatureScheme::RSA_PSS_RSAE_SHA256 => SignatureAlgorithm::RsaPssSha256,
        other => panic!("no key signs with {other}"),
    }
}

impl<R: Role> Machine for Host<R> {
    type Event = Seen;

    fn poll(&mut self, rx: &mut BytesMut, tx: &mut BytesMut) -> Option<Seen> {
        let event = self.tls.poll(rx, tx)?;
        self.act(&event, tx);
        Some(match self.respond(event) {
            Ok((kind, text, answer)) => {
                self.tls.answer(answer).unwrap();
                Seen::Asked { kind, text }
            }
            Err(event) => Seen::Event(event),
        })
    }

    fn eof(&mut self) {
        self.tls.eof();
    }

    fn is_end(event: &Seen) -> bool {
        matches!(event, Seen::Event(Event::Closed(_)))
    }
}

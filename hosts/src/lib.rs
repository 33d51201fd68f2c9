//! Security protocols over real sockets.
//!
//! The protocol crates of this workspace hold no socket, clock or file; this one brings them together with the
//! transports of the standard library ([`blocking`]) and of tokio (`tokio`). It is thin on purpose: whoever
//! needs another kind of I/O drives [`tls_core`] the same way.
//!
//! ```text
//!  Connector ── Client ──┐                         ┌── blocking::TlsStream<S: Read + Write>
//!                        ├── rx, tx, events ───────┤
//!  Acceptor ─── Server ──┘                         └── tokio::TlsStream<S: AsyncRead + AsyncWrite>
//! ```
//!
//! # Example
//!
//! A client and a server on loopback:
//!
//! ```
//! # #[cfg(feature = "ring")] {
//! use std::{
//!     io::{Read, Write},
//!     net::{TcpListener, TcpStream},
//!     sync::Arc,
//!     thread,
//! };
//!
//! use pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
//! use securewire::{
//!     Acceptor, Connector,
//!     blocking::TlsStream,
//!     tls_core::{ClientConfig, Identity, Roots, ServerConfig},
//! };
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let provider = Arc::new(securewire::crypto_core::ring::provider());
//!
//! // A certificate made on the spot: an authority, and localhost.
//! let mut authority = rcgen::CertificateParams::new([])?;
//! authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
//! let authority = rcgen::CertifiedIssuer::self_signed(authority, rcgen::KeyPair::generate()?)?;
//! let key = rcgen::KeyPair::generate()?;
//! let certificate =
//!     rcgen::CertificateParams::new(["localhost".to_owned()])?.signed_by(&key, &authority)?;
//! let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
//!
//! // The server echoes, in a thread of its own.
//! let identity = Identity::new(vec![certificate.der().clone()], provider.keys.load(&key)?)?;
//! let config = ServerConfig::new(Arc::clone(&provider)).with_identity(identity);
//! let acceptor = Acceptor::resuming(config, 3600)?;
//! let listener = TcpListener::bind("127.0.0.1:0")?;
//! let address = listener.local_addr()?;
//! let server = thread::spawn(move || -> std::io::Result<()> {
//!     let (stream, _) = listener.accept()?;
//!     let mut tls = TlsStream::accept(&acceptor, stream)?;
//!     let mut message = String::new();
//!     tls.read_to_string(&mut message)?;
//!     tls.write_all(message.to_uppercase().as_bytes())?;
//!     tls.close()
//! });
//!
//! let roots = Roots::from_certificates([authority.der()])?;
//! let connector = Connector::new(ClientConfig::new(provider).with_roots(roots));
//! let stream = TcpStream::connect(address)?;
//! let mut tls = TlsStream::connect(&connector, "localhost".try_into()?, stream)?;
//! tls.write_all(b"hello")?;
//! tls.close()?;
//! let mut answer = String::new();
//! tls.read_to_string(&mut answer)?;
//! assert_eq!(answer, "HELLO");
//! server.join().map_err(|_| "the server panicked")??;
//! #     Ok(())
//! # }
//! # main().unwrap();
//! # }
//! ```
//!
//! # What a stream promises
//!
//! - `read` gives `Ok(0)` after the peer's close_notify, and only then. A transport that ends before is
//!   [`UnexpectedEof`](std::io::ErrorKind::UnexpectedEof) around [`tls_core::Error::Truncated`].
//! - Every other failure of the protocol is [`InvalidData`](std::io::ErrorKind::InvalidData) around a
//!   [`tls_core::Error`], which [`tls_error`] finds again. The alert was sent before the error is returned.
//! - Closing is one direction at a time: after `close` (tokio: `shutdown`) reading goes on.
//! - No buffer is held for nothing: a tokio stream that waits for data has none, a blocking one none between calls.
#![forbid(unsafe_code)]
#![allow(
    clippy::std_instead_of_core,
    clippy::std_instead_of_alloc,
    reason = "hosts have std"
)]

mod acceptor;
pub mod blocking;
mod clock;
mod connector;
mod driver;
mod error;
mod hooks;
mod sessions;
#[cfg(feature = "tokio")]
pub mod tokio;
#[cfg(all(feature = "tunnel", target_os = "linux"))]
pub mod tunnel;

pub use acceptor::Acceptor;
pub use connector::Connector;
pub use crypto_core;
pub use error::tls_error;
#[cfg(feature = "tunnel")]
pub use esp_core;
pub use hooks::Hooks;
pub use tls_core;

/// Keeps the example of the README compiling.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

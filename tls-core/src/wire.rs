//! Messages of TLS 1.3 as they stand on the wire: parsing and encoding, no state, no cryptography.
//!
//! Every type here borrows from the message it was parsed from. A value that exists is well-formed;
//! what it means is judged by the state that receives it.

mod certificate;
mod certificate_request;
mod certificate_verify;
mod client_hello;
mod codes;
mod encrypted_extensions;
mod extensions;
mod key_update;
mod new_session_ticket;
mod reader;
mod server_hello;
mod writer;

pub use certificate::{Certificate, CertificateEntry, CertificateList};
pub use certificate_request::CertificateRequest;
pub use certificate_verify::{CertificateVerify, SignedContent, Signer};
pub use client_hello::ClientHello;
pub use codes::{
    AlertDescription, AlertLevel, CipherSuite, ContentType, ExtensionType, HandshakeType,
    ProtocolVersion, SignatureScheme,
};
pub use encrypted_extensions::EncryptedExtensions;
pub use extensions::{Extension, Extensions};
pub use key_update::KeyUpdate;
pub use new_session_ticket::NewSessionTicket;
pub use reader::{Malformed, Reader, U16List};
pub use server_hello::{HELLO_RETRY_REQUEST_RANDOM, ServerHello};
pub(crate) use writer::{Prefix, message, nested};

#[cfg(test)]
mod tests;

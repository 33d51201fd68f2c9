//! EncryptedExtensions: what the server says besides keys (RFC 8446 section 4.3.1).

use super::{
    ClientState, Context, Next, ServerProof, auth::ExpectCertificateOrRequest,
    finish::ExpectFinished,
};
use crate::{
    connection::Step,
    extension::{Place, alpn, check_answers, malformed, server_name, supported_groups},
    inbound::Message,
    wire::{EncryptedExtensions, ExtensionType},
};

/// Waits for EncryptedExtensions.
#[derive(Debug)]
pub(crate) struct ExpectEncryptedExtensions {
    context: Context,
    /// True when the server resumes: then no certificate follows.
    resumed: bool,
}

impl ExpectEncryptedExtensions {
    pub(super) const fn new(context: Context, resumed: bool) -> Self {
        Self { context, resumed }
    }

    pub(super) fn handle(self, message: &Message<'_>) -> Next {
        let Self {
            mut context,
            resumed,
        } = self;
        let parsed = EncryptedExtensions::parse(message.body).map_err(malformed(message.kind))?;
        let extensions = parsed.extensions;
        check_answers(extensions, context.offered, Place::EncryptedExtensions)?;
        server_name::read_answer(extensions.get(ExtensionType::SERVER_NAME))?;
        supported_groups::read_answer(extensions.get(ExtensionType::SUPPORTED_GROUPS))?;
        let protocols = &context.config.parameters.protocols;
        let alpn = alpn::read_answer(protocols, extensions.get(ExtensionType::ALPN))?;
        context.alpn = alpn.map(<[u8]>::to_vec);
        context.transcript.update(message.octets);
        Ok(Step::State(if resumed {
            let state = ExpectFinished::new(context, ServerProof::Resumed, None);
            ClientState::Finished(state)
        } else {
            ClientState::CertificateOrRequest(ExpectCertificateOrRequest::new(context))
        }))
    }
}

//! What the shim answers to the questions of the machine.

use tls_core::{
    Answer, CertificateError, ClientHelloQuestion, CredentialQuestion, Event, SignQuestion,
    TicketQuestion, VerifyQuestion,
    wire::{AlertDescription, ExtensionType, SignatureScheme},
};

use crate::{
    connection::{Connection, Failure},
    issuers,
    options::Unimplemented,
    settings,
};

/// Answers `question` as the flags of the test want it.
pub(crate) fn to(connection: &mut Connection<'_>, question: Event) -> Result<Answer, Failure> {
    match question {
        Event::ClientHello(question) => client_hello(connection, *question),
        Event::Ticket(question) => Ok(ticket(connection, *question)),
        Event::Credential(question) => credential(connection, *question),
        Event::Sign(question) => Ok(sign(connection, *question)),
        Event::Verify(question) => Ok(verify(connection, *question)),
        other => Err(Failure::Fact(format!("unexpected event {other:?}"))),
    }
}

fn client_hello(
    connection: &mut Connection<'_>,
    question: ClientHelloQuestion,
) -> Result<Answer, Failure> {
    let options = connection.options;
    let expect = &options.expect;
    let offered = question
        .hello()
        .and_then(|hello| hello.extensions.get(ExtensionType::ALPN));
    let offered = offered.and_then(|body| body.get(2..)).unwrap_or_default();
    if !expect.advertised_alpn.is_empty() && expect.advertised_alpn != offered {
        return Err(Failure::Fact("the client offers other protocols".into()));
    }
    check_schemes(connection, question.signature_schemes())?;
    if let Some(refusal) = options.refuse_hello {
        connection.refused_as = Some(refusal.name);
        return Ok(question.refuse(AlertDescription(refusal.alert)));
    }
    let extensions = question
        .hello()
        .map(|hello| hello.extensions)
        .unwrap_or_default();
    let authorities = issuers::named(extensions);
    if !connection
        .own
        .iter()
        .any(|own| issuers::allow(own, &authorities))
    {
        connection.refused_as = Some(":NO_MATCHING_ISSUER:");
        return Ok(question.refuse(AlertDescription::HANDSHAKE_FAILURE));
    }
    Ok(question.with(connection.server_config(&authorities)?))
}

fn check_schemes(
    connection: &Connection<'_>,
    schemes: impl Iterator<Item = SignatureScheme>,
) -> Result<(), Failure> {
    let expected = &connection.options.expect.verify_schemes;
    if expected.is_empty() || schemes.map(|scheme| scheme.0).eq(expected.iter().copied()) {
        return Ok(());
    }
    Err(Failure::Fact(
        "the peer accepts other signature schemes".into(),
    ))
}

fn ticket(connection: &Connection<'_>, question: TicketQuestion) -> Answer {
    let stored = &connection.kept.stored;
    let known = question
        .identities()
        .iter()
        .enumerate()
        .find_map(|(index, identity)| {
            let (_, session) = stored.iter().find(|(candidate, _)| candidate == identity)?;
            Some((index, session.clone()))
        });
    match known {
        Some((index, session)) => question.found(index, session),
        None => question.unknown(),
    }
}

fn credential(
    connection: &Connection<'_>,
    question: CredentialQuestion,
) -> Result<Answer, Failure> {
    if let Some(list) = &connection.options.expect.authorities {
        let expected = settings::names(list).map_err(|Unimplemented(what)| Failure::Fact(what))?;
        if question.authorities() != expected {
            return Err(Failure::Fact("the server names other authorities".into()));
        }
    }
    check_schemes(connection, question.signature_schemes().iter().copied())?;
    let own = connection.own.iter();
    let mut allowed = own.filter(|own| issuers::allow(own, question.authorities()));
    // Without one that fits, the machine has to see that the first does not.
    let first = allowed.clone().next();
    let fits = allowed.find(|own| own.fits(question.signature_schemes()));
    Ok(match fits.or(first) {
        Some(own) => question.present(own.identity.clone()),
        None => question.decline(),
    })
}

fn sign(connection: &mut Connection<'_>, question: SignQuestion) -> Answer {
    let chain = question.identity().chain();
    let Some(own) = connection
        .own
        .iter()
        .find(|own| own.identity.chain() == chain)
    else {
        return question.failed();
    };
    connection.signed_with = Some(own.index);
    match own.sign(question.scheme(), question.content()) {
        Some(signature) => question.signature(signature),
        None => question.failed(),
    }
}

/// The runner's certificates are not meant to be verified: accepted, unless the test wants a refusal.
fn verify(connection: &Connection<'_>, question: VerifyQuestion) -> Answer {
    let options = connection.options;
    if options.verify_fails && (options.verify_peer || options.require_peer) {
        return question.reject(CertificateError::Unknown);
    }
    question.accept()
}

//! A zone, and a host that answers from it.

use std::sync::Arc;

use crypto_core::Provider;
use dkim_core::{Answer, LookupQuestion, RecordKind};

/// Lines of a name, a type, and a value. A name without the type has no data; other names do not exist; the type FAIL
/// is a server that fails.
pub(crate) type Zone<'z> = [(&'z str, &'z str, &'z str)];

pub(crate) fn provider() -> Arc<Provider> {
    Arc::new(crypto_core::ring::provider())
}

#[cfg(feature = "spf")]
pub(crate) fn now() -> crypto_core::UnixTime {
    crypto_core::UnixTime::since_unix_epoch(core::time::Duration::from_secs(1_700_000_000))
}

pub(crate) fn lookup(zone: &Zone<'_>, question: LookupQuestion) -> Answer {
    let own: Vec<_> = zone
        .iter()
        .filter(|line| line.0 == question.name())
        .collect();
    if own.is_empty() {
        return question.no_domain();
    }
    if own.iter().any(|line| line.1 == "FAIL") {
        return question.unavailable();
    }
    let kind = question.kind();
    let values: Vec<&str> = own
        .iter()
        .filter(|line| line.1 == kind.as_str())
        .map(|line| line.2)
        .collect();
    if values.is_empty() {
        return question.no_data();
    }
    match kind {
        RecordKind::Txt => question.records(values.iter().map(|value| [value])),
        RecordKind::Mx => question.exchanges(values.iter().map(|value| {
            let (preference, name) = value.split_once(' ').unwrap();
            (preference.parse().unwrap(), name)
        })),
        RecordKind::Ptr => question.names(values),
        _ => question.addresses(values.iter().map(|value| value.parse().unwrap())),
    }
}

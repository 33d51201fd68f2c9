//! What a tunnel has done so far.

use esp_core::Discard;
use owo_colors::OwoColorize;
use securewire::tunnel::{Gateway, Refused};
use serde_json::{Map, Value, json};

/// Prints the counters, to standard output.
pub(super) fn print(gateway: &Gateway, as_json: bool) {
    if as_json {
        say!("{}", object(gateway));
        return;
    }
    let totals = gateway.totals();
    let inbound = gateway.inbound();
    say!(
        "out  {} packets, {} octets sealed, last sequence number {}; {} keepalives",
        totals.sealed,
        totals.sealed_octets,
        gateway.used(),
        totals.keepalives_sent
    );
    if totals.unsent > 0 {
        say!("     {} {}", totals.unsent, "not sent".yellow());
    }
    for refused in Refused::ALL {
        let count = gateway.refused(refused);
        if count > 0 {
            say!(
                "     {count} {}",
                format!("not sealed: {}", reason(refused)).yellow()
            );
        }
    }
    say!(
        "in   {} packets, {} octets delivered, of {} datagrams of ESP; {} lost; {} keepalives, {} IKE, {} foreign",
        totals.delivered,
        totals.delivered_octets,
        totals.esp,
        inbound.lost(),
        totals.keepalives,
        totals.ike,
        totals.foreign
    );
    if totals.undelivered > 0 {
        say!("     {} {}", totals.undelivered, "not delivered".yellow());
    }
    for discard in Discard::ALL {
        let count = inbound.audit().of(discard);
        if count > 0 {
            say!("     {count} {}", format!("discarded: {discard}").yellow());
        }
    }
}

fn object(gateway: &Gateway) -> Value {
    let totals = gateway.totals();
    let inbound = gateway.inbound();
    let refused =
        Refused::ALL.map(|refused| (snake(&format!("{refused:?}")), gateway.refused(refused)));
    let discarded = Discard::ALL.map(|discard| {
        let name = snake(&format!("{discard:?}"));
        (name, inbound.audit().of(discard))
    });
    json!({
        "out": {
            "packets": totals.sealed,
            "octets": totals.sealed_octets,
            "sequence": gateway.used(),
            "unsent": totals.unsent,
            "keepalives": totals.keepalives_sent,
            "refused": counted(refused),
        },
        "in": {
            "datagrams": totals.esp,
            "packets": totals.delivered,
            "octets": totals.delivered_octets,
            "sequence": inbound.highest_sequence(),
            "lost": inbound.lost(),
            "undelivered": totals.undelivered,
            "keepalives": totals.keepalives,
            "ike": totals.ike,
            "foreign": totals.foreign,
            "discarded": counted(discarded),
        },
    })
}

/// Those that are not zero.
fn counted(counters: impl IntoIterator<Item = (String, u64)>) -> Map<String, Value> {
    let counted = counters.into_iter().filter(|(_, count)| *count > 0);
    counted.map(|(name, count)| (name, count.into())).collect()
}

/// `UnknownSpi` as `unknown_spi`.
fn snake(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(character.to_ascii_lowercase());
    }
    text
}

const fn reason(refused: Refused) -> &'static str {
    match refused {
        Refused::Malformed => "not an IP packet",
        Refused::Policy => "no policy protects it",
        Refused::TooLong => "too long for the path",
        Refused::Unreserved => "no sequence number reserved",
        Refused::Expired | _ => "the SA has expired",
    }
}

#[cfg(test)]
mod tests {
    use super::snake;

    #[test]
    fn names_of_reasons_are_keys() {
        assert_eq!(snake("UnknownSpi"), "unknown_spi");
        assert_eq!(snake("Replayed"), "replayed");
    }
}

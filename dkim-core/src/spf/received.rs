//! Results in fields: Received-SPF (RFC 7208 section 9.1) and Authentication-Results (section 9.2).

use alloc::{format, string::String};
use core::fmt::Write;

use super::{SpfIdentity, SpfResult, SpfVerdict};
use crate::auth_results::{MethodResult, quoted};

impl SpfVerdict {
    /// Writes a Received-SPF field, folded, with its line end. No value of the client or of a domain can make another
    /// part of it. `receiver` is the host that checked.
    #[must_use]
    pub fn received_spf(&self, receiver: &str) -> String {
        let mut out = format!("Received-SPF: {} ({})", self.result, self.comment(receiver));
        let mut pair = |key: &str, value: &str| {
            // A String takes whatever is written.
            let _ = write!(out, "\r\n\t{key}={};", value_text(value));
        };
        pair("receiver", receiver);
        pair("identity", self.identity.as_str());
        pair("client-ip", &format!("{}", self.ip));
        pair("envelope-from", &self.mail_from);
        pair("helo", &self.helo);
        if let Some(mechanism) = self.mechanism() {
            pair("mechanism", mechanism);
        }
        if matches!(self.result, SpfResult::TempError | SpfResult::PermError) {
            pair("problem", &format!("{}", self.reason));
        }
        out.push_str("\r\n");
        out
    }

    /// The comment, in words much like those of section 9.1.
    fn comment(&self, receiver: &str) -> String {
        let domain = self.domain.as_deref().unwrap_or("no domain");
        let ip = self.ip;
        let words = match self.result {
            SpfResult::Pass => format!("domain of {domain} designates {ip} as permitted sender"),
            SpfResult::Fail => {
                format!("domain of {domain} does not designate {ip} as permitted sender")
            }
            SpfResult::SoftFail => format!("domain of {domain} discourages use of {ip} as sender"),
            SpfResult::Neutral => {
                format!("{ip} is neither permitted nor denied by domain of {domain}")
            }
            SpfResult::None => format!("{domain} does not designate permitted senders"),
            SpfResult::TempError => format!("error in processing during lookup of {domain}"),
            SpfResult::PermError => format!("permanent error in processing records of {domain}"),
        };
        let text = format!("{receiver}: {words}");
        // What would end a comment, or break a field.
        let safe = |c: char| match c {
            '(' | ')' | '\\' => '?',
            c if c.is_control() => '?',
            c => c,
        };
        text.chars().map(safe).collect()
    }

    /// The result for an Authentication-Results field: `smtp.mailfrom` or `smtp.helo`, and why it is no pass.
    #[must_use]
    pub fn method_result(&self) -> MethodResult {
        let mut result = MethodResult::plain("spf", self.result.as_str());
        if self.mechanism().is_none() {
            result = result.with_reason(&format!("{}", self.reason));
        }
        match self.identity {
            SpfIdentity::MailFrom if !self.mail_from.is_empty() => {
                result.plain_property("smtp", "mailfrom", &self.mail_from)
            }
            SpfIdentity::MailFrom | SpfIdentity::Helo => {
                result.plain_property("smtp", "helo", &self.helo)
            }
        }
    }
}

/// `dot-atom` as it is, everything else quoted.
fn value_text(value: &str) -> String {
    let atom = |octet: u8| octet.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&octet);
    let dot_atom = |atoms: &str| {
        atoms
            .split('.')
            .all(|piece| !piece.is_empty() && piece.bytes().all(atom))
    };
    if dot_atom(value) {
        String::from(value)
    } else {
        quoted(value)
    }
}

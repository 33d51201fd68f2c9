//! The flags that the runner gives, and what they ask for.
//!
//! A flag that asks for something securewire does not have is not in the tables below: the test then counts as
//! unimplemented.

use std::{ffi::OsString, os::unix::ffi::OsStrExt, path::PathBuf};

use crate::policy;

/// What one connection of a test should be like.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) server: bool,
    pub(crate) tls12_excluded: bool,
    /// Questions are answered late, and octets arrive one by one.
    pub(crate) late: bool,

    pub(crate) host_name: Option<String>,
    pub(crate) advertise_alpn: Vec<u8>,
    pub(crate) select_alpn: Vec<u8>,
    pub(crate) reject_alpn: bool,
    pub(crate) groups: Vec<u16>,
    pub(crate) key_shares: Option<Vec<u16>>,
    pub(crate) cipher_suites: Vec<u16>,
    pub(crate) verify_schemes: Vec<u16>,
    pub(crate) max_fragment: Option<usize>,
    pub(crate) max_certificate_message: Option<usize>,

    /// The first is the default credential, which has no flag of its own.
    pub(crate) credentials: Vec<Credential>,
    pub(crate) ask_credential: bool,
    pub(crate) verify_peer: bool,
    pub(crate) require_peer: bool,
    pub(crate) verify_fails: bool,
    pub(crate) client_authorities: Option<String>,
    pub(crate) refuse_hello: Option<Refusal>,
    pub(crate) ask_hello: bool,

    pub(crate) no_ticket: bool,
    pub(crate) store_tickets: bool,
    pub(crate) skip_ticket: bool,
    pub(crate) resumption_delay: u64,

    pub(crate) writes_first: bool,
    pub(crate) initial_write: Option<Vec<u8>>,
    pub(crate) unfinished_write: bool,
    pub(crate) different_sizes: bool,
    pub(crate) shuts_down: bool,
    pub(crate) check_close_notify: bool,
    pub(crate) key_update: bool,
    pub(crate) key_update_before_read: bool,
    pub(crate) export_between_reads: bool,
    pub(crate) export: Option<usize>,
    pub(crate) export_label: Vec<u8>,
    pub(crate) export_context: Vec<u8>,
    pub(crate) export_secrets: bool,

    pub(crate) expect: Expectations,
}

/// What must turn out to be so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expectations {
    pub(crate) never_connected: bool,
    pub(crate) alpn: Vec<u8>,
    pub(crate) advertised_alpn: Vec<u8>,
    pub(crate) server_name: Option<String>,
    pub(crate) no_server_name: bool,
    pub(crate) group: Option<u16>,
    pub(crate) cipher_suite: Option<u16>,
    pub(crate) cipher_suite_aes: Option<u16>,
    pub(crate) cipher_suite_no_aes: Option<u16>,
    pub(crate) retried: Option<bool>,
    pub(crate) full_handshake: bool,
    pub(crate) no_session: bool,
    pub(crate) no_certificate: bool,
    pub(crate) certificate_file: Option<PathBuf>,
    pub(crate) authorities: Option<String>,
    pub(crate) verify_schemes: Vec<u16>,
    pub(crate) peer_scheme: Option<u16>,
    pub(crate) credential: Option<usize>,
}

/// A certificate with its key.
#[derive(Clone, Debug, Default)]
pub(crate) struct Credential {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
    pub(crate) schemes: Vec<u16>,
    /// It is only for peers that name its issuer.
    pub(crate) must_match_issuer: bool,
}

/// How the application refuses a ClientHello.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Refusal {
    /// BoringSSL's name of what happened.
    pub(crate) name: &'static str,
    pub(crate) alert: u8,
}

/// What holds for all connections of a test.
#[derive(Debug, Default)]
pub(crate) struct Test {
    pub(crate) port: u16,
    pub(crate) ipv6: bool,
    pub(crate) shim_id: u64,
    pub(crate) handshaker_question: bool,
    pub(crate) resumptions: usize,
    pub(crate) initial: Options,
    pub(crate) resumed: Options,
}

/// The flag, or its value, is not supported.
#[derive(Debug)]
pub(crate) struct Unimplemented(pub(crate) String);

/// What a flag does.
enum Action {
    Set(fn(&mut Options)),
    Take(fn(&mut Options, &[u8]) -> Option<()>),
}

const CONNECTION_REFUSED: Refusal = Refusal {
    name: ":CONNECTION_REJECTED:",
    alert: 40,
};
const DDOS_REFUSED: Refusal = Refusal {
    name: ":CONNECTION_REJECTED:",
    alert: 80,
};
const CALLBACK_REFUSED: Refusal = Refusal {
    name: ":CERT_CB_ERROR:",
    alert: 80,
};

/// Which connections a flag is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scope {
    All,
    Initial,
    Resumed,
    /// Another process, or a connection that never happens here.
    None,
}

impl Test {
    /// Reads the command line.
    pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self, Unimplemented> {
        let mut test = Self::default();
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let argument = argument.to_string_lossy().into_owned();
            let (scope, flag) = scope(&argument);
            let unimplemented = || Unimplemented(argument.clone());
            if test
                .parse_global(flag, &mut arguments)
                .ok_or_else(unimplemented)?
            {
                continue;
            }
            let action = action(flag).ok_or_else(unimplemented)?;
            let value = match action {
                Action::Set(_) => OsString::new(),
                Action::Take(_) => arguments.next().ok_or_else(unimplemented)?,
            };
            for options in test.scoped(scope) {
                match action {
                    Action::Set(set) => set(options),
                    Action::Take(take) => {
                        take(options, value.as_bytes()).ok_or_else(unimplemented)?;
                    }
                }
            }
        }
        Ok(test)
    }

    fn scoped(&mut self, scope: Scope) -> impl Iterator<Item = &mut Options> {
        let initial = matches!(scope, Scope::All | Scope::Initial).then_some(&mut self.initial);
        let resumed = matches!(scope, Scope::All | Scope::Resumed).then_some(&mut self.resumed);
        initial.into_iter().chain(resumed)
    }

    /// True when `flag` is about the process and not about a connection.
    fn parse_global(
        &mut self,
        flag: &str,
        arguments: &mut impl Iterator<Item = OsString>,
    ) -> Option<bool> {
        match flag {
            "-port" => self.port = number(arguments.next()?.as_bytes())?,
            "-shim-id" => self.shim_id = number(arguments.next()?.as_bytes())?,
            "-resume-count" => self.resumptions = number(arguments.next()?.as_bytes())?,
            "-ipv6" => self.ipv6 = true,
            "-is-handshaker-supported" => self.handshaker_question = true,
            _ => return Some(false),
        }
        Some(true)
    }
}

/// Takes the prefix off that says which connections a flag is for.
fn scope(argument: &str) -> (Scope, &str) {
    if let Some(flag) = argument.strip_prefix("-on-handshaker") {
        return (Scope::None, flag);
    }
    let argument = argument.strip_prefix("-on-shim").unwrap_or(argument);
    let prefixes = [
        ("-on-initial", Scope::Initial),
        ("-on-resume", Scope::Resumed),
        ("-on-retry", Scope::None),
    ];
    prefixes
        .into_iter()
        .find_map(|(prefix, scope)| argument.strip_prefix(prefix).map(|flag| (scope, flag)))
        .unwrap_or((Scope::All, argument))
}

fn action(flag: &str) -> Option<Action> {
    parameters(flag)
        .or_else(|| authentication(flag))
        .or_else(|| exchange(flag))
        .or_else(|| expectation(flag))
        .or_else(|| without_effect(flag))
}

/// Flags about what is negotiated.
fn parameters(flag: &str) -> Option<Action> {
    use Action::{Set, Take};
    Some(match flag {
        "-server" => Set(|o| o.server = true),
        "-async" => Set(|o| o.late = true),
        "-no-tls12" => Set(|o| o.tls12_excluded = true),
        "-min-version" => Take(|o, v| {
            o.tls12_excluded |= number::<u16>(v)? > 0x0303;
            Some(())
        }),
        "-max-version" | "-expect-version" => {
            Take(|_, v| (number::<u16>(v)? == 0x0304).then_some(()))
        }
        "-host-name" => Take(|o, v| text(v, &mut o.host_name)),
        "-advertise-alpn" => Take(|o, v| octets(v, &mut o.advertise_alpn)),
        "-select-alpn" => Take(|o, v| octets(v, &mut o.select_alpn)),
        "-decline-alpn" => Set(|o| o.select_alpn.clear()),
        "-reject-alpn" => Set(|o| o.reject_alpn = true),
        "-curves" => Take(|o, v| push(v, &mut o.groups)),
        "-key-shares" => Take(|o, v| push(v, o.key_shares.get_or_insert_default())),
        "-no-key-shares" => Set(|o| o.key_shares = Some(Vec::new())),
        "-tls13-ciphers" => Take(|o, v| push(v, &mut o.cipher_suites)),
        "-fips-202205" => Set(|o| policy::FIPS_202205.apply(o)),
        "-wpa-202304" => Set(|o| policy::WPA_202304.apply(o)),
        "-cnsa-202407" => Set(|o| policy::CNSA_202407.apply(o)),
        "-verify-prefs" => Take(|o, v| push(v, &mut o.verify_schemes)),
        "-max-send-fragment" => Take(|o, v| some(number(v), &mut o.max_fragment)),
        "-max-cert-list" => Take(|o, v| some(number(v), &mut o.max_certificate_message)),
        "-no-ticket" => Set(|o| o.no_ticket = true),
        "-use-ticket-aead-callback" | "-use-ticket-callback" => Set(|o| o.store_tickets = true),
        "-skip-ticket" => Set(|o| o.skip_ticket = true),
        "-resumption-delay" => Take(|o, v| {
            o.resumption_delay = number(v)?;
            Some(())
        }),
        _ => return None,
    })
}

/// Flags about certificates, and about refusing.
fn authentication(flag: &str) -> Option<Action> {
    use Action::{Set, Take};
    Some(match flag {
        "-new-x509-credential" => Set(|o| {
            if o.credentials.is_empty() {
                o.credentials.push(Credential::default());
            }
            o.credentials.push(Credential::default());
        }),
        "-cert-file" => Take(|o, v| path(v, &mut o.credential().chain)),
        "-key-file" => Take(|o, v| path(v, &mut o.credential().key)),
        "-signing-prefs" => Take(|o, v| push(v, &mut o.credential().schemes)),
        "-must-match-issuer" => Set(|o| o.credential().must_match_issuer = true),
        "-use-old-client-cert-callback" => Set(|o| o.ask_credential = true),
        "-verify-peer" => Set(|o| o.verify_peer = true),
        "-require-any-client-certificate" => Set(|o| o.require_peer = true),
        "-verify-fail" => Set(|o| o.verify_fails = true),
        "-use-client-ca-list" => Take(|o, v| text(v, &mut o.client_authorities)),
        "-use-early-callback" | "-install-ddos-callback" => Set(|o| o.ask_hello = true),
        "-fail-early-callback" => Set(|o| o.refuse_hello = Some(CONNECTION_REFUSED)),
        "-fail-ddos-callback" => Set(|o| o.refuse_hello = Some(DDOS_REFUSED)),
        "-fail-cert-callback" => Set(|o| {
            o.refuse_hello.get_or_insert(CALLBACK_REFUSED);
        }),
        "-fail-cert-callback-alert" => Take(|o, v| {
            o.refuse_hello = Some(Refusal {
                alert: number(v)?,
                ..CALLBACK_REFUSED
            });
            Some(())
        }),
        _ => return None,
    })
}

/// Flags about what happens after the handshake.
fn exchange(flag: &str) -> Option<Action> {
    use Action::{Set, Take};
    Some(match flag {
        "-shim-writes-first" => Set(|o| o.writes_first = true),
        "-shim-initial-write" => Take(|o, v| {
            o.initial_write = Some(v.to_vec());
            Some(())
        }),
        "-read-with-unfinished-write" => Set(|o| o.unfinished_write = true),
        "-write-different-record-sizes" => Set(|o| o.different_sizes = true),
        "-shim-shuts-down" => Set(|o| o.shuts_down = true),
        "-check-close-notify" => Set(|o| o.check_close_notify = true),
        "-key-update" => Set(|o| o.key_update = true),
        "-key-update-before-read" => Set(|o| o.key_update_before_read = true),
        "-use-exporter-between-reads" => Set(|o| o.export_between_reads = true),
        "-export-keying-material" => Take(|o, v| some(number(v), &mut o.export)),
        "-export-label" => Take(|o, v| octets(v, &mut o.export_label)),
        "-export-context" => Take(|o, v| octets(v, &mut o.export_context)),
        "-export-traffic-secrets" => Set(|o| o.export_secrets = true),
        _ => return None,
    })
}

fn expectation(flag: &str) -> Option<Action> {
    use Action::{Set, Take};
    Some(match flag {
        "-handshake-never-done" => Set(|o| o.expect.never_connected = true),
        "-expect-alpn" => Take(|o, v| octets(v, &mut o.expect.alpn)),
        "-expect-advertised-alpn" => Take(|o, v| octets(v, &mut o.expect.advertised_alpn)),
        "-expect-server-name" => Take(|o, v| text(v, &mut o.expect.server_name)),
        "-expect-no-server-name" => Set(|o| o.expect.no_server_name = true),
        "-expect-curve-id" => Take(|o, v| some(number(v), &mut o.expect.group)),
        "-expect-cipher" => Take(|o, v| some(number(v), &mut o.expect.cipher_suite)),
        "-expect-cipher-aes" => Take(|o, v| some(number(v), &mut o.expect.cipher_suite_aes)),
        "-expect-cipher-no-aes" => Take(|o, v| some(number(v), &mut o.expect.cipher_suite_no_aes)),
        "-expect-hrr" => Set(|o| o.expect.retried = Some(true)),
        "-expect-no-hrr" => Set(|o| o.expect.retried = Some(false)),
        "-expect-session-miss" => Set(|o| o.expect.full_handshake = true),
        "-expect-no-session" => Set(|o| o.expect.no_session = true),
        "-expect-no-peer-cert" => Set(|o| o.expect.no_certificate = true),
        "-expect-peer-cert-file" => {
            Take(|o, v| path(v, o.expect.certificate_file.get_or_insert_default()))
        }
        "-expect-client-ca-list" => Take(|o, v| text(v, &mut o.expect.authorities)),
        "-expect-peer-verify-pref" => Take(|o, v| push(v, &mut o.expect.verify_schemes)),
        "-expect-peer-signature-algorithm" => {
            Take(|o, v| some(number(v), &mut o.expect.peer_scheme))
        }
        "-expect-selected-credential" => Take(|o, v| {
            // Numbered from 0 without the default credential, which is -1.
            let index = number::<isize>(v)?.checked_add(1)?;
            o.expect.credential = Some(usize::try_from(index).ok()?);
            Some(())
        }),
        _ => return None,
    })
}

/// Flags that ask for what is always so, or that say how another API is to be used.
fn without_effect(flag: &str) -> Option<Action> {
    use Action::{Set, Take};
    Some(match flag {
        // TLS 1.3 has neither these versions, nor renegotiation, nor a session without extended master secret.
        "-no-tls1"
        | "-no-tls11"
        | "-no-legacy-server-connect"
        | "-renegotiate-freely"
        | "-renegotiate-once"
        | "-renegotiate-ignore"
        | "-renegotiate-explicit"
        | "-forbid-renegotiation-after-handshake"
        | "-expect-secure-renegotiation"
        | "-expect-extended-master-secret"
        // Every question is asked, and every write may be cut.
        | "-use-custom-verify-callback"
        | "-partial-write"
        | "-implicit-handshake"
        | "-no-op-extra-handshake"
        | "-handshake-twice"
        | "-use-export-context"
        | "-expect-ticket-renewal"
        | "-renew-ticket"
        | "-expect-no-session-id"
        | "-expect-verify-result"
        | "-server-preference" => Set(|_| {}),
        // Certificates are judged by the answer to a question; what is read at once is the host's own affair.
        "-trust-cert" | "-read-size" => Take(|_, _| Some(())),
        "-expect-early-data-reason" => Take(|_, v| (v == b"disabled").then_some(())),
        "-expect-total-renegotiations" => Take(|_, v| (number::<u32>(v)? == 0).then_some(())),
        _ => return None,
    })
}

impl Options {
    /// The credential that the flags are about now.
    pub(crate) fn credential(&mut self) -> &mut Credential {
        if self.credentials.is_empty() {
            self.credentials.push(Credential::default());
        }
        match self.credentials.last_mut() {
            Some(last) => last,
            None => unreachable!("one was pushed"),
        }
    }
}

fn number<T: core::str::FromStr>(value: &[u8]) -> Option<T> {
    core::str::from_utf8(value).ok()?.parse().ok()
}

fn push(value: &[u8], list: &mut Vec<u16>) -> Option<()> {
    list.push(number(value)?);
    Some(())
}

fn some<T>(value: Option<T>, place: &mut Option<T>) -> Option<()> {
    *place = Some(value?);
    Some(())
}

fn text(value: &[u8], place: &mut Option<String>) -> Option<()> {
    *place = Some(String::from_utf8(value.to_vec()).ok()?);
    Some(())
}

fn octets(value: &[u8], place: &mut Vec<u8>) -> Option<()> {
    *place = value.to_vec();
    Some(())
}

fn path(value: &[u8], place: &mut PathBuf) -> Option<()> {
    *place = PathBuf::from(std::ffi::OsStr::from_bytes(value));
    Some(())
}

//! `securewire tls connect`: standard input goes to a server, what comes back goes to standard output.

use std::{
    io::{self, IsTerminal},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use crypto_core::Provider;
use owo_colors::OwoColorize;
use pki_types::ServerName;
use securewire::{Connector, Hooks, tokio::TlsStream};
use tls_core::{ClientConfig, Connected};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    certificates,
    dialogue::{Role, line},
    failure::Failure,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Server, such as example.org:443 or [::1]:4433
    #[arg(value_name = "HOST:PORT", value_parser = parse_server)]
    server: Server,

    /// Trust the certificates in FILE (PEM) instead of those of this machine
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,

    /// Offer application protocols, best first
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    alpn: Vec<String>,

    /// Demand a certificate for NAME instead of HOST
    #[arg(long, value_name = "NAME", value_parser = parse_name)]
    name: Option<ServerName<'static>>,

    /// Certificate chain in PEM, for a server that asks for one
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,

    /// Private key of --cert in PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,

    /// Append the secrets of the connection to FILE, for debugging
    #[arg(long, value_name = "FILE")]
    key_log: Option<PathBuf>,

    /// Tell every step of the handshake and what was negotiated
    #[arg(long)]
    show: bool,
}

#[derive(Clone, Debug)]
struct Server {
    host: String,
    port: u16,
}

fn parse_server(text: &str) -> Result<Server, String> {
    let wanted = "expected HOST:PORT, such as example.org:443 or [::1]:4433";
    let (host, port) = text.rsplit_once(':').ok_or(wanted)?;
    let bare = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    if host.is_empty() || (bare.is_none() && host.contains(':')) {
        return Err(wanted.to_owned());
    }
    let port = port
        .parse()
        .map_err(|_| format!("`{port}` is not a port: {wanted}"))?;
    Ok(Server {
        host: bare.unwrap_or(host).to_owned(),
        port,
    })
}

fn parse_name(text: &str) -> Result<ServerName<'static>, String> {
    ServerName::try_from(text.to_owned())
        .map_err(|_| "neither a DNS name nor an IP address".to_owned())
}

pub(crate) fn run(arguments: &Arguments, provider: Arc<Provider>) -> Result<(), Failure> {
    let name = match &arguments.name {
        Some(name) => name.clone(),
        None => parse_name(&arguments.server.host)
            .map_err(|why| Failure::usage(format!("{}: {why}", arguments.server.host)))?,
    };
    let connector = connector(arguments, provider)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()
        .map_err(|error| Failure::peer(error.to_string()))?;
    let outcome = runtime.block_on(talk(arguments, &connector, name));
    // Standard input may still be waited for by a thread that nothing can interrupt.
    runtime.shutdown_timeout(Duration::ZERO);
    outcome
}

fn connector(arguments: &Arguments, provider: Arc<Provider>) -> Result<Connector, Failure> {
    let roots = match &arguments.ca {
        Some(path) => certificates::roots("--ca", path)?,
        None => certificates::platform_roots()?,
    };
    let alpn: Vec<&[u8]> = arguments.alpn.iter().map(String::as_bytes).collect();
    let mut config = ClientConfig::new(Arc::clone(&provider))
        .with_roots(roots)
        .with_alpn(&alpn)
        .with_key_log(arguments.key_log.is_some());
    if let (Some(cert), Some(key)) = (&arguments.cert, &arguments.key) {
        config = config.with_identity(certificates::identity(&provider, cert, key)?);
    }
    let mut hooks = Hooks::new();
    if let Some(path) = &arguments.key_log {
        hooks = hooks.with_key_log(certificates::key_log(path)?);
    }
    if arguments.show {
        hooks = hooks.with_trace(|step| note!("{}", line(Role::Client, step)));
    }
    Ok(Connector::new(config).with_hooks(hooks))
}

async fn talk(
    arguments: &Arguments,
    connector: &Connector,
    name: ServerName<'static>,
) -> Result<(), Failure> {
    let Server { host, port } = &arguments.server;
    let stream = TcpStream::connect((host.as_str(), *port))
        .await
        .map_err(|error| Failure::peer(format!("{host}:{port}: {error}")))?;
    // Latency counts for someone who types.
    let _ = stream.set_nodelay(true);
    let tls = TlsStream::connect(connector, name, stream)
        .await
        .map_err(|error| Failure::stream(&format!("{host}:{port}"), &error))?;
    if arguments.show {
        show(tls.connected());
    } else if io::stdin().is_terminal() {
        note!(
            "{}",
            format!("connected to {host}:{port}; end with ctrl-d").dimmed()
        );
    }
    let peer = format!("{host}:{port}");
    let (reader, mut writer) = tokio::io::split(tls);
    let ended = relay(reader, &mut writer, &peer).await;
    // The peer may not wait for it any more.
    let _ = writer.shutdown().await;
    ended
}

/// Goes on until the server closes; input that ends before closes one direction.
async fn relay(
    reader: impl AsyncRead + Unpin,
    writer: impl AsyncWrite + Unpin,
    peer: &str,
) -> Result<(), Failure> {
    let receiving = receive(reader, peer);
    let sending = send(writer);
    tokio::pin!(receiving, sending);
    let mut sent = false;
    loop {
        tokio::select! {
            biased;
            received = &mut receiving => return received,
            result = &mut sending, if !sent => {
                sent = true;
                if let Err(error) = result {
                    // A server that closed both ways at once; what it sent before still counts.
                    let gone = [io::ErrorKind::BrokenPipe, io::ErrorKind::ConnectionReset];
                    if !gone.contains(&error.kind()) {
                        return Err(Failure::stream(peer, &error));
                    }
                }
            }
        }
    }
}

async fn send(mut writer: impl AsyncWrite + Unpin) -> io::Result<()> {
    tokio::io::copy(&mut tokio::io::stdin(), &mut writer).await?;
    writer.shutdown().await
}

async fn receive(mut reader: impl AsyncRead + Unpin, peer: &str) -> Result<(), Failure> {
    let mut stdout = tokio::io::stdout();
    let mut octets = vec![0; 16 * 1024];
    loop {
        let read = reader.read(&mut octets).await;
        let count = read.map_err(|error| Failure::stream(peer, &error))?;
        let part = match octets.get(..count) {
            Some(part) if !part.is_empty() => part,
            _ => return Ok(()),
        };
        let written = match stdout.write_all(part).await {
            Ok(()) => stdout.flush().await,
            failed => failed,
        };
        match written {
            Ok(()) => {}
            // Who reads our output has had enough.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(Failure::peer(format!("standard output: {error}"))),
        }
    }
}

fn show(facts: &Connected) {
    note!("  {}", summary(facts).green());
    if let Some(leaf) = facts.peer.iter().next() {
        note!(
            "  certificate of {} octets, verified",
            leaf.certificate.len()
        );
    }
}

/// What was negotiated, on one line.
pub(crate) fn summary(facts: &Connected) -> String {
    let mut text = format!("TLS 1.3, {}, {:?}", facts.cipher_suite, facts.group);
    if let Some(protocol) = &facts.alpn {
        text.push_str(&format!(
            ", ALPN {}",
            String::from_utf8_lossy(protocol).escape_debug()
        ));
    }
    if facts.resumed {
        text.push_str(", resumed");
    }
    if facts.retried {
        text.push_str(", after a HelloRetryRequest");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::parse_server;

    #[test]
    fn a_server_is_a_host_and_a_port() {
        let parsed = |text| parse_server(text).map(|server| (server.host, server.port));
        assert_eq!(
            parsed("example.org:443"),
            Ok(("example.org".to_owned(), 443))
        );
        assert_eq!(parsed("[::1]:4433"), Ok(("::1".to_owned(), 4433)));
        for bad in ["example.org", ":443", "::1:443", "a:b", "a:70000"] {
            assert!(parsed(bad).is_err(), "{bad}");
        }
    }
}

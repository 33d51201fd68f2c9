//! TLS over anything that reads and writes and waits.

use std::io::{self, BufRead, Read, Write};

use bytes::Buf;
use pki_types::ServerName;
use tls_core::{Connected, wire::KeyUpdate};

use crate::{
    acceptor::Acceptor,
    connector::Connector,
    driver::{Driver, Progress, WINDOW},
    error::{failure, is_gone},
};

/// A TLS connection over a transport `S`, such as a [`TcpStream`](std::net::TcpStream) or a reference to one.
///
/// Dropping it sends nothing: say [`close`](Self::close), or the peer takes the data for cut off.
///
/// [`BufRead`] gives the data where it was decrypted, without a copy.
#[derive(Debug)]
pub struct TlsStream<S> {
    link: Link<S>,
    facts: Box<Connected>,
}

/// A connection and its transport.
#[derive(Debug)]
struct Link<S> {
    driver: Driver,
    io: S,
}

impl<S: Read + Write> TlsStream<S> {
    /// Makes a connection to `name` over `io`.
    ///
    /// # Errors
    /// Those of the transport and of the handshake; see [`tls_error`](crate::tls_error).
    pub fn connect(connector: &Connector, name: ServerName<'static>, io: S) -> io::Result<Self> {
        Self::handshake(connector.start(name)?, io)
    }

    /// Accepts a connection over `io`.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub fn accept(acceptor: &Acceptor, io: S) -> io::Result<Self> {
        Self::handshake(acceptor.start()?, io)
    }

    fn handshake(driver: Driver, io: S) -> io::Result<Self> {
        let mut link = Link { driver, io };
        loop {
            match link.driver.advance() {
                Progress::Connected(facts) => {
                    link.send()?;
                    return Ok(Self { link, facts });
                }
                Progress::Starved => link.receive()?,
                Progress::Ended(end) => return Err(link.last_words(end)),
                // The machine releases no data before it says that it is connected.
                Progress::Data => link.driver.consume(usize::MAX),
            }
        }
    }

    /// Sends close_notify: the peer can tell that nothing is missing. Reading goes on, and gives what the
    /// peer still sends, up to its own close_notify. Closing twice is fine, and so is a peer that has
    /// closed and gone.
    ///
    /// # Errors
    /// Those of the transport.
    pub fn close(&mut self) -> io::Result<()> {
        self.link.driver.close()?;
        let sent = self.flush();
        self.link.driver.closed(sent)
    }

    /// Goes on under new sending keys, and asks the peer for the same if `request` says so.
    ///
    /// # Errors
    /// Those of the transport, and `BrokenPipe` after [`close`](Self::close).
    pub fn update_keys(&mut self, request: KeyUpdate) -> io::Result<()> {
        self.link.driver.update_keys(request)?;
        self.flush()
    }
}

impl<S> TlsStream<S> {
    /// What was negotiated.
    #[must_use]
    pub const fn connected(&self) -> &Connected {
        &self.facts
    }

    /// Derives keying material for another protocol (RFC 8446 section 7.5).
    ///
    /// # Errors
    /// `InvalidInput` for a label above 249 octets or too long an output.
    pub fn export(&self, label: &[u8], context: &[u8], out: &mut [u8]) -> io::Result<()> {
        self.link.driver.export(label, context, out)
    }

    /// The transport.
    #[must_use]
    pub const fn get_ref(&self) -> &S {
        &self.link.io
    }

    /// The transport, to set its options; reading or writing it breaks the connection.
    #[must_use]
    pub const fn get_mut(&mut self) -> &mut S {
        &mut self.link.io
    }

    /// Gives the transport back. Octets received but not read are lost.
    #[must_use]
    pub fn into_inner(self) -> S {
        self.link.io
    }
}

impl<S: Read + Write> Link<S> {
    /// Sends what is queued. What an interrupted transport did not take stays queued.
    fn send(&mut self) -> io::Result<()> {
        while !self.driver.tx.is_empty() {
            match self.io.write(&self.driver.tx) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(sent) => self.driver.tx.advance(sent),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Sends what is queued, then waits for more.
    fn receive(&mut self) -> io::Result<()> {
        let sent = self.send().and_then(|()| self.io.flush());
        if sent.as_ref().is_err_and(|error| !is_gone(error)) {
            return sent;
        }
        self.driver.release();
        self.driver.reserve();
        let held = self.driver.rx.len();
        self.driver.rx.resize(held + WINDOW, 0);
        let room = self.driver.rx.get_mut(held..).unwrap_or_default();
        let received = loop {
            match self.io.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                received => break received,
            }
        };
        let count = received.as_ref().map_or(0, |octets| *octets);
        self.driver.rx.truncate(held + count);
        if count > 0 {
            return Ok(());
        }
        sent?;
        received?;
        self.driver.eof();
        Ok(())
    }

    /// Sends the alert, and makes the error that follows it.
    fn last_words(&mut self, end: Result<(), tls_core::Error>) -> io::Error {
        // The connection has failed: that is what counts, whether or not the alert gets through.
        let _ = self.send().and_then(|()| self.io.flush());
        match end {
            Ok(()) => io::ErrorKind::UnexpectedEof.into(),
            Err(error) => failure(error),
        }
    }
}

impl<S: Read + Write> BufRead for TlsStream<S> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        loop {
            match self.link.driver.advance() {
                Progress::Data => return Ok(self.link.driver.data()),
                Progress::Starved => self.link.receive()?,
                Progress::Ended(Ok(())) => {
                    self.link.driver.release();
                    return Ok(&[]);
                }
                Progress::Ended(end) => return Err(self.link.last_words(end)),
                // Said once, by the handshake.
                Progress::Connected(_) => {}
            }
        }
    }

    fn consume(&mut self, octets: usize) {
        self.link.driver.consume(octets);
    }
}

impl<S: Read + Write> Read for TlsStream<S> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let octets = self.fill_buf()?.read(buf)?;
        self.consume(octets);
        Ok(octets)
    }
}

impl<S: Read + Write> Write for TlsStream<S> {
    /// Encrypts and sends. What the transport does not take at once is sent by the next call or by `flush`.
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.link.send()?;
        let octets = self.link.driver.write(buf)?;
        match self.link.send() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(octets),
            sent => sent.map(|()| octets),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.link.send()?;
        self.link.io.flush()
    }
}

//! TLS over tokio's transports.

use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    task::{Context, Poll, ready},
};

use ::tokio::io::{AsyncBufRead, AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf};
use bytes::Buf;
use pki_types::ServerName;
use tls_core::{Connected, wire::KeyUpdate};

use crate::{
    acceptor::Acceptor,
    connector::Connector,
    driver::{Driver, Progress},
    error::{failure, is_gone},
};

/// A TLS connection over a transport `S`, such as a `TcpStream` of tokio.
///
/// Dropping it sends nothing: say `shutdown` (of `AsyncWriteExt`), or the peer takes the data for cut off.
/// `shutdown` closes one direction, close_notify first, then that of the transport; reading goes on.
/// `tokio::io::split` takes the directions apart. [`AsyncBufRead`] gives the data where it was decrypted,
/// without a copy.
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
    /// True while a writer waits for the transport: then it also sends what the reader has queued, and the
    /// reader keeps off, since a transport wakes only the task that wrote last.
    writer_waits: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream<S> {
    /// Makes a connection to `name` over `io`.
    ///
    /// # Errors
    /// Those of the transport and of the handshake; see [`tls_error`](crate::tls_error).
    pub async fn connect(
        connector: &Connector,
        name: ServerName<'static>,
        io: S,
    ) -> io::Result<Self> {
        Self::handshake(connector.start(name)?, io).await
    }

    /// Accepts a connection over `io`.
    ///
    /// # Errors
    /// As [`connect`](Self::connect).
    pub async fn accept(acceptor: &Acceptor, io: S) -> io::Result<Self> {
        Self::handshake(acceptor.start()?, io).await
    }

    async fn handshake(driver: Driver, io: S) -> io::Result<Self> {
        let mut link = Link {
            driver,
            io,
            writer_waits: false,
        };
        let facts = poll_fn(|cx| link.poll_connected(cx)).await?;
        Ok(Self { link, facts })
    }

    /// Goes on under new sending keys, and asks the peer for the same if `request` says so.
    ///
    /// # Errors
    /// Those of the transport, and `BrokenPipe` after `shutdown`.
    pub async fn update_keys(&mut self, request: KeyUpdate) -> io::Result<()> {
        self.link.driver.update_keys(request)?;
        poll_fn(|cx| self.link.poll_flush(cx)).await
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

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    fn poll_connected(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<Box<Connected>>> {
        loop {
            match self.driver.advance() {
                Progress::Connected(facts) => {
                    // What the transport does not take now goes out with the next call of the stream.
                    let _ = self.poll_flush(cx)?;
                    return Poll::Ready(Ok(facts));
                }
                Progress::Starved => ready!(self.poll_receive(cx))?,
                Progress::Ended(end) => return self.poll_last_words(cx, end).map(Err),
                // The machine releases no data before it says that it is connected.
                Progress::Data => self.driver.consume(usize::MAX),
            }
        }
    }

    /// Sends what is queued.
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.driver.tx.is_empty() {
            let sent = ready!(Pin::new(&mut self.io).poll_write(cx, &self.driver.tx))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.driver.tx.advance(sent);
        }
        Poll::Ready(Ok(()))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// Sends for a writer, and remembers whether it waits.
    fn poll_writer(
        &mut self,
        cx: &mut Context<'_>,
        send: fn(&mut Self, &mut Context<'_>) -> Poll<io::Result<()>>,
    ) -> Poll<io::Result<()>> {
        let sent = send(self, cx);
        self.writer_waits = sent.is_pending();
        sent
    }

    /// Waits for more. What is queued is sent beside, so that two ends that write much do not wait for
    /// each other.
    fn poll_receive(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut sent = Ok(());
        if !self.writer_waits
            && let Poll::Ready(Err(error)) = self.poll_flush(cx)
        {
            if !is_gone(&error) {
                return Poll::Ready(Err(error));
            }
            sent = Err(error);
        }
        self.driver.reserve();
        // This future keeps nothing between polls.
        let received = pin!(self.io.read_buf(&mut self.driver.rx)).poll(cx);
        if received.is_pending() {
            self.driver.release();
        }
        let received = ready!(received);
        if matches!(received, Ok(1..)) {
            return Poll::Ready(Ok(()));
        }
        sent?;
        received?;
        self.driver.eof();
        Poll::Ready(Ok(()))
    }

    /// Sends the alert, and makes the error that follows it.
    fn poll_last_words(
        &mut self,
        cx: &mut Context<'_>,
        end: Result<(), tls_core::Error>,
    ) -> Poll<io::Error> {
        // The connection has failed: that is what counts, whether or not the alert gets through.
        let _ = ready!(self.poll_flush(cx));
        Poll::Ready(match end {
            Ok(()) => io::ErrorKind::UnexpectedEof.into(),
            Err(error) => failure(error),
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncBufRead for TlsStream<S> {
    fn poll_fill_buf(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<&[u8]>> {
        let link = &mut self.get_mut().link;
        loop {
            match link.driver.advance() {
                Progress::Data => return Poll::Ready(Ok(link.driver.data())),
                Progress::Starved => ready!(link.poll_receive(cx))?,
                Progress::Ended(Ok(())) => {
                    link.driver.release();
                    return Poll::Ready(Ok(&[]));
                }
                Progress::Ended(end) => return link.poll_last_words(cx, end).map(Err),
                // Said once, by the handshake.
                Progress::Connected(_) => {}
            }
        }
    }

    fn consume(self: Pin<&mut Self>, octets: usize) {
        self.get_mut().link.driver.consume(octets);
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if buf.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        let data = ready!(self.as_mut().poll_fill_buf(cx))?;
        let part = data.get(..buf.remaining()).unwrap_or(data);
        buf.put_slice(part);
        let octets = part.len();
        self.consume(octets);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<S> {
    /// Encrypts and sends. What the transport does not take at once is sent by the next call or by `flush`.
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let link = &mut self.get_mut().link;
        ready!(link.poll_writer(cx, Link::poll_send))?;
        let octets = link.driver.write(buf)?;
        let _ = link.poll_send(cx)?;
        Poll::Ready(Ok(octets))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.get_mut().link.poll_writer(cx, Link::poll_flush)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let link = &mut self.get_mut().link;
        link.driver.close()?;
        let mut closed = ready!(link.poll_writer(cx, Link::poll_flush));
        if closed.is_ok() {
            closed = ready!(Pin::new(&mut link.io).poll_shutdown(cx));
        }
        Poll::Ready(link.driver.closed(closed))
    }
}

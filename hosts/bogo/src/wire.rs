//! The socket of one connection, and the two buffers between it and the machine.

use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, Ipv6Addr, Shutdown, TcpStream},
};

use bytes::{Buf, BytesMut};

use crate::options::Test;

/// A socket with its buffers.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    pub(crate) rx: BytesMut,
    pub(crate) tx: BytesMut,
    /// Read and not yet in `rx`, when octets come one by one.
    waiting: BytesMut,
    one_by_one: bool,
    /// Nothing is sent now.
    held: bool,
    /// The first octets that came, to see afterwards what the peer wanted.
    head: Vec<u8>,
}

impl Wire {
    /// Connects to the runner and says which test this is.
    pub(crate) fn connect(test: &Test, one_by_one: bool) -> io::Result<Self> {
        let mut stream = if test.ipv6 {
            TcpStream::connect((Ipv6Addr::LOCALHOST, test.port))?
        } else {
            TcpStream::connect((Ipv4Addr::LOCALHOST, test.port))?
        };
        stream.set_nodelay(true)?;
        stream.write_all(&test.shim_id.to_le_bytes())?;
        Ok(Self {
            stream,
            rx: BytesMut::new(),
            tx: BytesMut::new(),
            waiting: BytesMut::new(),
            one_by_one,
            held: false,
            head: Vec::new(),
        })
    }

    /// The first octets that came, 64 KiB at most.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Sends what is to be sent. A peer that is gone is noticed when reading.
    pub(crate) fn flush(&mut self) {
        if !self.held {
            let _ = self.stream.write_all(&self.tx);
            self.tx.clear();
        }
    }

    /// Sends one octet of what is to be sent, and nothing more until [`Wire::release`].
    pub(crate) fn hold(&mut self) {
        let _ = self.stream.write_all(self.tx.get(..1).unwrap_or_default());
        self.tx.advance(self.tx.len().min(1));
        self.held = true;
    }

    /// Sends again.
    pub(crate) fn release(&mut self) {
        self.held = false;
    }

    /// Waits for octets; false at the end of the stream.
    pub(crate) fn read(&mut self) -> bool {
        if self.waiting.is_empty() {
            let mut buffer = [0; 1 << 14];
            let read = loop {
                match self.stream.read(&mut buffer) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    // A reset is an end as well.
                    read => break read.unwrap_or(0),
                }
            };
            let octets = buffer.get(..read).unwrap_or_default();
            let room = (1_usize << 16).saturating_sub(self.head.len());
            self.head.extend(octets.iter().take(room));
            self.waiting.extend_from_slice(octets);
        }
        let count = if self.one_by_one {
            self.waiting.len().min(1)
        } else {
            self.waiting.len()
        };
        self.rx.extend_from_slice(&self.waiting.split_to(count));
        count > 0
    }

    /// Closes, so that the runner still gets what was sent.
    pub(crate) fn close(mut self) {
        self.release();
        self.flush();
        let _ = self.stream.shutdown(Shutdown::Write);
        let _ = io::copy(&mut self.stream, &mut io::sink());
    }
}

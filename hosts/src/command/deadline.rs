//! A limit on how long a peer may take to say something.

use std::{
    cell::Cell,
    io::{self, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use super::clock;

/// A socket whose reads all end at one time: a peer that sends an octet now and then gains nothing. Each write has
/// as long on its own.
#[derive(Debug)]
pub(crate) struct Deadline<'s> {
    stream: &'s TcpStream,
    until: Cell<Instant>,
}

impl<'s> Deadline<'s> {
    /// Lets reads wait for `patience` from now on.
    pub(crate) fn new(stream: &'s TcpStream, patience: Duration) -> io::Result<Self> {
        stream.set_write_timeout(Some(patience))?;
        Ok(Self {
            stream,
            until: Cell::new(clock::instant() + patience),
        })
    }

    /// Starts the wait anew.
    pub(crate) fn renew(&self, patience: Duration) {
        self.until.set(clock::instant() + patience);
    }
}

impl Read for Deadline<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let left = self.until.get().saturating_duration_since(clock::instant());
        if left.is_zero() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.stream.set_read_timeout(Some(left))?;
        self.stream.read(buf)
    }
}

impl Write for Deadline<'_> {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        self.stream.write(buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{TcpListener, TcpStream},
        thread,
        time::Duration,
    };

    use super::Deadline;

    #[test]
    fn octets_now_and_then_gain_no_time() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (far, _) = listener.accept().unwrap();
        let mut deadline = Deadline::new(&far, Duration::from_millis(200)).unwrap();
        let drip = thread::spawn(move || {
            for _ in 0..100 {
                thread::sleep(Duration::from_millis(20));
                if near.write_all(b".").is_err() {
                    break;
                }
            }
        });
        let mut count = 0;
        while deadline.read(&mut [0]).is_ok() {
            count += 1;
        }
        assert!((1..50).contains(&count), "{count}");
        drop(far);
        drip.join().unwrap();
    }
}

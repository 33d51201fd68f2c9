//! What goes through a tunnel: pings, a stream, numbered datagrams.

use std::{
    io::{self, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use rustix::net::sockopt::set_socket_send_buffer_size;

use crate::net::Net;

/// Numbered datagrams under way: fewer than any buffer holds.
const MOST_UNDER_WAY: usize = 48;

/// Octets of a stream under way, about: what TCP sends in a burst must not overflow the buffers of UDP sockets either, since
/// each datagram is to be accounted for.
const MOST_UNACKNOWLEDGED: usize = 16 << 10;

/// Longest silence of a stream.
const PATIENCE: Duration = Duration::from_secs(20);

/// Pings an address, and gives the number of answers.
pub(crate) fn ping(net: &Net, place: &str, address: &str, count: u32, more: &[&str]) -> u32 {
    let output = net
        .command(place, "ping")
        .args(["-n", "-i", "0.05", "-w", "5", "-c", &count.to_string()])
        .args(more)
        .arg(address)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let answered = text
        .split(", ")
        .find_map(|part| part.strip_suffix(" received"));
    let answered = answered.unwrap_or_else(|| panic!("ping: {text}"));
    answered.parse().unwrap()
}

/// The octets of a stream, in pieces: different everywhere, the same in every run.
fn pieces(octets: usize) -> impl Iterator<Item = Vec<u8>> {
    const PIECE: usize = 16 * 1024;
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    (0..octets.div_ceil(PIECE)).map(move |index| {
        let len = PIECE.min(octets - index * PIECE);
        let mut piece = Vec::with_capacity(len + 8);
        while piece.len() < len {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            piece.extend(state.to_le_bytes());
        }
        piece.truncate(len);
        piece
    })
}

/// Sends `octets` over TCP from one host to an address of the other, and compares them there.
pub(crate) fn stream(net: &Net, from: &str, (to, address): (&str, &str), octets: usize) {
    let listener = net.inside(to, || TcpListener::bind(address).unwrap());
    let receiver = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        for (index, piece) in pieces(octets).enumerate() {
            let mut received = vec![0; piece.len()];
            stream.read_exact(&mut received).unwrap();
            assert!(received == piece, "piece {index} is another one");
        }
        assert_eq!(stream.read(&mut [0]).unwrap(), 0);
        stream.write_all(b"whole").unwrap();
    });
    let address: SocketAddr = address.parse().unwrap();
    let mut stream = net.inside(from, || {
        TcpStream::connect_timeout(&address, PATIENCE).unwrap()
    });
    set_socket_send_buffer_size(&stream, MOST_UNACKNOWLEDGED).unwrap();
    for timeout in [TcpStream::set_read_timeout, TcpStream::set_write_timeout] {
        timeout(&stream, Some(PATIENCE)).unwrap();
    }
    for piece in pieces(octets) {
        stream.write_all(&piece).unwrap();
    }
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "whole");
    receiver.join().unwrap();
}

/// Sends datagrams with the numbers from 0 to `count` from a to b, of different lengths, and gives the numbers that came
/// out. `gone` tells how many the link has spoiled: few are under way at a time, so that no buffer overflows.
pub(crate) fn numbered(net: &Net, count: u32, gone: impl Fn() -> usize) -> Vec<u32> {
    let receiver = net.inside("b", || UdpSocket::bind("10.2.0.1:9000").unwrap());
    receiver
        .set_read_timeout(Some(Duration::from_millis(500)))
        .unwrap();
    let arrived = Arc::new(AtomicUsize::new(0));
    let arriving = Arc::clone(&arrived);
    let receiving = thread::spawn(move || {
        let mut numbers = Vec::new();
        let mut datagram = [0; 2048];
        loop {
            let len = match receiver.recv(&mut datagram) {
                Ok(len) => len,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                // Nothing comes any more.
                Err(_) => break,
            };
            let number = u32::from_be_bytes(*datagram.first_chunk().unwrap());
            assert!(datagram[4..len].iter().all(|octet| *octet == datagram[3]));
            assert_eq!(len, length(number));
            numbers.push(number);
            arriving.store(numbers.len(), Ordering::Relaxed);
        }
        numbers
    });
    let sender = net.inside("a", || UdpSocket::bind("10.1.0.1:9000").unwrap());
    let before = gone();
    for number in 0..count {
        let mut datagram = vec![number.to_be_bytes()[3]; length(number)];
        datagram[..4].copy_from_slice(&number.to_be_bytes());
        sender.send_to(&datagram, "10.2.0.1:9000").unwrap();
        let sent = usize::try_from(number).unwrap() + 1;
        while sent > arrived.load(Ordering::Relaxed) + gone() - before + MOST_UNDER_WAY {
            assert!(!receiving.is_finished(), "datagrams vanish");
            thread::sleep(Duration::from_micros(100));
        }
    }
    receiving.join().unwrap()
}

/// From the shortest to the longest that fits.
fn length(number: u32) -> usize {
    4 + usize::try_from(number % 1380).unwrap()
}

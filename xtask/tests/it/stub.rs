//! A service that answers every request with what it received.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

/// Starts one for the rest of the test run; returns its port.
pub fn start(name: &'static str) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(name, &stream));
        }
    });
    port
}

fn serve(name: &str, stream: &TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).ok()? == 0 {
                return None;
            }
        }
        let lower = head.to_lowercase();
        let length =
            lower.split_once("content-length: ").and_then(|(_, rest)| rest.lines().next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        let mut stream = stream;
        if lower.contains("/events ") {
            return stream_events(name, stream);
        }
        let answer = format!("{name}\n{head}");
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{answer}", answer.len()).ok()?;
    }
}

/// One event at once, and then nothing for a while: only an unbuffered way shows it in time.
fn stream_events(name: &str, mut stream: &TcpStream) -> Option<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
    // In one piece: what comes in pieces is handed on in chunks, which part the words.
    stream.write_all(format!("{head}data: {name}\n\n").as_bytes()).ok()?;
    thread::sleep(Duration::from_secs(5));
    None
}

//! A TCP proxy for one way between two parts, on which the weather can be made bad.
//!
//! What is held back is not lost: TCP keeps it, as it would behind a cable that somebody pulled and put
//! back. A connection that is torn ends with a reset, whatever was on its way.

use std::{io, net::Ipv4Addr, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    time::{sleep, timeout},
};

/// How long a way may take to open; on the loopback it takes no time.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How much is carried at once.
const CHUNK_BYTES: usize = 64 << 10;

/// What the weather is like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Everything arrives at once.
    Fair,
    /// Everything arrives this much later.
    Slow(Duration),
    /// What is asked arrives at once; what is answered, only so many bytes a second: a reader that cannot keep up.
    Trickle(u32),
    /// Nothing arrives, in either direction; connections stay open.
    Silent,
    /// What is asked arrives; what is answered does not: a connection that is half open.
    Deaf,
    /// Connections are refused and torn.
    Closed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct State {
    weather: Weather,
    /// How often all connections were torn.
    torn: u64,
}

/// A way through which everything between two parts goes.
#[derive(Debug)]
pub struct Link {
    port: u16,
    state: watch::Sender<State>,
}

/// Which way something goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Direction {
    There,
    Back,
}

impl Link {
    /// Opens a way from `port` to `target`, both on the loopback, in fair weather.
    pub async fn open(port: u16, target: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let (state, seen) = watch::channel(State { weather: Weather::Fair, torn: 0 });
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, target, seen.clone()));
            }
        });
        Ok(Self { port, state })
    }

    /// Where it begins.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Changes the weather.
    pub fn set(&self, weather: Weather) {
        self.state.send_modify(|state| {
            state.weather = weather;
            state.torn += u64::from(weather == Weather::Closed);
        });
    }

    /// Tears all connections; new ones may be made at once.
    pub fn tear(&self) {
        self.state.send_modify(|state| state.torn += 1);
    }
}

/// Carries one connection until either side ends it or it is torn.
async fn carry(mut client: TcpStream, target: u16, mut state: watch::Receiver<State>) {
    let born = state.borrow_and_update().torn;
    if state.borrow().weather == Weather::Closed {
        reset(client);
        return;
    }
    let connecting = TcpStream::connect((Ipv4Addr::LOCALHOST, target));
    let Ok(Ok(mut server)) = timeout(CONNECT_TIMEOUT, connecting).await else {
        reset(client);
        return;
    };
    // Nagle would add a delay that is no weather of ours.
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let torn = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let there = pump(from_client, to_server, Direction::There, state.clone());
        let back = pump(from_server, to_client, Direction::Back, state.clone());
        tokio::select! {
            () = async { tokio::join!(there, back); } => false,
            _ = state.wait_for(|state| state.torn != born) => true,
        }
    };
    if torn {
        reset(client);
        reset(server);
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    direction: Direction,
    mut state: watch::Receiver<State>,
) {
    let mut chunk = vec![0; CHUNK_BYTES];
    while let Ok(length @ 1..) = from.read(&mut chunk).await {
        if !weathered(direction, length, &mut state).await || to.write_all(&chunk[..length]).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}

/// Waits until so many bytes may go on in this direction; false if the link itself is gone.
async fn weathered(direction: Direction, length: usize, state: &mut watch::Receiver<State>) -> bool {
    let passes = |state: &State| match (state.weather, direction) {
        (Weather::Fair | Weather::Slow(_) | Weather::Trickle(_), _) | (Weather::Deaf, Direction::There) => {
            true
        }
        (Weather::Silent | Weather::Closed, _) | (Weather::Deaf, Direction::Back) => false,
    };
    let weather = match state.wait_for(passes).await {
        Ok(state) => state.weather,
        Err(_) => return false,
    };
    match (weather, direction) {
        (Weather::Slow(delay), _) => sleep(delay).await,
        (Weather::Trickle(bytes_per_sec), Direction::Back) => {
            let bytes = u32::try_from(length).unwrap_or(u32::MAX);
            // Fair weather frees what is held back.
            let fair = state.wait_for(|state| state.weather == Weather::Fair);
            let _ = timeout(Duration::from_secs(1) * bytes / bytes_per_sec.max(1), fair).await;
        }
        (Weather::Fair | Weather::Trickle(_) | Weather::Silent | Weather::Deaf | Weather::Closed, _) => {}
    }
    true
}

/// Ends a connection with a reset instead of an orderly close.
fn reset(stream: TcpStream) {
    let _ = stream.set_zero_linger();
    drop(stream);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::ports;

    /// A server that sends back what it gets, and a link to it.
    async fn echo() -> (Link, TcpStream) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let target = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let (mut from, mut to) = stream.split();
                    let _ = tokio::io::copy(&mut from, &mut to).await;
                });
            }
        });
        let link = Link::open(ports::next(), target).await.unwrap();
        let client = TcpStream::connect((Ipv4Addr::LOCALHOST, link.port())).await.unwrap();
        (link, client)
    }

    async fn answer(client: &mut TcpStream) -> io::Result<u8> {
        let answer = timeout(Duration::from_millis(150), client.read_u8());
        answer.await.unwrap_or(Err(io::ErrorKind::TimedOut.into()))
    }

    #[tokio::test]
    async fn what_is_held_back_arrives_when_the_weather_is_fair_again() {
        let (link, mut client) = echo().await;
        for bad in [Weather::Silent, Weather::Deaf] {
            link.set(bad);
            client.write_u8(7).await.unwrap();
            assert_eq!(answer(&mut client).await.unwrap_err().kind(), io::ErrorKind::TimedOut, "{bad:?}");
            link.set(Weather::Fair);
            assert_eq!(answer(&mut client).await.unwrap(), 7);
        }
    }

    #[tokio::test]
    async fn a_trickle_holds_back_as_much_as_its_rate_says_until_the_weather_is_fair() {
        let (link, mut client) = echo().await;
        link.set(Weather::Trickle(1));
        client.write_u8(7).await.unwrap();
        assert_eq!(answer(&mut client).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        link.set(Weather::Trickle(1_000_000));
        assert_eq!(client.read_u8().await.unwrap(), 7);
        link.set(Weather::Trickle(1));
        client.write_u8(8).await.unwrap();
        assert_eq!(answer(&mut client).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        link.set(Weather::Fair);
        assert_eq!(answer(&mut client).await.unwrap(), 8);
    }

    #[tokio::test]
    async fn a_closed_link_tears_connections_and_refuses_new_ones() {
        let (link, mut client) = echo().await;
        link.set(Weather::Closed);
        assert!(answer(&mut client).await.is_err());
        let mut second = TcpStream::connect((Ipv4Addr::LOCALHOST, link.port())).await.unwrap();
        assert!(answer(&mut second).await.is_err());
        link.set(Weather::Fair);
        let mut third = TcpStream::connect((Ipv4Addr::LOCALHOST, link.port())).await.unwrap();
        third.write_u8(9).await.unwrap();
        assert_eq!(answer(&mut third).await.unwrap(), 9);
    }

    #[tokio::test]
    async fn a_torn_connection_ends_and_the_next_one_works() {
        let (link, mut client) = echo().await;
        client.write_u8(1).await.unwrap();
        assert_eq!(answer(&mut client).await.unwrap(), 1);
        link.tear();
        assert!(answer(&mut client).await.is_err_and(|error| error.kind() != io::ErrorKind::TimedOut));
        let mut second = TcpStream::connect((Ipv4Addr::LOCALHOST, link.port())).await.unwrap();
        second.write_u8(2).await.unwrap();
        assert_eq!(answer(&mut second).await.unwrap(), 2);
    }
}

//! From which address somebody asks.

use std::{
    future::{Ready, ready},
    net::{IpAddr, Ipv4Addr},
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use common::http::Problem;

/// Set by the ingress to the address that it was asked from, whatever the caller said.
const X_REAL_IP: &str = "x-real-ip";

/// The address of whoever asks, as the ingress sees him.
///
/// The header is believed from a private network alone, where the ingress is: who comes from the internet
/// without passing it is his own address, whatever he says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl FromRequest for ClientAddress {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let peer = request.peer_addr().map(|peer| peer.ip().to_canonical());
        let told = request.headers().get(X_REAL_IP).and_then(|value| value.to_str().ok());
        let told = told.and_then(|told| told.parse::<IpAddr>().ok());
        let peer = peer.ok_or_else(Problem::unavailable);
        ready(peer.map(|peer| Self(told.filter(|_| is_private(peer)).unwrap_or(peer))))
    }
}

/// Whether nobody on the internet has this address.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            address.is_loopback() || address.is_private() || address.is_link_local() || is_shared(address)
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

/// 100.64.0.0/10, which some clusters use inside (RFC 6598).
fn is_shared(address: Ipv4Addr) -> bool {
    let [first, second, ..] = address.octets();
    first == 100 && (64..128).contains(&second)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use actix_web::test::TestRequest;

    use super::*;

    fn seen(peer: &str, told: &str) -> String {
        let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
        let request = TestRequest::default().peer_addr(peer).insert_header((X_REAL_IP, told));
        let address = ClientAddress::from_request(&request.to_http_request(), &mut Payload::None);
        address.into_inner().unwrap().0.to_string()
    }

    #[test]
    fn the_ingress_is_believed() {
        for ingress in
            ["127.0.0.1", "10.1.2.3", "192.168.0.7", "100.64.0.1", "::1", "fd00::1", "::ffff:10.0.0.1"]
        {
            assert_eq!(seen(ingress, "203.0.113.9"), "203.0.113.9", "{ingress}");
        }
    }

    #[test]
    fn a_stranger_is_his_own_address_whatever_he_says() {
        for stranger in ["203.0.113.1", "100.128.0.1", "2001:db8::1"] {
            assert_eq!(seen(stranger, "203.0.113.9"), stranger);
        }
    }

    #[test]
    fn what_is_no_address_is_not_believed() {
        for told in ["", "nonsense", "203.0.113.9, 203.0.113.10", "unknown"] {
            assert_eq!(seen("10.1.2.3", told), "10.1.2.3", "{told:?}");
        }
    }
}

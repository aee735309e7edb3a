//! The public API, as far as a catalogue needs it.

use std::{thread, time::Duration};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use ureq::{Agent, Body, http::Response};

use super::plan::{Listing, Seats, Show};

const TIMEOUT: Duration = Duration::from_secs(30);

/// How often one request is made while the shop is too busy to take it.
const MAX_ATTEMPTS: u32 = 30;

/// No list is longer than so many pages of a hundred.
const MAX_PAGES: usize = 1_000;

/// A shop.
#[derive(Debug)]
pub struct Api {
    agent: Agent,
    /// Where to connect: `http://127.0.0.1:8080`.
    base: String,
    /// What to ask for: `stagedoor.localhost:8080`.
    host: String,
}

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Session {
    user_id: String,
    token: String,
}

enum Method<'a> {
    Get,
    Post(&'a Value),
}

impl Api {
    /// The shop of that address.
    pub fn at(url: &str) -> Result<Self> {
        let (base, host) = resolve(url)?;
        let config = Agent::config_builder().timeout_global(Some(TIMEOUT)).http_status_as_error(false);
        Ok(Self { agent: config.build().into(), base, host })
    }

    /// Signs in; `None` if there is no such account or the password is another.
    pub fn sign_in(&self, email: &str, password: &str) -> Result<Option<Session>> {
        let body = json!({ "email": email, "password": password });
        let mut response = self.send(&Method::Post(&body), "/api/users/sessions", None)?;
        if response.status() == 401 {
            return Ok(None);
        }
        Session::from(&success(&mut response)?).map(Some)
    }

    /// Makes an account.
    pub fn sign_up(&self, email: &str, password: &str, name: &str) -> Result<Session> {
        let body = json!({ "email": email, "password": password, "name": name });
        let mut response = self.send(&Method::Post(&body), "/api/users", None)?;
        Session::from(&success(&mut response)?)
    }

    /// Title and house of every show, and its id.
    pub fn shows(&self) -> Result<Vec<((String, String), String)>> {
        let items = self.all("/api/shows?", None, usize::MAX)?;
        Ok(items
            .iter()
            .map(|show| ((text(&show["title"]), text(&show["venue"]["name"])), text(&show["id"])))
            .collect())
    }

    /// How many listings somebody has, as far as it matters.
    pub fn count_listings_of(&self, session: &Session, at_most: usize) -> Result<usize> {
        let path = format!("/api/listings?sellerId={}&", session.user_id);
        Ok(self.all(&path, Some(session), at_most)?.len())
    }

    /// Makes a show and answers its id.
    pub fn create_show(&self, admin: &Session, show: &Show) -> Result<String> {
        let body = json!({
            "title": show.title,
            "category": show.category,
            "performers": show.performers,
            "venue": { "name": show.venue, "city": show.city, "timeZone": show.time_zone },
            "startsAt": show.starts_at,
        });
        let mut response = self.send(&Method::Post(&body), "/api/shows", Some(admin))?;
        Ok(text(&success(&mut response)?["id"]))
    }

    /// Offers seats.
    pub fn create_listing(&self, seller: &Session, show_id: &str, listing: &Listing) -> Result<()> {
        let mut body = json!({
            "showId": show_id,
            "section": listing.section,
            "splitRule": listing.split_rule,
            "price": { "amountCents": listing.price_cents, "currency": listing.currency },
        });
        match &listing.seats {
            Seats::Numbered { row, seats } => {
                body["row"] = json!(row);
                body["seats"] = json!(seats);
            }
            Seats::General { quantity } => body["quantity"] = json!(quantity),
        }
        let mut response = self.send(&Method::Post(&body), "/api/listings", Some(seller))?;
        success(&mut response).map(|_| ())
    }

    /// All pages of a list, or as many as hold `at_most` items.
    fn all(&self, path: &str, session: Option<&Session>, at_most: usize) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut cursor = String::new();
        for _ in 0..MAX_PAGES {
            let path = format!("{path}limit=100{cursor}");
            let page = success(&mut self.send(&Method::Get, &path, session)?)?;
            items.extend(page["items"].as_array().context("find the items of a list")?.iter().cloned());
            match page["nextCursor"].as_str() {
                Some(next) if items.len() < at_most => cursor = format!("&cursor={next}"),
                _ => return Ok(items),
            }
        }
        bail!("the list {path} has no end");
    }

    /// Sends, and waits and sends again while the shop is busy (429, 503), as it asks us to.
    fn send(&self, method: &Method, path: &str, session: Option<&Session>) -> Result<Response<Body>> {
        for _ in 1..MAX_ATTEMPTS {
            let response = self.send_once(method, path, session)?;
            if response.status() != 429 && response.status() != 503 {
                return Ok(response);
            }
            let after =
                response.headers().get("retry-after").and_then(|secs| secs.to_str().ok()?.parse().ok());
            thread::sleep(Duration::from_secs(after.unwrap_or(1).clamp(1, 10)));
        }
        self.send_once(method, path, session)
    }

    fn send_once(&self, method: &Method, path: &str, session: Option<&Session>) -> Result<Response<Body>> {
        let url = format!("{}{path}", self.base);
        let token = session.map(|session| format!("Bearer {}", session.token));
        let sent = match method {
            Method::Get => {
                let request = self.agent.get(&url).header("Host", &self.host);
                match token {
                    Some(token) => request.header("Authorization", token).call(),
                    None => request.call(),
                }
            }
            Method::Post(body) => {
                let request = self.agent.post(&url).header("Host", &self.host);
                match token {
                    Some(token) => request.header("Authorization", token).send_json(body),
                    None => request.send_json(body),
                }
            }
        };
        sent.with_context(|| format!("reach {url}; does `cargo xtask up` run?"))
    }
}

impl Session {
    fn from(signed_in: &Value) -> Result<Self> {
        let session =
            Self { user_id: text(&signed_in["user"]["id"]), token: text(&signed_in["accessToken"]) };
        anyhow::ensure!(!session.token.is_empty(), "signing in gave no token");
        Ok(session)
    }
}

fn success(response: &mut Response<Body>) -> Result<Value> {
    let status = response.status();
    let body = response.body_mut().read_to_string().context("read an answer")?;
    if !status.is_success() {
        bail!("the answer is {status}: {body}");
    }
    serde_json::from_str(&body).context("read an answer as JSON")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Where to connect and which host to ask for. `*.localhost` is this machine, whatever the resolver thinks.
fn resolve(url: &str) -> Result<(String, String)> {
    let rest = url.strip_prefix("http://").with_context(|| format!("{url} does not begin with http://"))?;
    let host = rest.trim_end_matches('/');
    if host.contains('/') {
        bail!("{url} has a path; give only the host, like http://stagedoor.localhost:8080");
    }
    let (name, port) = host.split_once(':').unwrap_or((host, "80"));
    let is_local = name == "localhost" || name.ends_with(".localhost");
    let address = if is_local { "127.0.0.1" } else { name };
    Ok((format!("http://{address}:{port}"), host.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_below_localhost_are_this_machine() {
        let resolved = resolve("http://stagedoor.localhost:8080/").unwrap();
        assert_eq!(resolved, ("http://127.0.0.1:8080".to_owned(), "stagedoor.localhost:8080".to_owned()));
        let resolved = resolve("http://shop.example").unwrap();
        assert_eq!(resolved, ("http://shop.example:80".to_owned(), "shop.example".to_owned()));
        assert!(resolve("https://shop.example").is_err());
    }
}

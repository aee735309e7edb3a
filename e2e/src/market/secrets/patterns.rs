//! What secrets look like among other bytes.

use std::ops::Range;

/// The fewest and the most digits of a card number.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;
/// How card numbers are printed on cards.
const CARD_GROUPS: [&[usize]; 3] = [&[4, 4, 4, 4], &[4, 6, 5], &[4, 6, 4]];
/// The least of each part of a token; ours have many more.
const TOKEN_PARTS: [usize; 3] = [12, 12, 32];
/// What introduces the number of a cursor, and how many bytes may separate its words and the number.
const CURSORS: [&str; 3] = ["cursorid", "cursors", "getmore"];
const CURSOR_SEPARATORS: usize = 8;
/// What introduces a credential, and what may be between the two.
const AUTHORIZATION: &str = "authorization";
const COOKIES: [&str; 3] = ["__host-stagedoor=", "stagedoor=", "stagedoor-refresh="];
/// How much of what is around a finding is told.
const CONTEXT_BYTES: usize = 40;

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The number of a payment card.
    CardNumber,
    /// A password of somebody.
    Password,
    /// A JSON Web Token.
    Token,
    /// A session cookie with its value.
    Cookie,
    /// An `Authorization` header with its value.
    Authorization,
    /// A private key.
    PrivateKey,
    /// What services sign or encrypt with.
    Secret,
}

/// Looks for secrets.
#[derive(Debug, Clone, Default)]
pub struct Searcher {
    words: Vec<(Kind, String)>,
    shapes: bool,
}

impl Searcher {
    /// Looks for whatever has the shape of a secret.
    pub fn for_shapes() -> Self {
        Self { words: Vec::new(), shapes: true }
    }

    /// Looks for one word.
    pub fn for_word(kind: Kind, word: &str) -> Self {
        Self::default().with_word(kind, word)
    }

    /// Looks for this word as well.
    #[must_use]
    pub fn with_word(mut self, kind: Kind, word: &str) -> Self {
        assert!(word.len() >= 8, "such a short word is found by chance");
        self.words.push((kind, word.to_owned()));
        self
    }

    /// What there is, each with some of the text around it.
    pub fn search(&self, bytes: &[u8]) -> Vec<(Kind, String)> {
        let text = as_text(bytes);
        let mut found = Vec::new();
        for (kind, word) in &self.words {
            found.extend(text.match_indices(word.as_str()).map(|(at, _)| (*kind, at..at + word.len())));
        }
        if self.shapes {
            found.extend(card_numbers(bytes).into_iter().map(|at| (Kind::CardNumber, at)));
            found.extend(tokens(&text).into_iter().map(|at| (Kind::Token, at)));
            found.extend(credentials(&text.to_ascii_lowercase()));
            let end = "PRIVATE KEY-----";
            found.extend(text.match_indices(end).map(|(at, _)| (Kind::PrivateKey, at..at + end.len())));
        }
        found.into_iter().map(|(kind, at)| (kind, excerpt(&text, &at))).collect()
    }
}

/// What is no text keeps its length, so that places in the one are places in the other.
fn as_text(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&"?".repeat(chunk.invalid().len()));
    }
    text
}

fn excerpt(text: &str, at: &Range<usize>) -> String {
    let from = text.floor_char_boundary(at.start.saturating_sub(CONTEXT_BYTES));
    let to = text.ceil_char_boundary(at.end + CONTEXT_BYTES);
    text[from..to].escape_debug().to_string()
}

/// Digits that stand by themselves, alone or in the groups of a printed card; begin as the cards of an
/// issuer do; and satisfy the check digit. Of numbers that are drawn by chance one in ten has a good check
/// digit, but ids are in hexadecimal or base64, where letters or dashes stand beside the digits, and times in
/// milli-, micro- or nanoseconds begin with a 1 until the year 2033, which no card does. Only MongoDB numbers its
/// cursors by chance; it and its driver say which one is lost or was interrupted.
fn card_numbers(bytes: &[u8]) -> Vec<Range<usize>> {
    let runs = digit_runs(bytes);
    let alone = runs.iter().filter(|run| CARD_DIGITS.contains(&run.len())).cloned();
    let grouped = (0..runs.len()).filter_map(|first| printed(bytes, &runs[first..]));
    let is_card = |at: &Range<usize>| {
        stands_alone(bytes, at) && !is_cursor(bytes, at) && is_card_number(&bytes[at.clone()])
    };
    alone.chain(grouped).filter(is_card).collect()
}

fn digit_runs(bytes: &[u8]) -> Vec<Range<usize>> {
    let (mut runs, mut at) = (Vec::new(), 0);
    while at < bytes.len() {
        let start = at;
        while at < bytes.len() && bytes[at].is_ascii_digit() {
            at += 1;
        }
        if at - start >= 4 {
            runs.push(start..at);
        }
        at += 1;
    }
    runs
}

/// The place of a number that is printed in groups, if one begins with the first of these runs.
fn printed(bytes: &[u8], runs: &[Range<usize>]) -> Option<Range<usize>> {
    CARD_GROUPS.iter().find_map(|groups| {
        let runs = runs.get(..groups.len())?;
        let lengths = runs.iter().zip(*groups).all(|(run, length)| run.len() == *length);
        let neighbours = runs
            .windows(2)
            .all(|pair| pair[1].start == pair[0].end + 1 && [b' ', b'-'].contains(&bytes[pair[0].end]));
        (lengths && neighbours).then(|| runs[0].start..runs[runs.len() - 1].end)
    })
}

fn stands_alone(bytes: &[u8], at: &Range<usize>) -> bool {
    let glued = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-+./=".contains(byte);
    let before = at.start.checked_sub(1).and_then(|before| bytes.get(before));
    !before.is_some_and(glued) && !bytes.get(at.end).is_some_and(glued)
}

/// `cursor id 4242424242424242428 not found`, `"cursorId":4242424242424242428`, `{\"getMore\":4242424242424242428`
fn is_cursor(bytes: &[u8], at: &Range<usize>) -> bool {
    CURSORS.iter().any(|name| {
        let before = bytes[..at.start].iter().rev().take(name.len() + CURSOR_SEPARATORS);
        let letters = before.filter(|byte| byte.is_ascii_alphabetic()).map(u8::to_ascii_lowercase);
        letters.take(name.len()).eq(name.bytes().rev())
    })
}

fn is_card_number(text: &[u8]) -> bool {
    let digits: Vec<u32> =
        text.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| u32::from(byte - b'0')).collect();
    let start = digits.iter().take(4).fold(0, |start, digit| start * 10 + digit);
    let issued = match digits.len() {
        13 | 19 => (4_000..5_000).contains(&start),
        14 => matches!(start, 3_000..=3_059 | 3_600..=3_699 | 3_800..=3_999),
        15 => matches!(start, 3_400..=3_499 | 3_700..=3_799),
        16 => {
            matches!(start, 2_221..=2_720 | 3_528..=3_589 | 4_000..=4_999 | 5_100..=5_599 | 6_011 | 6_440..=6_599)
        }
        _ => false,
    };
    issued && luhn(&digits)
}

fn luhn(digits: &[u32]) -> bool {
    let doubled = |digit: u32| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum = |(place, digit): (usize, &u32)| if place % 2 == 1 { doubled(*digit) } else { *digit };
    digits.iter().rev().enumerate().map(sum).sum::<u32>() % 10 == 0
}

/// Three parts in base64url, the first of which begins as a JSON object does.
fn tokens(text: &str) -> Vec<Range<usize>> {
    let starts = text.match_indices("eyJ").map(|(start, _)| start);
    let at = starts.filter_map(|start| {
        let length = text[start..].bytes().take_while(|byte| is_token_byte(*byte)).count();
        let parts: Vec<&str> = text[start..start + length].split('.').collect();
        let long_enough = parts.iter().zip(TOKEN_PARTS).all(|(part, least)| part.len() >= least);
        (parts.len() >= TOKEN_PARTS.len() && long_enough).then_some(start..start + length)
    });
    at.collect()
}

const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// Headers that carry one; names of headers are written in either case.
fn credentials(lower: &str) -> Vec<(Kind, Range<usize>)> {
    let authorizations = lower.match_indices(AUTHORIZATION).filter_map(|(start, name)| {
        let rest = lower[start + name.len()..].trim_start_matches(|c: char| " \t\"'\\:=[(".contains(c));
        ["bearer ", "basic "].iter().any(|scheme| rest.starts_with(scheme)).then_some(start)
    });
    let cookies = COOKIES.iter().flat_map(|name| {
        lower.match_indices(name).filter_map(|(start, name)| {
            let value = lower[start + name.len()..].bytes().take_while(|byte| is_token_byte(*byte)).count();
            (value >= TOKEN_PARTS[0]).then_some(start)
        })
    });
    let authorizations = authorizations.map(|at| (Kind::Authorization, at..at + AUTHORIZATION.len()));
    authorizations.chain(cookies.map(|at| (Kind::Cookie, at..at + COOKIES[1].len()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str =
        "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.c2lnbmF0dXJlLXRoYXQtaXMtbG9uZy1lbm91Z2gtZm9yLW9uZQ";

    fn kinds(bytes: &[u8]) -> Vec<Kind> {
        Searcher::for_shapes().search(bytes).into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn card_numbers_are_found_however_they_are_written() {
        for text in [
            "4242424242424242",
            "{\"number\":\"4242424242424242\"}",
            "number: 378282246310005, cvc",
            "4242 4242 4242 4242",
            "paid 200 4242-4242-4242-4242 times",
            "3782 822463 10005",
            "\u{11}\u{0}\u{0}\u{0}4242424242424242\u{0}\u{2}",
            "6011111111111117",
            "5555555555554444",
            "4222222222222",
            "4242424242424242428",
            "a cursor, and 4242424242424242428",
            "a getMore with the card 4242424242424242428",
        ] {
            assert_eq!(kinds(text.as_bytes()), [Kind::CardNumber], "{text:?}");
        }
    }

    #[test]
    fn other_numbers_are_no_card_numbers() {
        for text in [
            "4242424242424241",
            "1764077657000",
            "1764077657000123",
            "1764077657000123456",
            "ab4242424242424242",
            "4242424242424242f",
            "00-0af7651916cd43dd8448eb211c80319c-4242424242424242-01",
            "0.4242424242424242",
            "01932f5c-4242-4242-4242-424242424242",
            "424242424242",
            "42424242424242424242424242424242",
            "$date 4242",
            "cursor id 4242424242424242428 not found",
            "{\"cursorId\":4242424242424242428}",
            "\"cmd\":{\"getMore\":4242424242424242428,\"collection\"",
            "{\\\"cmd\\\":{\\\"getMore\\\":4242424242424242428,",
            "{\"killCursors\":\"users\",\"cursors\":[4242424242424242428]}",
            "\"cursor\":{\"id\":4242424242424242428,\"ns\":",
        ] {
            assert_eq!(kinds(text.as_bytes()), [], "{text:?}");
        }
    }

    #[test]
    fn tokens_and_what_carries_them_are_found() {
        assert_eq!(kinds(TOKEN.as_bytes()), [Kind::Token]);
        assert_eq!(
            kinds(format!("Set-Cookie: stagedoor={TOKEN}; Path=/").as_bytes()),
            [Kind::Token, Kind::Cookie]
        );
        let refresh = format!("stagedoor-refresh={}; Path=/api", "Ab-_".repeat(21));
        assert_eq!(kinds(refresh.as_bytes()), [Kind::Cookie]);
        assert_eq!(kinds(b"{\"authorization\": \"Basic YWRhOnB3\"}"), [Kind::Authorization]);
        assert_eq!(kinds(b"Authorization: Bearer opaque"), [Kind::Authorization]);
        assert_eq!(kinds(b"-----BEGIN PRIVATE KEY-----\nMC4C"), [Kind::PrivateKey]);
    }

    #[test]
    fn words_about_secrets_are_no_secrets() {
        for text in [
            "Authorization must be: Bearer <access token>.",
            "payments.payment.authorized.v1",
            "/v1/authorizations/01932f5c",
            "{\"alg\":\"EdDSA\"}",
            "eyJhbGciOiJFZERTQSJ9",
            "stagedoor=; Max-Age=0",
        ] {
            assert_eq!(kinds(text.as_bytes()), [], "{text:?}");
        }
    }

    #[test]
    fn a_word_is_found_between_bytes_that_are_no_text() {
        let searcher = Searcher::for_word(Kind::Password, "the last row");
        let found = searcher.search(b"\xff\xfe\0the last row\xff");
        assert_eq!(found.len(), 1);
        assert_eq!(searcher.search(b"the first row"), []);
    }
}

//! Words by which shows are found: as people type them, without capitals and accents, and unfinished.

use std::collections::BTreeSet;

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

/// How many words of a show are kept. Fifty performers have a few hundred.
const MAX_WORDS: usize = 400;
/// How many words of a search count.
const MAX_SEARCHED: usize = 8;
/// How many letters of a word count.
const MAX_LETTERS: usize = 32;

/// The words of texts that are found by them, each once. `O'Neill` is found as `oneill` and as `neill`.
pub fn words_of<'a>(texts: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    let spellings = |text: &'a str| [fold(text), fold(&text.replace(is_apostrophe, " "))];
    let words = texts.into_iter().flat_map(spellings).flat_map(|text| split(&text));
    words.take(2 * MAX_WORDS).collect::<BTreeSet<_>>().into_iter().take(MAX_WORDS).collect()
}

/// The words that somebody looks for; the last one may be unfinished, and so may all others.
pub fn searched(text: &str) -> Vec<String> {
    let mut words = split(&fold(text));
    words.truncate(MAX_SEARCHED);
    words
}

/// Whether each of the words looked for is the beginning of one of these.
pub fn all_begin<'a, W: ?Sized>(searched: &[String], words: &'a W) -> bool
where
    &'a W: IntoIterator<Item = &'a String>,
{
    searched.iter().all(|searched| words.into_iter().any(|word| word.starts_with(searched)))
}

/// Without capitals, accents and apostrophes: what is left of letters that Unicode does not take apart is
/// what people type who have no such key.
fn fold(text: &str) -> String {
    let plain = text.nfkd().filter(|letter| !is_combining_mark(*letter) && !is_apostrophe(*letter));
    let mut folded = String::with_capacity(text.len());
    for letter in plain.flat_map(char::to_lowercase) {
        match letter {
            'ß' => folded.push_str("ss"),
            'æ' => folded.push_str("ae"),
            'œ' => folded.push_str("oe"),
            'þ' => folded.push_str("th"),
            'ø' => folded.push('o'),
            'ł' => folded.push('l'),
            'đ' | 'ð' => folded.push('d'),
            'ı' => folded.push('i'),
            // A capital may bring a mark of its own when it becomes small.
            mark if is_combining_mark(mark) => {}
            other => folded.push(other),
        }
    }
    folded
}

fn split(folded: &str) -> Vec<String> {
    let words = folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| word.chars().take(MAX_LETTERS).collect()).collect()
}

const fn is_apostrophe(letter: char) -> bool {
    matches!(letter, '\'' | '’' | '‘' | 'ʼ' | '`' | '´')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn finds(searched_for: &str, text: &str) -> bool {
        all_begin(&searched(searched_for), &words_of([text]))
    }

    #[test]
    fn a_show_is_found_as_one_types() {
        for typed in ["h", "ham", "HAMLET", "hamlet gl", "globe  hamlet", " Ham "] {
            assert!(finds(typed, "Hamlet at the Globe"), "{typed}");
        }
        for typed in ["amlet", "hamlets", "hamlet x"] {
            assert!(!finds(typed, "Hamlet at the Globe"), "{typed}");
        }
    }

    #[test]
    fn accents_and_letters_that_one_has_no_key_for_make_no_difference() {
        for (typed, text) in [
            ("lodz", "Łódź"),
            ("solene", "Solène Marchetti"),
            ("SOLÈNE", "Solene"),
            ("grunw", "Tessa Grünwald"),
            ("strasse", "Große Straße"),
            ("koln", "Köln"),
            ("istanbul", "İstanbul"),
            ("bjork", "Björk"),
            ("smorrebrod", "Smørrebrød"),
        ] {
            assert!(finds(typed, text), "{typed} does not find {text}");
        }
    }

    #[test]
    fn an_apostrophe_is_typed_or_not() {
        for typed in ["o'neill", "oneill", "o’neill", "neill", "clockmaker's", "clockmakers", "clockmaker"]
        {
            assert!(finds(typed, "O'Neill & The Clockmaker’s Daughter"), "{typed}");
        }
    }

    #[test]
    fn what_has_no_letters_has_no_words() {
        for text in ["", "  ", "!?", "{}", "🎭"] {
            assert!(searched(text).is_empty(), "{text}");
        }
        assert_eq!(searched("{\"$gt\": \"\"}"), ["gt"]);
    }

    proptest! {
        #[test]
        fn whatever_is_a_word_of_a_text_finds_it(text: String) {
            for word in searched(&text) {
                prop_assert!(word.chars().all(char::is_alphanumeric), "{} means something to a database", word);
                prop_assert!(finds(&word, &text), "{}", word);
            }
            prop_assert!(words_of([text.as_str()]).len() <= MAX_WORDS);
        }
    }
}

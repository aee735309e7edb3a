//! Rules for garde that several services share.

/// Text for people: not empty, no blanks around it, and no control characters, which would forge lines in
/// logs and mails. For `#[garde(custom(plain_text))]`, beside a `length` that bounds it.
pub fn plain_text<T: AsRef<str> + ?Sized>(text: &T, (): &()) -> garde::Result {
    let text = text.as_ref();
    if text.is_empty() {
        return Err(garde::Error::new("must not be empty"));
    }
    if text.trim() != text {
        return Err(garde::Error::new("must not begin or end with blanks"));
    }
    if text.chars().any(|character| character.is_control() || invisible(character)) {
        return Err(garde::Error::new("must not contain control characters"));
    }
    Ok(())
}

/// Marks that turn the direction of text, and line separators: they disguise what follows them.
fn invisible(character: char) -> bool {
    matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}' | '\u{200e}' | '\u{200f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_for_people_is_plain() {
        for text in ["Anna", "Łódź 🎭", "O’Neill & Söhne", "x"] {
            assert!(plain_text(text, &()).is_ok(), "{text:?}");
        }
        for text in ["", " ", " Anna", "Anna\n", "An\u{0}na", "An\u{1b}[2Jna", "An\u{202e}na"] {
            assert!(plain_text(text, &()).is_err(), "{text:?}");
        }
    }
}

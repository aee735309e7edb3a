//! What no text typed by a person may hold.

/// True of characters that cannot be seen: controls, zero-width characters, and those that turn the
/// direction of the text around them. With them two texts look the same and are not.
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{00AD}'
                | '\u{034F}'
                | '\u{061C}'
                | '\u{115F}'..='\u{1160}'
                | '\u{17B4}'..='\u{17B5}'
                | '\u{180B}'..='\u{180F}'
                | '\u{200B}'..='\u{200F}'
                | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}'
                | '\u{3164}'
                | '\u{FEFF}'
                | '\u{FFA0}'
                | '\u{FFF0}'..='\u{FFFB}'
                | '\u{E0000}'..='\u{E0FFF}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_any_script_are_visible_and_tricks_are_not() {
        assert!("Zoë O'Brien-Łukasz 山田 عمر".chars().all(|c| !is_invisible(c)));
        for c in ['\0', '\n', '\u{7f}', '\u{85}', '\u{200b}', '\u{202e}', '\u{feff}', '\u{2066}'] {
            assert!(is_invisible(c), "{c:?} was taken for visible");
        }
    }
}

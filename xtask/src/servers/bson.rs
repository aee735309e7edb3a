//! As much BSON as the first words with mongod take: 32-bit numbers, strings, documents and arrays are
//! written; of an answer's top level, numbers, booleans and strings are read.

use anyhow::{Context as _, Result, bail};

/// A value to be sent.
#[derive(Debug, Clone)]
pub enum Value {
    Int(i32),
    Text(&'static str),
    Owned(String),
    Document(Vec<(&'static str, Value)>),
    Array(Vec<Value>),
}

/// A field of an answer that somebody may want to look at.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar {
    Number(f64),
    Boolean(bool),
    Text(String),
}

/// Writes a document.
pub fn write(fields: &[(&'static str, Value)]) -> Vec<u8> {
    document(fields.iter().map(|(name, value)| (*name, value)))
}

fn document<'a>(fields: impl Iterator<Item = (&'a str, &'a Value)>) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, value) in fields {
        let (kind, bytes) = encoded(value);
        body.push(kind);
        body.extend_from_slice(name.as_bytes());
        body.push(0);
        body.extend(bytes);
    }
    body.push(0);
    [length(body.len() + 4).to_vec(), body].concat()
}

fn encoded(value: &Value) -> (u8, Vec<u8>) {
    match value {
        Value::Int(number) => (0x10, number.to_le_bytes().to_vec()),
        Value::Text(text) => (0x02, string(text)),
        Value::Owned(text) => (0x02, string(text)),
        Value::Document(fields) => (0x03, write(fields)),
        Value::Array(values) => {
            let names: Vec<String> = (0..values.len()).map(|index| index.to_string()).collect();
            (0x04, document(names.iter().map(String::as_str).zip(values)))
        }
    }
}

fn string(text: &str) -> Vec<u8> {
    [&length(text.len() + 1)[..], text.as_bytes(), &[0]].concat()
}

fn length(bytes: usize) -> [u8; 4] {
    u32::try_from(bytes).unwrap_or(u32::MAX).to_le_bytes()
}

/// Reads the numbers, booleans and strings of a document's top level; other fields are passed over.
pub fn read(document: &[u8]) -> Result<Vec<(String, Scalar)>> {
    let mut rest = document.get(4..).context("read a document shorter than its length")?;
    let mut fields = Vec::new();
    while let Some((&kind, after)) = rest.split_first() {
        if kind == 0 {
            return Ok(fields);
        }
        let end = after.iter().position(|&byte| byte == 0).context("find the end of a field's name")?;
        let name = String::from_utf8_lossy(take(after, 0, end)?).into_owned();
        let value = after.get(end + 1..).context("find a field's value")?;
        let size = size_of(kind, value)?;
        if let Some(scalar) = scalar(kind, take(value, 0, size)?) {
            fields.push((name, scalar));
        }
        rest = value.get(size..).context("find the next field")?;
    }
    bail!("read a document without an end")
}

fn size_of(kind: u8, value: &[u8]) -> Result<usize> {
    Ok(match kind {
        0x0a => 0,
        0x08 => 1,
        0x10 => 4,
        0x01 | 0x09 | 0x11 | 0x12 => 8,
        0x07 => 12,
        0x02 => 4 + prefix(value)?,
        0x03 | 0x04 => prefix(value)?,
        0x05 => 5 + prefix(value)?,
        other => bail!("read a field of the unexpected type {other:#x}"),
    })
}

fn scalar(kind: u8, value: &[u8]) -> Option<Scalar> {
    match kind {
        0x01 => Some(Scalar::Number(f64::from_le_bytes(value.try_into().ok()?))),
        0x10 => Some(Scalar::Number(i32::from_le_bytes(value.try_into().ok()?).into())),
        0x08 => Some(Scalar::Boolean(value == [1])),
        0x02 => Some(Scalar::Text(String::from_utf8_lossy(value.get(4..value.len() - 1)?).into_owned())),
        _ => None,
    }
}

fn prefix(value: &[u8]) -> Result<usize> {
    let bytes: [u8; 4] = take(value, 0, 4)?.try_into().context("read a length")?;
    u32::from_le_bytes(bytes).try_into().context("read a length beyond memory")
}

fn take(bytes: &[u8], from: usize, to: usize) -> Result<&[u8]> {
    bytes.get(from..to).context("read beyond the end of a document")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let bytes = write(&[
            ("n", Value::Int(-7)),
            ("nested", Value::Document(vec![("a", Value::Array(vec![Value::Text("x")]))])),
            ("text", Value::Owned("seats".to_owned())),
        ]);
        let expected = vec![
            ("n".to_owned(), Scalar::Number(-7.0)),
            ("text".to_owned(), Scalar::Text("seats".to_owned())),
        ];
        assert_eq!(read(&bytes).unwrap(), expected);
    }

    #[test]
    fn a_document_is_encoded_as_the_specification_shows() {
        let bytes = write(&[("hello", Value::Text("world"))]);
        assert_eq!(bytes, b"\x16\x00\x00\x00\x02hello\x00\x06\x00\x00\x00world\x00\x00");
    }

    #[test]
    fn a_cut_off_answer_is_an_error() {
        let bytes = write(&[("hello", Value::Text("world"))]);
        for end in 0..bytes.len() {
            assert!(read(&bytes[..end]).is_err());
        }
    }
}

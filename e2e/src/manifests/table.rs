//! Tables of Markdown, which people read and tests hold the code against.

/// The rows of the first table under the heading that ends in these words, cell by cell.
pub fn under(page: &str, heading: &str) -> Option<Vec<Vec<String>>> {
    let mut lines = page.lines().skip_while(|line| !(line.starts_with('#') && line.ends_with(heading)));
    lines.next()?;
    let table = lines.take_while(|line| !line.starts_with('#')).skip_while(|line| !line.starts_with('|'));
    let rows: Vec<Vec<String>> = table.take_while(|line| line.starts_with('|')).map(cells).collect();
    // The names of the columns, and the line below them.
    (rows.len() > 2).then(|| rows.into_iter().skip(2).collect())
}

/// The names in a cell: `a`, `b`.
pub fn names(cell: &str) -> Vec<String> {
    let plain = |name: &str| name.trim().trim_matches('`').to_owned();
    cell.split(',').map(plain).filter(|name| !name.is_empty()).collect()
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

//! Tables of Markdown, which people read and tests hold the code against.

/// A table, row by row and cell by cell.
pub type Table = Vec<Vec<String>>;

/// The tables under a heading, without the names of their columns.
pub fn under(page: &str, heading: &str) -> Vec<Table> {
    let mut lines = page.lines().skip_while(|line| line.trim_start_matches('#').trim() != heading);
    lines.next();
    let mut tables: Vec<Table> = Vec::new();
    let mut goes_on = false;
    for line in lines.take_while(|line| !line.starts_with('#')) {
        let is_row = line.starts_with('|');
        if is_row && !goes_on {
            tables.push(Vec::new());
        }
        if let Some(table) = tables.last_mut().filter(|_| is_row) {
            table.push(cells(line));
        }
        goes_on = is_row;
    }
    // The names of the columns, and the line below them.
    tables.into_iter().map(|table| table.into_iter().skip(2).collect()).collect()
}

/// The names in a cell: `a`, `b`.
pub fn names(cell: &str) -> Vec<String> {
    let plain = |name: &str| name.trim().trim_matches('`').to_owned();
    cell.split(',').map(plain).filter(|name| !name.is_empty()).collect()
}

fn cells(line: &str) -> Vec<String> {
    line.trim().trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()
}

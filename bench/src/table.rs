//! Rows on paper: a table for people, JSON for programs.

use anstyle::{AnsiColor, Style};

use crate::row::{Row, Unit};

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const DIM: Style = Style::new().dimmed();
const BOLD: Style = Style::new().bold();

/// Prints the rows of one bench. Colours are dropped by `anstream` where nobody sees them.
pub(crate) fn print(rows: &[Row], smoke: bool) {
    for row in rows {
        let verdict = match row.holds(smoke) {
            Some(true) => format!("{GOOD}holds{GOOD:#}"),
            Some(false) => format!("{BAD}short{BAD:#}"),
            None if !row.is_measured() => format!("{BAD}none {BAD:#}"),
            None => "     ".to_owned(),
        };
        let bar = row.bar.map_or(String::new(), |bar| {
            format!("{} {}", bar.direction(), digits(bar.limit(), row.unit))
        });
        let value = if row.is_measured() {
            format!("{} {}", digits(row.value, row.unit), row.unit.name())
        } else {
            "not measured".to_owned()
        };
        let spread = row.spread.map_or(String::new(), |(low, high)| {
            format!("{}..{}", digits(low, row.unit), digits(high, row.unit))
        });
        anstream::println!(
            "{:<54} {BOLD}{value:>14}{BOLD:#}  {bar:>8}  {verdict}  {DIM}{spread:<12} {}{DIM:#}",
            row.name,
            row.detail,
        );
    }
}

/// Prints the names of the columns.
pub(crate) fn print_head() {
    anstream::println!(
        "{BOLD}{:<54} {:>14}  {:>8}  {:5}  {:<12} {}{BOLD:#}",
        "row",
        "value",
        "bar",
        "",
        "quartiles",
        "behind it"
    );
}

/// Prints one JSON object a row.
pub(crate) fn print_json(rows: &[Row], smoke: bool) {
    for row in rows {
        let bar = row
            .bar
            .map_or("null".to_owned(), |bar| bar.limit().to_string());
        let direction = row
            .bar
            .map_or("null".to_owned(), |bar| text(bar.direction()));
        let holds = row
            .holds(smoke)
            .map_or("null".to_owned(), |holds| holds.to_string());
        println!(
            r#"{{"name":{},"value":{},"unit":{},"bar":{bar},"direction":{direction},"holds":{holds},"detail":{}}}"#,
            text(&row.name),
            number(row.value),
            text(row.unit.name()),
            text(&row.detail),
        );
    }
}

/// Prints how many bars hold, and the rows that fall short.
pub(crate) fn print_sum(rows: &[Row], smoke: bool) {
    let judged = rows.iter().filter_map(|row| row.holds(smoke)).count();
    let short: Vec<_> = rows
        .iter()
        .filter(|row| row.holds(smoke) == Some(false))
        .collect();
    let style = if short.is_empty() { GOOD } else { BAD };
    anstream::println!(
        "\n{style}{} of {judged} bars hold{style:#}",
        judged - short.len()
    );
    for row in short {
        anstream::println!("  {BAD}short{BAD:#} {}", row.name);
    }
    for row in rows.iter().filter(|row| !row.is_measured()) {
        anstream::println!("  {BAD}not measured{BAD:#} {}: {}", row.name, row.detail);
    }
    if smoke {
        anstream::println!("{DIM}smoke: figures that depend on time were not judged{DIM:#}");
    }
}

/// As many digits as mean something.
fn digits(value: f64, unit: Unit) -> String {
    match unit {
        Unit::TimesFaster | Unit::TimesFloor | Unit::Share => format!("{value:.3}"),
        Unit::Allocations | Unit::GigabytesPerSecond | Unit::Growth => format!("{value:.2}"),
        Unit::Octets | Unit::MegabytesPerSecond => format!("{value:.0}"),
    }
}

/// A number of JSON, which has no infinities.
fn number(value: f64) -> String {
    if value.is_finite() {
        format!("{value:.6}")
    } else {
        "null".to_owned()
    }
}

/// A string of JSON; names and details are printable ASCII.
fn text(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::{number, text};

    #[test]
    fn json_escapes() {
        assert_eq!(text(r#"a "b" \"#), r#""a \"b\" \\""#);
        assert_eq!(number(1.25), "1.250000");
        assert_eq!(number(f64::NAN), "null");
    }
}

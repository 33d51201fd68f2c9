//! A row of the table, and the work that gives rows.

use crate::measure::{Budget, Ratio};

/// One figure.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    /// `crate/what/provider/…`, the same in every run.
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) unit: Unit,
    /// First and third quartile, for what was sampled.
    pub(crate) spread: Option<(f64, f64)>,
    /// `None` for information.
    pub(crate) bar: Option<Bar>,
    /// True for figures that depend on time: a smoke run does not judge them.
    pub(crate) timed: bool,
    /// The absolute figures behind the value, or why there is none.
    pub(crate) detail: String,
}

/// What a value counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Ours beside the peer's: 2 is twice as fast.
    TimesFaster,
    /// Ours divided by the floor: 1 is the floor.
    TimesFloor,
    /// Speed as a share of that of the library alone.
    Share,
    Allocations,
    Octets,
    /// Octets of input in a nanosecond.
    GigabytesPerSecond,
    /// Octets of input in a microsecond.
    MegabytesPerSecond,
    /// Time of four times the input, divided by that of the input.
    Growth,
}

impl Unit {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::TimesFaster => "x peer",
            Self::TimesFloor => "x floor",
            Self::Share => "of raw",
            Self::Allocations => "allocs",
            Self::Octets => "B",
            Self::GigabytesPerSecond => "GB/s",
            Self::MegabytesPerSecond => "MB/s",
            Self::Growth => "x time",
        }
    }
}

/// What a value must reach.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bar {
    AtLeast(f64),
    AtMost(f64),
}

impl Bar {
    pub(crate) const fn limit(self) -> f64 {
        match self {
            Self::AtLeast(limit) | Self::AtMost(limit) => limit,
        }
    }

    pub(crate) const fn direction(self) -> &'static str {
        match self {
            Self::AtLeast(_) => ">=",
            Self::AtMost(_) => "<=",
        }
    }

    fn holds(self, value: f64) -> bool {
        match self {
            Self::AtLeast(limit) => value >= limit,
            Self::AtMost(limit) => value <= limit,
        }
    }
}

impl Row {
    /// A count, which is the same in every run.
    pub(crate) fn count(name: &str, value: f64, unit: Unit) -> Self {
        Self {
            name: name.to_owned(),
            value,
            unit,
            spread: None,
            bar: None,
            timed: false,
            detail: String::new(),
        }
    }

    /// A figure that was not measured, and why: it has no value, and no bar is judged.
    pub(crate) fn unmeasured(name: &str, unit: Unit, why: impl Into<String>) -> Self {
        Self::count(name, f64::NAN, unit).with_detail(why)
    }

    /// A figure that depends on time.
    pub(crate) fn timed(name: &str, value: f64, unit: Unit) -> Self {
        Self {
            timed: true,
            ..Self::count(name, value, unit)
        }
    }

    /// A ratio of times.
    pub(crate) fn ratio(name: &str, ratio: Ratio, unit: Unit) -> Self {
        Self {
            spread: Some((ratio.low, ratio.high)),
            ..Self::timed(name, ratio.median, unit)
        }
    }

    pub(crate) fn with_bar(mut self, bar: Bar) -> Self {
        self.bar = Some(bar);
        self
    }

    pub(crate) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Whether there is a value.
    pub(crate) fn is_measured(&self) -> bool {
        !self.value.is_nan()
    }

    /// Whether the bar is reached; `None` without a bar or a value, or when `smoke` measured too little to tell.
    pub(crate) fn holds(&self, smoke: bool) -> Option<bool> {
        match self.bar {
            Some(bar) if self.is_measured() && !(smoke && self.timed) => {
                Some(bar.holds(self.value))
            }
            _ => None,
        }
    }
}

type Run = dyn Fn(&Budget) -> Vec<Row>;

/// Work that gives rows, measured together because they share their contenders.
pub(crate) struct Bench {
    /// The rows' names begin with it.
    pub(crate) name: String,
    /// What the rows' names end with, so that a filter can choose before anything runs.
    pub(crate) rows: &'static [&'static str],
    /// Measures; the rows are named by their ends alone.
    run: Box<Run>,
}

impl Bench {
    pub(crate) fn new(
        name: String,
        rows: &'static [&'static str],
        run: impl Fn(&Budget) -> Vec<Row> + 'static,
    ) -> Self {
        Self {
            name,
            rows,
            run: Box::new(run),
        }
    }

    fn row_name(&self, row: &str) -> String {
        format!("{}/{row}", self.name)
    }

    /// Whether a row's name contains `filter`.
    pub(crate) fn matches(&self, filter: &str) -> bool {
        self.rows
            .iter()
            .any(|row| self.row_name(row).contains(filter))
    }

    /// Measures, and gives the rows that `filter` wants.
    pub(crate) fn rows(&self, budget: &Budget, filter: &str) -> Vec<Row> {
        let mut rows = (self.run)(budget);
        for row in &mut rows {
            assert!(
                self.rows.contains(&row.name.as_str()),
                "{} has no row {}",
                self.name,
                row.name
            );
            row.name = self.row_name(&row.name);
        }
        rows.retain(|row| row.name.contains(filter));
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::{Bar, Bench, Row, Unit};
    use crate::measure::{Budget, Ratio};

    fn timed(value: f64) -> Row {
        Row::ratio(
            "row",
            Ratio {
                median: value,
                low: value,
                high: value,
            },
            Unit::Share,
        )
    }

    #[test]
    fn a_bar_is_met_at_its_limit_and_not_beyond() {
        assert_eq!(
            timed(0.97).with_bar(Bar::AtLeast(0.97)).holds(false),
            Some(true)
        );
        assert_eq!(
            timed(0.96).with_bar(Bar::AtLeast(0.97)).holds(false),
            Some(false)
        );
        assert_eq!(
            timed(1.05).with_bar(Bar::AtMost(1.05)).holds(false),
            Some(true)
        );
        assert_eq!(
            timed(1.06).with_bar(Bar::AtMost(1.05)).holds(false),
            Some(false)
        );
    }

    #[test]
    fn smoke_judges_what_does_not_depend_on_time_only() {
        assert_eq!(timed(0.5).with_bar(Bar::AtLeast(0.97)).holds(true), None);
        let count = Row::count("row", 21.0, Unit::Allocations).with_bar(Bar::AtMost(20.0));
        assert_eq!(count.holds(true), Some(false));
    }

    #[test]
    fn what_was_not_measured_is_not_judged() {
        let row = Row::unmeasured("row", Unit::Share, "no corpus").with_bar(Bar::AtLeast(1.0));
        assert!(!row.is_measured());
        assert_eq!(row.holds(false), None);
    }

    #[test]
    fn a_filter_chooses_by_whole_names() {
        let bench = Bench::new("tls/handshake".to_owned(), &["client", "server"], |_| {
            vec![
                Row::count("client", 1.0, Unit::Octets),
                Row::count("server", 2.0, Unit::Octets),
            ]
        });
        assert!(bench.matches("") && bench.matches("handshake/server") && !bench.matches("bulk"));
        let rows = bench.rows(&Budget::smoke(), "server");
        assert_eq!(rows.len(), 1);
        assert_eq!(rows[0].name, "tls/handshake/server");
    }
}

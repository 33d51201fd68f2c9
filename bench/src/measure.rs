//! Contenders measured side by side.
//!
//! A shared machine changes its speed all the time, so each contender takes many short turns, one after the other:
//! A B C, B C A, C A B, … A ratio is taken between turns of the same round, which met the same conditions, and the
//! median of these ratios is the figure.
//!
//! Short turns are timed by the monotonic clock, which costs no system call, turns of a hundred microseconds and more by
//! the CPU time of the thread. A round during which the thread was taken from its core, as its CPU time tells, does not
//! count; of the others the quietest quarter does, by the time that all contenders took together.

use rustix::time::{ClockId, clock_gettime};

use crate::alloc;

/// How long to measure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    /// CPU seconds for each comparison.
    seconds: f64,
    /// Only show that everything runs.
    pub(crate) smoke: bool,
}

impl Budget {
    pub(crate) const fn new(seconds: f64) -> Self {
        Self {
            seconds,
            smoke: false,
        }
    }

    /// A part of it, for one of so many comparisons that give one figure.
    pub(crate) fn share(self, of: usize) -> Self {
        Self {
            seconds: self.seconds / of as f64,
            ..self
        }
    }

    pub(crate) const fn smoke() -> Self {
        Self {
            seconds: 0.0,
            smoke: true,
        }
    }
}

/// Fewest rounds of a comparison, whatever the time they take.
const MIN_ROUNDS: usize = 3;

/// Rounds before the first that counts: caches, branch predictors, lazily made tables.
const WARM_UP: usize = 2;

/// The part of a round that may be lost to other processes, in nanoseconds: a timer interrupt, not a time slice.
const MAX_LOST: f64 = 20_000.0;

/// Most rounds in a hundred that are left out; beyond, the machine is too busy to be choosy.
const MAX_LEFT_OUT: usize = 75;

/// One round of so many is judged: the quietest. Neighbours of a virtual machine slow caches and memory down, and not
/// all contenders alike.
const QUIET: usize = 4;

fn nanoseconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 * 1e9 + time.tv_nsec as f64
}

/// CPU time of this thread.
fn cpu_time() -> f64 {
    nanoseconds(ClockId::ThreadCPUTime)
}

/// Time on the wall.
fn clock() -> f64 {
    nanoseconds(ClockId::Monotonic)
}

/// What some work cost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Cost {
    pub(crate) nanoseconds: f64,
    pub(crate) allocations: u64,
    /// Octets allocated and not freed.
    pub(crate) held: i64,
}

impl Cost {
    fn now() -> Self {
        let (allocations, held) = (alloc::count(), alloc::held());
        Self {
            nanoseconds: clock(),
            allocations,
            held,
        }
    }

    fn add_between(&mut self, start: Self, end: Self) {
        self.nanoseconds += end.nanoseconds - start.nanoseconds;
        self.allocations += end.allocations - start.allocations;
        self.held += end.held - start.held;
    }
}

/// A stopwatch with `N` dials of which one runs at a time: the two sides of a connection take turns.
#[derive(Debug)]
pub(crate) struct Laps<const N: usize> {
    last: Cost,
    pub(crate) costs: [Cost; N],
}

impl<const N: usize> Laps<N> {
    pub(crate) fn start() -> Self {
        let costs = [Cost::default(); N];
        Self {
            last: Cost::now(),
            costs,
        }
    }

    /// Adds what was spent since the last lap to a dial.
    pub(crate) fn lap(&mut self, dial: usize) {
        let now = Cost::now();
        self.costs[dial].add_between(self.last, now);
        self.last = now;
    }

    /// Leaves out what was spent since the last lap.
    pub(crate) fn skip(&mut self) {
        self.last = Cost::now();
    }

    pub(crate) fn nanoseconds(&self) -> [f64; N] {
        self.costs.map(|cost| cost.nanoseconds)
    }
}

/// How long `work` takes, in nanoseconds.
pub(crate) fn time(work: impl FnOnce()) -> f64 {
    let start = clock();
    work();
    clock() - start
}

/// The CPU time of `work`, in nanoseconds: what others take of the core is not in it. Asking costs a system call at each
/// end, about a microsecond, so it is for work of a hundred and more.
pub(crate) fn cpu_time_of(work: impl FnOnce()) -> f64 {
    let start = cpu_time();
    work();
    cpu_time() - start
}

/// Allocations of `work`.
pub(crate) fn allocations(work: impl FnOnce()) -> u64 {
    let start = alloc::count();
    work();
    alloc::count() - start
}

/// One turn of a contender: the nanoseconds that each of its `N` sides took.
pub(crate) type Turn<'a, const N: usize> = Box<dyn FnMut() -> [f64; N] + 'a>;

/// The turns that were taken, one column a contender.
#[derive(Debug)]
pub(crate) struct Samples<const N: usize> {
    rounds: Vec<Vec<[f64; N]>>,
}

/// Lets the contenders take turns until the budget is spent.
pub(crate) fn interleave<const N: usize>(
    budget: &Budget,
    contenders: &mut [Turn<'_, N>],
) -> Samples<N> {
    let count = contenders.len();
    let mut rounds = Vec::new();
    let mut left_out = 0;
    let mut end = f64::INFINITY;
    for round in 0.. {
        if round == WARM_UP {
            end = cpu_time() + budget.seconds * 1e9;
        }
        if rounds.len() >= MIN_ROUNDS && cpu_time() >= end {
            break;
        }
        let start = clock() - cpu_time();
        let mut turns = vec![[0.0; N]; count];
        for turn in 0..count {
            // Nobody always goes first.
            let index = (round + turn) % count;
            turns[index] = contenders[index]();
        }
        let lost = clock() - cpu_time() - start;
        if round < WARM_UP {
            continue;
        }
        if lost > MAX_LOST && left_out * 100 < round * MAX_LEFT_OUT {
            left_out += 1;
        } else {
            rounds.push(turns);
        }
    }
    Samples {
        rounds: quiet(rounds),
    }
}

/// The quietest of `rounds`, judged by what all contenders took together.
fn quiet<const N: usize>(mut rounds: Vec<Vec<[f64; N]>>) -> Vec<Vec<[f64; N]>> {
    let total = |round: &Vec<[f64; N]>| round.iter().flatten().sum::<f64>();
    rounds.sort_by(|a, b| total(a).total_cmp(&total(b)));
    rounds.truncate((rounds.len() / QUIET).max(MIN_ROUNDS));
    rounds
}

/// The ratio of two contenders.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ratio {
    pub(crate) median: f64,
    /// First and third quartile.
    pub(crate) low: f64,
    pub(crate) high: f64,
}

impl<const N: usize> Samples<N> {
    /// Time of `dividend` divided by that of `divisor`, over the sides that `pick` adds up.
    fn ratio_of(&self, dividend: usize, divisor: usize, pick: impl Fn(&[f64; N]) -> f64) -> Ratio {
        let quotient = |turns: &Vec<[f64; N]>| pick(&turns[dividend]) / pick(&turns[divisor]);
        let mut ratios: Vec<f64> = self.rounds.iter().map(quotient).collect();
        ratios.sort_by(f64::total_cmp);
        Ratio {
            median: quantile(&ratios, 0.5),
            low: quantile(&ratios, 0.25),
            high: quantile(&ratios, 0.75),
        }
    }

    /// Time of `dividend` divided by that of `divisor`, on one side.
    pub(crate) fn ratio(&self, dividend: usize, divisor: usize, side: usize) -> Ratio {
        self.ratio_of(dividend, divisor, |times| times[side])
    }

    /// Time of `dividend` divided by that of `divisor`, all sides together.
    pub(crate) fn ratio_of_sums(&self, dividend: usize, divisor: usize) -> Ratio {
        self.ratio_of(dividend, divisor, |times| times.iter().sum())
    }

    /// Median time of a contender on one side.
    pub(crate) fn median(&self, contender: usize, side: usize) -> f64 {
        let mut times: Vec<f64> = self
            .rounds
            .iter()
            .map(|turns| turns[contender][side])
            .collect();
        times.sort_by(f64::total_cmp);
        quantile(&times, 0.5)
    }
}

/// The value below which the share `at` of `sorted` lies.
fn quantile(sorted: &[f64], at: f64) -> f64 {
    let place = (sorted.len() - 1) as f64 * at;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    (sorted[below] + sorted[above]) / 2.0
}

#[cfg(test)]
mod tests {
    use super::{Budget, Laps, Turn, interleave, quantile};

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!(quantile(&[1.0, 2.0, 9.0], 0.5), 2.0);
        assert_eq!(quantile(&[1.0, 2.0], 0.5), 1.5);
        assert_eq!(quantile(&[7.0], 0.25), 7.0);
    }

    #[test]
    fn a_ratio_is_taken_within_a_round() {
        // The machine slows down tenfold; the ratio of the two does not change.
        let (mut slow, mut fast) = (1.0, 1.0);
        let first: Turn<'_, 1> = Box::new(|| {
            slow *= 10.0;
            [slow * 3.0]
        });
        let second: Turn<'_, 1> = Box::new(|| {
            fast *= 10.0;
            [fast]
        });
        let samples = interleave(&Budget::smoke(), &mut [first, second]);
        assert!((samples.ratio(0, 1, 0).median - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_lap_counts_allocations_for_its_dial_alone() {
        let mut laps = Laps::<2>::start();
        let first = std::hint::black_box(vec![0_u8; 100]);
        laps.lap(0);
        drop(std::hint::black_box(vec![0_u8; 10]));
        laps.lap(1);
        drop(first);
        assert_eq!(laps.costs.map(|cost| cost.allocations), [1, 1]);
        assert_eq!(laps.costs.map(|cost| cost.held), [100, 0]);
    }
}

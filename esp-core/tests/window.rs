//! The anti-replay window alone, against a model and under threads. It is private, so its text is compiled in.

#![cfg(test)]
#![allow(
    clippy::std_instead_of_alloc,
    clippy::std_instead_of_core,
    reason = "tests have std"
)]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "the crate uses more of the window than its tests"
)]

extern crate alloc;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU32, Ordering},
    thread,
};

use proptest::prelude::*;
use window::{Late, ReplayWindow};

mod atomic {
    pub(crate) use core::sync::atomic::{AtomicU64, Ordering};
}

#[path = "../src/window.rs"]
mod window;

#[test]
fn numbers_are_accepted_once_in_any_order() {
    let window = ReplayWindow::new(64, 0);
    for number in [1, 3, 2, 40, 39, 64, 5] {
        assert_eq!(window.check(window.mark(number)), Ok(()));
        assert_eq!(window.accept(window.mark(number)), Ok(()));
        assert_eq!(window.check(window.mark(number)), Err(Late::Replayed));
        assert_eq!(window.accept(window.mark(number)), Err(Late::Replayed));
    }
    assert_eq!(window.highest(), 64);
}

#[test]
fn zero_counts_as_accepted() {
    let window = ReplayWindow::new(64, 0);
    assert_eq!(window.accept(window.mark(0)), Err(Late::Replayed));
}

#[test]
fn the_window_is_never_narrower_than_asked_for() {
    for width in [64, 96, 1024, 65_536] {
        for top in (200_000..200_064).chain([u64::from(u32::MAX), 1 << 40]) {
            let window = ReplayWindow::new(width, top - 2 * u64::from(width) - 64);
            window.accept(window.mark(top)).unwrap();
            let oldest = top - u64::from(width) + 1;
            assert_eq!(window.check(window.mark(oldest)), Ok(()), "{width} {top}");
            assert_eq!(window.accept(window.mark(oldest)), Ok(()), "{width} {top}");
            let too_old = top - u64::from(width) - 32;
            assert_eq!(
                window.check(window.mark(too_old)),
                Err(Late::TooOld),
                "{width} {top}"
            );
        }
    }
}

#[test]
fn what_never_came_is_counted_when_it_leaves() {
    let window = ReplayWindow::new(64, 0);
    for number in 1..=1_000 {
        if number % 10 != 0 {
            window.accept(window.mark(number)).unwrap();
        }
    }
    assert!(window.lost() < 100, "some are still in the window");
    for number in 1_001..=1_096 {
        window.accept(window.mark(number)).unwrap();
    }
    assert_eq!(window.lost(), 100);
}

#[test]
fn a_jump_counts_all_that_was_jumped_over() {
    let window = ReplayWindow::new(64, 0);
    window.accept(window.mark(1)).unwrap();
    for number in 1_000_000..1_000_200 {
        window.accept(window.mark(number)).unwrap();
    }
    assert_eq!(window.lost(), 1_000_000 - 2);
}

#[test]
fn the_high_half_is_that_of_appendix_a2() {
    assert_eq!(ReplayWindow::new(64, 0).extend(7), Some(7));
    // The window lies within one subspace: what is left of it belongs to the next one.
    let window = ReplayWindow::new(64, 0x5_0000_1000);
    assert_eq!(window.extend(0x1001), Some(0x5_0000_1001));
    assert_eq!(window.extend(0x0fff), Some(0x5_0000_0fff));
    assert_eq!(window.extend(0x10), Some(0x6_0000_0010));
    assert_eq!(window.extend(u32::MAX), Some(0x5_ffff_ffff));
    // The window spans two subspaces.
    let window = ReplayWindow::new(64, 0x5_0000_0001);
    assert_eq!(window.extend(0), Some(0x5_0000_0000));
    assert_eq!(window.extend(u32::MAX), Some(0x4_ffff_ffff));
    assert_eq!(window.extend(0x8000_0000), Some(0x5_8000_0000));
}

#[test]
fn nothing_is_beyond_the_last_number() {
    let window = ReplayWindow::new(64, u64::MAX - 1);
    window.accept(window.mark(u64::MAX)).unwrap();
    assert_eq!(window.extend(u32::MAX), Some(u64::MAX));
    assert_eq!(window.extend(0), None);
    assert_eq!(window.accept(window.mark(u64::MAX)), Err(Late::Replayed));
}

#[test]
fn a_window_may_begin_behind_any_number() {
    for highest in (0..500).chain([1 << 32, (1 << 40) + 77]) {
        let window = ReplayWindow::new(64, highest);
        assert_eq!(window.highest(), highest);
        for number in highest.saturating_sub(200)..=highest {
            assert!(
                window.check(window.mark(number)).is_err(),
                "{highest} {number}"
            );
        }
        for number in highest + 1..highest + 200 {
            assert_eq!(window.accept(window.mark(number)), Ok(()), "{highest}");
        }
        assert_eq!(window.lost(), 0, "{highest}");
    }
}

#[test]
fn threads_accept_each_number_once() {
    const NUMBERS: usize = 100_000;
    for width in [64, 1024] {
        let window = ReplayWindow::new(width, 0);
        let accepted: Vec<AtomicU32> = (0..=NUMBERS).map(|_| AtomicU32::new(0)).collect();
        thread::scope(|scope| {
            for thread in 0..4_u64 {
                let (window, accepted) = (&window, &accepted);
                scope.spawn(move || {
                    let mut dice = thread + 1;
                    for base in 1..=NUMBERS {
                        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                        // Every number is tried by every thread, now and somewhat later or earlier.
                        let other = base.saturating_sub(usize::try_from(dice >> 59).unwrap());
                        for number in [base, other] {
                            if window.accept(window.mark(number as u64)).is_ok() {
                                accepted[number].fetch_add(1, Ordering::Relaxed);
                            }
                        }
                    }
                });
            }
        });
        assert_eq!(accepted[0].load(Ordering::Relaxed), 0);
        for (number, times) in accepted.iter().enumerate() {
            assert!(times.load(Ordering::Relaxed) <= 1, "{number} twice");
        }
        let total: u64 = accepted
            .iter()
            .map(|times| u64::from(times.load(Ordering::Relaxed)))
            .sum();
        assert!(total + window.lost() <= NUMBERS as u64);
    }
}

proptest! {
    #[test]
    fn the_window_agrees_with_a_set(
        width in 64_u32..300,
        start in prop::sample::select(vec![1, 1000, (1 << 32) - 50, (1 << 37) - 70, 1 << 50]),
        steps in prop::collection::vec(-400_i64..400, 1..400),
    ) {
        let window = ReplayWindow::new(width, start - 1);
        let mut model: BTreeSet<u64> = (start.saturating_sub(1_000)..start).collect();
        let mut at: u64 = start;
        for step in steps {
            at = at.saturating_add_signed(step).max(1).max(start.saturating_sub(900));
            let top = model.last().copied().unwrap_or(0);
            let verdict = window.check(window.mark(at));
            if model.contains(&at) {
                prop_assert!(verdict.is_err());
            } else if at + u64::from(width) > top {
                prop_assert_eq!(verdict, Ok(()));
            } else if at / 32 + u64::from(width.div_ceil(32)) < top / 32 {
                prop_assert_eq!(verdict, Err(Late::TooOld));
            }
            if verdict.is_ok() {
                prop_assert_eq!(window.accept(window.mark(at)), Ok(()));
                model.insert(at);
                prop_assert_eq!(window.highest(), *model.last().unwrap());
                let low = u32::try_from(at & 0xffff_ffff).unwrap();
                prop_assert_eq!(window.extend(low), Some(at));
            }
        }
    }
}

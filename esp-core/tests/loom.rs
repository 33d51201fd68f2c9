//! The anti-replay window under every interleaving of threads that the memory model allows.

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

use loom::{sync::Arc, thread};
use window::ReplayWindow;

mod atomic {
    pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};
}

#[path = "../src/window.rs"]
mod window;

/// Lets each thread try its numbers in order, and tells how often each number was accepted.
fn race(prepare: &'static [u64], threads: [&'static [u64]; 2], number: u64, least: usize) {
    loom::model(move || {
        // 64 numbers in three words: the words are used again after 96.
        let window = Arc::new(ReplayWindow::new(64, 0));
        for number in prepare {
            window.accept(window.mark(*number)).unwrap();
        }
        let tries = threads.map(|numbers| {
            let window = Arc::clone(&window);
            thread::spawn(move || {
                numbers
                    .iter()
                    .filter(|tried| {
                        let fresh = window.check(window.mark(**tried)).is_ok()
                            && window.accept(window.mark(**tried)).is_ok();
                        fresh && **tried == number
                    })
                    .count()
            })
        });
        let accepted: usize = tries.into_iter().map(|tries| tries.join().unwrap()).sum();
        assert!((least..=1).contains(&accepted), "{accepted} times");
        assert!(window.accept(window.mark(number)).is_err());
    });
}

#[test]
fn of_two_equal_numbers_one_is_accepted() {
    race(&[], [&[7], &[7]], 7, 1);
}

#[test]
fn one_is_accepted_while_its_word_is_replaced() {
    // 7 and 103 share a word; so do 8 and 103.
    race(&[7], [&[103], &[103]], 103, 1);
    race(&[7], [&[103, 104], &[104]], 104, 1);
}

#[test]
fn a_replay_gets_no_chance_while_the_window_moves() {
    race(&[7], [&[103], &[7]], 103, 1);
    race(&[], [&[103, 7], &[7]], 7, 0);
    race(&[], [&[7, 199], &[103, 7]], 7, 0);
}

#[test]
fn neighbours_do_not_disturb_each_other() {
    race(&[], [&[7, 8], &[8, 7]], 8, 1);
}

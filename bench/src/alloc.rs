//! An allocator that counts, for each thread, the allocations, the octets held, and the most that were held at once.
//!
//! What C libraries (AWS-LC, OpenSSL) take from `malloc` by themselves is not seen here.

#![allow(unsafe_code, reason = "an allocator is made of unsafe functions")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

/// The system's allocator, counted. Three operations on thread-local cells: it slows no contender down.
#[derive(Debug)]
pub(crate) struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
    static HELD: Cell<i64> = const { Cell::new(0) };
    static PEAK: Cell<i64> = const { Cell::new(0) };
}

/// Allocations (and reallocations) made by this thread so far.
pub(crate) fn count() -> u64 {
    COUNT.get()
}

/// Octets allocated minus octets freed by this thread so far.
pub(crate) fn held() -> i64 {
    HELD.get()
}

/// The most octets that `work` held at once, beyond what was held before it.
pub(crate) fn peak(work: impl FnOnce()) -> i64 {
    let before = held();
    PEAK.set(before);
    work();
    PEAK.get() - before
}

fn change(allocations: u64, octets: i64) {
    // A thread that is ending has no cells any more, and nobody asks for its figures.
    let _ = COUNT.try_with(|count| count.set(count.get() + allocations));
    let held = HELD.try_with(|held| {
        held.set(held.get() + octets);
        held.get()
    });
    if let Ok(held) = held {
        let _ = PEAK.try_with(|peak| peak.set(peak.get().max(held)));
    }
}

const fn octets(size: usize) -> i64 {
    size as i64
}

// SAFETY: each method passes its arguments to the system's allocator unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        change(1, octets(layout.size()));
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        change(1, octets(layout.size()));
        // SAFETY: the caller's promise.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        change(1, octets(size) - octets(layout.size()));
        // SAFETY: the caller's promise.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        change(0, -octets(layout.size()));
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(pointer, layout) }
    }
}

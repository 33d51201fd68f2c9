//! The database of inbound SAs (RFC 4301 section 4.4.2): found by one array load, while others add and remove.
//!
//! ```text
//! SPI      | random | slot |
//!                      └──→ table[slot] ──→ SA, which knows its whole SPI
//! ```
//!
//! We choose the SPIs of inbound SAs, so the low bits can be the place in an array: nothing to hash, nothing that a
//! flood of packets can make long. Each thread looks up in a table of its own, and shares only a number with the others: it says
//! that something changed, and then the thread takes over what did. A lookup writes nothing that another thread
//! reads, and needs no lock; an SA is freed when the last thread has taken over its removal.

use alloc::{boxed::Box, collections::BTreeMap, sync::Arc, vec, vec::Vec};
use core::{fmt, net::IpAddr};

use crypto_core::Random;
use spin::Mutex;
use thiserror::Error;

use super::atomic::{AtomicU64, Ordering};
use crate::{
    Audit, Discard, InboundSa, Opened, Spi, ip,
    outer::{self, Arrived},
};

/// Changes that a thread can take over one by one; a thread that missed more copies the table.
const CHANGES: usize = 1024;

/// Random slots that are tried before the table is searched for a free one.
const TRIES: usize = 32;

/// Packets of a batch that are looked up before the first of them is opened.
const BATCH: usize = 32;

/// Why an SA was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SadError {
    /// No slot is free.
    #[error("the database is full")]
    Full,
    /// The slot of the SPI holds another SA, or is reserved for another SPI.
    #[error("the slot of the SPI is taken")]
    Taken,
    /// The source of randomness failed.
    #[error("no randomness")]
    NoRandomness,
}

/// What an SA of a group is found by (RFC 4301 section 4.1): its SPI was chosen by the group's controller.
type Group = (Spi, IpAddr, Option<IpAddr>);

type Groups = Arc<BTreeMap<Group, Arc<InboundSa>>>;

/// The database. Clones are handles of the same one.
#[derive(Clone)]
pub struct Sad {
    shared: Arc<Shared>,
}

struct Shared {
    /// The slots of an SPI are its bits below this mask.
    mask: u32,
    /// Counts changes. Written under the lock, behind the change.
    version: AtomicU64,
    table: Mutex<Table>,
    audit: Audit,
}

struct Table {
    slots: Vec<Slot>,
    groups: Groups,
    /// The slots changed last, by version modulo [`CHANGES`].
    changes: Box<[u32]>,
    len: usize,
}

#[derive(Clone)]
enum Slot {
    Free,
    /// An SPI that was told to a peer, and has no keys yet.
    Reserved(Spi),
    Used(Arc<InboundSa>),
}

impl Slot {
    fn spi(&self) -> Option<Spi> {
        match self {
            Self::Free => None,
            Self::Reserved(spi) => Some(*spi),
            Self::Used(sa) => Some(sa.spi()),
        }
    }
}

impl Sad {
    /// Makes a database for `2^bits` SAs, `bits` from 4 to 20: the rest of each SPI is random.
    #[must_use]
    pub fn new(bits: u32) -> Self {
        let capacity = 1_u32 << bits.clamp(4, 20);
        let table = Table {
            slots: vec![Slot::Free; capacity as usize],
            groups: Groups::default(),
            changes: vec![0; CHANGES].into(),
            len: 0,
        };
        Self {
            shared: Arc::new(Shared {
                mask: capacity - 1,
                version: AtomicU64::new(0),
                table: Mutex::new(table),
                audit: Audit::new(),
            }),
        }
    }

    /// Chooses an SPI and keeps its slot free, until it is inserted or removed: for IKE, which tells a peer the SPI before there
    /// are keys.
    ///
    /// # Errors
    /// [`SadError::Full`], [`SadError::NoRandomness`].
    pub fn reserve(&self, random: &dyn Random) -> Result<Spi, SadError> {
        let mut table = self.shared.table.lock();
        let draw = || {
            let mut octets = [0; 4];
            random
                .fill(&mut octets)
                .map(|()| u32::from_be_bytes(octets))
                .map_err(|_| SadError::NoRandomness)
        };
        for _ in 0..TRIES {
            if let Some(spi) = table.reserve(draw()?, self.shared.mask) {
                return Ok(spi);
            }
        }
        let start = draw()?;
        (0..=self.shared.mask)
            .find_map(|step| table.reserve(start.wrapping_add(step), self.shared.mask))
            .ok_or(SadError::Full)
    }

    /// Adds an SA, in the slot that its SPI names.
    ///
    /// # Errors
    /// [`SadError::Taken`] when another SPI has that slot, or the SPI has an SA.
    pub fn insert(&self, sa: Arc<InboundSa>) -> Result<(), SadError> {
        let mut table = self.shared.table.lock();
        let index = sa.spi().value() & self.shared.mask;
        let slot = table.slot(index).ok_or(SadError::Full)?;
        match slot {
            Slot::Free => {}
            Slot::Reserved(spi) if *spi == sa.spi() => {}
            Slot::Reserved(_) | Slot::Used(_) => return Err(SadError::Taken),
        }
        *slot = Slot::Used(sa);
        table.len += 1;
        self.shared.tell(&mut table, index);
        Ok(())
    }

    /// Removes an SA, or gives a reserved SPI back. The SA is closed: whoever still holds it opens nothing more.
    pub fn remove(&self, spi: Spi) -> Option<Arc<InboundSa>> {
        let mut table = self.shared.table.lock();
        let index = spi.value() & self.shared.mask;
        let slot = table.slot(index)?;
        if slot.spi() != Some(spi) {
            return None;
        }
        let Slot::Used(sa) = core::mem::replace(slot, Slot::Free) else {
            return None;
        };
        sa.close();
        table.len -= 1;
        self.shared.tell(&mut table, index);
        Some(sa)
    }

    /// Adds the SA of a multicast group, found by SPI and destination, and source if one is given.
    ///
    /// # Errors
    /// [`SadError::Taken`] when there is one.
    pub fn insert_group(
        &self,
        destination: IpAddr,
        source: Option<IpAddr>,
        sa: Arc<InboundSa>,
    ) -> Result<(), SadError> {
        let mut table = self.shared.table.lock();
        let name = (sa.spi(), destination, source);
        if table.groups.contains_key(&name) {
            return Err(SadError::Taken);
        }
        Arc::make_mut(&mut table.groups).insert(name, sa);
        self.shared.tell(&mut table, 0);
        Ok(())
    }

    /// Removes the SA of a multicast group, and closes it.
    pub fn remove_group(
        &self,
        spi: Spi,
        destination: IpAddr,
        source: Option<IpAddr>,
    ) -> Option<Arc<InboundSa>> {
        let mut table = self.shared.table.lock();
        let sa = Arc::make_mut(&mut table.groups).remove(&(spi, destination, source))?;
        sa.close();
        self.shared.tell(&mut table, 0);
        Some(sa)
    }

    /// Makes a table for a thread. It is up to date at every lookup.
    #[must_use]
    pub fn reader(&self) -> SadReader {
        let mut reader = SadReader {
            shared: self.shared.clone(),
            version: 0,
            slots: Vec::new(),
            groups: Groups::default(),
        };
        reader.copy();
        reader
    }

    /// Number of SAs found by SPI alone.
    #[must_use]
    pub fn len(&self) -> usize {
        self.shared.table.lock().len
    }

    /// True when there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What was discarded before an SA was found; each SA counts the rest.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        &self.shared.audit
    }
}

impl Table {
    fn slot(&mut self, index: u32) -> Option<&mut Slot> {
        self.slots.get_mut(index as usize)
    }

    /// Reserves `value`, if it may be an SPI and its slot is free.
    fn reserve(&mut self, value: u32, mask: u32) -> Option<Spi> {
        // A number below 256 is reserved; with some high bit it is one of ours.
        let spi = Spi::new(value).or_else(|| Spi::new(value | 1 << 31))?;
        let slot = self.slot(spi.value() & mask)?;
        let Slot::Free = slot else {
            return None;
        };
        *slot = Slot::Reserved(spi);
        Some(spi)
    }
}

impl Shared {
    /// Lets all threads know that a slot, or the groups, changed.
    fn tell(&self, table: &mut Table, index: u32) {
        let version = self.version.load(Ordering::Relaxed);
        if let Some(change) = table.changes.get_mut(place_of(version)) {
            *change = index;
        }
        self.version.store(version + 1, Ordering::Release);
    }
}

/// Where the change that ended `version` is kept.
#[allow(clippy::cast_possible_truncation, reason = "below CHANGES")]
const fn place_of(version: u64) -> usize {
    (version % CHANGES as u64) as usize
}

impl fmt::Debug for Sad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sad")
            .field("len", &self.len())
            .field("audit", &self.shared.audit)
            .finish_non_exhaustive()
    }
}

/// A thread's view of the database.
pub struct SadReader {
    shared: Arc<Shared>,
    version: u64,
    slots: Vec<Option<Arc<InboundSa>>>,
    groups: Groups,
}

impl SadReader {
    /// Finds an SA by its SPI, for a packet to one of our own addresses.
    #[inline]
    pub fn inbound(&mut self, spi: Spi) -> Option<&InboundSa> {
        self.refresh();
        self.by_spi(spi)
    }

    #[inline]
    fn by_spi(&self, spi: Spi) -> Option<&InboundSa> {
        self.in_slot(spi).filter(|sa| sa.spi() == spi)
    }

    /// What the slot of an SPI holds, of whatever SPI it is.
    #[inline]
    fn in_slot(&self, spi: Spi) -> Option<&InboundSa> {
        let slot = self.slots.get((spi.value() & self.shared.mask) as usize)?;
        slot.as_deref()
    }

    /// Finds an SA for a packet: by SPI, destination and source, then by SPI and destination, then by SPI alone (RFC 4301
    /// section 4.1).
    pub fn inbound_to(
        &mut self,
        spi: Spi,
        destination: IpAddr,
        source: IpAddr,
    ) -> Option<&InboundSa> {
        self.refresh();
        self.by_addresses(spi, destination, source)
    }

    fn by_addresses(&self, spi: Spi, destination: IpAddr, source: IpAddr) -> Option<&InboundSa> {
        self.groups
            .get(&(spi, destination, Some(source)))
            .or_else(|| self.groups.get(&(spi, destination, None)))
            .map(|sa| &**sa)
            .or_else(|| self.by_spi(spi))
    }

    #[inline]
    fn of_packet(&self, packet: &[u8], arrived: &Arrived) -> Option<&InboundSa> {
        if self.groups.is_empty() {
            return self.by_spi(arrived.spi);
        }
        let (source, destination) = ip::ends(packet)?;
        self.by_addresses(arrived.spi, destination, source)
    }

    /// Finds the SAs of a batch, and has what opening its packets needs loaded.
    ///
    /// Each loop takes one step for all packets and waits for none, so that the memory of all is fetched at the same time.
    fn find(
        &self,
        batch: &[&mut [u8]],
        arrivals: &[Option<Result<Arrived, Discard>>; BATCH],
    ) -> [Option<&InboundSa>; BATCH] {
        let mut found = [None; BATCH];
        let arrived = arrivals.iter().map(|arrival| match arrival {
            Some(Ok(arrived)) => Some(arrived),
            Some(Err(_)) | None => None,
        });
        for (arrived, found) in arrived.clone().zip(&mut found) {
            *found = arrived.and_then(|arrived| self.in_slot(arrived.spi));
        }
        if self.groups.is_empty() {
            for (arrived, found) in arrived.clone().zip(&mut found) {
                *found = found.filter(|sa| arrived.is_some_and(|to| to.spi == sa.spi()));
            }
        } else {
            for ((packet, arrived), found) in batch.iter().zip(arrived.clone()).zip(&mut found) {
                *found = arrived.and_then(|arrived| self.of_packet(packet, arrived));
            }
        }
        for ((packet, arrived), sa) in batch.iter().zip(arrived).zip(&found) {
            if let (Some(arrived), Some(sa)) = (arrived, sa) {
                sa.touch(packet, arrived);
            }
        }
        found
    }

    /// Opens an IP packet with ESP or AH in it; see [`InboundSa::open_packet`].
    ///
    /// # Errors
    /// The reason to discard it, counted by its SA, or without one by [`Sad::audit`].
    pub fn open_packet<'b>(&mut self, packet: &'b mut [u8]) -> Result<Opened<'b>, Discard> {
        self.refresh();
        let arrived = outer::find_protected(packet).map_err(|why| self.shared.audit.count(why))?;
        match self.of_packet(packet, &arrived) {
            Some(sa) => sa.open_found(packet, &arrived),
            None => Err(self.shared.audit.count(Discard::UnknownSpi)),
        }
    }

    /// Opens many packets, and hands each result to `deliver` with the place of its packet, in order.
    ///
    /// All SAs of 32 packets are looked up first, then their keys and windows, so that the memory of one is fetched while that of
    /// another is waited for: with very many SAs most of them are not in the cache.
    pub fn open_batch(
        &mut self,
        packets: &mut [&mut [u8]],
        mut deliver: impl FnMut(usize, Result<Opened<'_>, Discard>),
    ) {
        self.refresh();
        let mut first = 0;
        for batch in packets.chunks_mut(BATCH) {
            let mut arrivals = [const { None }; BATCH];
            for (packet, arrival) in batch.iter().zip(&mut arrivals) {
                *arrival = Some(outer::find_protected(packet));
            }
            let found = self.find(batch, &arrivals);
            let places = arrivals.into_iter().zip(found).zip(first..);
            for (packet, ((arrival, sa), place)) in batch.iter_mut().zip(places) {
                let result = match (arrival, sa) {
                    (Some(Ok(arrived)), Some(sa)) => sa.open_found(packet, &arrived),
                    (Some(Ok(_)), None) => Err(self.shared.audit.count(Discard::UnknownSpi)),
                    (Some(Err(discard)), _) => Err(self.shared.audit.count(discard)),
                    (None, _) => continue,
                };
                deliver(place, result);
            }
            first += BATCH;
        }
    }

    /// Takes over what changed since the last lookup.
    #[inline]
    fn refresh(&mut self) {
        if self.shared.version.load(Ordering::Acquire) != self.version {
            self.take_over();
        }
    }

    #[cold]
    fn take_over(&mut self) {
        let shared = self.shared.clone();
        let table = shared.table.lock();
        let version = shared.version.load(Ordering::Relaxed);
        if version - self.version > CHANGES as u64 {
            drop(table);
            return self.copy();
        }
        for change in self.version..version {
            let Some(index) = table.changes.get(place_of(change)).map(|at| *at as usize) else {
                continue;
            };
            if let (Some(own), Some(slot)) = (self.slots.get_mut(index), table.slots.get(index)) {
                *own = used(slot);
            }
        }
        self.groups = table.groups.clone();
        self.version = version;
    }

    fn copy(&mut self) {
        let table = self.shared.table.lock();
        self.slots.clear();
        self.slots.extend(table.slots.iter().map(used));
        self.groups = table.groups.clone();
        self.version = self.shared.version.load(Ordering::Relaxed);
    }
}

fn used(slot: &Slot) -> Option<Arc<InboundSa>> {
    match slot {
        Slot::Free | Slot::Reserved(_) => None,
        Slot::Used(sa) => Some(sa.clone()),
    }
}

impl fmt::Debug for SadReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SadReader")
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

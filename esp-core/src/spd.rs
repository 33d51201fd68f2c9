//! The policies (RFC 4301 section 4.4.1): ordered rules, of which the first that matches decides.
//!
//! Each rule is a box of five sides. For every side the database knows, for every value, the set of rules that match there;
//! a packet's rule is the first one in all five sets. Five searches and a few words ANDed take the place of reading the rules
//! one by one, and the order stays what it is: nothing has to be decorrelated first.

use alloc::vec::Vec;
use core::{fmt, net::IpAddr, ops::RangeInclusive};

use thiserror::Error;

use crate::{Discard, Ports, Selector};

/// Most rules: the sets grow with their square.
pub const MAX_RULES: usize = 4096;

/// Names the policy of a protected rule: its SAs carry it, and the host knows them by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PolicyId(pub u32);

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// It passes only protected by an SA of this policy; [`Spd::outbound`] tells when there is none yet.
    Protect(PolicyId),
    /// It passes in clear.
    Bypass,
    /// It does not pass. Also what becomes of a packet without a rule.
    Discard,
}

/// What becomes of a packet that is to leave, with the SA that it leaves by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Verdict<S> {
    /// It is sealed by this SA.
    Protect(S),
    /// It waits or is dropped: its policy has no SA yet, and IKE is to be asked for one.
    Acquire(Acquire),
    /// It passes in clear.
    Bypass,
    /// It does not pass.
    Discard,
}

/// What IKE must know to make an SA (RFC 4301 section 4.4.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Acquire {
    /// The policy that asks for protection.
    pub policy: PolicyId,
    /// The facts of the packet that caused it: with them the first traffic selectors of an exchange are made (RFC 7296
    /// section 2.9), and a policy that makes an SA for each flow knows which.
    pub selector: Selector,
}

/// The addresses of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Addresses {
    /// Every address of both families.
    Any,
    /// From one to another of the same family.
    Range(RangeInclusive<IpAddr>),
}

impl Addresses {
    /// Those that share the first `bits` with `address`; more bits than it has are as good as all.
    #[must_use]
    pub fn prefix(address: IpAddr, bits: u32) -> Self {
        Self::Range(match address {
            IpAddr::V4(address) => {
                let free = u32::MAX.checked_shr(bits).unwrap_or(0);
                let first = address.to_bits() & !free;
                let last = (first | free).to_be_bytes();
                IpAddr::from(first.to_be_bytes())..=IpAddr::from(last)
            }
            IpAddr::V6(address) => {
                let free = u128::MAX.checked_shr(bits).unwrap_or(0);
                let first = address.to_bits() & !free;
                let last = (first | free).to_be_bytes();
                IpAddr::from(first.to_be_bytes())..=IpAddr::from(last)
            }
        })
    }
}

/// The ports of one side, or the messages of ICMP.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PortRange {
    /// Any, known or not.
    Any,
    /// Known ones.
    Range(RangeInclusive<u16>),
    /// Those that are in another fragment.
    Opaque,
}

/// A policy's selectors, and its action.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// Our side.
    pub local: Addresses,
    /// The other side.
    pub remote: Addresses,
    /// The upper protocol, or any.
    pub protocol: Option<u8>,
    /// Ports of our side.
    pub local_ports: PortRange,
    /// Ports of the other side.
    pub remote_ports: PortRange,
    /// What becomes of the packets.
    pub action: Action,
}

impl Rule {
    /// Makes a rule for all packets between two sets of addresses, whose fields can be narrowed.
    #[must_use]
    pub const fn new(local: Addresses, remote: Addresses, action: Action) -> Self {
        Self {
            local,
            remote,
            protocol: None,
            local_ports: PortRange::Any,
            remote_ports: PortRange::Any,
            action,
        }
    }
}

/// Why rules make no database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BadSpd {
    /// More than [`MAX_RULES`].
    #[error("more than 4096 rules")]
    TooMany,
    /// A range whose end is before its beginning, or of another family; tells the rule.
    #[error("rule {0} has a range that is none")]
    BadRange(usize),
}

/// Policies that do not change. To change one, make a new database and exchange them: no packet sees half of a change.
pub struct Spd {
    actions: Vec<Action>,
    local: AddressSide,
    remote: AddressSide,
    local_ports: Side<u32>,
    remote_ports: Side<u32>,
    protocol: Side<u32>,
}

/// Beyond the known ports: opaque, and none.
const OPAQUE: u32 = 1 << 16;
const NO_PORTS: u32 = OPAQUE + 1;

impl Spd {
    /// Takes rules in order: the first that matches decides.
    ///
    /// # Errors
    /// [`BadSpd`].
    pub fn new(rules: &[Rule]) -> Result<Self, BadSpd> {
        if rules.len() > MAX_RULES {
            return Err(BadSpd::TooMany);
        }
        let mut boxes = Vec::with_capacity(rules.len());
        for (place, rule) in rules.iter().enumerate() {
            boxes.push(Sides::of(rule).ok_or(BadSpd::BadRange(place))?);
        }
        Ok(Self {
            actions: rules.iter().map(|rule| rule.action).collect(),
            local: AddressSide::new(boxes.iter().map(|sides| sides.local)),
            remote: AddressSide::new(boxes.iter().map(|sides| sides.remote)),
            local_ports: Side::new(boxes.iter().map(|sides| Some(sides.local_ports)), NO_PORTS),
            remote_ports: Side::new(boxes.iter().map(|sides| Some(sides.remote_ports)), NO_PORTS),
            protocol: Side::new(
                boxes.iter().map(|sides| Some(sides.protocol)),
                u32::from(u8::MAX),
            ),
        })
    }

    /// Tells what becomes of a packet in clear that is to leave, and what a packet that arrives should have come by.
    #[inline]
    #[must_use]
    pub fn action(&self, selector: &Selector) -> Action {
        let (local, remote) = match selector.ports {
            Ports::Known { local, remote } => (u32::from(local), u32::from(remote)),
            Ports::Opaque => (OPAQUE, OPAQUE),
            Ports::None => (NO_PORTS, NO_PORTS),
        };
        let sets = [
            self.local.at(selector.local),
            self.remote.at(selector.remote),
            self.local_ports.at(local),
            self.remote_ports.at(remote),
            self.protocol.at(u32::from(selector.protocol)),
        ];
        first_common(sets)
            .and_then(|place| self.actions.get(place))
            .copied()
            .unwrap_or(Action::Discard)
    }

    /// Judges a packet that is to leave, and finds its SA: `find` is the host's map from policies to SAs, asked only for a
    /// policy that protects. A packet without an SA never passes in clear.
    pub fn outbound<S>(
        &self,
        selector: &Selector,
        find: impl FnOnce(PolicyId) -> Option<S>,
    ) -> Verdict<S> {
        match self.action(selector) {
            Action::Protect(policy) => find(policy).map_or(
                Verdict::Acquire(Acquire {
                    policy,
                    selector: *selector,
                }),
                Verdict::Protect,
            ),
            Action::Bypass => Verdict::Bypass,
            Action::Discard => Verdict::Discard,
        }
    }

    /// Judges a packet that arrived: in clear with `via` `None`, else out of an SA of that policy (RFC 4301 section 5.2, steps
    /// 3 and 4).
    ///
    /// # Errors
    /// [`Discard::SelectorMismatch`] for one in clear that should have been protected, or out of an SA that was not made for
    /// it; the host counts it.
    #[inline]
    pub fn check_inbound(&self, packet: &[u8], via: Option<PolicyId>) -> Result<(), Discard> {
        let selector = Selector::inbound(packet).ok_or(Discard::BadInner)?;
        match (self.action(&selector), via) {
            (Action::Protect(expected), Some(policy)) if expected == policy => Ok(()),
            (Action::Bypass, None) => Ok(()),
            (Action::Protect(_) | Action::Bypass | Action::Discard, _) => {
                Err(Discard::SelectorMismatch)
            }
        }
    }
}

impl fmt::Debug for Spd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spd")
            .field("rules", &self.actions.len())
            .finish_non_exhaustive()
    }
}

/// A rule as ranges of numbers, ends included.
struct Sides {
    local: AddressRanges,
    remote: AddressRanges,
    local_ports: (u32, u32),
    remote_ports: (u32, u32),
    protocol: (u32, u32),
}

impl Sides {
    fn of(rule: &Rule) -> Option<Self> {
        Some(Self {
            local: address_range(&rule.local)?,
            remote: address_range(&rule.remote)?,
            local_ports: port_range(&rule.local_ports)?,
            remote_ports: port_range(&rule.remote_ports)?,
            protocol: match rule.protocol {
                Some(protocol) => (u32::from(protocol), u32::from(protocol)),
                None => (0, u32::from(u8::MAX)),
            },
        })
    }
}

/// What a rule matches of each family. An address of IPv6 that maps one of IPv4 is not the same address: no rule for the one
/// admits the other.
#[derive(Clone, Copy)]
struct AddressRanges {
    v4: Option<(u32, u32)>,
    v6: Option<(u128, u128)>,
}

fn address_range(addresses: &Addresses) -> Option<AddressRanges> {
    let range = match addresses {
        Addresses::Any => {
            return Some(AddressRanges {
                v4: Some((0, u32::MAX)),
                v6: Some((0, u128::MAX)),
            });
        }
        Addresses::Range(range) => range,
    };
    match (*range.start(), *range.end()) {
        (IpAddr::V4(start), IpAddr::V4(end)) if start <= end => Some(AddressRanges {
            v4: Some((start.to_bits(), end.to_bits())),
            v6: None,
        }),
        (IpAddr::V6(start), IpAddr::V6(end)) if start <= end => Some(AddressRanges {
            v4: None,
            v6: Some((start.to_bits(), end.to_bits())),
        }),
        _ => None,
    }
}

fn port_range(ports: &PortRange) -> Option<(u32, u32)> {
    match ports {
        PortRange::Any => Some((0, NO_PORTS)),
        PortRange::Opaque => Some((OPAQUE, OPAQUE)),
        PortRange::Range(range) => {
            (!range.is_empty()).then(|| (u32::from(*range.start()), u32::from(*range.end())))
        }
    }
}

/// The addresses of one side: a search compares numbers of the packet's family alone.
struct AddressSide {
    v4: Side<u32>,
    v6: Side<u128>,
}

impl AddressSide {
    fn new(ranges: impl Iterator<Item = AddressRanges> + Clone) -> Self {
        Self {
            v4: Side::new(ranges.clone().map(|ranges| ranges.v4), u32::MAX),
            v6: Side::new(ranges.map(|ranges| ranges.v6), u128::MAX),
        }
    }

    #[inline]
    fn at(&self, address: IpAddr) -> &[u64] {
        match address {
            IpAddr::V4(address) => self.v4.at(address.to_bits()),
            IpAddr::V6(address) => self.v6.at(address.to_bits()),
        }
    }
}

/// One side of all rules: where sets change, and the set from there on.
struct Side<K> {
    starts: Vec<K>,
    /// One row of words for each start.
    rows: Vec<u64>,
    /// Words in a row.
    words: usize,
}

/// A number that ranges are made of.
trait Key: Copy + Ord + Default {
    fn next(self) -> Option<Self>;
}

impl Key for u32 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl Key for u128 {
    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }
}

impl<K: Key> Side<K> {
    /// `None` is a rule that matches nowhere on this side; no value is beyond `last`.
    fn new(ranges: impl Iterator<Item = Option<(K, K)>> + Clone, last: K) -> Self {
        let words = ranges.clone().count().div_ceil(64);
        let mut starts: Vec<K> = ranges
            .clone()
            .flatten()
            .flat_map(|(start, end)| [Some(start), end.next()])
            .flatten()
            .chain([K::default()])
            // A side that all rules leave open has one start, and its search nothing to do.
            .filter(|start| *start <= last)
            .collect();
        starts.sort_unstable();
        starts.dedup();
        let mut rows = alloc::vec![0; starts.len() * words];
        for (rule, range) in ranges.enumerate() {
            let Some((start, end)) = range else {
                continue;
            };
            let first = starts.partition_point(|other| *other < start);
            let behind = starts.partition_point(|other| *other <= end);
            for row in first..behind {
                if let Some(word) = rows.get_mut(row * words + rule / 64) {
                    *word |= 1 << (rule % 64);
                }
            }
        }
        Self {
            starts,
            rows,
            words,
        }
    }

    /// The set of rules that match a value.
    #[inline]
    fn at(&self, value: K) -> &[u64] {
        let row = self
            .starts
            .partition_point(|start| *start <= value)
            .saturating_sub(1);
        let first = row * self.words;
        self.rows.get(first..first + self.words).unwrap_or_default()
    }
}

/// The lowest number in all sets.
fn first_common([a, b, c, d, e]: [&[u64]; 5]) -> Option<usize> {
    let words = a.iter().zip(b).zip(c).zip(d).zip(e);
    for (place, ((((a, b), c), d), e)) in words.enumerate() {
        let common = a & b & c & d & e;
        if common != 0 {
            return Some(place * 64 + common.trailing_zeros() as usize);
        }
    }
    None
}

//! MIME as a Sans-IO machine.
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod boundary;
mod charset;
mod config;
pub mod decode;
mod defect;
mod entity;
mod event;
pub mod field;
mod limits;
mod line;
mod message;
mod name;
mod parser;
mod scanner;

pub use charset::{Charset, TextDecoder};
pub use config::Config;
pub use decode::TransferEncoding;
pub use defect::{Defect, DefectCode, Sink};
pub use entity::{Entity, Extent, Heading, Kind, Role, Totals};
pub use event::{Event, Field};
pub use limits::Limits;
pub use message::{Message, Part};
pub use name::Known;
pub use parser::{Parser, Reader};
pub use scanner::{FieldShape, Scanner, Token};

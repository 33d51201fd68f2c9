//! The values of fields.
//!
//! Plain functions over the octets of a value, folding included. None of them fails: each returns what can be
//! read, and tells its [`Sink`](crate::Sink) what it had to forgive and where in the value.
//!
//! Encoded words are decoded where the grammar has been applied already, so that they never make structure.
//! Text is UTF-8 (RFC 6532), and windows-1252 where it is not.
//!
//! ```
//! use mime_core::field;
//!
//! let mut defects = Vec::new();
//! let value = b" =?utf-8?q?Doe,_J=C3=B6rg?= <joerg@example.org>, undisclosed:;";
//! let list = field::addresses(value, &mut |code, range| defects.push((code, range)));
//! let mailbox = &list[0].mailboxes()[0];
//! assert_eq!(mailbox.name.as_deref(), Some("Doe, Jörg"));
//! assert_eq!(mailbox.address.as_ref().unwrap().to_string(), "joerg@example.org");
//! // A comma has no place in such a word, and other readers would split there.
//! assert_eq!(defects, [(mime_core::DefectCode::LooseEncodedWord, 1..27)]);
//! ```
//!
//! # Decisions
//!
//! Where readers differ, this is how values are read. The last column names the test.
//!
//! | what | how it is read | defect | test |
//! |---|---|---|---|
//! | a parameter again | the first one counts | `DuplicateParameter` | `the_first_of_several_counts` |
//! | `name` beside `name*` | the extended one, if it decodes | `ConflictingParameter` | `an_extended_parameter_beats_a_plain_one_when_it_decodes` |
//! | sections out of order | in the order of their numbers | | `sections_are_taken_in_numeric_order` |
//! | a gap between sections | ends the value; no section 0, no value | `MissingSection` | `a_gap_ends_the_value_and_a_missing_first_section_makes_none` |
//! | encoded sections side by side | joined, then decoded; each run on its own | | `neighbouring_encoded_sections_are_joined_before_they_are_decoded` |
//! | a charset in a later section | text | | `the_charset_is_that_of_section_0_only` |
//! | a value without its quotes | up to the semicolon, spaces included | `UnquotedParameter` | `values_without_their_quotes_are_read_and_reported` |
//! | a parameter without its semicolon | read | `MissingSemicolon` | `a_missing_semicolon_is_forgiven` |
//! | stars that RFC 2231 does not know | part of the name | `InvalidParameterName` | `stars_without_meaning_stay_in_the_name` |
//! | an encoded word in a parameter | decoded in text, not in octets | | `encoded_words_in_parameters_are_decoded_in_text_and_not_in_octets` |
//! | adjacent encoded words of one charset | joined before they are decoded | | `adjacent_words_of_one_charset_are_joined_before_they_are_decoded` |
//! | what begins like an encoded word and is none | text; scanning goes on after it | `BrokenEncodedWord` | `a_failed_word_is_left_as_text_and_scanning_goes_on_after_it` |
//! | an encoded word with spaces, without padding, glued to text | decoded | `LooseEncodedWord` | `words_with_faults_that_leave_their_meaning_clear_are_decoded` |
//! | an unknown charset | UTF-8 if it is valid, else windows-1252 | `UnknownCharset` | `an_unknown_charset_is_read_as_utf_8_or_windows_1252` |
//! | octets that are no text in their charset | U+FFFD in UTF-8 and UTF-16, windows-1252 elsewhere | `UndecodableText` | `text_that_is_not_in_its_charset_is_reported` |
//! | an encoded word before an at sign, or that decodes to an address | a name | `InvalidAddress` | `an_address_is_never_fabricated_from_an_encoded_word` |
//! | an encoded word with a comma in it | one word | `LooseEncodedWord` | `an_encoded_word_with_a_comma_is_one_word_and_hides_no_brackets` |
//! | two at signs, words side by side | no address; all of it is the name | `InvalidAddress` | `what_is_no_address_has_none` |
//! | a source route, spaces around dots, empty members | skipped | `ObsoleteAddress` | `obsolete_forms_of_rfc_5322_appendix_a` |
//! | a comment beside an address | the name, if there is no other | | `a_comment_names_whom_nothing_else_names` |
//! | deep comments | counted, whatever the depth | `DeepComment` | `comments_nest_by_counting_with_a_report_beyond_a_depth` |
//! | an unclosed bracket or group, a missing comma | closed at the next separator or group, or at the end | `UnclosedAngle`, `UnclosedGroup`, `StrayText` | `broken_lists_lose_nobody` |
//! | years of two and three digits | RFC 5322, section 4.3 | `ObsoleteDate` | `years_of_two_and_three_digits` |
//! | zones by name; military and unknown ones | by table; -0000 | `ObsoleteDate`, `UnknownZone` | `zones_by_table_and_unknown_ones_say_nothing` |
//! | a message identifier without brackets | read, if it is alone | `InvalidMessageId` | `message_identifiers_stand_in_brackets` |

mod address;
mod auth;
mod date;
mod identifier;
mod lex;
mod list;
mod media_type;
mod parameter;
mod reference;
mod report;
mod trace;
mod unstructured;
mod word;

pub use self::address::{AddrSpec, Address, Group, MAX_ADDRESSES, Mailbox, addresses};
pub use self::auth::{AuthProperty, AuthResult, AuthResults, authentication_results};
pub use self::date::{DateTime, date};
pub use self::identifier::message_ids;
pub use self::lex::MAX_COMMENT_DEPTH;
pub(crate) use self::lex::first_token;
pub use self::list::{ListCommand, ListId, list_commands, list_id};
pub(crate) use self::media_type::media_type_alone;
pub use self::media_type::{Disposition, MediaType, disposition, media_type};
pub use self::parameter::{MAX_PARAMETERS, Parameter, Parameters};
pub use self::reference::{Access, ExternalBody, Partial, RemoteFile, external_body, partial};
pub use self::report::{
    Action, DeliveryStatus, DispositionNotification, FeedbackReport, Recipient, ReportField,
    ReportFields, delivery_status, disposition_notification, feedback_report,
};
pub use self::trace::{Clause, Received, received};
pub use self::unstructured::{keywords, unstructured};
pub(crate) use self::word::hex;

//! A verifier, and what it has said so far.

use bytes::BytesMut;
use dkim_core::{
    Answer, Bare, LookupQuestion, Misuse, Verdict, Verifier, VerifierEvent, arc::ChainVerdict,
};

use super::message;
use crate::command::failure::Failure;

pub(crate) struct Examination {
    verifier: Verifier,
    rx: BytesMut,
    over: bool,
    /// Not taken yet by who answers.
    questions: Vec<LookupQuestion>,
    pub(crate) verdicts: Vec<Verdict>,
    pub(crate) chain: Option<ChainVerdict>,
    pub(crate) bare: Bare,
}

impl Examination {
    pub(crate) fn new(verifier: Verifier) -> Self {
        Self {
            verifier,
            rx: BytesMut::new(),
            over: false,
            questions: Vec::new(),
            verdicts: Vec::new(),
            chain: None,
            bare: Bare::default(),
        }
    }

    /// Takes the next piece of the mail.
    pub(crate) fn update(&mut self, piece: &[u8]) -> Result<(), Failure> {
        self.rx.extend_from_slice(piece);
        self.drain()
    }

    /// The mail is over; answers may be missing.
    pub(crate) fn finish(&mut self) -> Result<(), Failure> {
        self.verifier.eof();
        self.drain()
    }

    /// What must be asked. An answer may lead to further questions.
    pub(crate) fn take_questions(&mut self) -> Vec<LookupQuestion> {
        core::mem::take(&mut self.questions)
    }

    pub(crate) fn answer(&mut self, answer: Answer) -> Result<(), Failure> {
        match self.verifier.answer(answer) {
            // Of two questions that were open for a chain, the first answer may decide.
            Ok(()) | Err(Misuse::StaleAnswer) => self.drain(),
            Err(error) => Err(Failure::peer(error.to_string())),
        }
    }

    /// Whether all is decided.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    fn drain(&mut self) -> Result<(), Failure> {
        while let Some(event) = self.verifier.poll(&mut self.rx) {
            match event {
                VerifierEvent::Lookup(question) => self.questions.push(question),
                VerifierEvent::Verdict(verdict) => self.verdicts.push(verdict),
                VerifierEvent::Chain(chain) => self.chain = Some(chain),
                VerifierEvent::Bare(bare) => self.bare = bare,
                VerifierEvent::Closed(end) => {
                    self.over = true;
                    self.verdicts.sort_by_key(|verdict| verdict.index);
                    end.map_err(|error| Failure::usage(error.to_string()).remedy(message::REMEDY))?;
                }
                _ => {}
            }
        }
        Ok(())
    }
}

//! Questions and answers of all machines at once.

use std::sync::Arc;

use bytes::BytesMut;
use dkim_core::{
    Answer, LookupQuestion, Misuse, Verifier, VerifierEvent,
    dmarc::{Dmarc, DmarcEvent},
    spf::{Spf, SpfEvent, SpfVerdict},
};
use tokio::task::JoinSet;

use super::{Findings, failed};
use crate::command::{
    dkim::{message, names::Names},
    failure::Failure,
};

/// Who asked.
#[derive(Clone, Copy, Debug)]
enum Asker {
    Spf(usize),
    Verifier,
    Dmarc,
}

/// The questions on their way, and what was found.
pub(super) struct Exchange {
    names: Arc<Names>,
    open: JoinSet<(Asker, Answer)>,
    /// Asked before there was anybody to answer.
    early: Vec<LookupQuestion>,
    findings: Findings,
}

impl Exchange {
    pub(super) fn new(names: Arc<Names>) -> Self {
        Self {
            names,
            open: JoinSet::new(),
            early: Vec::new(),
            findings: Findings::default(),
        }
    }

    fn ask(&mut self, asker: Asker, question: LookupQuestion) {
        let names = Arc::clone(&self.names);
        self.open
            .spawn(async move { (asker, names.answer(question).await) });
    }

    /// Takes what the verifier has to say; its questions wait for [`run`](Self::run).
    pub(super) fn drain_verifier(
        &mut self,
        verifier: &mut Verifier,
        rx: &mut BytesMut,
    ) -> Result<bool, Failure> {
        let mut over = false;
        while let Some(event) = verifier.poll(rx) {
            match event {
                VerifierEvent::Lookup(question) => self.early.push(question),
                VerifierEvent::Verdict(verdict) => self.findings.dkim.push(verdict),
                VerifierEvent::Chain(chain) => self.findings.chain = Some(chain),
                VerifierEvent::Bare(bare) => self.findings.bare = bare,
                VerifierEvent::Closed(end) => {
                    over = true;
                    end.map_err(|error| Failure::usage(error.to_string()).remedy(message::REMEDY))?;
                }
                _ => {}
            }
        }
        Ok(over)
    }

    /// Goes on until every machine has its verdict.
    pub(super) async fn run(
        mut self,
        mut spf: Vec<Spf>,
        mut verifier: Verifier,
        mut rx: BytesMut,
        mut dmarc: Dmarc,
    ) -> Result<Findings, Failure> {
        let mut results: Vec<Option<SpfVerdict>> = spf.iter().map(|_| None).collect();
        let (mut signatures, mut told) = (false, false);
        loop {
            for (index, (check, result)) in spf.iter_mut().zip(&mut results).enumerate() {
                while let Some(event) = check.poll() {
                    match event {
                        SpfEvent::Lookup(question) => self.ask(Asker::Spf(index), question),
                        SpfEvent::Verdict(verdict) => *result = Some(verdict),
                        SpfEvent::Closed | _ => {}
                    }
                }
            }
            signatures |= self.drain_verifier(&mut verifier, &mut rx)?;
            for question in core::mem::take(&mut self.early) {
                self.ask(Asker::Verifier, question);
            }
            self.drain_dmarc(&mut dmarc);
            // DMARC may know before, when there is no policy; the others are shown all the same.
            let complete = signatures && results.iter().all(Option::is_some);
            if complete && !told && self.findings.dmarc.is_none() {
                told = true;
                self.results(&mut dmarc, &results).map_err(failed)?;
                self.drain_dmarc(&mut dmarc);
            }
            if complete && self.findings.dmarc.is_some() {
                self.findings.spf = results.into_iter().flatten().collect();
                self.findings.dkim.sort_by_key(|verdict| verdict.index);
                return Ok(self.findings);
            }
            let Some(answered) = self.open.join_next().await else {
                return Err(Failure::peer("a question was lost"));
            };
            let (asker, answer) = answered.map_err(|error| Failure::peer(error.to_string()))?;
            let taken = match asker {
                Asker::Spf(index) => match spf.get_mut(index) {
                    Some(check) => check.answer(answer),
                    None => Ok(()),
                },
                Asker::Verifier => verifier.answer(answer),
                Asker::Dmarc => dmarc.answer(answer),
            };
            match taken {
                // Of two questions that were open, the first answer may decide.
                Ok(()) | Err(Misuse::StaleAnswer) => {}
                Err(error) => return Err(failed(error)),
            }
        }
    }

    /// Tells DMARC what passed.
    fn results(&self, dmarc: &mut Dmarc, spf: &[Option<SpfVerdict>]) -> Result<(), Misuse> {
        for verdict in spf.iter().flatten() {
            dmarc.spf(verdict)?;
        }
        for verdict in &self.findings.dkim {
            dmarc.dkim(verdict)?;
        }
        dmarc.end_of_results()
    }

    fn drain_dmarc(&mut self, dmarc: &mut Dmarc) {
        while let Some(event) = dmarc.poll() {
            match event {
                DmarcEvent::Lookup(question) => self.ask(Asker::Dmarc, question),
                DmarcEvent::Verdict(verdict) => self.findings.dmarc = Some(verdict),
                DmarcEvent::Organization(_) | DmarcEvent::Closed | _ => {}
            }
        }
    }
}

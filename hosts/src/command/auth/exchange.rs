//! Questions and answers of all machines at once.

use std::sync::Arc;

use dkim_core::{
    Answer, LookupQuestion, Misuse,
    dmarc::{Dmarc, DmarcEvent},
    spf::{Spf, SpfEvent, SpfVerdict},
};
use tokio::task::JoinSet;

use super::{Findings, failed};
use crate::command::{
    dkim::{examination::Examination, names::Names},
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
    findings: Findings,
}

impl Exchange {
    pub(super) fn new(names: Arc<Names>) -> Self {
        Self {
            names,
            open: JoinSet::new(),
            findings: Findings::default(),
        }
    }

    fn ask(&mut self, asker: Asker, question: LookupQuestion) {
        let names = Arc::clone(&self.names);
        self.open
            .spawn(async move { (asker, names.answer(question).await) });
    }

    /// Goes on until every machine has its verdict.
    pub(super) async fn run(
        mut self,
        mut spf: Vec<Spf>,
        mut mail: Examination,
        mut dmarc: Dmarc,
    ) -> Result<Findings, Failure> {
        let mut results: Vec<Option<SpfVerdict>> = spf.iter().map(|_| None).collect();
        let mut told = false;
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
            for question in mail.take_questions() {
                self.ask(Asker::Verifier, question);
            }
            self.drain_dmarc(&mut dmarc);
            // DMARC may know before, when there is no policy; the others are shown all the same.
            let complete = mail.is_over() && results.iter().all(Option::is_some);
            if complete && !told && self.findings.dmarc.is_none() {
                told = true;
                tell(&mut dmarc, &results, &mail).map_err(failed)?;
                self.drain_dmarc(&mut dmarc);
            }
            if complete && self.findings.dmarc.is_some() {
                self.findings.spf = results.into_iter().flatten().collect();
                self.findings.dkim = mail.verdicts;
                self.findings.chain = mail.chain;
                self.findings.bare = mail.bare;
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
                Asker::Verifier => {
                    mail.answer(answer)?;
                    Ok(())
                }
                Asker::Dmarc => dmarc.answer(answer),
            };
            match taken {
                // Of two questions that were open, the first answer may decide.
                Ok(()) | Err(Misuse::StaleAnswer) => {}
                Err(error) => return Err(failed(error)),
            }
        }
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

/// Tells DMARC what passed.
fn tell(dmarc: &mut Dmarc, spf: &[Option<SpfVerdict>], mail: &Examination) -> Result<(), Misuse> {
    for verdict in spf.iter().flatten() {
        dmarc.spf(verdict)?;
    }
    for verdict in &mail.verdicts {
        dmarc.dkim(verdict)?;
    }
    dmarc.end_of_results()
}

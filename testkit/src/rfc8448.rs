//! The example handshakes of RFC 8448: every message, secret, key and record.

/// One example handshake.
#[derive(Clone, Debug)]
pub struct Example {
    steps: Vec<Step>,
}

/// One step of it.
#[derive(Clone, Debug)]
pub struct Step {
    /// Who does what, such as `server: derive secret tls13 c hs traffic`.
    pub what: &'static str,
    /// What came of it, by name.
    pub values: Vec<(&'static str, Vec<u8>)>,
}

const TEXT: &str = include_str!("rfc8448.txt");

/// The handshake of a section: 3 (simple), 4 (resumed, early data), 5 (HelloRetryRequest), 6 (client
/// authentication) or 7 (compatibility mode).
///
/// # Panics
/// For any other section.
#[must_use]
pub fn example(section: u8) -> Example {
    assert!(
        (3..=7).contains(&section),
        "section {section} has no example"
    );
    let title = format!("# {section}. ");
    let lines = TEXT
        .lines()
        .skip_while(|line| !line.starts_with(&title))
        .skip(1);
    let mut steps: Vec<Step> = Vec::new();
    for line in lines.take_while(|line| !line.starts_with('#')) {
        if let Some(what) = line.strip_prefix('[') {
            steps.push(Step {
                what: what.trim_end_matches(']'),
                values: Vec::new(),
            });
        } else if let (Some((name, value)), Some(step)) = (line.split_once(" = "), steps.last_mut())
        {
            step.values.push((name, octets(value)));
        }
    }
    Example { steps }
}

/// Reads hexadecimal digits.
///
/// # Panics
/// When there are other characters.
#[must_use]
pub fn octets(hex: &str) -> Vec<u8> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => unreachable!("{} is no hexadecimal digit", char::from(digit)),
    };
    let (pairs, _) = hex.as_bytes().as_chunks();
    pairs
        .iter()
        .map(|[high, low]| digit(*high) << 4 | digit(*low))
        .collect()
}

impl Example {
    /// The value `name` of the first step that is named `what`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn value(&self, what: &str, name: &str) -> &[u8] {
        self.all(name)
            .find_map(|(step, value)| (step == what).then_some(value))
            .unwrap_or_else(|| unreachable!("no {name} of {what}"))
    }

    /// Every value `name`, with the step it belongs to.
    pub fn all(&self, name: &str) -> impl Iterator<Item = (&'static str, &[u8])> {
        self.steps.iter().flat_map(move |step| {
            let values = step.values.iter().filter(move |(other, _)| *other == name);
            values.map(|(_, value)| (step.what, &value[..]))
        })
    }

    /// The steps, in order.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The handshake messages, in order, with their names and whole as they are hashed.
    pub fn messages(&self) -> impl Iterator<Item = (&'static str, &[u8])> {
        let construct = |step: &&Step| step.what.contains(": construct a");
        self.steps
            .iter()
            .filter(construct)
            .flat_map(|step| step.values.iter().map(|(name, value)| (*name, &value[..])))
    }
}

#[cfg(test)]
mod tests {
    use super::example;

    #[test]
    fn every_example_is_there_with_records_that_fit_their_payload() {
        for section in 3..=7 {
            let example = example(section);
            assert!(example.steps().len() > 20);
            let messages: Vec<_> = example.messages().map(|(name, _)| name).collect();
            assert!(messages.contains(&"ClientHello") && messages.contains(&"Finished"));
            for step in example.steps() {
                if let [("payload", payload), ("complete record", record)] = &step.values[..] {
                    let overhead = if record[0] == 23 { 22 } else { 5 };
                    assert_eq!(record.len(), payload.len() + overhead, "{}", step.what);
                }
            }
        }
    }
}

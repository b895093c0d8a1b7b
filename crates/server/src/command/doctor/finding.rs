//! What was found, how bad it is, and what to do.

use std::fmt::{self, Display, Formatter};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    /// As it should be.
    Good,
    /// It works, and may surprise.
    Odd,
    /// It will not work.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    pub(super) grade: Grade,
    pub(super) what: String,
    /// What to do about it.
    pub(super) advice: Option<String>,
}

impl Finding {
    /// As it should be.
    pub(super) fn good(what: impl Into<String>) -> Self {
        Self { grade: Grade::Good, what: what.into(), advice: None }
    }

    /// It works, and may surprise.
    pub(super) fn odd(what: impl Into<String>) -> Self {
        Self { grade: Grade::Odd, what: what.into(), advice: None }
    }

    /// It will not work.
    pub(super) fn bad(what: impl Into<String>) -> Self {
        Self { grade: Grade::Bad, what: what.into(), advice: None }
    }

    /// With what to do about it.
    pub(super) fn advise(self, advice: impl Into<String>) -> Self {
        Self { advice: Some(advice.into()), ..self }
    }
}

/// Everything that was found, by concern.
#[derive(Debug)]
pub(super) struct Report {
    /// Signs beyond ASCII may be used.
    pub(super) signs: bool,
    pub(super) concerns: Vec<(&'static str, Vec<Finding>)>,
}

impl Report {
    /// The worst of all.
    pub(super) fn grade(&self) -> Grade {
        self.concerns.iter().flat_map(|(_, findings)| findings).map(|finding| finding.grade).max().unwrap_or(Grade::Good)
    }

    fn sign(&self, grade: Grade) -> &'static str {
        match (grade, self.signs) {
            (Grade::Good, true) => "✓",
            (Grade::Good, false) => "ok",
            (Grade::Odd, _) => "!",
            (Grade::Bad, true) => "✗",
            (Grade::Bad, false) => "NO",
        }
    }
}

impl Display for Report {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (concern, findings) in self.concerns.iter().filter(|(_, findings)| !findings.is_empty()) {
            writeln!(f, "{concern}")?;
            for Finding { grade, what, advice } in findings {
                writeln!(f, "  {:<2} {what}", self.sign(*grade))?;
                if let Some(advice) = advice {
                    writeln!(f, "     {} {advice}", if self.signs { "→" } else { "->" })?;
                }
            }
        }
        let verdict = match self.grade() {
            Grade::Good => "All is well.",
            Grade::Odd => "It will run; mind what is marked with an exclamation mark.",
            Grade::Bad => "It will not run like this.",
        };
        writeln!(f, "{verdict}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_decides_and_every_line_is_marked_by_more_than_colour() {
        let findings = vec![Finding::good("a"), Finding::odd("b").advise("look"), Finding::bad("c")];
        let mut report = Report { signs: true, concerns: vec![("one", findings), ("nothing", Vec::new())] };
        assert_eq!(report.grade(), Grade::Bad);
        assert_eq!(report.to_string(), "one\n  ✓  a\n  !  b\n     → look\n  ✗  c\nIt will not run like this.\n");
        report.signs = false;
        assert!(report.to_string().is_ascii());
    }
}

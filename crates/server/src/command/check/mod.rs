//! `rialto check`: did the server keep its promises?

use anyhow::{Context as _, ensure};
use rialto_checker::{Evidence, Invariant, Violation};
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::ExitCode;

/// Of the lines that show a violation, so many are printed, and so much of each.
const LINES_SHOWN: usize = 8;
const CHARACTERS_SHOWN: usize = 600;

/// Decide from the journals of clients whether a server kept its promises.
///
/// Give all journals of one run (`rialto load --journal FILE`, or of a client of your own: docs/operations.md tells what is in
/// one). Prints the first broken promise with the lines that show it. Ends with 0 when all were kept, with 1 when one was
/// broken, or when the journals do not say enough.
#[derive(Clone, Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct Args {
    /// The journals of one run.
    #[arg(required = true, value_name = "JOURNAL")]
    journals: Vec<PathBuf>,
    /// Tell of all broken promises, not of the first alone.
    #[arg(long)]
    all: bool,
}

/// Reads the journals, prints the judgement, and tells it by the exit code.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut evidence = Evidence::default();
    for (number, path) in (0..).zip(&args.journals) {
        let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
        evidence.read(number, BufReader::with_capacity(1 << 20, file)).with_context(|| path.display().to_string())?;
    }
    let extent = evidence.extent();
    println!(
        "{} lines of {} clients of {} users; {} entries in {} channels, told {} times; messages: {} stored, {} refused, {} unknown",
        extent.lines, extent.clients, extent.users, extent.entries, extent.channels, extent.deliveries, extent.stored, extent.refused, extent.unknown
    );
    ensure!(extent.stored > 0, "the journals tell of no message that was stored: nothing can be said");
    let unread = evidence.not_read_at_the_end();
    ensure!(
        unread.is_empty(),
        "nobody read {} channels whole at the end, {} first: whether something is lost there cannot be said",
        unread.len(),
        unread.first().map_or_else(String::new, ToString::to_string)
    );

    let violations = rialto_checker::judge(&evidence);
    for invariant in Invariant::ALL {
        let count = violations.iter().filter(|violation| violation.invariant == invariant).count();
        println!("{} {invariant}", if count == 0 { "kept  " } else { "BROKEN" });
    }
    let shown = if args.all { violations.len() } else { violations.len().min(1) };
    for violation in &violations[..shown] {
        show(violation, &args.journals)?;
    }
    if violations.len() > shown {
        println!("\nand {} more", violations.len() - shown);
    }
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn show(violation: &Violation, journals: &[PathBuf]) -> anyhow::Result<()> {
    println!("\n{}: {}", violation.invariant, violation.text);
    for place in violation.evidence.iter().take(LINES_SHOWN) {
        let path = &journals[place.journal as usize];
        let mut lines = BufReader::new(File::open(path)?).lines();
        let line = lines.nth(place.line as usize - 1).transpose()?.unwrap_or_default();
        let cut: String = line.chars().take(CHARACTERS_SHOWN).collect();
        println!("  {}:{} {cut}{}", path.display(), place.line, if cut.len() < line.len() { "…" } else { "" });
    }
    Ok(())
}

//! The certificate and its key: whether they can be served with, and for how long.

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject as _;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::finding::Finding;

/// Somebody should renew a certificate that expires within this many days.
const SOON_DAYS: i64 = 14;
const DAY_S: i64 = 24 * 60 * 60;

/// What is to be said about a certificate and its key, `now` in seconds since the epoch.
pub(super) fn check(certificate: &Path, key: &Path, now_s: i64) -> Vec<Finding> {
    let mut findings = Vec::new();
    match rialto_edge::http::Tls::load(certificate, key) {
        Ok(_) => findings.push(Finding::good(format!("{} and {} can be served with", certificate.display(), key.display()))),
        Err(error) => {
            let reason = std::error::Error::source(&error).map(|source| format!(": {source}")).unwrap_or_default();
            findings.push(Finding::bad(format!("{error}{reason}")).advise("see tls.cert and tls.key"));
        }
    }
    if fs::metadata(key).is_ok_and(|found| found.permissions().mode() & 0o004 != 0) {
        findings.push(Finding::odd(format!("{} can be read by everybody on this machine", key.display())).advise(format!("chmod 600 {}", key.display())));
    }
    let first = CertificateDer::pem_file_iter(certificate).ok().and_then(|mut found| found.next()?.ok());
    if let Some((from, to)) = first.and_then(|certificate| validity(&certificate)) {
        findings.push(judge_validity(from, to, now_s));
    }
    findings
}

fn judge_validity(from_s: i64, to_s: i64, now_s: i64) -> Finding {
    let days = (to_s - now_s).div_euclid(DAY_S);
    match () {
        () if now_s < from_s => Finding::bad("the certificate is not valid yet").advise("see whether the clock of this machine is right"),
        () if now_s >= to_s => Finding::bad("the certificate has expired").advise("renew it, and start the server again"),
        () if days < SOON_DAYS => Finding::odd(format!("the certificate expires in {days} days")).advise("renew it, and start the server again"),
        () => Finding::good(format!("the certificate is valid for {days} days more")),
    }
}

/// From when to when a certificate is valid, in seconds since the epoch (RFC 5280 §4.1). `None` when it is not one.
fn validity(certificate: &[u8]) -> Option<(i64, i64)> {
    const SEQUENCE: u8 = 0x30;
    const VERSION: u8 = 0xa0;
    let (_, certificate, _) = element(certificate).filter(|(tag, ..)| *tag == SEQUENCE)?;
    let (_, mut signed, _) = element(certificate)?;
    if element(signed)?.0 == VERSION {
        signed = element(signed)?.2;
    }
    // Serial number, signature algorithm, issuer; then the validity.
    for _ in 0..3 {
        signed = element(signed)?.2;
    }
    let (_, times, _) = element(signed)?;
    let (tag, from, rest) = element(times)?;
    let from = time(tag, from)?;
    let (tag, to, _) = element(rest)?;
    Some((from, time(tag, to)?))
}

/// The tag and content of the DER element that `bytes` begin with, and what follows it (X.690 §8.1).
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&short, rest) = rest.split_first()?;
    let (len, rest) = if short < 0x80 {
        (usize::from(short), rest)
    } else {
        let (long, rest) = rest.split_at_checked(usize::from(short & 0x7f)).filter(|(long, _)| (1..=4).contains(&long.len()))?;
        (long.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)), rest)
    };
    let (content, after) = rest.split_at_checked(len)?;
    Some((tag, content, after))
}

/// A UTCTime or GeneralizedTime as certificates write them (RFC 5280 §4.1.2.5), in seconds since the epoch.
fn time(tag: u8, text: &[u8]) -> Option<i64> {
    let text = str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let text = match tag {
        0x17 => format!("{}{text}", if text.get(..2)? < "50" { "20" } else { "19" }),
        0x18 => text.to_owned(),
        _ => return None,
    };
    let time = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", &text).ok()?;
    Some(time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::doctor::finding::Grade;

    #[test]
    fn times_of_both_kinds_are_read() {
        assert_eq!(time(0x17, b"700101000010Z"), Some(10));
        assert_eq!(time(0x17, b"491231235959Z"), Some(2_524_607_999));
        assert_eq!(time(0x18, b"20500101000000Z"), Some(2_524_608_000));
        for (tag, bad) in [(0x17, &b"7001010000Z"[..]), (0x17, b"700101000010"), (0x02, b"700101000010Z"), (0x18, b""), (0x17, b"\xff\xffZ"), (0x17, b"7")] {
            assert_eq!(time(tag, bad), None);
        }
    }

    #[test]
    fn the_validity_is_found_behind_version_serial_algorithm_and_issuer() {
        let der = |tag: u8, content: &[u8]| [&[tag, content.len() as u8], content].concat();
        let times = der(0x30, &[der(0x17, b"250101000000Z"), der(0x18, b"20260101000000Z")].concat());
        let signed = [der(0xa0, &der(0x02, &[2])), der(0x02, &[1]), der(0x30, &[]), der(0x30, &[]), times].concat();
        let certificate = der(0x30, &der(0x30, &signed));
        assert_eq!(validity(&certificate), Some((1_735_689_600, 1_767_225_600)));
        for cut in 0..certificate.len() {
            assert_eq!(validity(&certificate[..cut]), None);
        }
    }

    #[test]
    fn an_expiry_is_announced_before_it_comes() {
        let grade = |now| judge_validity(0, 100 * DAY_S, now).grade;
        assert_eq!([grade(-1), grade(0), grade(90 * DAY_S), grade(100 * DAY_S)], [Grade::Bad, Grade::Good, Grade::Odd, Grade::Bad]);
    }

    #[test]
    fn files_that_are_not_there_are_named() {
        let findings = check(Path::new("/nowhere/cert.pem"), Path::new("/nowhere/key.pem"), 0);
        assert!(findings[0].grade == Grade::Bad && findings[0].what.contains("/nowhere/cert.pem"), "{findings:?}");
    }
}

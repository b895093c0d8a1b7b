//! Which form of a content a client takes, and whether it has it already (RFC 9110, 12.5 and 13.1.2).

use axum::http::HeaderValue;

/// How a content is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    Brotli,
    Gzip,
    Identity,
}

/// The codings that a content is there in, beside the plain one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Offer {
    pub(super) brotli: bool,
    pub(super) gzip: bool,
}

impl Coding {
    /// Its name in `Content-Encoding` and `Accept-Encoding`.
    pub(super) fn token(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
            Self::Identity => "identity",
        }
    }
}

/// The coding that `Accept-Encoding` weighs most; of equals the smallest. Who takes none of them gets the plain one, which everybody reads.
pub(super) fn choose<'a>(accepted: impl IntoIterator<Item = &'a HeaderValue>, offer: Offer) -> Coding {
    let accepted = listed(accepted);
    let weight = |coding: Coding| {
        let named = |name: &str| accepted.iter().find(|item| item.is(name)).map(|item| item.weight);
        let own = named(coding.token()).or_else(|| if coding == Coding::Gzip { named("x-gzip") } else { None });
        own.or_else(|| named("*")).unwrap_or(if coding == Coding::Identity { LEAST } else { 0 })
    };
    let offered = [(Coding::Brotli, offer.brotli), (Coding::Gzip, offer.gzip), (Coding::Identity, true)];
    let mut best = (Coding::Identity, 0);
    for (coding, _) in offered.into_iter().filter(|(_, is_there)| *is_there) {
        let weight = weight(coding);
        if weight > best.1 {
            best = (coding, weight);
        }
    }
    best.0
}

/// Does the client ask for text that is no page? So do programs, and people in a terminal who say so; a `*/*` says nothing.
pub(super) fn wants_text<'a>(accepted: impl IntoIterator<Item = &'a HeaderValue>) -> bool {
    let accepted = listed(accepted);
    let weight = |name: &str| accepted.iter().filter(|item| item.is(name)).map(|item| item.weight).max().unwrap_or(0);
    weight("text/plain") > weight("text/html").max(weight("text/*")).max(weight("*/*"))
}

/// Does the client ask for a page by name? Browsers do when somebody goes to an address, and programs do not: a `*/*` says nothing.
pub(super) fn wants_page<'a>(accepted: impl IntoIterator<Item = &'a HeaderValue>) -> bool {
    listed(accepted).iter().any(|item| item.is("text/html") && item.weight > 0)
}

/// Does `If-None-Match` name the tag? Weakly compared, as is right for that header.
pub(super) fn is_known<'a>(tags: impl IntoIterator<Item = &'a HeaderValue>, tag: &str) -> bool {
    let texts = tags.into_iter().filter_map(|tags| tags.to_str().ok());
    // Our tags hold no comma, so one that does matches in no part.
    texts.flat_map(|text| text.split(',')).map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

/// An item of a header such as `Accept`, with its weight in thousandths.
struct Weighed<'a> {
    name: &'a str,
    weight: u16,
}

/// Below every weight that can be written, and above *not at all*: what is taken without being named.
const LEAST: u16 = 1;
const FULL: u16 = 1001;

impl Weighed<'_> {
    fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

fn listed<'a>(values: impl IntoIterator<Item = &'a HeaderValue>) -> Vec<Weighed<'a>> {
    let texts = values.into_iter().filter_map(|value| value.to_str().ok());
    let items = texts.flat_map(|text| text.split(',')).map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        Weighed { name, weight: weight.map_or(FULL, thousandths) }
    });
    items.filter(|item| !item.name.is_empty()).collect()
}

/// `0.25` → 251: one more than it says, unless that is nothing. What is no weight weighs nothing.
fn thousandths(weight: &str) -> u16 {
    match weight.parse::<f32>() {
        // The range is checked, so that the cast loses nothing but digits beyond the third.
        Ok(weight) if weight > 0.0 && weight <= 1.0 => (weight * 1000.0) as u16 + 1,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Offer = Offer { brotli: true, gzip: true };

    fn chosen(accepted: &[&'static str], offer: Offer) -> &'static str {
        let values: Vec<_> = accepted.iter().map(|text| HeaderValue::from_static(text)).collect();
        choose(&values, offer).token()
    }

    #[test]
    fn the_smallest_form_that_the_client_takes_is_chosen() {
        assert_eq!(chosen(&["gzip, deflate, br, zstd"], ALL), "br");
        assert_eq!(chosen(&["gzip, deflate, br"], Offer { brotli: false, gzip: true }), "gzip");
        assert_eq!(chosen(&["x-gzip"], ALL), "gzip");
        assert_eq!(chosen(&["gzip", "br"], ALL), "br", "a header in two lines is one");
        assert_eq!(chosen(&["BR"], ALL), "br");
        assert_eq!(chosen(&["*"], ALL), "br");
        assert_eq!(chosen(&["zstd"], ALL), "identity");
        assert_eq!(chosen(&[""], ALL), "identity");
        assert_eq!(chosen(&[], ALL), "identity");
    }

    #[test]
    fn weights_decide_and_none_means_no() {
        assert_eq!(chosen(&["br;q=0.5, gzip;q=0.8"], ALL), "gzip");
        assert_eq!(chosen(&["br;q=0, gzip"], ALL), "gzip");
        assert_eq!(chosen(&["br; q=0, *"], ALL), "gzip");
        assert_eq!(chosen(&["gzip;q=0.001, br;q=0.000"], ALL), "gzip");
        assert_eq!(chosen(&["identity;q=1, *;q=0"], ALL), "identity");
        assert_eq!(chosen(&["identity, br;q=0.9"], ALL), "identity");
        assert_eq!(chosen(&["*;q=0"], ALL), "identity", "who takes nothing is answered all the same");
        for nonsense in ["br;q=", "br;q=2", "br;q=-1", "br;q=NaN", "br;q=inf", ";;q=1", "br;q=0;q=1"] {
            assert_eq!(chosen(&[nonsense], ALL), "identity", "{nonsense}");
        }
    }

    #[test]
    fn only_who_names_pages_wants_one() {
        let wants = |text| wants_page(&[HeaderValue::from_static(text)]);
        assert!(wants("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8") && wants("TEXT/HTML;q=0.1"));
        for other in ["*/*", "text/*", "application/json", "text/html;q=0", ""] {
            assert!(!wants(other), "{other}");
        }
    }

    #[test]
    fn a_content_is_known_by_any_of_the_tags_named() {
        let known = |tags: &[&'static str], tag| is_known(&tags.iter().map(|text| HeaderValue::from_static(text)).collect::<Vec<_>>(), tag);
        assert!(known(&[r#""a", "b""#], r#""b""#));
        assert!(known(&[r#""a""#, r#"W/"b""#], r#""b""#));
        assert!(known(&["*"], r#""b""#));
        assert!(!known(&[r#""a-br""#, "b", r#""b"#], r#""b""#));
        assert!(!known(&[], r#""b""#));
    }

    #[test]
    fn only_who_prefers_plain_text_to_pages_wants_text() {
        let wants = |text| wants_text(&[HeaderValue::from_static(text)]);
        assert!(wants("text/plain") && wants("text/plain, text/html;q=0.9, */*;q=0.1"));
        for page in ["text/html", "*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html, text/plain", "text/plain;q=0", "application/json", ""] {
            assert!(!wants(page), "{page}");
        }
    }
}

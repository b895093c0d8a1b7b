//! The web client: files that were built, hashed and compressed beforehand, and are handed in as a value.
//!
//! A file is found by its exact name among those handed in, so that no address can lead anywhere else.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use std::sync::Arc;

use super::answer::{Fault, with_type};
use super::front::Named;
use super::negotiation::{Coding, Offer, choose, is_known, wants_page};
use super::site::Site;

/// A web client. The default is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Assets {
    /// Its files.
    pub files: &'static [Asset],
    /// The first segments of the addresses of its views: each of them is answered with its page, which shows the view.
    pub views: &'static [&'static str],
}

/// A file of the web client.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Where it is, from the root: `/assets/main-1a2b3c4d.js`.
    pub path: &'static str,
    /// Its media type.
    pub kind: &'static str,
    /// Names its content, in letters and digits: another content has another tag.
    pub tag: &'static str,
    /// Its path names its content too, so that it never has to be asked for again.
    pub is_lasting: bool,
    /// Its content.
    pub plain: &'static [u8],
    /// The content compressed with gzip, where that is smaller.
    pub gzip: Option<&'static [u8]>,
    /// The content compressed with brotli, where that is smaller.
    pub brotli: Option<&'static [u8]>,
}

/// The page that all views begin with.
const PAGE: &str = "/index.html";
/// Everything is our own. What is shown of other people is text, and no text becomes markup or script (`require-trusted-types-for`):
/// the one policy may name the service worker, see `clients/apps/web/src/worker`. Pictures are also previews made by the page.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; connect-src 'self'; \
     manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
     require-trusted-types-for 'script'; trusted-types rialto",
);
const ALONE: [(HeaderName, HeaderValue); 2] =
    [(header::CONTENT_SECURITY_POLICY, POLICY), (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin"))];
/// A page's window is nobody else's, and what a messenger does not need is off.
pub(super) const WINDOW: [(HeaderName, HeaderValue); 2] = [
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), display-capture=(), geolocation=(), microphone=(), midi=(), payment=(), serial=(), usb=()"),
    ),
];
const FOR_EVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
/// It may be kept, and is asked about each time.
const ASK_AGAIN: HeaderValue = HeaderValue::from_static("no-cache");
const NEVER: HeaderValue = HeaderValue::from_static("no-store");

impl Assets {
    /// The page of the client, if there is a client.
    pub(super) fn page(&self) -> Option<&'static Asset> {
        self.named(PAGE)
    }

    /// What a path is answered with.
    fn at(&self, path: &str) -> Option<&'static Asset> {
        let first = path.strip_prefix('/')?.split('/').next()?;
        if self.views.contains(&first) { self.page() } else { self.named(path) }
    }

    fn named(&self, path: &str) -> Option<&'static Asset> {
        self.files.iter().find(|file| file.path == path)
    }
}

impl Asset {
    /// Answers `GET` and `HEAD`.
    pub(super) fn answer(&self, headers: &HeaderMap) -> Response<Body> {
        let is_page = self.path == PAGE;
        let (coding, content) = self.chosen(headers);
        let tag = match coding {
            Coding::Identity => format!("\"{}\"", self.tag),
            Coding::Gzip | Coding::Brotli => format!("\"{}-{}\"", self.tag, coding.token()),
        };
        let mut response = if is_known(headers.get_all(header::IF_NONE_MATCH), &tag) {
            let mut response = Response::new(Body::empty());
            *response.status_mut() = StatusCode::NOT_MODIFIED;
            response
        } else {
            let mut response = with_type(StatusCode::OK, self.kind, Bytes::from_static(content));
            if coding != Coding::Identity {
                response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.token()));
            }
            response
        };
        let told = response.headers_mut();
        told.extend(ALONE);
        if is_page {
            told.extend(WINDOW);
        }
        told.insert(header::CACHE_CONTROL, if self.is_lasting { FOR_EVER } else { ASK_AGAIN });
        told.append(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            told.insert(header::ETAG, tag);
        }
        response.extensions_mut().insert(Named(if is_page { "/" } else { "/{file}" }));
        response
    }

    /// The form that the client likes best, and its content.
    fn chosen(&self, headers: &HeaderMap) -> (Coding, &'static [u8]) {
        let offer = Offer { gzip: self.gzip.is_some(), brotli: self.brotli.is_some() };
        let content = |coding| match coding {
            Coding::Brotli => self.brotli,
            Coding::Gzip => self.gzip,
            Coding::Identity => Some(self.plain),
        };
        let coding = choose(headers.get_all(header::ACCEPT_ENCODING), offer);
        content(coding).map_or((Coding::Identity, self.plain), |content| (coding, content))
    }
}

/// Answers what no other route does: a file, a view, or that there is nothing.
pub(super) async fn answer(State(site): State<Arc<Site>>, method: Method, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let Some(asset) = site.assets.at(uri.path()) else { return nothing(&site, &uri, &headers) };
    if method == Method::GET || method == Method::HEAD {
        return asset.answer(&headers);
    }
    let mut response = Fault::MethodNotAllowed.into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("GET,HEAD"));
    response
}

/// Who came by a link that leads nowhere is shown the client, which goes on from there; everyone else is told in the API's words.
fn nothing(site: &Site, uri: &Uri, headers: &HeaderMap) -> Response<Body> {
    let is_lost = wants_page(headers.get_all(header::ACCEPT)) && !uri.path().starts_with("/api/");
    let Some(page) = site.assets.page().filter(|_| is_lost) else { return Fault::NotFound.into_response() };
    let mut response = page.answer(headers);
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(header::CACHE_CONTROL, NEVER);
    response.extensions_mut().remove::<Named>();
    response
}

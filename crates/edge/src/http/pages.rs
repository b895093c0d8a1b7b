//! The pages about this server, and the descriptions for machines. They load nothing from elsewhere and run no script.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{self, HeaderValue};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::get;
use serde_json::Value;
use std::fmt::Write;
use std::sync::Arc;

use super::answer::with_type;
use super::assets::WINDOW;
use super::fields::resolved;
use super::front::Named;
use super::negotiation::wants_text;
use super::openapi::{self, tag, tags};
use super::routes::{BASE, Carries, ROUTES, Route};
use super::site::{Site, Web};

const HOME: &str = include_str!("pages/home.html");
const API: &str = include_str!("pages/api.html");
const ABOUT: &str = include_str!("pages/about.txt");
const STYLE: &str = include_str!("pages/style.css");

/// Only our own style sheet is loaded; nothing may frame us, and nothing be sent from here.
const POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
const HTML: &str = "text/html; charset=utf-8";
const HERE: &str = "<a href=\"/\">The messenger</a>, for people";
const ELSEWHERE: &str = "This program was built without the web client. <code>make</code> builds it with.";
const TEXT: &str = "text/plain; charset=utf-8";

/// The pages.
pub(super) fn router(site: &Site) -> Router<Arc<Site>> {
    let openapi = openapi::document(&site.contract, &site.web.version).to_string();
    let root = |State(site): State<Arc<Site>>, headers: HeaderMap| async move {
        let mut response = match site.assets.page() {
            _ if wants_text(headers.get_all(header::ACCEPT)) => addressed("/", TEXT, filled(ABOUT, &site.web, &headers)),
            Some(page) => page.answer(&headers),
            None => addressed("/", HTML, home(&site.web, false, &headers)),
        };
        response.headers_mut().append(header::VARY, HeaderValue::from_static("Accept"));
        response
    };
    let about =
        |State(site): State<Arc<Site>>, headers: HeaderMap| async move { addressed("/about", HTML, home(&site.web, site.assets.page().is_some(), &headers)) };
    Router::new()
        .route("/", get(root))
        .route("/about", get(about))
        .merge(fixed("/api", HTML, api(&site.contract)))
        .merge(fixed("/api/v1/openapi.json", "application/json", openapi))
        .merge(fixed("/api/v1/schema.json", "application/schema+json", site.contract.to_string()))
        .merge(fixed("/style.css", "text/css; charset=utf-8", STYLE.to_owned()))
}

/// A page that is the same for everybody.
fn fixed(path: &'static str, kind: &'static str, text: String) -> Router<Arc<Site>> {
    let text = Bytes::from(text);
    Router::new().route(path, get(move || std::future::ready(page(path, kind, text.clone()))))
}

/// A page that tells the address it was asked at, which is nobody else's business.
fn addressed(path: &'static str, kind: &'static str, text: String) -> Response<Body> {
    let mut page = page(path, kind, text);
    page.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    page
}

fn page(path: &'static str, kind: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = with_type(StatusCode::OK, kind, body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, POLICY);
    headers.extend(WINDOW);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response.extensions_mut().insert(Named(path));
    response
}

fn home(web: &Web, has_client: bool, headers: &HeaderMap) -> String {
    filled(HOME, web, headers).replace("{{browser}}", if has_client { HERE } else { ELSEWHERE })
}

/// A text that tells how this server is reached, and its version.
fn filled(text: &str, web: &Web, headers: &HeaderMap) -> String {
    let url = url(web, headers);
    let websocket = url.replacen("http", "ws", 1);
    text.replace("{{version}}", &escaped(&web.version)).replace("{{url}}", &escaped(&url)).replace("{{websocket}}", &escaped(&websocket))
}

/// Where people reach this server.
fn url(web: &Web, headers: &HeaderMap) -> String {
    if let Some(url) = &web.public_url {
        return url.clone();
    }
    let host = headers.get(header::HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok());
    let scheme = if web.is_encrypted { "https" } else { "http" };
    format!("{scheme}://{}", host.as_ref().map_or("localhost", Authority::as_str))
}

fn api(contract: &Value) -> String {
    let mut contents = String::new();
    let mut sections = String::new();
    // Writing to a String cannot fail.
    for name in tags() {
        let _ = write!(contents, "<a href=\"#{name}\">{name}</a> ");
        let _ = writeln!(sections, "<section id=\"{name}\">\n<h2>{name}</h2>");
        for route in ROUTES.iter().filter(|route| tag(route) == name) {
            describe(contract, route, &mut sections);
        }
        sections.push_str("</section>\n");
    }
    API.replace("{{base}}", BASE).replace("{{contents}}", &contents).replace("{{sections}}", &sections)
}

fn describe(contract: &Value, route: &Route, out: &mut String) {
    let command = &contract["commands"][route.command];
    let summary = openapi::summary(contract, route);
    let open = if command["before_hello"] == true { " <em>Open.</em>" } else { "" };
    let _ = writeln!(out, "<article>\n<h3><b>{}</b> {}</h3>\n<p>{}{open}</p>", route.verb.as_str(), escaped(route.path), marked(summary));
    let fields = fields(contract, route);
    if !fields.is_empty() {
        let place = if route.carries == Carries::Query { "Query" } else { "Body" };
        let _ = writeln!(out, "<p>{place}: {}</p>", fields.join(", "));
    }
    out.push_str("</article>\n");
}

/// The fields that go in by query or body, the optional ones with a question mark.
fn fields(contract: &Value, route: &Route) -> Vec<String> {
    let shape = resolved(contract, &contract["commands"][route.command]["data"]);
    let shape = match route.carries {
        Carries::Nothing => return Vec::new(),
        Carries::BodyOf(field) => resolved(contract, &shape["properties"][field]),
        Carries::Query | Carries::Body => shape,
    };
    let names = shape["properties"].as_object().into_iter().flat_map(|properties| properties.keys());
    let optional = |name: &str| if openapi::is_required(shape, name) { "" } else { "?" };
    names.filter(|name| !route.decides(name)).map(|name| format!("<code>{}{}</code>", escaped(name), optional(name))).collect()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// Escaped text, in which what stands in backticks is code.
fn marked(text: &str) -> String {
    let parts = escaped(text);
    let parts = parts.split('`').enumerate().map(|(number, part)| if number % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(host: &'static str) -> String {
        home(&Web { version: "1.0".into(), ..Web::default() }, false, &HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]))
    }

    #[test]
    fn the_home_page_tells_how_to_connect_from_where_one_is() {
        let page = asked("chat.example:7878");
        assert!(page.contains("rialto chat --url http://chat.example:7878<") && page.contains("ws://chat.example:7878/ws"));
        let public = home(&Web { public_url: Some("https://chat.example".into()), ..Web::default() }, false, &HeaderMap::new());
        assert!(public.contains("wss://chat.example/ws"));
    }

    #[test]
    fn a_hostile_host_stays_text() {
        let page = asked("<script>alert(1)</script>");
        assert!(!page.contains("<script") && page.contains("http://localhost"));
        assert!(!asked("a\"onclick=b").contains("a\"onclick"));
    }

    #[test]
    fn every_placeholder_is_filled() {
        assert!(!asked("a").contains("{{"));
        assert!(!api(&rialto_wire::schema::contract()).contains("{{"));
    }

    #[test]
    fn every_route_is_on_the_page_for_people() {
        let page = api(&rialto_wire::schema::contract());
        for route in ROUTES {
            assert!(page.contains(&format!("<b>{}</b> {}<", route.verb.as_str(), route.path)), "{}", route.path);
        }
    }

    #[test]
    fn pages_load_nothing_from_elsewhere() {
        for page in [HOME, API, STYLE] {
            assert!(!page.contains("//") && !page.contains("<script") && !page.contains("style=") && !page.contains("@import"));
        }
    }
}

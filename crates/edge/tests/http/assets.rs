//! The web client as browsers fetch it.

use rialto_edge::http::{Asset, Assets, Web};
use rialto_edge::settings::{Profile, Settings};

use crate::client::{Answer, Line, ask};
use crate::service::{Server, settings};

const FILE: Asset = Asset { path: "", kind: "", tag: "", is_lasting: false, plain: b"", gzip: None, brotli: None };
const CLIENT: Assets = Assets {
    files: &[
        Asset { path: "/index.html", kind: "text/html; charset=utf-8", tag: "a1", plain: b"the page", gzip: Some(b"gz"), brotli: Some(b"br"), ..FILE },
        Asset {
            path: "/assets/main-12345678.js",
            kind: "text/javascript; charset=utf-8",
            tag: "b2",
            is_lasting: true,
            plain: b"script",
            gzip: Some(b"g"),
            ..FILE
        },
        Asset { path: "/sw.js", kind: "text/javascript; charset=utf-8", tag: "c3", plain: b"worker", ..FILE },
    ],
    views: &["c", "settings"],
};

fn server() -> Server {
    Server::serving(settings(), Web::default(), CLIENT)
}

async fn get(server: &Server, target: &str, headers: &str) -> Answer {
    ask(server.address, format!("GET {target} HTTP/1.1\r\nHost: test\r\n{headers}\r\n")).await
}

#[tokio::test]
async fn the_client_is_the_first_page_and_the_server_tells_of_itself_beside() {
    let server = server();
    assert_eq!(get(&server, "/", "Accept: text/html\r\n").await.text(), "the page");
    assert_eq!(get(&server, "/", "").await.text(), "the page");
    let about = get(&server, "/about", "").await;
    assert!(about.text().contains("<a href=\"/\">") && about.text().contains("ws://test/ws"));
    let text = get(&server, "/", "Accept: text/plain\r\n").await;
    assert_eq!(text.header("content-type").as_deref(), Some("text/plain; charset=utf-8"));
    assert!(text.text().contains("rialto chat --url http://test\n") && !text.text().contains("{{"), "{}", text.text());
    for vary in ["Accept", "Accept-Encoding", "Origin"] {
        assert!(get(&server, "/", "").await.header("vary").unwrap().split(", ").any(|header| header == vary), "{vary}");
    }
}

#[tokio::test]
async fn without_a_client_the_first_page_tells_how_to_get_one() {
    let server = Server::start();
    let home = get(&server, "/", "").await;
    assert!(home.text().contains("built without the web client"));
    assert_eq!(get(&server, "/c/1", "").await.status, 404);
    assert_eq!(get(&server, "/about", "").await.text(), home.text());
}

#[tokio::test]
async fn every_form_has_its_own_tag_and_says_what_it_is() {
    let server = server();
    for (accepted, coding, body, tag) in
        [("br, gzip", Some("br"), "br", "\"a1-br\""), ("gzip", Some("gzip"), "gz", "\"a1-gzip\""), ("br;q=0", None, "the page", "\"a1\"")]
    {
        let page = get(&server, "/", &format!("Accept-Encoding: {accepted}\r\n")).await;
        assert_eq!((page.header("content-encoding").as_deref(), page.text(), page.header("etag").as_deref()), (coding, body, Some(tag)), "{accepted}");
        assert_eq!(page.header("content-length").unwrap(), body.len().to_string());
    }
    let script = get(&server, "/assets/main-12345678.js", "Accept-Encoding: br, gzip\r\n").await;
    assert_eq!((script.header("content-encoding").as_deref(), script.text()), (Some("gzip"), "g"), "what is not there is not offered");
}

#[tokio::test]
async fn what_names_its_content_is_kept_for_ever_and_the_rest_is_asked_about() {
    let server = server();
    for (target, control) in
        [("/", "no-cache"), ("/sw.js", "no-cache"), ("/c/1", "no-cache"), ("/assets/main-12345678.js", "public, max-age=31536000, immutable")]
    {
        assert_eq!(get(&server, target, "").await.header("cache-control").as_deref(), Some(control), "{target}");
    }
}

#[tokio::test]
async fn what_the_browser_has_is_not_sent_again() {
    let server = server();
    for (target, tag) in [("/", "\"a1\""), ("/", "W/\"a1\""), ("/settings/x", "\"z\", \"a1\""), ("/sw.js", "*")] {
        let known = get(&server, target, &format!("If-None-Match: {tag}\r\n")).await;
        assert_eq!((known.status, known.body.len()), (304, 0), "{target} {tag}");
        assert!(known.header("etag").is_some() && known.header("cache-control").is_some() && known.header("content-security-policy").is_some());
    }
    let of_another_form = get(&server, "/", "If-None-Match: \"a1-br\"\r\n").await;
    assert_eq!((of_another_form.status, of_another_form.text()), (200, "the page"));
}

#[tokio::test]
async fn views_are_the_page_and_what_is_not_there_is_not_found() {
    let server = server();
    for view in ["/c/0193", "/c", "/c/0193/m/7?x=1", "/settings/", "/settings/appearance", "/index.html"] {
        let page = get(&server, view, "").await;
        assert_eq!((page.status, page.text()), (200, "the page"), "{view}");
    }
    for nothing in ["/assets/old-00000000.js", "/assets/", "/assets", "/cc", "/favicon.ico", "/api/v1/nothing", "/C/1", "//c/1", "/sw.js/", "/sw.js%00"] {
        for accepted in ["text/html", "*/*"] {
            assert_eq!(get(&server, nothing, &format!("Accept: {accepted}\r\n")).await.status, 404, "{nothing} {accepted}");
        }
    }
}

#[tokio::test]
async fn who_follows_a_link_that_leads_nowhere_is_shown_the_client_and_a_program_is_told() {
    let server = server();
    const BROWSER: &str = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
    let lost = get(&server, "/nowhere", BROWSER).await;
    assert_eq!((lost.status, lost.text(), lost.header("cache-control").as_deref()), (404, "the page", Some("no-store")));
    assert!(lost.header("content-security-policy").is_some());
    for (target, headers) in [("/nowhere", ""), ("/nowhere", "Accept: */*\r\n"), ("/api/v1/nothing", BROWSER), ("/api/nothing", BROWSER)] {
        let told = get(&server, target, headers).await;
        assert_eq!((told.status, told.header("content-type").as_deref()), (404, Some("application/json")), "{target} {headers}");
    }
    assert_eq!(get(&Server::start(), "/nowhere", BROWSER).await.header("content-type").as_deref(), Some("application/json"), "there is no client");
}

#[tokio::test]
async fn no_address_leads_to_other_files() {
    let server = server();
    for escape in [
        "/../../../../etc/passwd",
        "/assets/../../../../etc/passwd",
        "/assets/..%2f..%2f..%2fetc%2fpasswd",
        "/assets/%2e%2e/%2e%2e/etc/passwd",
        "/%2fetc/passwd",
        "/assets/..\\..\\etc\\passwd",
        "/assets//etc/passwd",
        "/web.rs",
        "/Cargo.toml",
    ] {
        let answer = get(&server, escape, "").await;
        assert!(matches!(answer.status, 400 | 404), "{escape}: {answer:?}");
    }
}

#[tokio::test]
async fn files_are_read_and_not_written() {
    let server = server();
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let answer = ask(server.address, format!("{method} /sw.js HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n")).await;
        assert_eq!((answer.status, answer.header("allow").as_deref()), (405, Some("GET,HEAD")), "{method}");
    }
    let mut line = Line::to(server.address).await;
    line.say("HEAD /sw.js HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").await;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.extend(line.take(1).await);
    }
    let head = String::from_utf8(head).unwrap().to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200 ") && head.contains("content-length: 6\r\n") && head.contains("etag: \"c3\""), "{head}");
    assert!(line.ends().await);
}

#[tokio::test]
async fn the_page_runs_our_scripts_alone_and_is_nobodys_frame() {
    let server = server();
    for target in ["/", "/c/1", "/sw.js", "/assets/main-12345678.js"] {
        let answer = get(&server, target, "").await;
        let policy = answer.header("content-security-policy").unwrap();
        for part in
            ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"]
        {
            assert!(policy.split("; ").any(|directive| directive == part), "{target}: {part} in {policy}");
        }
        assert!(!policy.contains("unsafe") && !policy.contains('*') && !policy.contains("http"), "{policy}");
        assert_eq!(answer.header("x-content-type-options").as_deref(), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy").as_deref(), Some("no-referrer"));
        assert_eq!(answer.header("cross-origin-resource-policy").as_deref(), Some("same-origin"));
        assert_eq!(answer.header("set-cookie"), None);
    }
    for page in ["/", "/settings/x", "/about", "/api"] {
        let answer = get(&server, page, "").await;
        assert_eq!(answer.header("cross-origin-opener-policy").as_deref(), Some("same-origin"), "{page}");
        assert!(answer.header("permissions-policy").unwrap().contains("microphone=()"), "{page}");
    }
}

#[tokio::test]
async fn who_measures_the_transports_is_not_offered_the_client() {
    let server = Server::serving(Settings { profile: Profile::Conformance, ..settings() }, Web::default(), CLIENT);
    for target in ["/", "/c/1", "/sw.js"] {
        assert_eq!(get(&server, target, "").await.status, 404, "{target}");
    }
}

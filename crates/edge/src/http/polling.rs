//! Long-polling: the HTTP half of Engine.IO. A shard keeps the session; here its requests are judged.

use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::any;
use axum::{Extension, Router};
use rialto_domain::{Refusal, UserId};
use rialto_wire::engineio::request::parameter;
use rialto_wire::engineio::{Request as Wish, RequestError};
use std::net::IpAddr;
use std::sync::Arc;

use super::answer::{self, Fault};
use super::body;
use super::front::{Client, Named};
use super::rest::bearer;
use super::site::Site;
use crate::realtime::Endpoint;
use crate::settings::Profile;

/// The endpoints of Engine.IO in a profile.
pub(super) fn router(profile: Profile) -> Router<Arc<Site>> {
    let paths = ["/socket.io/", "/socket.io", "/engine.io/", "/engine.io"];
    let endpoints = paths.into_iter().filter_map(|path| Endpoint::at(path, profile).map(|endpoint| (path, endpoint)));
    endpoints.fold(Router::new(), |router, (path, endpoint)| {
        let handler = move |State(site): State<Arc<Site>>, Extension(Client(client)): Extension<Client>, request: Request<Body>| async move {
            let mut response = serve(&site, endpoint, client, request).await.unwrap_or_else(IntoResponse::into_response);
            response.extensions_mut().insert(Named(path));
            response
        };
        router.route(path, any(handler))
    })
}

/// Why a polling request is not answered with packets.
enum No {
    Fault(Fault),
    /// In the words of Engine.IO.
    Declined(RequestError),
    /// The request's own token is no good.
    Refused(Refusal),
}

async fn serve(site: &Site, endpoint: Endpoint, client: IpAddr, request: Request<Body>) -> Result<Response<Body>, No> {
    let (head, body) = request.into_parts();
    let query = head.uri.query().unwrap_or_default();
    if parameter(query, "j")?.is_some() {
        // An answer in JSONP is a script that any page may include.
        return Err(RequestError::BadRequest.into());
    }
    let answer = match Wish::decode(head.method.as_str(), query, false)? {
        Wish::Open(_) => {
            let opening = endpoint.session(query)?;
            let permit = site.admission.admit(client).map_err(|_| Fault::TooManyConnections)?;
            site.polling.open(opening, permit).await?
        }
        Wish::Poll(sid) => {
            let caller = caller(site, bearer(&head.headers), client).await?;
            site.polling.poll(sid, caller).await?
        }
        Wish::Post(sid) => {
            let caller = caller(site, bearer(&head.headers), client).await?;
            let body = body::read(&head.headers, body, site.settings.limits.frame_bytes, &site.settings.timing).await?;
            site.polling.push(sid, caller, body).await?
        }
        Wish::Upgrade(_) => return Err(RequestError::BadRequest.into()),
    };
    Ok(answer::with_type(StatusCode::OK, "text/plain; charset=UTF-8", answer))
}

/// Whom the request's own token names; most clients only send one in the session.
async fn caller(site: &Site, token: Option<&str>, client: IpAddr) -> Result<Option<UserId>, No> {
    match token {
        None => Ok(None),
        Some(token) => site.identify(token, client).await.map(|identity| Some(identity.user)).map_err(No::Refused),
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response<Body> {
        match self {
            Self::Fault(fault) => fault.into_response(),
            Self::Refused(refusal) => answer::refused(refusal, true),
            Self::Declined(error) => {
                let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::BAD_REQUEST);
                answer::with_type(status, "application/json", error.body())
            }
        }
    }
}

impl From<Fault> for No {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<RequestError> for No {
    fn from(error: RequestError) -> Self {
        Self::Declined(error)
    }
}

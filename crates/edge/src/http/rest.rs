//! One request of REST: from resource to command, from reply to answer.

use axum::Router;
use axum::body::Body;
use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{Query, RawPathParams, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Request, Response, StatusCode};
use axum::response::IntoResponse;
use axum::routing::{MethodFilter, on};
use axum::{Extension, http};
use rialto_domain::Refusal;
use rialto_wire::code::ErrorBody;
use rialto_wire::command::{Command, Hello, InvalidData, Payload};
use rialto_wire::depth;
use serde_json::Value;
use std::net::IpAddr;
use std::sync::Arc;

use super::answer::{self, Fault};
use super::body;
use super::fields::{self, Fields, Kinds, Mistyped};
use super::front::{Client, Named};
use super::routes::{Carries, ROUTES, Route, Verb};
use super::site::Site;
use crate::realtime::{Caller, head};

/// The resources of the table.
pub(super) fn router(contract: &Value) -> Router<Arc<Site>> {
    ROUTES.iter().fold(Router::new(), |router, route| {
        let kinds = fields::kinds(contract, &contract["commands"][route.command]["data"]);
        let resource = Arc::new(Resource { route, kinds });
        let handler = move |State(site): State<Arc<Site>>, Extension(Client(client)): Extension<Client>, path: Path, request: Request<Body>| async move {
            let name = resource.route.path;
            let mut response = resource.answer(&site, client, path, request).await.unwrap_or_else(IntoResponse::into_response);
            response.extensions_mut().insert(Named(name));
            response
        };
        router.route(&route.pattern(), on(route.verb.filter(), handler))
    })
}

/// What stands in the path where the table has braces, unless it is no text.
type Path = Result<RawPathParams, RawPathParamsRejection>;

/// A row of the table, ready to serve.
pub(super) struct Resource {
    pub(super) route: &'static Route,
    pub(super) kinds: Kinds,
}

/// Why a request is not answered with a result.
pub(super) enum No {
    Fault(Fault),
    /// The data is not what the command takes.
    Invalid(String),
    /// The service said no; `true` when the client said who it is.
    Refused(Refusal, bool),
}

impl Resource {
    async fn answer(&self, site: &Site, client: IpAddr, path: Path, request: Request<Body>) -> Result<Response<Body>, No> {
        let path = path.map_err(|_| Fault::Malformed("the address is malformed".into()))?;
        let (head, body) = request.into_parts();
        self.check(&head)?;
        let is_open = Command::TABLE.iter().any(|command| command.open && command.name == self.route.command);
        let token = bearer(&head.headers);
        let identity = match token {
            _ if is_open => None,
            None => return Err(No::Refused(Refusal::NotAuthenticated, false)),
            Some(token) => Some(site.identify(token, client).await.map_err(|refusal| No::Refused(refusal, true))?),
        };
        let body = body::read(&head.headers, body, site.settings.limits.frame_bytes, &site.settings.timing).await?;
        let refused = |refusal| No::Refused(refusal, token.is_some());
        if let (Some(identity), "hello") = (identity, self.route.command) {
            let ready = site.gateway.welcome(identity, Hello::default()).await.map_err(refused)?;
            return Ok(answer::json(StatusCode::OK, &ready));
        }
        let data = self.gather(&path, &head.uri, &body)?.into_json();
        let command = Command::decode(self.route.command, Payload::Json(&data))?;
        let reply = site.gateway.invoke(Caller { identity, address: client }, command).await.map_err(refused)?;
        if self.route.status == StatusCode::NO_CONTENT {
            return Ok((StatusCode::NO_CONTENT, Body::empty()).into_response());
        }
        Ok(answer::json(self.route.status, &reply))
    }

    /// Is the data where this resource takes it?
    fn check(&self, head: &http::request::Parts) -> Result<(), Fault> {
        let takes_body = matches!(self.route.carries, Carries::Body | Carries::BodyOf(_));
        if takes_body && !body::is_called_json(&head.headers) {
            return Err(Fault::NotJson);
        }
        if !takes_body && body::is_announced(&head.headers) {
            return Err(Fault::Malformed("this resource takes no body".into()));
        }
        if self.route.carries != Carries::Query && head.uri.query().is_some_and(|query| !query.is_empty()) {
            return Err(Fault::Malformed("this resource takes no query".into()));
        }
        Ok(())
    }

    /// The command's data. Body and query come first: what path and resource decide replaces what they say.
    fn gather(&self, path: &RawPathParams, uri: &http::Uri, body: &[u8]) -> Result<Fields, No> {
        let mut fields = match self.route.carries {
            Carries::Query => self.read_query(uri)?,
            Carries::Body => read_json(body)?,
            Carries::BodyOf(field) => read_json(body)?.inside(field),
            Carries::Nothing => Fields::default(),
        };
        for (field, (_, text)) in self.route.path_fields().zip(path) {
            fields.set_text(field, text, &self.kinds)?;
        }
        for (field, value) in self.route.fixed {
            fields.set(field, &Value::from(*value));
        }
        Ok(fields)
    }

    pub(super) fn read_query(&self, uri: &http::Uri) -> Result<Fields, No> {
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).map_err(|_| Fault::Malformed("the query is malformed".into()))?;
        let mut fields = Fields::default();
        for (number, (name, text)) in pairs.iter().enumerate() {
            if pairs[..number].iter().any(|(earlier, _)| earlier == name) {
                return Err(Fault::Malformed("a parameter of the query is repeated".into()).into());
            }
            fields.set_text(name, text, &self.kinds)?;
        }
        Ok(fields)
    }
}

fn read_json(body: &[u8]) -> Result<Fields, No> {
    if body.is_empty() {
        return Ok(Fields::default());
    }
    depth::check_json(body).map_err(|error| Fault::Malformed(error.to_string().into()))?;
    serde_json::from_slice(body).map_err(|error| Fault::Malformed(format!("the body is not a JSON object: {error}").into()).into())
}

/// The request's own token.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    head::bearer(headers.get(AUTHORIZATION)?.to_str().ok()?)
}

impl Verb {
    fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Put => MethodFilter::PUT,
            Self::Patch => MethodFilter::PATCH,
            Self::Delete => MethodFilter::DELETE,
        }
    }
}

impl IntoResponse for No {
    fn into_response(self) -> Response<Body> {
        match self {
            Self::Fault(fault) => fault.into_response(),
            Self::Refused(refusal, had_token) => answer::refused(refusal, had_token),
            Self::Invalid(text) => {
                let refusal = Refusal::Invalid;
                let body = ErrorBody { code: refusal.code().into(), text, retry_after_ms: None };
                answer::json(StatusCode::UNPROCESSABLE_ENTITY, &body)
            }
        }
    }
}

impl From<Fault> for No {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Mistyped> for No {
    fn from(mistyped: Mistyped) -> Self {
        Self::Invalid(mistyped.to_string())
    }
}

impl From<InvalidData> for No {
    fn from(invalid: InvalidData) -> Self {
        match invalid.refusal {
            Refusal::Invalid => Self::Invalid(invalid.text),
            other => Self::Refused(other, true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_from_the_authorization_header_alone() {
        let token = |value: &str| {
            let headers = HeaderMap::from_iter([(AUTHORIZATION, value.parse().unwrap())]);
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(token("Bearer abc").as_deref(), Some("abc"));
        assert_eq!(token("bearer  abc").as_deref(), Some("abc"));
        assert_eq!((token("Basic abc"), token("abc"), token("Bearer")), (None, None, None));
        assert_eq!(bearer(&HeaderMap::new()), None);
    }
}

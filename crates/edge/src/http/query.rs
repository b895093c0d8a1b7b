//! What REST makes of a query, without a server: for statements about all queries.

use http::Uri;
use rialto_wire::command::{Command, Payload};
use rialto_wire::schema;

use super::fields::{self, Kind};
use super::rest::Resource;
use super::routes::{Carries, ROUTES};

/// The resources that take a query.
pub struct Queries {
    resources: Vec<Resource>,
}

impl Queries {
    /// All of them.
    pub fn all() -> Self {
        let contract = schema::contract();
        let takes_query = ROUTES.iter().filter(|route| route.carries == Carries::Query);
        let resource = |route| Resource { route, kinds: fields::kinds(&contract, &contract["commands"][route.command]["data"]) };
        Self { resources: takes_query.map(resource).collect() }
    }

    /// What each resource understands by a query, in the order of the table; `None` where it is refused. What stands in
    /// their paths is the same always.
    pub fn understood(&self, query: &str) -> Vec<Option<Command>> {
        let uri = format!("/?{query}").parse::<Uri>().ok();
        let by = |resource: &Resource| {
            let mut fields = resource.read_query(uri.as_ref()?).ok()?;
            for field in resource.route.path_fields() {
                let is_number = resource.kinds.get(field) == Some(&Kind::Integer);
                fields.set_text(field, if is_number { "1" } else { "01890000-0000-7000-8000-000000000001" }, &resource.kinds).ok()?;
            }
            Command::decode(resource.route.command, Payload::Json(&fields.into_json())).ok()
        };
        self.resources.iter().map(by).collect()
    }
}

//! Access and refresh tokens: JSON Web Tokens (RFC 7519) with one fixed algorithm, HS256, and one key.
//!
//! The header's algorithm and key id are compared, never obeyed (RFC 8725 §3.1): no other algorithm is ever tried, and
//! no key is looked up by a name that came from outside.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use parking_lot::RwLock;
use rialto_domain::auth::Identity;
use rialto_domain::{DeviceId, Refusal, SessionId, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The key that signs tokens: 32 random bytes that never leave the server.
#[derive(Clone)]
pub struct TokenKey(pub [u8; 32]);

/// How long tokens are good, and how many log-ins a user may have.
#[derive(Clone, Copy, Debug)]
pub struct TokenPolicy {
    /// Access tokens, in milliseconds.
    pub access_ttl_ms: u64,
    /// Refresh tokens, in milliseconds since the last use.
    pub refresh_ttl_ms: u64,
    /// For how many milliseconds after its use a refresh token gets the same answer again.
    pub refresh_grace_ms: u64,
    /// Open log-ins of one user. One more ends the one that was refreshed longest ago.
    pub log_ins_per_user: usize,
}

impl Default for TokenPolicy {
    fn default() -> Self {
        Self { access_ttl_ms: 15 * 60 * 1000, refresh_ttl_ms: 60 * 24 * 3600 * 1000, refresh_grace_ms: 60_000, log_ins_per_user: 100 }
    }
}

/// How far clocks may differ.
const SKEW_MS: u64 = 60_000;
/// Tokens are good from so long before they were made: a clock that is set back must not log everybody out.
const BACKDATED_MS: u64 = 24 * 3600 * 1000;
const ISSUER: &str = "rialto";
const ACCESS: &str = "rialto:access";
const REFRESH: &str = "rialto:refresh";
const KEY_ID: &str = "1";
/// The longest token that is looked at; ours have about 400 bytes.
const TOKEN_BYTES: usize = 2048;

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: UserId,
    /// Seconds, as RFC 7519 wants them.
    iat: u64,
    nbf: u64,
    exp: u64,
    dev: DeviceId,
    sid: SessionId,
    /// The generation of a refresh token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    generation: Option<u64>,
}

pub(crate) struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    /// What every token of ours begins with: its header, and the dot behind that.
    beginning: String,
    policy: TokenPolicy,
}

impl Tokens {
    pub(crate) fn new(key: &TokenKey, policy: TokenPolicy) -> Self {
        let header = serde_json::to_vec(&header()).expect("a header of text can be written");
        let beginning = format!("{}.", URL_SAFE_NO_PAD.encode(header));
        Self { encoding: EncodingKey::from_secret(&key.0), decoding: DecodingKey::from_secret(&key.0), beginning, policy }
    }

    pub(crate) fn access(&self, identity: Identity, now: Timestamp) -> String {
        self.sign(ACCESS, identity, None, now, self.policy.access_ttl_ms)
    }

    pub(crate) fn refresh(&self, identity: Identity, generation: u64, now: Timestamp) -> String {
        self.sign(REFRESH, identity, Some(generation), now, self.policy.refresh_ttl_ms)
    }

    /// Whose access token it is, if it is a good one.
    pub(crate) fn verify_access(&self, token: &str, now: Timestamp) -> Result<Identity, Refusal> {
        self.verify(ACCESS, token, now).map(|claims| claims.identity()).ok_or(Refusal::NotAuthenticated)
    }

    /// Whose refresh token it is, and of which generation.
    pub(crate) fn verify_refresh(&self, token: &str, now: Timestamp) -> Result<(Identity, u64), Refusal> {
        let claims = self.verify(REFRESH, token, now).ok_or(Refusal::RefreshRefused)?;
        let generation = claims.generation.ok_or(Refusal::RefreshRefused)?;
        Ok((claims.identity(), generation))
    }

    fn sign(&self, audience: &str, identity: Identity, generation: Option<u64>, now: Timestamp, ttl_ms: u64) -> String {
        let seconds = now.0 / 1000;
        let claims = Claims {
            iss: ISSUER.into(),
            aud: audience.into(),
            sub: identity.user,
            iat: seconds,
            nbf: now.0.saturating_sub(BACKDATED_MS) / 1000,
            exp: now.after_ms(ttl_ms).0 / 1000,
            dev: identity.device,
            sid: identity.session,
            generation,
        };
        jsonwebtoken::encode(&header(), &claims, &self.encoding).expect("claims of text and numbers can be encoded and signed")
    }

    fn verify(&self, audience: &str, token: &str, now: Timestamp) -> Option<Claims> {
        if token.len() > TOKEN_BYTES {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let payload = signed.strip_prefix(&self.beginning)?;
        // Nothing in it is read before it is known to be ours.
        if !jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &self.decoding, Algorithm::HS256).ok()? {
            return None;
        }
        let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
        let ours = claims.iss == ISSUER && claims.aud == audience;
        let begun = claims.nbf.saturating_mul(1000) <= now.after_ms(SKEW_MS).0;
        let over = claims.exp.saturating_mul(1000) <= now.0;
        (ours && begun && !over).then_some(claims)
    }
}

fn header() -> Header {
    Header { kid: Some(KEY_ID.into()), ..Header::new(Algorithm::HS256) }
}

impl Claims {
    const fn identity(&self) -> Identity {
        Identity { user: self.sub, device: self.dev, session: self.sid }
    }
}

/// The log-ins that were ended within the life of an access token: tokens of theirs may still look good.
pub(crate) struct Revocations {
    access_ttl_ms: u64,
    ended: RwLock<HashMap<SessionId, Timestamp>>,
}

impl Revocations {
    pub(crate) fn new(access_ttl_ms: u64) -> Self {
        Self { access_ttl_ms, ended: RwLock::default() }
    }

    pub(crate) fn add(&self, sessions: &[SessionId], now: Timestamp) {
        let mut ended = self.ended.write();
        ended.retain(|_, at| now.since(*at) <= self.access_ttl_ms + SKEW_MS);
        ended.extend(sessions.iter().map(|session| (*session, now)));
    }

    pub(crate) fn contains(&self, session: SessionId) -> bool {
        self.ended.read().contains_key(&session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANA: Identity = Identity { user: UserId::from_bytes([1; 16]), device: DeviceId::from_bytes([2; 16]), session: SessionId::from_bytes([3; 16]) };
    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn tokens() -> Tokens {
        Tokens::new(&TokenKey([7; 32]), TokenPolicy { access_ttl_ms: 60_000, refresh_ttl_ms: 600_000, ..TokenPolicy::default() })
    }

    fn forged(header: &Header, key: &[u8]) -> String {
        let claims = Claims {
            iss: ISSUER.into(),
            aud: ACCESS.into(),
            sub: ANA.user,
            iat: NOW.0 / 1000,
            nbf: NOW.0 / 1000,
            exp: NOW.0 / 1000 + 60,
            dev: ANA.device,
            sid: ANA.session,
            generation: None,
        };
        jsonwebtoken::encode(header, &claims, &EncodingKey::from_secret(key)).expect("signs")
    }

    #[test]
    fn a_token_is_good_until_its_end_and_also_when_the_clock_was_set_back() {
        let token = tokens().access(ANA, NOW);
        assert_eq!(tokens().verify_access(&token, NOW), Ok(ANA));
        assert_eq!(tokens().verify_access(&token, NOW.after_ms(59_000)), Ok(ANA));
        assert_eq!(tokens().verify_access(&token, NOW.after_ms(60_000)), Err(Refusal::NotAuthenticated));
        assert_eq!(tokens().verify_access(&token, Timestamp(NOW.0 - 3_600_000)), Ok(ANA));
        assert_eq!(tokens().verify_access(&token, Timestamp(NOW.0 - BACKDATED_MS - SKEW_MS - 1_000)), Err(Refusal::NotAuthenticated));
    }

    #[test]
    fn access_and_refresh_tokens_are_not_taken_for_each_other() {
        assert!(tokens().verify_access(&tokens().refresh(ANA, 1, NOW), NOW).is_err());
        assert!(tokens().verify_refresh(&tokens().access(ANA, NOW), NOW).is_err());
        assert_eq!(tokens().verify_refresh(&tokens().refresh(ANA, 4, NOW), NOW), Ok((ANA, 4)));
    }

    #[test]
    fn forged_tokens_are_refused_whatever_their_header_says() {
        let good = Header { kid: Some(KEY_ID.into()), ..Header::new(Algorithm::HS256) };
        assert_eq!(tokens().verify_access(&forged(&good, &[7; 32]), NOW), Ok(ANA));
        let other_key_id = Header { kid: Some("../../etc/passwd".into()), ..good.clone() };
        let other_algorithm = Header { alg: Algorithm::HS512, ..good.clone() };
        for token in [forged(&good, &[8; 32]), forged(&other_key_id, &[7; 32]), forged(&other_algorithm, &[7; 32])] {
            assert_eq!(tokens().verify_access(&token, NOW), Err(Refusal::NotAuthenticated));
        }
        // {"alg":"none","kid":"1"} and an empty signature.
        let payload = forged(&good, &[7; 32]).split('.').nth(1).expect("has a payload").to_owned();
        let unsigned = format!("eyJhbGciOiJub25lIiwia2lkIjoiMSJ9.{payload}.");
        for token in [unsigned, String::new(), "a.b.c".into(), "x".repeat(1_000_000)] {
            assert_eq!(tokens().verify_access(&token, NOW), Err(Refusal::NotAuthenticated));
        }
    }

    #[test]
    fn ended_log_ins_are_remembered_as_long_as_their_tokens_live() {
        let revocations = Revocations::new(60_000);
        revocations.add(&[ANA.session], NOW);
        assert!(revocations.contains(ANA.session));
        revocations.add(&[], NOW.after_ms(60_000 + SKEW_MS + 1));
        assert!(!revocations.contains(ANA.session));
    }
}

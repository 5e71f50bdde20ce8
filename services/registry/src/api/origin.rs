//! Requests that a browser makes for a page are refused: an operator's browser can reach what the page's author
//! cannot. No page of ours asks the registry, so whatever names an origin is another's.

use axum::extract::Request;
use axum::http::Method;
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderName, ORIGIN};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::refusal::Refusal;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

pub(super) async fn check(request: Request, next: Next) -> Response {
    match fault(request.method(), request.headers()) {
        None => next.run(request).await,
        Some(refusal) => refusal.into_response(),
    }
}

fn fault(method: &Method, headers: &HeaderMap) -> Option<Refusal> {
    // `none`: typed into the address bar. `same-origin` is another's page all the same, by a name that leads here.
    let site = headers.get(SEC_FETCH_SITE);
    if headers.contains_key(ORIGIN) || site.is_some_and(|site| site != "none") {
        return Some(Refusal::OfAPage);
    }
    let has_body = matches!(*method, Method::POST | Method::PUT | Method::PATCH);
    (has_body && !is_json(headers)).then_some(Refusal::ContentType)
}

/// What Confluent's clients and people with curl send. A form of a page can send none of these unasked.
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(kind), None) = (types.next(), types.next()) else {
        return false;
    };
    let kind = kind.to_str().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    kind == "application/json"
        || kind.strip_prefix("application/vnd.schemaregistry").is_some_and(|rest| {
            rest == "+json" || (rest.starts_with('.') && rest.ends_with("+json"))
        })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn code(method: &Method, headers: &[(&'static str, &'static str)]) -> Option<u16> {
        let pair = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        fault(method, &headers.iter().map(pair).collect()).map(|refusal| refusal.codes().0)
    }

    #[test]
    fn pages_may_not_ask() {
        const JSON: (&str, &str) = ("content-type", "application/json");
        assert_eq!(code(&Method::GET, &[]), None);
        assert_eq!(code(&Method::GET, &[("sec-fetch-site", "none")]), None);
        for site in ["cross-site", "same-site", "same-origin", ""] {
            assert_eq!(code(&Method::GET, &[("sec-fetch-site", site)]), Some(403), "{site}");
        }
        for origin in ["http://evil.example", "null", "http://127.0.0.1:8081"] {
            assert_eq!(code(&Method::POST, &[("origin", origin), JSON]), Some(403), "{origin}");
        }
        assert_eq!(code(&Method::DELETE, &[("origin", "null")]), Some(403));
    }

    #[test]
    fn what_is_written_is_json() {
        for good in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/vnd.schemaregistry.v1+json",
            "application/vnd.schemaregistry+json",
        ] {
            assert_eq!(code(&Method::POST, &[("content-type", good)]), None, "{good}");
        }
        for bad in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=application/json",
            "text/plain; application/json",
            "application/vnd.schemaregistryx",
            "application/octet-stream",
        ] {
            assert_eq!(code(&Method::POST, &[("content-type", bad)]), Some(415), "{bad}");
            assert_eq!(code(&Method::PUT, &[("content-type", bad)]), Some(415), "{bad}");
        }
        assert_eq!(code(&Method::POST, &[]), Some(415));
        assert_eq!(
            code(
                &Method::POST,
                &[("content-type", "application/json"), ("content-type", "text/plain")]
            ),
            Some(415)
        );
        assert_eq!(code(&Method::DELETE, &[]), None);
    }
}

//! What the ingress answers by itself, each as a problem document (RFC 9457) of the shape that the
//! services use.

struct Answer {
    name: &'static str,
    status: u16,
    code: &'static str,
    detail: &'static str,
    retry_after_secs: Option<u32>,
}

const ANSWERS: [Answer; 10] = [
    Answer {
        name: "bad_request",
        status: 400,
        code: "bad_request",
        detail: "The request is not valid HTTP.",
        retry_after_secs: None,
    },
    Answer {
        name: "not_found",
        status: 404,
        code: "route_not_found",
        detail: "Nothing is here.",
        retry_after_secs: None,
    },
    Answer {
        name: "method_not_allowed",
        status: 405,
        code: "method_not_allowed",
        detail: "This address does not answer to that method.",
        retry_after_secs: None,
    },
    Answer {
        name: "request_timeout",
        status: 408,
        code: "request_timeout",
        detail: "The request took too long to arrive.",
        retry_after_secs: None,
    },
    Answer {
        name: "too_large",
        status: 413,
        code: "body_too_large",
        detail: "The body is larger than 64 KiB.",
        retry_after_secs: None,
    },
    Answer {
        name: "uri_too_long",
        status: 414,
        code: "uri_too_long",
        detail: "The address is longer than 8 KiB.",
        retry_after_secs: None,
    },
    Answer {
        name: "too_many",
        status: 429,
        code: "too_many_requests",
        detail: "Too many requests came from your address. Wait a moment, then try again.",
        retry_after_secs: Some(1),
    },
    Answer {
        name: "headers_too_large",
        status: 431,
        code: "headers_too_large",
        detail: "The headers are too large.",
        retry_after_secs: None,
    },
    Answer {
        name: "unavailable",
        status: 503,
        code: "unavailable",
        detail: "This part of Stagedoor is not there at the moment. Nothing was lost; try again.",
        retry_after_secs: Some(2),
    },
    Answer {
        name: "timeout",
        status: 504,
        code: "timeout",
        detail: "The answer did not come in time. Look before you repeat a request that changes something.",
        retry_after_secs: Some(5),
    },
];

/// The locations that `error_page` leads to.
pub fn locations() -> String {
    ANSWERS.iter().map(location).collect::<Vec<_>>().join("\n")
}

fn location(answer: &Answer) -> String {
    let Answer { name, status, code, detail, retry_after_secs } = answer;
    let title = title(code);
    let retry_after = retry_after_secs
        .map(|secs| format!("            add_header Retry-After {secs} always;\n"))
        .unwrap_or_default();
    format!(
        r#"        location = /.problems/{name} {{
            internal;
            default_type application/problem+json;
            add_header Cache-Control "no-store" always;
            add_header X-Content-Type-Options "nosniff" always;
            add_header X-Request-Id $request_id_checked always;
{retry_after}            return {status} '{{"type":"urn:stagedoor:problem:{code}","title":"{title}","status":{status},"code":"{code}","detail":"{detail}","requestId":"$request_id_checked"}}';
        }}"#
    )
}

/// As the services make titles of codes.
fn title(code: &str) -> String {
    let mut words = code.replace('_', " ");
    if let Some(first) = words.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    words
}
